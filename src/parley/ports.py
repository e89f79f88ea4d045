"""What the ledger and the reads ask of a storage: plain values and Protocols, no code that decides anything.

Keys carry the community throughout: a thing of another community is simply not found.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from parley.core.access import Grant, RefreshToken, SigningKey
from parley.core.bots import Bot, Manners, Turn
from parley.core.communities import Community, Tally
from parley.core.conversations import Conversation, Holder, Message
from parley.core.events import Event
from parley.core.fields import Catalogue, Category, Field
from parley.core.leases import Lease
from parley.core.mail import Mail, Sender
from parley.core.notes import Note
from parley.core.people import Teammate, User
from parley.core.reports import Past, Traffic, Window
from parley.core.reports import Place as Period
from parley.core.routing import Standing
from parley.core.search import Query
from parley.core.sessions import Credentials, Password, Session, Visitor
from parley.core.views import Counts, View
from parley.core.waiting import Estimate, Stay
from parley.core.webhooks import Attempt, Delivery, Endpoint, Key, Lane
from parley.core.writing import Draft, SavedReply

SERVER = 0  # stands for "the whole server" where a key wants a community id

SentDraft = tuple[int, int, str, bool]
"""Whose draft: community, conversation, user, and whether of a note."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The first answer to an idempotency key: given back as it is to every repeat (spec §1a)."""

    community_id: int
    key: str
    method: str
    path: str
    body_hash: bytes
    status: int
    body: bytes
    at: datetime
    epoch: int | None = None  # of the conversation that the answer is about


class Need:
    """What a group's actions want loaded: sets of keys, filled by each action's `needs`. `at` is the group's time."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.communities: set[int] = set()
        self.community_names: set[str] = set()
        self.bots: set[int] = set()
        self.catalogues: set[int] = set()
        self.users: set[tuple[int, str]] = set()
        self.emails: set[tuple[int, str]] = set()
        self.identifiers: set[tuple[int, str]] = set()
        self.teammates: set[tuple[int, str]] = set()  # by e-mail key
        self.assignees: set[tuple[int, str]] = set()  # teammates by user id
        self.paces: set[int] = set()  # communities whose waits are estimated
        self.conversations: set[tuple[int, int]] = set()
        self.answers: set[tuple[int, str]] = set()
        self.tokens: set[int] = set()
        self.token_names: set[tuple[int, str]] = set()
        self.categories: set[int] = set()  # by id alone: ids are the server's
        self.fields: set[int] = set()
        self.signing_keys = False
        self.endpoints: set[tuple[int, int]] = set()
        self.endpoints_of: set[int] = set()
        self.deliveries: set[tuple[int, int]] = set()
        self.delivery_keys: set[Key] = set()
        self.lanes: set[Lane] = set()
        self.leases: set[str] = set()
        self.mails: set[tuple[int, int]] = set()  # by message
        self.replies_of: set[int] = set()  # communities whose saved replies are wanted
        self.sessions: set[str] = set()
        self.rows: set[tuple[int, int]] = set()  # conversations to be shown as lists show them
        self.heads: dict[int, int] = {}  # by community: how many want the one that has waited longest
        self.chats_of: set[tuple[int, str]] = set()  # teammates whose conversations are wanted, and what was said last
        self.teams: set[int] = set()  # communities to be routed, with their whole team, whatever they were
        self.actions = 0  # how many there are in the group
        self.seats = 0  # how many they give teammates, together
        self.sessions_before: datetime | None = None  # whether any began before
        self.answers_before: datetime | None = None  # whether any is older
        self.checkpoints_before: datetime | None = None  # whether any is older and not its community's newest of these
        self.deliveries_before: datetime | None = None  # whether any ended before
        self.traffic_before: dict[int, int] = {}  # by span: whether any is of an earlier period


class Facts:
    """What was found, inside the group's transaction. What is missing does not exist (in that community)."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}  # the last id given of each kind
        self.communities: dict[int, Community] = {}
        self.community_names: dict[str, int] = {}
        self.tallies: dict[int, Tally] = {}
        self.catalogues: dict[int, Catalogue] = {}
        self.users: dict[tuple[int, str], User] = {}
        self.emails: dict[tuple[int, str], str] = {}
        self.identifiers: dict[tuple[int, str], str] = {}
        self.bots: dict[int, User] = {}
        self.teammates: dict[tuple[int, str], Teammate] = {}  # by user id
        self.conversations: dict[tuple[int, int], Conversation] = {}
        self.ahead: dict[int, int] = {}  # by conversation id: how many wait with a smaller queue number
        self.chats: dict[int, tuple[int, ...]] = {}  # lengths of the chats finished last, in µs, newest first
        self.hour_ago: dict[int, tuple[timedelta, int]] = {}  # what had been waited, and how many had given up
        self.answers: dict[tuple[int, str], Stored] = {}
        self.tokens: dict[int, RefreshToken] = {}
        self.token_names: dict[tuple[int, str], int] = {}  # only those not revoked
        self.category_ids: set[int] = set()  # taken anywhere on the server
        self.field_ids: set[int] = set()
        self.signing_keys: dict[int, SigningKey] = {}
        self.endpoints: dict[tuple[int, int], Endpoint] = {}
        self.deliveries: dict[int, Delivery] = {}
        self.delivery_keys: dict[Key, int] = {}
        self.lanes: dict[Lane, tuple[int, ...]] = {}  # the one that is due, and the first that is held
        self.leases: dict[str, Lease] = {}
        self.manners: dict[int, Manners | None] = {}  # by community
        self.turns: dict[tuple[int, int], Turn | None] = {}  # of conversations that the bot has
        self.senders: dict[int, Sender | None] = {}  # of mail, by community
        self.mails: dict[tuple[int, int], Mail] = {}
        self.replies: dict[tuple[int, int], SavedReply] = {}
        self.sessions: dict[str, Session] = {}
        self.waiting_since: dict[int, datetime | None] = {}  # of `rows`, by conversation id: when they joined the queue
        self.last_messages: dict[int, LastMessage | None] = {}  # likewise: what was said last
        self.open_chats: dict[tuple[int, str], int] = {}  # of the teammates found, by user id
        self.standings: dict[int, dict[Standing, int]] = {}  # of communities that are routed: of the whole team
        self.has_old_sessions = False
        self.has_old_answers = False
        self.has_old_checkpoints = False
        self.has_old_deliveries = False
        self.has_old_traffic = False


