-- What the team searches: messages, and of each conversation its title and who began it.
--
-- Differs by necessity from PostgreSQL's: SQLite keeps the index in tables of its own, written by triggers in the
-- transaction of the rows. `whose` is the community as a word, which every search asks for as well.

CREATE VIRTUAL TABLE found_messages USING fts5(         -- by message id; the words are kept with the message alone
    whose, words, content = '', tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE found_titles USING fts5(           -- by conversation id
    whose, words, tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE found_authors USING fts5(          -- by conversation id
    whose, words, tokenize = 'unicode61 remove_diacritics 2');

CREATE TRIGGER messages_are_found AFTER INSERT ON messages BEGIN
    INSERT INTO found_messages (rowid, whose, words) VALUES (NEW.id, 'c' || NEW.community_id, NEW.text);
END;
CREATE TRIGGER messages_are_lost AFTER DELETE ON messages BEGIN
    INSERT INTO found_messages (found_messages, rowid, whose, words)
    VALUES ('delete', OLD.id, 'c' || OLD.community_id, OLD.text);
END;

CREATE TRIGGER authors_are_found AFTER INSERT ON conversations BEGIN
    INSERT INTO found_authors (rowid, whose, words)
    SELECT NEW.id, 'c' || NEW.community_id,
        coalesce(u.name, '') || ' ' || coalesce(u.email, '') || ' ' || coalesce(u.identifier, '')
    FROM users u WHERE u.id = NEW.author_id;
END;
CREATE TRIGGER titles_are_found AFTER INSERT ON conversations WHEN NEW.title IS NOT NULL BEGIN
    INSERT INTO found_titles (rowid, whose, words) VALUES (NEW.id, 'c' || NEW.community_id, NEW.title);
END;
CREATE TRIGGER titles_change AFTER UPDATE OF title ON conversations WHEN OLD.title IS NOT NEW.title BEGIN
    DELETE FROM found_titles WHERE rowid = NEW.id;
    INSERT INTO found_titles (rowid, whose, words) VALUES (NEW.id, 'c' || NEW.community_id, coalesce(NEW.title, ''));
END;
CREATE TRIGGER conversations_are_lost AFTER DELETE ON conversations BEGIN
    DELETE FROM found_titles WHERE rowid = OLD.id;
    DELETE FROM found_authors WHERE rowid = OLD.id;
END;
CREATE TRIGGER authors_change AFTER UPDATE OF name, email, identifier ON users
WHEN OLD.name IS NOT NEW.name OR OLD.email IS NOT NEW.email OR OLD.identifier IS NOT NEW.identifier BEGIN
    UPDATE found_authors
    SET words = coalesce(NEW.name, '') || ' ' || coalesce(NEW.email, '') || ' ' || coalesce(NEW.identifier, '')
    WHERE rowid IN (SELECT c.id FROM conversations c WHERE c.author_id = NEW.id);
END;

INSERT INTO found_messages (rowid, whose, words) SELECT id, 'c' || community_id, text FROM messages ORDER BY id;
INSERT INTO found_titles (rowid, whose, words)
SELECT id, 'c' || community_id, title FROM conversations WHERE title IS NOT NULL ORDER BY id;
INSERT INTO found_authors (rowid, whose, words)
SELECT c.id, 'c' || c.community_id,
    coalesce(u.name, '') || ' ' || coalesce(u.email, '') || ' ' || coalesce(u.identifier, '')
FROM conversations c JOIN users u ON u.id = c.author_id ORDER BY c.id;
