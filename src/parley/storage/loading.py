"""LOAD: what a group needs, one read per table (design §1)."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from parley.core import routing
from parley.core.conversations import Holder
from parley.core.fields import Catalogue
from parley.core.people import DEFAULT_SEATS, Presence, Role
from parley.core.routing import RoutingMode, Standing
from parley.core.waiting import CHATS_COUNT_FOR, PATIENCE_WINDOW
from parley.ports import Facts, Need
from parley.storage import agent_rows, bot_rows, mail_rows, queries, rows, webhook_rows, writing_rows
from parley.storage.scripts import Ask, Find, Row, Script

CATALOGUES_KEPT = 10_000  # communities whose categories and fields stay in memory

_decode_chats = msgspec.json.Decoder(tuple[int, ...]).decode


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """The statements that differ by necessity between the databases, for each takes a set of keys in its own way.

    None may scan, however full or empty the tables are: a plan made on a young, empty table stays bad.
    """

    communities: str
    community_names: str
    bots: str
    users: str
    users_by_email: str
    users_by_identifier: str
    teammates: str
    assignees: str
    conversations: str
    places: str
    paces: str
    answers: str
    tokens: str
    tokens_by_name: str
    taken_categories: str
    taken_fields: str
    leave_blocks: str
    drop_empty_blocks: str
    forget_answers: str
    forget_checkpoints: str
    endpoints: str
    endpoints_of: str
    deliveries: str
    deliveries_of_events: str
    deliveries_in_lanes: str
    leases: str
    turns: str
    end_turns: str
    events_at: str
    mails: str
    replies_of: str
    sessions: str
    listed: str
    hits: str
    heads: str
    chats_of: str
    standings: str
    teams: str
    able: str
    count_chats: str
    empty_drafts: str
    forget_sessions: str
    forget_attempts: str
    forget_deliveries: str
    answer_stays: str
    forget_traffic: str


class Catalogues:
    """The catalogues of the communities met last.

    Each is good while the community's version says so, and the version is read in every group, so a change made by
    another process is seen.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Catalogue] = OrderedDict()

    def get(self, community_id: int, version: int) -> Script[Catalogue]:
        """The community's catalogue at this version, read when it is not at hand."""
        kept = self._kept.get(community_id)
        if kept is None or kept.version != version:
            kept = yield from _read_catalogue(community_id, version)
            self._kept[community_id] = kept
            if len(self._kept) > CATALOGUES_KEPT:
                self._kept.popitem(last=False)
        return kept

    def clear(self) -> None:
        """Forget them all."""
        self._kept.clear()


def load(need: Need, catalogues: Catalogues, texts: Texts) -> Script[Facts]:
    """Read what is needed, inside the group's transaction."""
    facts = Facts()
    numbers: Any = yield Ask(queries.NUMBERS)
    facts.numbers = dict(numbers)
    yield from _load_communities(need, facts, catalogues, texts)
    yield from _load_people(need, facts, texts)
    yield from _load_standings(need, facts, texts)
    yield from _find_heads(need, texts)
    yield from _find_chats(need, texts)
    yield from _load_conversations(need, facts, texts)
    yield from _load_teams(need, facts, texts)
    yield from _load_rows(need, facts, texts)
    yield from _load_access(need, facts, texts)
    yield from _load_webhooks(need, facts, texts)
    facts.category_ids |= {row[0] for row in (yield from _find(texts.taken_categories, need.categories))}
    facts.field_ids |= {row[0] for row in (yield from _find(texts.taken_fields, need.fields))}
    if need.answers_before is not None:
        facts.has_old_answers = bool((yield Ask(queries.OLD_ANSWER, (rows.micros(need.answers_before),))))
    if need.checkpoints_before is not None:
        facts.has_old_checkpoints = bool(
            (yield Ask(queries.OLD_CHECKPOINT, (rows.minute_of(need.checkpoints_before),)))
        )
    for span, period in need.traffic_before.items():
        facts.has_old_traffic |= bool((yield Ask(queries.OLD_TRAFFIC, (span, period))))
    return facts


def paces(
    community_ids: Collection[int], at: datetime, texts: Texts
) -> Script[dict[int, tuple[tuple[int, ...], tuple[timedelta, int]]]]:
    """For each community: the lengths of its last chats in µs, and (waited, gave up) as of an hour before `at`."""
    if not community_ids:
        return {}
    hour_ago = at - PATIENCE_WINDOW
    more = (rows.micros(at - CHATS_COUNT_FOR), rows.minute_of(hour_ago))
    found = yield Find(texts.paces, community_ids, more)
    return {row[0]: (_decode_chats(row[1]), rows.counted_at(hour_ago, *row[2:])) for row in found}