class Changes(msgspec.Struct, kw_only=True):
    """Whole rows per table, to be inserted or to take the place of their former selves, in one transaction."""

    numbers: dict[str, int]
    tallies: dict[int, Tally]
    checkpoints: list[int]  # communities whose queue changed: their counters are kept for the minute
    stays: list[Stay]  # begun
    ended_stays: list[Stay]  # only their end is stored
    first_answers: dict[int, datetime]  # by conversation: when the team wrote, unless it had written before
    traffic: dict[Period, Traffic]  # what is added to the counters
    blocks: dict[tuple[int, int, int], int]  # (community, level, block) → how many more or fewer wait there
    open_chats: dict[tuple[int, str], int]  # (community, teammate's user id) → how many more or fewer they have
    communities: list[Community]
    users: list[User]
    teammates: list[Teammate]
    conversations: list[Conversation]
    messages: list[Message]
    events: list[Event]
    answers: list[Stored]
    tokens: list[RefreshToken]
    categories: list[Category]
    fields: list[Field]
    signing_keys: list[SigningKey]
    endpoints: list[Endpoint]
    deliveries: list[Delivery]
    attempts: list[Attempt]
    leases: list[Lease]
    bots: list[Bot]
    turns: list[Turn]
    ended_turns: list[int]  # conversations in which the bot owes nothing any more
    passwords: list[Password]
    sessions: list[Session]
    notes: list[Note]
    senders: list[Sender]
    mails: list[Mail]
    replies: list[SavedReply]
    drafts: list[Draft]
    sent_drafts: list[SentDraft]  # to be emptied
    forget_answers_before: datetime | None
    forget_checkpoints_before: datetime | None
    forget_deliveries_before: datetime | None
    forget_traffic_before: dict[int, int]  # by span: of earlier periods than this
    forget_sessions_before: datetime | None


class DataRefusedError(Exception):
    """The database refused a group's rows (a CHECK, a UNIQUE): one of its actions is at fault, the others are not."""


