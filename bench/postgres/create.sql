-- One durable create in Parley's own tables, as one function, for pgbench. It is meant to be as fast as this can be:
-- what needs no lock is done first, the community's row is locked once, and nobody is notified.
CREATE FUNCTION bench_create(in_community bigint, in_category bigint, in_email text)
RETURNS TABLE (conversation bigint, place bigint) LANGUAGE plpgsql AS $$
DECLARE
    author users;
    at_now bigint;
    counted tallies;
    conversation_id bigint;
    event_number bigint;
BEGIN
    at_now := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    INSERT INTO users AS u (id, community_id, kind, created_at, name, email, email_key)
    VALUES (gen_random_uuid()::text, in_community, 'client', at_now, 'John', in_email, lower(in_email))
    ON CONFLICT (community_id, email_key) WHERE email_key IS NOT NULL DO UPDATE SET name = excluded.name
    RETURNING u.* INTO author;

    UPDATE tallies t SET
        last_seq = t.last_seq + 1, last_queue_number = t.last_queue_number + 1, waiting = t.waiting + 1,
        waited_ms = t.waited_ms + t.waiting * ((at_now - coalesce(t.counted_at, at_now)) / 1000), counted_at = at_now
    WHERE t.community_id = in_community
    RETURNING t.* INTO counted;
    UPDATE numbers n SET last = n.last + 1 WHERE n.kind = 'event' RETURNING n.last INTO event_number;
    INSERT INTO numbers AS n (kind, last) VALUES ('conversation', 1)
    ON CONFLICT (kind) DO UPDATE SET last = n.last + 1 RETURNING n.last INTO conversation_id;

    INSERT INTO conversations (
        id, community_id, author_id, created_at, changed_at, holder, is_with_bot, queue_number, epoch, message_count,
        title, category_id, sentiment, initial_page_url, latest_page_url)
    VALUES (
        conversation_id, in_community, author.id, at_now, at_now, 'queue', false, counted.last_queue_number, 1, 0,
        'Chat API Client Problems', in_category, 'question', 'https://thejohndow.com', 'https://thejohndow.com');
    INSERT INTO stays (conversation_id, epoch, community_id, joined_at, position)
    VALUES (conversation_id, 1, in_community, at_now, counted.waiting);
    INSERT INTO queue_checkpoints AS p (community_id, minute, at, waiting, waited_ms, gave_up)
    VALUES (in_community, at_now / 60000000, at_now, counted.waiting, counted.waited_ms, counted.gave_up)
    ON CONFLICT (community_id, minute) DO UPDATE SET
        at = excluded.at, waiting = excluded.waiting, waited_ms = excluded.waited_ms, gave_up = excluded.gave_up;
    INSERT INTO waiting_blocks AS b (community_id, level, block, waiting)
    VALUES (in_community, 1, counted.last_queue_number / 512, 1), (in_community, 2, counted.last_queue_number / 65536, 1)
    ON CONFLICT (community_id, level, block) DO UPDATE SET waiting = b.waiting + 1;
    INSERT INTO events (number, community_id, seq, conversation_id, epoch, type, actor, at, payload)
    VALUES (
        event_number, in_community, counted.last_seq, conversation_id, 1, 'conversation_created', 'bench', at_now,
        format(
            '{"type":"conversation_created","conversation":{"id":%s,"community_id":%s,"author_id":"%s","created_at":%s,'
            '"changed_at":%s,"holder":"queue","is_with_bot":false,"queue_number":%s,"epoch":1,"message_count":0,'
            '"title":"Chat API Client Problems","category_id":%s,"sentiment":"question",'
            '"initial_page_url":"https://thejohndow.com","latest_page_url":"https://thejohndow.com"},'
            '"author":{"id":"%s","name":"John","email":"%s"},"position":%s}',
            conversation_id, in_community, author.id, at_now, at_now, counted.last_queue_number, in_category,
            author.id, in_email, counted.waiting));
    RETURN QUERY SELECT conversation_id, counted.waiting;
END
$$