def _load_communities(need: Need, facts: Facts, catalogues: Catalogues, texts: Texts) -> Script[None]:
    for row in (yield from _find(texts.communities, need.communities)):
        community = rows.community_of(row)
        facts.communities[community.id] = community
        facts.tallies[community.id] = rows.tally_of(row[rows.COMMUNITY_WIDTH :])
        beside = row[rows.COMMUNITY_WIDTH + rows.TALLY_WIDTH :]
        facts.manners[community.id] = bot_rows.manners_of(beside)
        facts.senders[community.id] = mail_rows.sender_of(beside[bot_rows.MANNERS_WIDTH :])
    for community_id in need.catalogues & facts.communities.keys():
        version = facts.communities[community_id].catalogue_version
        facts.catalogues[community_id] = yield from catalogues.get(community_id, version)
    for name_key, community_id in (yield from _find(texts.community_names, need.community_names)):
        facts.community_names[name_key] = community_id


def _load_people(need: Need, facts: Facts, texts: Texts) -> Script[None]:
    for row in (yield from _find(texts.bots, need.bots)):
        facts.bots[row[1]] = rows.user_of(row)
        _know(facts, row)  # it may have begun a conversation in this very group, whose author is then asked for
    for text, keys in (
        (texts.users, need.users),
        (texts.users_by_email, need.emails),
        (texts.users_by_identifier, need.identifiers),
    ):
        for row in (yield from _find(text, keys)):
            _know(facts, row)
    for text, keys in ((texts.teammates, need.teammates), (texts.assignees, need.assignees)):
        _know_teammates(facts, (yield from _find(text, keys)))


def _load_standings(need: Need, facts: Facts, texts: Texts) -> Script[None]:
    """How the teams stand to whom the server gives conversations out.

    As many of those who wait are asked for as there may be free seats.
    """
    free = dict.fromkeys(_routed(need, facts), 0)
    for community_id in free:
        facts.standings[community_id] = {}
    for community_id, role, status, is_active, is_gone, has_seat, count, seats in (
        yield from _find(texts.standings, free)
    ):
        stands = routing.standing(
            Role(role), Presence(status), is_active=bool(is_active), is_gone=bool(is_gone), has_seat=bool(has_seat)
        )
        standings = facts.standings[community_id]
        standings[stands] = standings.get(stands, 0) + count
        free[community_id] += seats if stands is Standing.FREE else 0
    for community_id, seats in free.items():
        if facts.tallies[community_id].waiting:
            at_most = seats + _seats_to_come(community_id, need, facts)
            need.heads[community_id] = need.heads.get(community_id, 0) + at_most


def _seats_to_come(community_id: int, need: Need, facts: Facts) -> int:
    """How many more seats may be free in the group: those of whoever is named, who may come, and those that it gives.

    Who is named and not found may be added in it. That a conversation of the group frees a seat is counted where the
    heads are found.
    """
    named = sum(1 for whose, _ in need.teammates | need.assignees if whose == community_id)
    teammates = ((key, who) for key, who in facts.teammates.items() if key[0] == community_id)
    theirs = [max(who.seats - facts.open_chats[key], 0) for key, who in teammates]
    return sum(theirs) + (named - len(theirs)) * DEFAULT_SEATS + need.seats


def _load_teams(need: Need, facts: Facts, texts: Texts) -> Script[None]:
    """Who may be given something in the group: the first in rank, and whoever has what the group is about.

    Between groups nobody waits while somebody could be given them. So a group gives out no more than the conversations
    it is about, each perhaps once more when it comes back, and one more for each action; and whoever stands behind so
    many, and behind all who are named, is not reached. Only where the mode may change the whole team is needed.
    """
    _know_teammates(facts, (yield from _find(texts.teams, need.teams & facts.communities.keys())))
    routed = _routed(need, facts) - need.teams
    if routed:
        have = {
            (found.community_id, found.assignee_id)
            for found in facts.conversations.values()
            if found.is_assigned and found.community_id in routed
        }
        _know_teammates(facts, (yield from _find(texts.assignees, have - facts.teammates.keys())))
        reach = 2 * len(need.conversations) + need.actions + len(facts.teammates)
        _know_teammates(facts, (yield Find(texts.able, routed, (reach,))))


def _routed(need: Need, facts: Facts) -> set[int]:
    automatic = {found.id for found in facts.communities.values() if found.routing is RoutingMode.AUTOMATIC}
    return automatic | need.teams & facts.communities.keys()


def _know_teammates(facts: Facts, found: Iterable[Row]) -> None:
    for row in found:
        teammate = rows.teammate_of(row)
        key = (teammate.community_id, teammate.user_id)
        facts.teammates[key] = teammate
        facts.open_chats[key] = row[rows.OPEN_CHATS]
        _know(facts, row[rows.TEAMMATE_WIDTH :])


def _find_heads(need: Need, texts: Texts) -> Script[None]:
    """Who waited longest. Each conversation that the group is about may leave the queue before somebody asks for it."""
    if need.heads:
        count = max(need.heads.values()) + len(need.conversations)
        heads = {(row[0], row[1]) for row in (yield Find(texts.heads, need.heads.keys(), (count,)))}
        need.conversations |= heads
        need.rows |= heads


def _find_chats(need: Need, texts: Texts) -> Script[None]:
    """What teammates have."""
    found = {(row[0], row[1]) for row in (yield from _find(texts.chats_of, need.chats_of))}
    need.conversations |= found
    need.rows |= found