class GroupOfActions(Protocol):
    """What a storage is given to write. Synchronous, and without any I/O of its own."""

    def take(self) -> Need:
        """Close the group and say what it needs. Called once the writer's lock is held."""
        ...

    def decide(self, facts: Facts) -> Changes | None:
        """Decide every action in order. None: there is nothing to write, so nothing to commit."""
        ...


class Storage(Protocol):
    """The writer's side: runs one group at a time, each in one transaction."""

    async def migrate(self) -> list[str]:
        """Bring the schema to this program's version; the names of the steps taken. Refuses a newer schema."""
        ...

    async def write(self, group: GroupOfActions) -> None:
        """Lock, take, load, decide, store, commit.

        Raises DataRefusedError, StorageUnavailableError or StorageFullError; then nothing of the group is stored.
        """
        ...

    async def close(self) -> None:
        """Let go of the database; what was answered is on disk already."""
        ...


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages: by time with `skip`, or those that arrived `after` or `before` a number.

    `shown_before`: those that stand before this message by time, the newest first.
    """

    take: int
    is_ascending: bool
    skip: int = 0
    after: int | None = None
    before: int | None = None
    shown_before: int | None = None


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    """Which conversations: those that match, changed before the cursor (its time and id)."""

    take: int
    holder: Holder | None = None
    category_id: int | None = None
    author_id: str | None = None
    cursor: tuple[datetime, int] | None = None


class ViewPage(msgspec.Struct, frozen=True, kw_only=True):
    """Which conversations of a view, or of all: behind the cursor, which is what the view is in order of, and an id.

    `user_id` is whose view it is. `today` is when today began.
    """

    take: int
    user_id: str
    today: datetime
    view: View | None = None
    category_id: int | None = None
    cursor: tuple[int, int] | None = None
    query: Query | None = None  # only those where this is found, then newest change first in every view


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries: those with an id below `before`, newest first."""

    take: int
    before: int = 2**63 - 1
    endpoint_id: int | None = None
    is_failed: bool = False


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as a reader sees it, all of one moment."""

    conversation: Conversation
    author: User
    position: int
    estimate: Estimate | None = None
    messages: tuple[tuple[Message, User], ...] = ()


class LastMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What was said last in a conversation: the beginning of it."""

    text: str
    author_id: str
    author_name: str | None
    is_team: bool
    is_by_bot: bool
    created_at: datetime


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as the team's lists show it. `cursor` is its place in the list it was read from."""

    opened: Opened
    assignee: User | None = None
    waiting_since: datetime | None = None
    last: LastMessage | None = None
    cursor: tuple[int, int] = (0, 0)

    @property
    def conversation(self) -> Conversation:
        """The conversation."""
        return self.opened.conversation


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with all that the team sees of it, of one moment.

    Its newest messages, notes and events, each oldest first; which messages were to be mailed; the teammate who gave it
    to the one who has it; the author's earlier conversations, newest change first; the number of the community's last
    event.
    """

    listed: Listed
    notes: tuple[tuple[Note, User], ...]
    mails: tuple[Mail, ...]
    draft: Draft | None
    events: tuple[Event, ...]
    assigner: User | None
    earlier: tuple[Listed, ...]
    seq: int


class Thread(msgspec.Struct, frozen=True):
    """A page of a conversation's messages with their authors, and the conversation's epoch at that moment."""

    epoch: int
    messages: list[tuple[Message, User]]


class Place(msgspec.Struct, frozen=True):
    """Where a conversation stands in the queue, −1 when it does not wait, and how long it may still wait there."""

    epoch: int
    position: int
    estimate: Estimate | None = None


class Listener(Protocol):
    """Whoever follows the log, once it follows (`Tail.follow`)."""

    def hear(self, event: Event) -> None:
        """The next event that concerns it, in the log's order. Called in the event loop; quick, and never fails."""
        ...


class Tail(Protocol):
    """The growing end of the log, read once for everyone in the process who follows it."""

    async def follow(
        self, listener: Listener, *, community_id: int | None = None, conversation_id: int | None = None
    ) -> None:
        """Let it hear every event from now on: all, one community's, or one conversation's, without a gap.

        Whatever was committed before this returns and is not heard can be read from the log.
        """
        ...

    def leave(self, listener: Listener) -> None:
        """Let it hear no more. Of one that does not follow, nothing happens."""
        ...


