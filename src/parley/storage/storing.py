"""STORE: whole rows per table, in as few statements as there are tables, parents before those who refer to them."""

from parley.ports import Changes, DataRefusedError
from parley.storage import agent_rows, bot_rows, mail_rows, rows, webhook_rows, writing_rows
from parley.storage.loading import Texts
from parley.storage.scripts import Find, Row, Save, Script, Table

NUMBERS = Table(
    into="numbers (kind, last)",
    types=("text", "bigint"),
    tail="ON CONFLICT (kind) DO UPDATE SET last = excluded.last",
)
COMMUNITIES = Table(
    into=f"communities (name_key, {rows.COMMUNITY})",
    types=("text", "bigint", "text", "text", "text", "bigint", "bigint", "text", "bigint"),
    tail="""ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, name_key = excluded.name_key, catalogue_version = excluded.catalogue_version,
        routing = excluded.routing, return_after_s = excluded.return_after_s""",
)
TALLIES = Table(
    into=f"tallies (community_id, {rows.TALLY})",
    types=("bigint",) * 12,
    tail="""ON CONFLICT (community_id) DO UPDATE SET
        last_seq = excluded.last_seq, last_queue_number = excluded.last_queue_number, waiting = excluded.waiting,
        assigned = excluded.assigned, seats = excluded.seats, waited_ms = excluded.waited_ms,
        gave_up = excluded.gave_up, counted_at = excluded.counted_at, with_bot = excluded.with_bot,
        closed_day = excluded.closed_day, closed_today = excluded.closed_today""",
)
USERS = Table(
    into=f"users ({rows.USER})",
    types=("text", "bigint", "text", "bigint", "text", "text", "text", "text", "text"),
    tail="""ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, email = excluded.email, email_key = excluded.email_key,
        identifier = excluded.identifier, image = excluded.image""",
)
TEAMMATES = Table(
    into=f"teammates ({rows.TEAMMATE})",
    types=("text", "bigint", "text", "text", "bigint", "boolean", *("bigint",) * 6),
    tail="""ON CONFLICT (user_id) DO UPDATE SET
        role = excluded.role, status = excluded.status, seats = excluded.seats, is_active = excluded.is_active,
        sessions_from = excluded.sessions_from, given_at = excluded.given_at, seen_at = excluded.seen_at,
        left_at = excluded.left_at, due_at = excluded.due_at""",
)
CATEGORIES = Table(
    into="categories (id, community_id, name)",
    types=("bigint", "bigint", "text"),
    tail="ON CONFLICT (id) DO UPDATE SET name = excluded.name",
)
FIELDS = Table(
    into="fields (id, community_id, name, type, is_required, choices)",
    types=("bigint", "bigint", "text", "text", "boolean", "text"),
    tail="""ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, is_required = excluded.is_required, choices = excluded.choices""",
)
CONVERSATIONS = Table(
    into=f"conversations ({rows.CONVERSATION})",
    types=(
        *("bigint", "bigint", "text", "bigint", "bigint", "text", "boolean", "text", "bigint", "bigint"),
        *("bigint", "bigint", "text", "bigint", "text", "text", "text", "text", "boolean", "text", "bigint"),
        *("bigint", "text", "text"),
    ),
    tail="""ON CONFLICT (id) DO UPDATE SET
        changed_at = excluded.changed_at, holder = excluded.holder, is_with_bot = excluded.is_with_bot,
        assignee_id = excluded.assignee_id, queue_number = excluded.queue_number, taken_at = excluded.taken_at,
        epoch = excluded.epoch,
        message_count = excluded.message_count, title = excluded.title, category_id = excluded.category_id,
        fields = excluded.fields, latest_page_url = excluded.latest_page_url,
        feedback_is_positive = excluded.feedback_is_positive, feedback_text = excluded.feedback_text,
        closed_at = excluded.closed_at, bot_messages = excluded.bot_messages, handover = excluded.handover,
        assignment = excluded.assignment""",
)
STAYS = Table(
    into="""stays
        (conversation_id, epoch, community_id, joined_at, position, p10, p50, p90, ended_at, outcome, answered_at)""",
    types=(
        *("bigint", "bigint", "bigint", "bigint", "bigint"),
        *("double precision", "double precision", "double precision", "bigint", "text", "bigint"),
    ),
    tail="""ON CONFLICT (conversation_id, epoch) DO UPDATE SET
        ended_at = excluded.ended_at, outcome = excluded.outcome""",
)
CHECKPOINTS = Table(
    into="queue_checkpoints (community_id, minute, at, waiting, waited_ms, gave_up)",
    types=("bigint",) * 6,
    tail="""ON CONFLICT (community_id, minute) DO UPDATE SET
        at = excluded.at, waiting = excluded.waiting, waited_ms = excluded.waited_ms, gave_up = excluded.gave_up""",
)
TRAFFIC = Table(
    into=f"traffic (community_id, span, period, {rows.TRAFFIC})",
    types=("bigint",) * 10,
    tail="""ON CONFLICT (community_id, span, period) DO UPDATE SET
        arrived = traffic.arrived + excluded.arrived, taken = traffic.taken + excluded.taken,
        gave_up = traffic.gave_up + excluded.gave_up, to_bot = traffic.to_bot + excluded.to_bot,
        closed = traffic.closed + excluded.closed, positive = traffic.positive + excluded.positive,
        negative = traffic.negative + excluded.negative""",
)
BLOCKS = Table(
    into="waiting_blocks (community_id, level, block, waiting)",
    types=("bigint",) * 4,
    tail="""ON CONFLICT (community_id, level, block) DO UPDATE SET
        waiting = waiting_blocks.waiting + excluded.waiting""",
)
MESSAGES = Table(
    into=f"messages ({rows.MESSAGE})",
    types=("bigint", "bigint", "bigint", "text", "boolean", "text", "bigint", "bigint", "boolean"),
)
EVENTS = Table(
    into=f"events ({rows.EVENT})",
    types=("bigint", "bigint", "bigint", "bigint", "bigint", "text", "text", "bigint", "text"),
)
ANSWERS = Table(
    into=f"answers ({rows.ANSWER})",
    types=("bigint", "text", "text", "text", "bytea", "bigint", "bytea", "bigint", "bigint"),
    tail="""ON CONFLICT (community_id, idempotency_key) DO UPDATE SET
        method = excluded.method, path = excluded.path, body_hash = excluded.body_hash, status = excluded.status,
        body = excluded.body, at = excluded.at, epoch = excluded.epoch""",
)
TOKENS = Table(
    into=f"refresh_tokens ({rows.TOKEN}, name_key)",
    types=("bigint", "bigint", "text", "text", "bytea", "bigint", "bigint", "bigint", "text"),
    tail="""ON CONFLICT (id) DO UPDATE SET
        last_used_at = excluded.last_used_at, revoked_at = excluded.revoked_at""",
)
SIGNING_KEYS = Table(
    into="signing_keys (id, sealed, created_at, retired_at)",
    types=("bigint", "bytea", "bigint", "bigint"),
    tail="ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, retired_at = excluded.retired_at",
)
ENDPOINTS = Table(
    into=f"endpoints ({webhook_rows.ENDPOINT})",
    types=(
        *("bigint", "bigint", "text", "text", "text", "bytea", "bytea", "bytea", "bigint", "bigint", "bigint"),
        *("text", "text", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint"),
    ),
    tail="""ON CONFLICT (id) DO UPDATE SET
        url = excluded.url, event_types = excluded.event_types, allowed_hosts = excluded.allowed_hosts,
        verify_token = excluded.verify_token, secret = excluded.secret, former_secret = excluded.former_secret,
        former_until = excluded.former_until, cursor = excluded.cursor, status = excluded.status,
        reason = excluded.reason, status_at = excluded.status_at, failures = excluded.failures,
        failing_since = excluded.failing_since, rests_until = excluded.rests_until,
        delivered_at = excluded.delivered_at, removed_at = excluded.removed_at""",
)
DELIVERIES = Table(
    into=f"deliveries ({webhook_rows.DELIVERY})",
    types=(
        *("bigint", "bigint", "bigint", "bigint", "bigint", "text", "text", "bigint", "text", "bigint", "bigint"),
        *("bigint", "bigint", "text", "bigint"),
    ),
    tail="""ON CONFLICT (id) DO UPDATE SET
        state = excluded.state, due_at = excluded.due_at, tries = excluded.tries, attempts = excluded.attempts,
        status = excluded.status, failure = excluded.failure, finished_at = excluded.finished_at""",
)
ATTEMPTS = Table(
    into=f"attempts ({webhook_rows.ATTEMPT})",
    types=("bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "text", "bigint", "text", "bytea"),
)
LEASES = Table(
    into=f"leases ({webhook_rows.LEASE})",
    types=("text", "text", "bigint"),
    tail="ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until",
)
BOTS = Table(
    into=f"bots ({bot_rows.BOT})",
    types=(
        *("bigint", "text", "bigint", "text", "text", "text", "text", "text", "text", "text", "bytea"),
        *("bigint", "bigint"),
    ),
    tail="""ON CONFLICT (community_id) DO UPDATE SET
        kind = excluded.kind, silence = excluded.silence, farewell = excluded.farewell,
        languages = excluded.languages, phrases = excluded.phrases, url = excluded.url,
        allowed_hosts = excluded.allowed_hosts, model = excluded.model, prompt = excluded.prompt,
        key = excluded.key, set_at = excluded.set_at, removed_at = excluded.removed_at""",
)
TURNS = Table(
    into=f"turns ({bot_rows.TURN})",
    types=("bigint", "bigint", "bigint", "text", "bigint", "bigint", "text"),
    tail="""ON CONFLICT (conversation_id) DO UPDATE SET
        epoch = excluded.epoch, pending = excluded.pending, due_at = excluded.due_at, tries = excluded.tries,
        failure = excluded.failure""",
)
PASSWORDS = Table(
    into=f"passwords ({agent_rows.PASSWORD})",
    types=("text", "bigint", "text", "bigint"),
    tail="ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at",
)
SESSIONS = Table(
    into=f"sessions ({agent_rows.SESSION})",
    types=("text", "bigint", "text", "bigint", "bigint", "bigint"),
    tail="ON CONFLICT (secret_hash) DO UPDATE SET seen_at = excluded.seen_at, ended_at = excluded.ended_at",
)
NOTES = Table(
    into=f"notes ({agent_rows.NOTE})",
    types=("bigint", "bigint", "bigint", "text", "text", "bigint"),
)
SENDERS = Table(
    into=f"senders ({mail_rows.SENDER})",
    types=("bigint", "text", "text", "bigint", "bigint", "bigint"),
    tail="""ON CONFLICT (community_id) DO UPDATE SET
        address = excluded.address, name = excluded.name, since_seq = excluded.since_seq, set_at = excluded.set_at,
        removed_at = excluded.removed_at""",
)
MAILS = Table(
    into=f"mails ({mail_rows.MAIL})",
    types=(
        *("bigint", "bigint", "bigint", "text", "bigint", "bigint", "bigint", "text", "boolean", "bigint"),
        *("text", "text", "bigint"),
    ),
    tail="""ON CONFLICT (message_id) DO UPDATE SET
        due_at = excluded.due_at, state = excluded.state, is_seen = excluded.is_seen, tries = excluded.tries,
        reason = excluded.reason, failure = excluded.failure, ended_at = excluded.ended_at""",
)
REPLIES = Table(
    into=f"saved_replies ({writing_rows.REPLY})",
    types=("bigint", "bigint", "text", "boolean", "text", "text", "bigint", "bigint"),
    tail="""ON CONFLICT (id) DO UPDATE SET
        is_shared = excluded.is_shared, shortcut = excluded.shortcut, text = excluded.text,
        changed_at = excluded.changed_at, removed_at = excluded.removed_at""",
)
DRAFTS = Table(
    into=f"drafts ({writing_rows.DRAFT})",
    types=("bigint", "text", "bigint", "text", "boolean", "bigint"),
    tail="""ON CONFLICT (conversation_id, user_id) DO UPDATE SET
        text = excluded.text, is_note = excluded.is_note, changed_at = excluded.changed_at""",
)
TABLES = (
    *(NUMBERS, COMMUNITIES, TALLIES, USERS, TEAMMATES, CATEGORIES, FIELDS, CONVERSATIONS, STAYS, CHECKPOINTS),
    *(TRAFFIC, BLOCKS, MESSAGES, EVENTS, ANSWERS, TOKENS, SIGNING_KEYS, ENDPOINTS, DELIVERIES, ATTEMPTS, LEASES),
    *(BOTS, TURNS, PASSWORDS, SESSIONS, NOTES, SENDERS, MAILS, REPLIES, DRAFTS),
)
FORGOTTEN_AT_ONCE = 1_000  # old rows dropped in one group, so that no caller waits for the cleaning


def store(changes: Changes, texts: Texts) -> Script[None]:
    """Write the changes."""
    if changes.sent_drafts:  # before those that are kept, which were begun later
        yield Find(texts.empty_drafts, changes.sent_drafts)
    for table, values in _tables(changes):
        if values:
            yield Save(table, values)
    if changes.first_answers:
        answers = [(number, rows.micros(at)) for number, at in changes.first_answers.items()]
        yield Find(texts.answer_stays, answers)
    if changes.ended_turns:
        yield Find(texts.end_turns, changes.ended_turns)
    if changes.open_chats:
        yield Find(texts.count_chats, [(*who, step) for who, step in changes.open_chats.items()])
    leaving = [(*place, step) for place, step in changes.blocks.items() if step < 0]
    if leaving:
        left = yield Find(texts.leave_blocks, leaving)
        if len(left) != len(leaving):
            msg = "waiting_blocks"  # somebody leaves a block in which nobody is counted
            raise DataRefusedError(msg)
        yield Find(texts.drop_empty_blocks, [place[:3] for place in leaving])
    if changes.forget_answers_before is not None:
        yield Find(texts.forget_answers, [rows.micros(changes.forget_answers_before)])
    if changes.forget_checkpoints_before is not None:
        yield Find(texts.forget_checkpoints, [rows.minute_of(changes.forget_checkpoints_before)])
    if changes.forget_deliveries_before is not None:
        before = [rows.micros(changes.forget_deliveries_before)]
        yield Find(texts.forget_attempts, before)
        yield Find(texts.forget_deliveries, before)
    if changes.forget_traffic_before:
        yield Find(texts.forget_traffic, list(changes.forget_traffic_before.items()))
    if changes.forget_sessions_before is not None:
        yield Find(texts.forget_sessions, [rows.micros(changes.forget_sessions_before)])


def _tables(changes: Changes) -> list[tuple[Table, list[Row]]]:
    return [
        (NUMBERS, list(changes.numbers.items())),
        (COMMUNITIES, [rows.community_row(community) for community in changes.communities]),
        (TALLIES, [rows.tally_row(*item) for item in changes.tallies.items()]),
        (USERS, [rows.user_row(user) for user in changes.users]),
        (TEAMMATES, [rows.teammate_row(teammate) for teammate in changes.teammates]),
        (CATEGORIES, [rows.category_row(category) for category in changes.categories]),
        (FIELDS, [rows.field_row(field) for field in changes.fields]),
        (CONVERSATIONS, [rows.conversation_row(conversation) for conversation in changes.conversations]),
        (STAYS, [rows.stay_row(stay) for stay in (*changes.stays, *changes.ended_stays)]),
        (CHECKPOINTS, [rows.checkpoint_row(one, changes.tallies[one]) for one in changes.checkpoints]),
        (TRAFFIC, [rows.traffic_row(*item) for item in changes.traffic.items()]),
        (BLOCKS, [(*place, step) for place, step in changes.blocks.items() if step > 0]),
        (MESSAGES, [rows.message_row(message) for message in changes.messages]),
        (EVENTS, [rows.event_row(event) for event in changes.events]),
        (ANSWERS, [rows.answer_row(stored) for stored in changes.answers]),
        (TOKENS, [rows.token_row(token) for token in changes.tokens]),
        (SIGNING_KEYS, [rows.signing_key_row(key) for key in changes.signing_keys]),
        (ENDPOINTS, [webhook_rows.endpoint_row(endpoint) for endpoint in changes.endpoints]),
        (DELIVERIES, [webhook_rows.delivery_row(delivery) for delivery in changes.deliveries]),
        (ATTEMPTS, [webhook_rows.attempt_row(attempt) for attempt in changes.attempts]),
        (LEASES, [webhook_rows.lease_row(lease) for lease in changes.leases]),
        (BOTS, [bot_rows.bot_row(bot) for bot in changes.bots]),
        (TURNS, [bot_rows.turn_row(turn) for turn in changes.turns]),
        (PASSWORDS, [agent_rows.password_row(password) for password in changes.passwords]),
        (SESSIONS, [agent_rows.session_row(session) for session in changes.sessions]),
        (NOTES, [agent_rows.note_row(note) for note in changes.notes]),
        (SENDERS, [mail_rows.sender_row(sender) for sender in changes.senders]),
        (MAILS, [mail_rows.mail_row(mail) for mail in changes.mails]),
        (REPLIES, [writing_rows.reply_row(reply) for reply in changes.replies]),
        (DRAFTS, [writing_rows.draft_row(draft) for draft in changes.drafts]),
    ]