def _load_rows(need: Need, facts: Facts, texts: Texts) -> Script[None]:
    """What a list shows beside a conversation."""
    for row in (yield from _find(texts.listed, need.rows)):
        since, last, assignee = agent_rows.beside_of(row[1:])
        facts.waiting_since[row[0]] = since
        facts.last_messages[row[0]] = last
        if assignee is not None:
            facts.users[assignee.community_id, assignee.id] = assignee


def _load_conversations(need: Need, facts: Facts, texts: Texts) -> Script[None]:
    for row in (yield from _find(texts.conversations, need.conversations)):
        conversation = rows.conversation_of(row)
        facts.conversations[conversation.community_id, conversation.id] = conversation
        if conversation.queue_number is not None:
            facts.ahead[conversation.id] = row[rows.CONVERSATION_WIDTH]
        _know(facts, row[rows.CONVERSATION_WIDTH + 1 :])
    with_bot = [key for key, found in facts.conversations.items() if found.holder is Holder.BOT]
    for row in (yield from _find(texts.turns, with_bot)):
        turn = bot_rows.turn_of(row)
        facts.turns[turn.community_id, turn.conversation_id] = turn
    heard = {community_id for community_id, _ in with_bot}  # whose clients may ask for a person, and then wait
    for community_id, (chats, hour_ago) in (yield from paces(need.paces | heard, need.at, texts)).items():
        facts.chats[community_id] = chats
        facts.hour_ago[community_id] = hour_ago


def _load_access(need: Need, facts: Facts, texts: Texts) -> Script[None]:
    for row in (yield from _find(texts.answers, need.answers)):
        facts.answers[row[0], row[1]] = rows.answer_of(row)
    for row in (yield from _find(texts.tokens, need.tokens)):
        facts.tokens[row[0]] = rows.token_of(row)
    for row in (yield from _find(texts.tokens_by_name, need.token_names)):
        facts.tokens[row[0]] = rows.token_of(row)
        facts.token_names[row[1], row[rows.TOKEN_WIDTH]] = row[0]
    for row in (yield from _find(texts.replies_of, need.replies_of)):
        reply = writing_rows.reply_of(row)
        facts.replies[reply.community_id, reply.id] = reply
    for row in (yield from _find(texts.mails, need.mails)):
        mail = mail_rows.mail_of(row)
        facts.mails[mail.community_id, mail.message_id] = mail
    for row in (yield from _find(texts.sessions, need.sessions)):
        session = agent_rows.session_of(row)
        facts.sessions[session.secret_hash] = session
    if need.sessions_before is not None:
        facts.has_old_sessions = bool((yield Ask(queries.OLD_SESSION, (rows.micros(need.sessions_before),))))
    if need.signing_keys:
        for row in (yield Ask(queries.SIGNING_KEYS)):
            facts.signing_keys[row[0]] = rows.signing_key_of(row)


def _load_webhooks(need: Need, facts: Facts, texts: Texts) -> Script[None]:
    for text, keys in ((texts.endpoints, need.endpoints), (texts.endpoints_of, need.endpoints_of)):
        for row in (yield from _find(text, keys)):
            endpoint = webhook_rows.endpoint_of(row)
            facts.endpoints[endpoint.community_id, endpoint.id] = endpoint
    for text, some in (
        (texts.deliveries, need.deliveries),
        (texts.deliveries_of_events, need.delivery_keys),
        (texts.deliveries_in_lanes, need.lanes),
    ):
        for row in (yield from _find(text, some)):
            delivery = webhook_rows.delivery_of(row)
            facts.deliveries[delivery.id] = delivery
            facts.delivery_keys[delivery.key] = delivery.id
            if delivery.lane in need.lanes and delivery.is_open:
                others = facts.lanes.get(delivery.lane, ())
                facts.lanes[delivery.lane] = (*(known for known in others if known != delivery.id), delivery.id)
    for row in (yield from _find(texts.leases, need.leases)):
        facts.leases[row[0]] = webhook_rows.lease_of(row)
    if need.deliveries_before is not None:
        facts.has_old_deliveries = bool((yield Ask(queries.OLD_DELIVERY, (rows.micros(need.deliveries_before),))))


def _read_catalogue(community_id: int, version: int) -> Script[Catalogue]:
    categories = map(rows.category_of, (yield Ask(queries.CATEGORIES, (community_id,))))
    fields = map(rows.field_of, (yield Ask(queries.FIELDS, (community_id,))))
    return Catalogue(
        version=version,
        categories={category.id: category for category in categories},
        fields={field.id: field for field in fields},
    )


def _find(text: str, keys: Collection[object]) -> Script[list[Row]]:
    return list((yield Find(text, keys))) if keys else []


def _know(facts: Facts, row: Row) -> None:
    user = rows.user_of(row)
    facts.users[user.community_id, user.id] = user
    if user.email_key is not None:
        facts.emails[user.community_id, user.email_key] = user.id
    if user.identifier is not None:
        facts.identifiers[user.community_id, user.identifier] = user.id
