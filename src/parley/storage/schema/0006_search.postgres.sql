-- What the team searches: messages, and of each conversation its title and who began it.
--
-- Differs by necessity from SQLite's: PostgreSQL's indexes follow the rows by themselves. Marks are made into spaces
-- first, so that a part of an e-mail address or of a file's name is a word, as SQLite has it.

CREATE FUNCTION found_words(given TEXT) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple', translate(given, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)))
$$;

CREATE INDEX messages_found ON messages USING gin (found_words(text));
CREATE INDEX titles_found ON conversations USING gin (found_words(title)) WHERE title IS NOT NULL;
CREATE INDEX people_found ON users USING gin (
    found_words(coalesce(name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(identifier, '')));