class Neighbours(Protocol):
    """The other processes that serve from the same database."""

    def tell(self, word: str) -> None:
        """Have each of them hear this once, soon or never: it is stored nowhere, and nobody waits for it.

        So it has to be something that is soon no longer true. It may be at most 7,990 bytes long in UTF-8.
        """
        ...


class Watch(Neighbours, Protocol):
    """Notices that some process has written to the database, and carries words between those that serve from it."""

    async def watch(self, wake: Callable[[], None], *, hear: Callable[[str], None] | None = None) -> None:
        """Call `wake` soon after each write by whomever, until cancelled. It may be called too often, never too seldom.

        `hear` is called with what neighbours tell. A connection that is lost is opened again, and `wake` is called
        then, for something may have been missed; the words of that time are lost.
        """
        ...


class Finding(msgspec.Struct, frozen=True):
    """One thing that was checked, whether it holds, and a few words about it."""

    check: str
    holds: bool
    detail: str


class Reader(Protocol):
    """Plain reads. They never wait for the writer and see only what is committed."""

    async def ready(self) -> bool:
        """Whether the database answers and its schema is this program's."""
        ...

    async def conversation(
        self, community_id: int, conversation_id: int, *, messages: str | None, at: datetime | None = None
    ) -> Opened | None:
        """One conversation; `messages` is `earliest`, `latest` or None for none. At most 100, in that order.

        With `at`, the present time, a waiting one has its estimate.
        """
        ...

    async def places(self, community_id: int, conversation_ids: Collection[int], *, at: datetime) -> dict[int, Place]:
        """The places of some of a community's conversations at the present time; those it does not have are left out.

        Each costs tens of microseconds: ask for some hundred at a time.
        """
        ...

    async def messages(self, community_id: int, conversation_id: int, page: Page) -> Thread | None:
        """A page of a conversation's messages; None when there is no such conversation."""
        ...

    async def conversations(self, community_id: int, page: ListPage, *, at: datetime | None = None) -> list[Opened]:
        """Conversations, newest change first, without messages; with `at` the waiting ones have their estimate."""
        ...

    async def grant(self, token_id: int) -> Grant | None:
        """A refresh token by its id."""
        ...

    async def grant_by_hash(self, secret_hash: bytes) -> Grant | None:
        """A refresh token by the SHA-256 of its secret."""
        ...

    async def client_exists(self, client_id: str) -> bool:
        """Whether any community signs in with this client id."""
        ...

    async def signing_keys(self) -> list[SigningKey]:
        """All signing keys, newest first."""
        ...

    async def communities(self) -> list[Community]:
        """All communities, by id."""
        ...

    async def community(self, name_or_id: str) -> Community | None:
        """One community by its name, without regard to case, or else by its id."""
        ...

    async def tokens(self, community_id: int) -> list[RefreshToken]:
        """The community's refresh tokens that are not revoked, oldest first."""
        ...

    async def categories(self, community_id: int) -> list[Category]:
        """The community's categories, by id."""
        ...

    async def fields(self, community_id: int) -> list[Field]:
        """The community's custom fields, by id."""
        ...

    async def user(self, community_id: int, user_id: str) -> User | None:
        """A user of the community; None when there is none."""
        ...

    async def teammates(self, community_id: int) -> list[tuple[User, Teammate]]:
        """The community's teammates, disabled ones included, by name."""
        ...

    async def due_teammates(self, *, until: datetime, take: int) -> list[Teammate]:
        """Teammates of the whole server whom to look after by then, the longest due first."""
        ...

    async def events(self, *, after: int, take: int) -> list[Event]:
        """The log behind the server's own number `after`, in order, at most `take`."""
        ...

    async def events_of(
        self, community_id: int, *, after: int, take: int, conversation_id: int | None = None
    ) -> list[Event]:
        """A community's log behind its `seq` `after`, in order, at most `take`; or what concerns one conversation."""
        ...

    async def credentials(self, email_key: str) -> list[Credentials]:
        """Who may sign in with an e-mail: the active teammates who have it and a password, by community."""
        ...

    async def visitor(self, secret_hash: str) -> Visitor | None:
        """Who a session is, over or not, by the SHA-256 of its secret; None when there never was such a session."""
        ...

    async def counts(self, community_id: int, user_id: str, *, today: datetime) -> Counts:
        """How many conversations each view of a teammate has. Counters, and counts of few rows of an index."""
        ...

    async def view(self, community_id: int, page: ViewPage, *, at: datetime) -> list[Listed]:
        """A page of a view; the waiting ones have their estimate at the present time."""
        ...

    async def whole(self, community_id: int, conversation_id: int, *, user_id: str, at: datetime) -> Whole | None:
        """A conversation as this teammate opens it, with their draft; None when the community has no such one."""
        ...

    async def replies(self, community_id: int) -> list[SavedReply]:
        """The community's saved replies, everybody's own included, by shortcut."""
        ...

    async def open_chats(self, community_id: int) -> dict[str, int]:
        """How many conversations each teammate has who has any, by user id."""
        ...

    async def last_number(self) -> int:
        """The number of the newest event; 0 when there is none."""
        ...

    async def last_seq(self, community_id: int) -> int:
        """The `seq` of the community's newest event; 0 when there is none."""
        ...

    async def events_at(self, community_id: int, seqs: Collection[int]) -> list[Event]:
        """Some of a community's events, by `seq`, in no order."""
        ...

    async def all_endpoints(self) -> list[Endpoint]:
        """Every community's endpoints that are not removed, by id."""
        ...

    async def endpoints(self, community_id: int) -> list[Endpoint]:
        """The community's endpoints that are not removed, by id."""
        ...

    async def bot(self, community_id: int) -> Bot | None:
        """A community's bot; None when none is set."""
        ...

    async def all_bots(self) -> list[Bot]:
        """Every community's bot: for whoever tends all of them."""
        ...

    async def turns(self, community_id: int, conversation_ids: Collection[int] | None = None) -> list[Turn]:
        """The answers that a community's bot owes: all of them, or those in some conversations."""
        ...

    async def sender(self, community_id: int) -> Sender | None:
        """From whom a community's mail comes; None when it sends none."""
        ...

    async def mails(self, community_id: int, conversation_id: int) -> list[Mail]:
        """What was or is to be mailed of a conversation, the newest 100, oldest first."""
        ...

    async def new_mails(self, *, take: int, before: datetime | None = None) -> list[Mail]:
        """Mails of the whole server that nobody who sends has seen, the oldest first; or those owed since before."""
        ...

    async def due_mails(self, *, until: datetime, take: int) -> list[Mail]:
        """Mails of the whole server that are due, the longest due first: of a conversation only the oldest."""
        ...

    async def next_mail_at(self, *, after: datetime) -> datetime | None:
        """When the next mail comes due."""
        ...

    async def leases(self) -> list[Lease]:
        """Every lease that was ever given out, run out or not."""
        ...

    async def due_deliveries(self, endpoint: Endpoint, *, until: datetime, take: int) -> list[Delivery]:
        """What is due at an endpoint by then, the longest due first."""
        ...

    async def next_due_at(self, endpoint: Endpoint, *, after: datetime) -> datetime | None:
        """When the next delivery of an endpoint comes due; None when none will."""
        ...

    async def waiting_for(self, endpoint: Endpoint) -> int:
        """How many events still are to be sent to an endpoint. It counts them: for people who ask now and then."""
        ...

    async def deliveries(self, community_id: int, page: DeliveryPage) -> list[Delivery]:
        """Deliveries, newest first."""
        ...

    async def delivery(self, community_id: int, delivery_id: int) -> tuple[Delivery, list[Attempt]] | None:
        """A delivery with its attempts, oldest first; None when the community has no such delivery."""
        ...

    async def past(self, community_id: int, window: Window) -> Past:
        """What a report of the window is made of: counters of its periods, and the newest lengths of its time.

        Of each kind of length at most `NEWEST`, so that the cost does not grow with what is stored.
        """
        ...

    async def traffic(self, community_id: int, window: Window) -> Past:
        """As `past`, but for the lengths."""
        ...

    async def audit(self, progress: Callable[[int, int], None]) -> list[Finding]:
        """Hold the log, the tables and the counters against each other; `progress` hears (done, of) now and then."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...
