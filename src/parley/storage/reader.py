"""The reader's side, the same for every database but for how a script is run."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TypeVar

from parley.core.access import Grant, RefreshToken, SigningKey
from parley.core.bots import Bot, Turn
from parley.core.communities import Community
from parley.core.events import Event
from parley.core.fields import Category, Field
from parley.core.leases import Lease
from parley.core.mail import Mail, Sender
from parley.core.people import Teammate, User
from parley.core.reports import Past, Window
from parley.core.search import Query
from parley.core.sessions import Credentials, Visitor
from parley.core.texts import key_of
from parley.core.views import Counts, day_of
from parley.core.webhooks import EVENT_TYPES, Attempt, Delivery, Endpoint
from parley.core.writing import SavedReply
from parley.ports import DeliveryPage, Listed, ListPage, Opened, Page, Place, Thread, ViewPage, Whole
from parley.storage import (
    agent_rows,
    bot_rows,
    mail_rows,
    opening,
    queries,
    reading,
    rows,
    searching,
    webhook_rows,
    writing_rows,
)
from parley.storage.loading import Texts
from parley.storage.scripts import Ask, Find, Row, Script

R = TypeVar("R")

_ID_DIGITS = 16  # of 2^53
_END = 2**63 - 1  # later than any time


class ScriptReader:
    """Satisfies `parley.ports.Reader` but for `ready`, `audit` and `close`."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    @abstractmethod
    async def run(self, script: Callable[[], Script[R]]) -> R:
        """Run a script in one read transaction."""

    @abstractmethod
    def hits(self, community_id: int, query: Query) -> Script[Sequence[Row]]:
        """The conversations where something was found, each once."""

    async def conversation(
        self, community_id: int, conversation_id: int, *, messages: str | None, at: datetime | None = None
    ) -> Opened | None:
        """One conversation with its author, place, estimate and at most 100 messages."""
        return await self.run(
            lambda: reading.conversation(community_id, conversation_id, order=messages, at=at, texts=self._texts)
        )

    async def places(self, community_id: int, conversation_ids: Collection[int], *, at: datetime) -> dict[int, Place]:
        """The places of some of a community's conversations."""
        if not conversation_ids:
            return {}
        return await self.run(lambda: reading.places(community_id, conversation_ids, at, self._texts))

    async def messages(self, community_id: int, conversation_id: int, page: Page) -> Thread | None:
        """A page of a conversation's messages; None when there is no such conversation."""
        return await self.run(lambda: reading.messages(community_id, conversation_id, page, self._texts))

    async def conversations(self, community_id: int, page: ListPage, *, at: datetime | None = None) -> list[Opened]:
        """Conversations, newest change first."""
        return await self.run(lambda: reading.conversations(community_id, page, at, self._texts))

    async def grant(self, token_id: int) -> Grant | None:
        """A refresh token by its id."""
        return await self.run(lambda: reading.grant(queries.GRANT, token_id))

    async def grant_by_hash(self, secret_hash: bytes) -> Grant | None:
        """A refresh token by the SHA-256 of its secret."""
        return await self.run(lambda: reading.grant(queries.GRANT_BY_HASH, secret_hash))

    async def client_exists(self, client_id: str) -> bool:
        """Whether any community signs in with this client id."""
        return bool(await self._all(queries.CLIENT_EXISTS, client_id))

    async def signing_keys(self) -> list[SigningKey]:
        """All signing keys, newest first."""
        return list(map(rows.signing_key_of, await self._all(queries.SIGNING_KEYS)))

    async def communities(self) -> list[Community]:
        """All communities, by id."""
        return list(map(rows.community_of, await self._all(queries.COMMUNITIES)))

    async def community(self, name_or_id: str) -> Community | None:
        """One community by its name, or else by its id."""
        found = await self._all(queries.COMMUNITY_BY_NAME, key_of(name_or_id))
        if not found and name_or_id.isascii() and name_or_id.isdecimal() and len(name_or_id) <= _ID_DIGITS:
            found = await self._all(queries.COMMUNITY_BY_ID, int(name_or_id))
        return rows.community_of(found[0]) if found else None

    async def tokens(self, community_id: int) -> list[RefreshToken]:
        """The community's refresh tokens that are not revoked."""
        return list(map(rows.token_of, await self._all(queries.TOKENS, community_id)))

    async def categories(self, community_id: int) -> list[Category]:
        """The community's categories."""
        return list(map(rows.category_of, await self._all(queries.CATEGORIES, community_id)))

    async def fields(self, community_id: int) -> list[Field]:
        """The community's custom fields."""
        return list(map(rows.field_of, await self._all(queries.FIELDS, community_id)))

    async def user(self, community_id: int, user_id: str) -> User | None:
        """A user of the community."""
        found = await self._find(self._texts.users, [(community_id, user_id)])
        return rows.user_of(found[0]) if found else None

    async def teammates(self, community_id: int) -> list[tuple[User, Teammate]]:
        """The community's teammates, by name."""
        found = await self._all(queries.TEAMMATES, community_id)
        return [(rows.user_of(row[rows.TEAMMATE_WIDTH :]), rows.teammate_of(row)) for row in found]

    async def due_teammates(self, *, until: datetime, take: int) -> list[Teammate]:
        """Teammates of the whole server whom to look after by then."""
        return list(map(rows.teammate_of, await self._all(queries.DUE_TEAMMATES, rows.micros(until), take)))

    async def events(self, *, after: int, take: int) -> list[Event]:
        """The log behind the server's own number."""
        return list(map(rows.event_of, await self._all(queries.EVENTS, after, take)))

    async def events_of(
        self, community_id: int, *, after: int, take: int, conversation_id: int | None = None
    ) -> list[Event]:
        """A community's log behind its `seq`, or only what concerns one conversation."""
        if conversation_id is None:
            found = await self._all(queries.EVENTS_OF_COMMUNITY, community_id, after, take)
        else:
            found = await self._all(queries.EVENTS_OF_CONVERSATION, conversation_id, after, take, community_id)
        return list(map(rows.event_of, found))

    async def credentials(self, email_key: str) -> list[Credentials]:
        """Who may sign in with an e-mail."""
        return list(map(agent_rows.credentials_of, await self._all(queries.CREDENTIALS, email_key)))

    async def visitor(self, secret_hash: str) -> Visitor | None:
        """Who a session is."""
        found = await self._all(queries.VISITOR, secret_hash)
        return agent_rows.visitor_of(found[0]) if found else None

    async def counts(self, community_id: int, user_id: str, *, today: datetime) -> Counts:
        """How many conversations each view of a teammate has."""
        found = await self._all(queries.COUNTS, community_id, user_id, day_of(today))
        return agent_rows.counts_of(found[0])

    async def view(self, community_id: int, page: ViewPage, *, at: datetime) -> list[Listed]:
        """A page of a view."""
        query = page.query
        if query is None:
            return await self.run(lambda: opening.view(community_id, page, at, self._texts))
        return await self.run(
            lambda: searching.view(community_id, page, self.hits(community_id, query), at, self._texts)
        )

    async def whole(self, community_id: int, conversation_id: int, *, user_id: str, at: datetime) -> Whole | None:
        """A conversation as a teammate opens it."""
        return await self.run(lambda: opening.whole(community_id, conversation_id, user_id, at, self._texts))

    async def replies(self, community_id: int) -> list[SavedReply]:
        """The community's saved replies."""
        return list(map(writing_rows.reply_of, await self._all(queries.REPLIES, community_id)))

    async def open_chats(self, community_id: int) -> dict[str, int]:
        """How many conversations each teammate has who has any."""
        return {row[0]: int(row[1]) for row in await self._all(queries.OPEN_CHATS, community_id)}

    async def last_number(self) -> int:
        """The number of the newest event; 0 when there is none."""
        found = await self._all(queries.LAST_NUMBER)
        return int(found[0][0]) if found else 0

    async def last_seq(self, community_id: int) -> int:
        """The `seq` of the community's newest event; 0 when there is none."""
        found = await self._all(queries.LAST_SEQ, community_id)
        return int(found[0][0]) if found else 0

    async def events_at(self, community_id: int, seqs: Collection[int]) -> list[Event]:
        """Some of a community's events, by `seq`."""
        keys = [(community_id, seq) for seq in seqs]
        return list(map(rows.event_of, await self._find(self._texts.events_at, keys)))

    async def all_endpoints(self) -> list[Endpoint]:
        """Every community's endpoints."""
        return list(map(webhook_rows.endpoint_of, await self._all(queries.ALL_ENDPOINTS)))

    async def endpoints(self, community_id: int) -> list[Endpoint]:
        """The community's endpoints, by id."""
        return list(map(webhook_rows.endpoint_of, await self._all(queries.ENDPOINTS, community_id)))

    async def bot(self, community_id: int) -> Bot | None:
        """A community's bot; None when none is set."""
        found = await self._all(queries.BOT, community_id)
        return bot_rows.bot_of(found[0]) if found else None

    async def all_bots(self) -> list[Bot]:
        """Every community's bot."""
        return list(map(bot_rows.bot_of, await self._all(queries.ALL_BOTS)))

    async def turns(self, community_id: int, conversation_ids: Collection[int] | None = None) -> list[Turn]:
        """The answers that a community's bot owes."""
        if conversation_ids is None:
            found = await self._all(queries.TURNS, community_id)
        else:
            found = await self._find(self._texts.turns, [(community_id, each) for each in conversation_ids])
        return list(map(bot_rows.turn_of, found))

    async def past(self, community_id: int, window: Window) -> Past:
        """What a report of the window is made of."""
        return await self.run(lambda: reading.past(community_id, window))

    async def traffic(self, community_id: int, window: Window) -> Past:
        """The window's counters alone."""
        return await self.run(lambda: reading.traffic(community_id, window))

    async def sender(self, community_id: int) -> Sender | None:
        """From whom a community's mail comes."""
        found = await self._all(queries.SENDER, community_id)
        return mail_rows.sender_of(found[0]) if found else None

    async def mails(self, community_id: int, conversation_id: int) -> list[Mail]:
        """What was or is to be mailed of a conversation, the newest 100, oldest first."""
        return await self.run(lambda: opening.mails(community_id, conversation_id))

    async def new_mails(self, *, take: int, before: datetime | None = None) -> list[Mail]:
        """Mails that nobody who sends has seen."""
        end = _END if before is None else rows.micros(before)
        return list(map(mail_rows.mail_of, await self._all(queries.NEW_MAILS, end, take)))

    async def due_mails(self, *, until: datetime, take: int) -> list[Mail]:
        """Mails that are due, of a conversation only the oldest."""
        return list(map(mail_rows.mail_of, await self._all(queries.DUE_MAILS, rows.micros(until), take)))

    async def next_mail_at(self, *, after: datetime) -> datetime | None:
        """When the next mail comes due."""
        found = await self._all(queries.NEXT_MAIL, rows.micros(after))
        return rows.moment(found[0][0]) if found else None

    async def leases(self) -> list[Lease]:
        """Every lease that was ever given out."""
        return list(map(webhook_rows.lease_of, await self._all(queries.LEASES)))

    async def due_deliveries(self, endpoint: Endpoint, *, until: datetime, take: int) -> list[Delivery]:
        """What is due at an endpoint, the longest due first."""
        found = await self._all(queries.DUE_DELIVERIES, endpoint.id, endpoint.community_id, rows.micros(until), take)
        return list(map(webhook_rows.delivery_of, found))

    async def next_due_at(self, endpoint: Endpoint, *, after: datetime) -> datetime | None:
        """When the next delivery of an endpoint comes due."""
        found = await self._all(queries.NEXT_DUE, endpoint.id, rows.micros(after))
        return rows.moment(found[0][0]) if found else None

    async def waiting_for(self, endpoint: Endpoint) -> int:
        """How many events still are to be sent to an endpoint."""
        wanted = (*endpoint.event_types, *("" for _ in EVENT_TYPES))[: len(EVENT_TYPES)]
        parameters = (endpoint.id, endpoint.community_id, endpoint.cursor, *wanted)
        return int((await self._all(queries.WAITING_FOR, *parameters))[0][0])

    async def deliveries(self, community_id: int, page: DeliveryPage) -> list[Delivery]:
        """Deliveries, newest first."""
        parameters: tuple[object, ...] = (community_id, page.before, page.take)
        if page.is_failed:
            found = await self._all(queries.DELIVERIES_FAILED, *parameters, page.endpoint_id)
        elif page.endpoint_id is not None:
            found = await self._all(queries.DELIVERIES_OF_ENDPOINT, *parameters, page.endpoint_id)
        else:
            found = await self._all(queries.DELIVERIES_OF_COMMUNITY, *parameters)
        return list(map(webhook_rows.delivery_of, found))

    async def delivery(self, community_id: int, delivery_id: int) -> tuple[Delivery, list[Attempt]] | None:
        """A delivery with its attempts, oldest first."""

        def find() -> Script[tuple[Delivery, list[Attempt]] | None]:
            found = yield Ask(queries.DELIVERY, (delivery_id, community_id))
            if not found:
                return None
            attempts = yield Ask(queries.ATTEMPTS, (delivery_id,))
            return webhook_rows.delivery_of(found[0]), list(map(webhook_rows.attempt_of, attempts))

        return await self.run(find)

    async def _find(self, text: str, keys: Collection[object]) -> list[Row]:
        def find() -> Script[list[Row]]:
            return list((yield Find(text, keys)))

        return await self.run(find) if keys else []

    async def _all(self, text: str, *parameters: object) -> list[Row]:
        def ask() -> Script[list[Row]]:
            return list((yield Ask(text, parameters)))

        return await self.run(ask)
