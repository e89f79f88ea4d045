"""The draft that a group's actions write on: facts as loaded, changed in memory, undone when an action is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from parley.actions.journal import Journal
from parley.actions.mails import Mails
from parley.actions.outbox import Outbox
from parley.actions.pad import Pad
from parley.actions.queue import Queue
from parley.actions.team import Team
from parley.actions.turns import Turns
from parley.core import attendance, reports, routing, waiting
from parley.core.access import RefreshToken, SigningKey
from parley.core.communities import Community, Tally
from parley.core.conversations import Conversation, Message
from parley.core.errors import NotFoundError
from parley.core.events import Event, Happening
from parley.core.fields import Catalogue, Category, Field
from parley.core.leases import Lease
from parley.core.notes import Note
from parley.core.people import Teammate, User
from parley.core.routing import RoutingMode
from parley.core.sessions import Password, Session
from parley.ports import SERVER, Changes, Facts, LastMessage, Listed, Need, Opened, Stored

Fresh = Callable[[], str]
"""A supply of new random ids (lower-case GUIDs): the one place where an action meets chance."""

Reply_co = TypeVar("Reply_co", covariant=True)


class Action(Protocol[Reply_co]):
    """Something that can be done, as a frozen value that is already valid in form."""

    @property
    def community_id(self) -> int:
        """Whose it is; SERVER (0) when it concerns the whole server."""
        ...

    def needs(self, need: Need) -> None:
        """Say what must be loaded."""
        ...

    def decide(self, draft: "Draft", now: datetime, fresh: Fresh) -> Reply_co:
        """Change the draft and answer, or raise a ParleyError and leave no trace."""
        ...


class Draft:
    """Facts with the group's changes laid over them.

    Every change goes through `_set`, which remembers what it replaced: `mark` and `undo` put back whatever a refused
    action did, ids and places in the queue included.
    """

    def __init__(self, facts: Facts, now: datetime) -> None:
        self._facts = facts
        self._now = now
        self._before = dict(facts.conversations)
        self._journal = Journal()
        self._set = self._journal.set
        self.outbox = Outbox(facts, self._journal)
        self.queue = Queue(facts, self._journal, now)
        self.team = Team(facts, self._journal)
        self.pad = Pad(facts, self._journal)
        self.turns = Turns(facts, self._journal)
        self.mails = Mails(facts, self._journal)
        self._numbers: dict[str, int] = {}
        self._communities: dict[int, Community] = {}
        self._users: dict[tuple[int, str], User] = {}
        self._teammates: dict[tuple[int, str], Teammate] = {}
        self._conversations: dict[tuple[int, int], Conversation] = {}
        self._answers: dict[tuple[int, str], Stored] = {}
        self._tokens: dict[int, RefreshToken] = {}
        self._categories: dict[int, Category] = {}
        self._fields: dict[int, Field] = {}
        self._signing_keys: dict[int, SigningKey] = {}
        self._leases: dict[str, Lease] = {}
        self._passwords: dict[str, Password] = {}
        self._sessions: dict[str, Session] = {}
        self._notes: dict[int, Note] = {}
        self._messages: list[Message] = []
        self._events: list[tuple[int, int | None, int | None, str, datetime, Happening]] = []
        self._housekeeping: dict[str, datetime] = {}
        self._forget_traffic_before: dict[int, int] = {}

    # What an action may ask

    def community(self, community_id: int) -> Community:
        """The community, or NotFoundError."""
        found = self._facts.communities.get(community_id)
        if found is None:
            raise NotFoundError("There is no such community.")
        return found

    def community_named(self, name_key: str) -> int | None:
        """The id of the community of that name."""
        return self._facts.community_names.get(name_key)

    def catalogue(self, community_id: int) -> Catalogue:
        """The community's categories and fields."""
        return self._facts.catalogues[community_id]

    def bot(self, community_id: int) -> User:
        """The community's bot."""
        return self._facts.bots[community_id]

    def user(self, community_id: int, user_id: str) -> User | None:
        """A user by id."""
        return self._facts.users.get((community_id, user_id))

    def user_by_email(self, community_id: int, email_key: str) -> User | None:
        """The user to whom an e-mail belongs."""
        found = self._facts.emails.get((community_id, email_key))
        return None if found is None else self._facts.users[community_id, found]

    def user_by_identifier(self, community_id: int, identifier: str) -> User | None:
        """The user to whom a customIdentifier belongs."""
        found = self._facts.identifiers.get((community_id, identifier))
        return None if found is None else self._facts.users[community_id, found]

    def teammate(self, community_id: int, user_id: str) -> Teammate | None:
        """What a user has as a teammate."""
        return self._facts.teammates.get((community_id, user_id))

    def conversation(self, community_id: int, conversation_id: int) -> Conversation:
        """The conversation, or NotFoundError: also when it is another community's."""
        found = self._facts.conversations.get((community_id, conversation_id))
        if found is None:
            raise NotFoundError(f"There is no conversation {conversation_id}.")
        return found

    def teammates(self, community_id: int) -> list[Teammate]:
        """The community's teammates. `Need.teams` asked for them."""
        return [who for (whose, _), who in self._facts.teammates.items() if whose == community_id]

    def is_routed(self, community_id: int) -> bool:
        """Whether the server gives the community's conversations out, and one waits."""
        if not self.team.is_known(community_id):
            return False
        is_automatic = self._facts.communities[community_id].routing is RoutingMode.AUTOMATIC
        return is_automatic and self.queue.tally(community_id).waiting > 0

    def chats_of(self, community_id: int, user_id: str) -> list[Conversation]:
        """The conversations that a teammate has, by queue number. `Need.chats_of` asked for them."""
        found = [
            each
            for (whose, _), each in self._facts.conversations.items()
            if whose == community_id and each.assignee_id == user_id and each.is_assigned
        ]
        return sorted(found, key=lambda each: (each.queue_number or 0, each.id))

    def is_answered(self, conversation: Conversation) -> bool:
        """Whether a person of the team had the last word. `Need.rows` or `Need.chats_of` asked for it."""
        last = self._facts.last_messages.get(conversation.id)
        return last is not None and last.is_team and not last.is_by_bot

    def listed(self, conversation: Conversation) -> Listed:
        """It as lists show it. `Need.rows` asked for it."""
        return Listed(
            opened=Opened(
                conversation=conversation,
                author=self.author_of(conversation),
                position=self.queue.position(conversation),
                estimate=self.queue.estimate(conversation),
            ),
            assignee=self._facts.users.get((conversation.community_id, conversation.assignee_id or "")),
            waiting_since=self.queue.waiting_since(conversation),
            last=self._facts.last_messages.get(conversation.id),
        )

    def author_of(self, conversation: Conversation) -> User:
        """The conversation's author, who is loaded with it."""
        return self._facts.users[conversation.community_id, conversation.author_id]

    def present_seq(self, community_id: int) -> int:
        """The `seq` of the community's newest event at this point of the group."""
        recorded = sum(1 for whose, *_ in self._events if whose == community_id)
        return self.queue.tally(community_id).last_seq + recorded

    def token(self, token_id: int) -> RefreshToken | None:
        """A refresh token by id."""
        return self._facts.tokens.get(token_id)

    def token_named(self, community_id: int, name_key: str) -> RefreshToken | None:
        """The community's refresh token of that name that is not revoked."""
        found = self._facts.token_names.get((community_id, name_key))
        return None if found is None else self._facts.tokens[found]

    def category_is_taken(self, category_id: int) -> bool:
        """Whether any category of the server has this id."""
        return category_id in self._facts.category_ids or category_id in self._categories

    def field_is_taken(self, field_id: int) -> bool:
        """Whether any field of the server has this id."""
        return field_id in self._facts.field_ids or field_id in self._fields

    def signing_keys(self) -> list[SigningKey]:
        """All signing keys, newest first."""
        return sorted(self._facts.signing_keys.values(), key=lambda key: -key.id)

    def answer(self, community_id: int, key: str) -> Stored | None:
        """The stored answer to an idempotency key, of this group or an earlier one."""
        return self._facts.answers.get((community_id, key))

    def session(self, secret_hash: str) -> Session | None:
        """A session by the hash of its secret."""
        return self._facts.sessions.get(secret_hash)

    def lease(self, name: str) -> Lease | None:
        """Who looks after something."""
        return self._facts.leases.get(name)

    # What an action may do

    def next_number(self, kind: str) -> int:
        """A new id of this kind, one higher than the last."""
        number = self._facts.numbers.get(kind, 0) + 1
        self.raise_number(kind, number)
        return number

    def raise_number(self, kind: str, number: int) -> None:
        """Make sure that ids up to `number` are not given out again."""
        if number > self._facts.numbers.get(kind, 0):
            self._set(self._facts.numbers, kind, number)
            self._set(self._numbers, kind, number)

    def put_community(self, community: Community) -> None:
        """Add or change a community."""
        self._set(self._facts.communities, community.id, community)
        self._set(self._communities, community.id, community)

    def name_community(self, name_key: str, community_id: int) -> None:
        """Remember that the name is taken."""
        self._set(self._facts.community_names, name_key, community_id)

    def put_user(self, user: User) -> None:
        """Add or change a user; look-ups by e-mail and identifier see it at once."""
        key = (user.community_id, user.id)
        self._set(self._facts.users, key, user)
        self._set(self._users, key, user)
        if user.email_key is not None:
            self._set(self._facts.emails, (user.community_id, user.email_key), user.id)
        if user.identifier is not None:
            self._set(self._facts.identifiers, (user.community_id, user.identifier), user.id)

    def put_teammate(self, teammate: Teammate) -> None:
        """Add or change what a user has as a teammate. The community's seats follow from it."""
        key = (teammate.community_id, teammate.user_id)
        before = self._facts.teammates.get(key)
        step = teammate.open_seats - (0 if before is None else before.open_seats)
        if step:
            tally = self.queue.tally(teammate.community_id)
            self.queue.put_tally(teammate.community_id, msgspec.structs.replace(tally, seats=tally.seats + step))
        self._set(self._facts.teammates, key, teammate)
        self._set(self._teammates, key, teammate)
        self.team.see_teammate(before, teammate)

    def put_conversation(self, conversation: Conversation) -> None:
        """Add or change a conversation. What follows from it for the queue is seen here, so nobody can forget it."""
        key = (conversation.community_id, conversation.id)
        before = self._facts.conversations.get(key)
        self._set(self._facts.conversations, key, conversation)
        self._set(self._conversations, key, conversation)
        if before is None or before.epoch != conversation.epoch:
            self.queue.see_change(before, conversation)
            self.team.see_change(before, conversation)
            self._entrust(conversation)
            self.turns.see_change(conversation)

    def add_message(self, message: Message) -> None:
        """Add a message to a conversation that is there; what the bot owes follows from it."""
        self._messages.append(message)
        self._see_last(message)
        self.turns.see_message(message)

    def put_token(self, token: RefreshToken) -> None:
        """Add or change a refresh token."""
        self._set(self._facts.tokens, token.id, token)
        self._set(self._tokens, token.id, token)

    def name_token(self, community_id: int, name_key: str, token_id: int | None) -> None:
        """Remember that the name is taken, or with None that it is free again."""
        self._set(self._facts.token_names, (community_id, name_key), token_id)

    def put_category(self, category: Category) -> None:
        """Add or change a category; conversations of the same group may be sorted into it."""
        self._set(self._categories, category.id, category)
        catalogue = self._facts.catalogues.get(category.community_id)
        if catalogue is not None:
            categories = catalogue.categories | {category.id: category}
            changed = msgspec.structs.replace(catalogue, categories=categories)
            self._set(self._facts.catalogues, category.community_id, changed)

    def put_field(self, field: Field) -> None:
        """Add or change a custom field; conversations of the same group are asked for it."""
        self._set(self._fields, field.id, field)
        catalogue = self._facts.catalogues.get(field.community_id)
        if catalogue is not None:
            fields = dict(sorted((catalogue.fields | {field.id: field}).items()))  # by id, as they are loaded
            self._set(self._facts.catalogues, field.community_id, msgspec.structs.replace(catalogue, fields=fields))

    def put_signing_key(self, key: SigningKey) -> None:
        """Add or change a signing key."""
        self._set(self._facts.signing_keys, key.id, key)
        self._set(self._signing_keys, key.id, key)

    def put_answer(self, stored: Stored) -> None:
        """Keep the first answer to an idempotency key."""
        key = (stored.community_id, stored.key)
        self._set(self._facts.answers, key, stored)
        self._set(self._answers, key, stored)

    def forget_answers(self, *, before: datetime) -> bool:
        """Drop a bounded number of stored answers older than `before`; whether there are any."""
        if self._facts.has_old_answers:
            self._set(self._housekeeping, "answers", before)
        return self._facts.has_old_answers

    def forget_checkpoints(self, *, before: datetime) -> bool:
        """Drop a bounded number of checkpoints whose next is older than `before` too; whether there are any."""
        if self._facts.has_old_checkpoints:
            self._set(self._housekeeping, "checkpoints", before)
        return self._facts.has_old_checkpoints

    def forget_deliveries(self, *, before: datetime) -> bool:
        """Drop a bounded number of deliveries, with their attempts, that ended before; whether there are any."""
        if self._facts.has_old_deliveries:
            self._set(self._housekeeping, "deliveries", before)
        return self._facts.has_old_deliveries

    def forget_traffic(self, *, before: dict[int, int]) -> bool:
        """Drop a bounded number of counters of periods before these, by span; whether there are any.

        How far they are forgotten is remembered, for `verify` counts again only what is kept.
        """
        if self._facts.has_old_traffic:
            for span, period in before.items():
                self._set(self._forget_traffic_before, span, period)
                self.raise_number(reports.FORGOTTEN[span], period)
        return self._facts.has_old_traffic

    def put_password(self, password: Password) -> None:
        """Give a teammate a password, or another one."""
        self._set(self._passwords, password.user_id, password)

    def put_session(self, session: Session) -> None:
        """Begin or change a session."""
        self._set(self._facts.sessions, session.secret_hash, session)
        self._set(self._sessions, session.secret_hash, session)

    def forget_sessions(self, *, before: datetime) -> bool:
        """Drop a bounded number of sessions that began before; whether there are any."""
        if self._facts.has_old_sessions:
            self._set(self._housekeeping, "sessions", before)
        return self._facts.has_old_sessions

    def add_note(self, note: Note) -> None:
        """Add a note to a conversation that is there."""
        self._set(self._notes, note.id, note)

    def put_lease(self, lease: Lease) -> None:
        """Give out a lease, or take it back."""
        self._set(self._facts.leases, lease.name, lease)
        self._set(self._leases, lease.name, lease)

    def record(
        self, what: Happening, *, community_id: int, by: str, at: datetime, conversation_id: int | None = None
    ) -> None:
        """Write what happened into the log. It gets its numbers when the whole group is decided."""
        epoch = None
        if conversation_id is not None:
            epoch = self._facts.conversations[community_id, conversation_id].epoch
        self._events.append((community_id, conversation_id, epoch, by, at, what))
        self.mails.see(what)

    # What the group does with it

    def mark(self) -> tuple[int, int, int, int]:
        """A point to which `undo` can go back."""
        return len(self._journal), self.queue.mark(), len(self._messages), len(self._events)

    def undo(self, mark: tuple[int, int, int, int]) -> None:
        """Put back everything that was done since the mark."""
        steps, moves, messages, events = mark
        self._journal.undo(steps)
        self.queue.undo(moves)
        self.team.undo()
        del self._messages[messages:]
        del self._events[events:]

    def changes(self) -> Changes | None:
        """What is to be stored, the events numbered and the waiting counted; None when nothing was done."""
        if not self._journal and not self._messages and not self._events:
            return None
        events = self._numbered_events()
        queue, outbox, pad = self.queue.changes(), self.outbox.changes(), self.pad.changes()
        turns, mails = self.turns.changes(), self.mails.changes()
        conversations = [(self._before.get(key), after) for key, after in self._conversations.items()]
        return Changes(
            numbers=self._numbers,
            tallies=queue.tallies | self._seqs_of(events),
            checkpoints=queue.checkpoints,
            stays=queue.stays,
            ended_stays=queue.ended_stays,
            first_answers=self._first_answers(),
            traffic=reports.count_traffic(queue.stays, queue.ended_stays, conversations),
            blocks=waiting.count_blocks(conversations),
            open_chats=routing.count_chats(conversations),
            communities=list(self._communities.values()),
            users=list(self._users.values()),
            teammates=list(self._teammates.values()),
            conversations=list(self._conversations.values()),
            messages=self._messages,
            events=events,
            answers=list(self._answers.values()),
            tokens=list(self._tokens.values()),
            categories=list(self._categories.values()),
            fields=list(self._fields.values()),
            signing_keys=list(self._signing_keys.values()),
            endpoints=outbox.endpoints,
            deliveries=outbox.deliveries,
            attempts=outbox.attempts,
            leases=list(self._leases.values()),
            bots=turns.bots,
            turns=turns.turns,
            ended_turns=turns.ended_turns,
            passwords=list(self._passwords.values()),
            sessions=list(self._sessions.values()),
            notes=list(self._notes.values()),
            senders=mails.senders,
            mails=mails.mails,
            replies=pad.replies,
            drafts=pad.drafts,
            sent_drafts=pad.sent_drafts,
            forget_answers_before=self._housekeeping.get("answers"),
            forget_checkpoints_before=self._housekeeping.get("checkpoints"),
            forget_deliveries_before=self._housekeeping.get("deliveries"),
            forget_traffic_before=self._forget_traffic_before,
            forget_sessions_before=self._housekeeping.get("sessions"),
        )

    def _entrust(self, conversation: Conversation) -> None:
        """Have somebody look after a conversation that is given to a teammate who is gone."""
        key = (conversation.community_id, conversation.assignee_id or "")
        teammate = self._facts.teammates.get(key) if conversation.is_assigned else None
        if teammate is not None:
            return_after = self.community(conversation.community_id).return_after
            entrusted = attendance.entrust(teammate, now=self._now, return_after=return_after)
            if entrusted is not teammate:
                self.put_teammate(entrusted)

    def _see_last(self, message: Message) -> None:
        """What was said last, of a conversation that is to be shown as lists show it."""
        known = self._facts.last_messages
        if message.conversation_id not in known:
            return
        last = known[message.conversation_id]
        if last is None or last.created_at <= message.created_at:
            author = self._facts.users[message.community_id, message.author_id]
            said = LastMessage(
                text=message.text,
                author_id=author.id,
                author_name=author.name,
                is_team=message.is_team,
                is_by_bot=author.is_bot,
                created_at=message.created_at,
            )
            self._set(known, message.conversation_id, said)

    def _numbered_events(self) -> list[Event]:
        number = self._facts.numbers.get("event", 0)
        seqs: dict[int, int] = {}
        numbered = []
        for community_id, conversation_id, epoch, by, at, what in self._events:
            number += 1
            seq = None
            if community_id != SERVER:
                seq = seqs.get(community_id) or self.queue.tally(community_id).last_seq
                seq += 1
                seqs[community_id] = seq
            numbered.append(
                Event(
                    number=number,
                    community_id=community_id or None,
                    seq=seq,
                    conversation_id=conversation_id,
                    epoch=epoch,
                    by=by,
                    at=at,
                    what=what,
                )
            )
        if numbered:
            self._numbers["event"] = number
        return numbered

    def _seqs_of(self, events: list[Event]) -> dict[int, Tally]:
        """The counters of the communities that have new events."""
        seqs = {event.community_id: event.seq for event in events if event.community_id and event.seq}
        return {whose: msgspec.structs.replace(self.queue.tally(whose), last_seq=seq) for whose, seq in seqs.items()}

    def _first_answers(self) -> dict[int, datetime]:
        """When the team wrote in conversations of others: not the bot, and nothing that was imported."""
        written: dict[int, datetime] = {}
        for message in self._messages:
            if message.is_team and not message.is_imported and message.conversation_id not in written:
                conversation = self._facts.conversations[message.community_id, message.conversation_id]
                is_bots = message.author_id == self.community(message.community_id).bot_id
                if not is_bots and message.author_id != conversation.author_id:
                    written[message.conversation_id] = message.stored_at
        return written
