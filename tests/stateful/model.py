"""A second opinion: what conversations, their queue and their messages ought to be.

Written from the specification, without a look at the server's rules, and as simple as a small number of conversations
allows: the queue is a sorted list, a page is a slice.
"""

from dataclasses import dataclass, field
from typing import Any

MESSAGE_ADDED = "conversation_message_added"
TAKEOVER = "conversation_takeover_state_changed"

Happened = list[str]  # the types of the events that follow


class RefusedError(Exception):
    """The call has to be refused with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(eq=False)
class Person:
    """Somebody who writes. Ids are learned from the first answer that shows them."""

    author: dict[str, Any]  # how they are named in a request
    is_team: bool = False
    is_bot: bool = False
    id: str | None = None
    name: str | None = None
    email: str | None = None
    identifier: str | None = None

    def shown(self, status: str) -> dict[str, Any]:
        """As they are shown on a side."""
        return {
            "id": self.id,
            "name": self.name,
            "image": None,
            "email": self.email,
            "customIdentifier": self.identifier,
            "status": status,
            "isBot": self.is_bot,
        }


@dataclass
class Said:
    """A message. Its id and its times are the server's to give."""

    person: Person
    text: str
    status: str
    name: str | None = None  # given with it
    at: str | None = None
    id: int = 0
    stored_at: str = ""

    def body(self, *, is_by_team: bool | None) -> dict[str, Any]:
        """As it is sent."""
        author = self.person.author | ({} if self.name is None else {"name": self.name})
        return {"author": author, "message": self.text, "creationTime": self.at, "isByTeam": is_by_team}

    def shown(self) -> dict[str, Any]:
        """As it is shown."""
        return {
            "author": self.person.shown(self.status),
            "creationTime": self.at,
            "id": self.id,
            "lastModifiedTime": self.stored_at,
            "message": self.text,
        }


@dataclass(eq=False)
class Talk:
    """A conversation. `holder` is bot, queue, closed, or a teammate's id."""

    id: int
    author: Person
    holder: str
    number: int | None
    url: str | None
    created_at: str = ""
    changed_at: str = ""
    is_with_bot: bool = False
    latest_url: str | None = None
    title: str | None = None
    feedback: dict[str, Any] | None = None
    messages: list[Said] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return self.holder == "closed"

    def in_order(self) -> list[Said]:
        """Its messages by the time they were said, ties by arrival."""
        return sorted(self.messages, key=lambda said: (said.at or "", said.id))


class Model:
    """A community's conversations."""

    def __init__(self, people: dict[str, Person]) -> None:
        self.people = people
        self.talks: list[Talk] = []
        self._numbers = 0

    # What can be done: each returns the types of the events that follow, or raises RefusedError and changes nothing

    def create(self, talk_id: int, author: Person, *, with_bot: bool, url: str | None) -> Talk:
        """A new conversation, with the bot or at the end of the queue."""
        talk = Talk(talk_id, author, "bot" if with_bot else "queue", None, url, is_with_bot=with_bot, latest_url=url)
        if not with_bot:
            talk.number = self._next_number()
        self.talks.append(talk)
        return talk

    def add(self, talk: Talk, messages: list[Said]) -> Happened:
        """Messages, all or none."""
        if talk.is_closed and any(said.status == "client" for said in messages):
            raise RefusedError(409)
        self._write(talk, messages)
        return [MESSAGE_ADDED] * len(messages)

    def bring(self, talk: Talk, messages: list[Said]) -> Happened:
        """Earlier messages, at any time."""
        self._write(talk, messages)
        return ["conversation_history_imported"]

    def hand(self, talk: Talk, *, to_bot: bool, assignee: str | None) -> Happened:
        """The table of the specification."""
        if talk.is_closed:
            raise RefusedError(409)
        goal = "bot" if to_bot else assignee or ("queue" if talk.holder == "bot" else talk.holder)
        if goal == talk.holder:
            return []
        changes_side = "bot" in {goal, talk.holder}
        if goal == "bot":
            talk.number = None
        elif goal == "queue":
            talk.number = self._next_number()
        talk.holder, talk.is_with_bot = goal, goal == "bot"
        return [TAKEOVER if changes_side else "conversation_assigned"]

    def release(self, talk: Talk) -> Happened:
        """Back to its place in the queue, or to the end."""
        talk.number = talk.number or self._next_number()
        talk.holder = "queue"
        return ["conversation_released"]

    def rate(self, talk: Talk, feedback: dict[str, Any]) -> Happened:
        """Feedback at any time."""
        talk.feedback = feedback
        return ["conversation_feedback_given"]

    def move(self, talk: Talk, url: str) -> Happened:
        """The client goes to another page."""
        if talk.is_closed:
            raise RefusedError(409)
        talk.latest_url = url
        return ["conversation_latest_url_changed"]

    def sort(self, talk: Talk, title: str) -> Happened:
        """It has a title, at any time."""
        if talk.title == title:
            return []
        talk.title = title
        return ["conversation_details_changed"]

    def close(self, talk: Talk) -> Happened:
        """It ends once."""
        if talk.is_closed:
            return []
        talk.holder = "closed"
        return ["conversation_closed"]

    # What is to be read

    def place(self, talk: Talk) -> dict[str, Any]:
        """Its place in the queue. Nobody is present, so no wait is known."""
        line = sorted(each.number or 0 for each in self.talks if each.holder == "queue")
        return {"position": line.index(talk.number or 0) + 1 if talk.holder == "queue" else -1, "waitTime": None}

    def shown(self, talk: Talk, messages: list[Said] | None = None) -> dict[str, Any]:
        """A conversation as it is shown."""
        return {
            "author": talk.author.shown("team" if talk.author.is_team else "client"),
            "creationTime": talk.created_at,
            "id": talk.id,
            "isClosed": talk.is_closed,
            "isTakeoverEnabled": not talk.is_with_bot,
            "lastModifiedTime": talk.changed_at,
            "messages": [said.shown() for said in messages or []],
            "queuePositionInfo": self.place(talk),
            "feedback": talk.feedback,
            "totalMessagesCount": len(talk.messages),
            "fields": [],
            "initialPageUrl": talk.url,
            "latestPageUrl": talk.latest_url,
        }

    def listed(self, state: str, author: Person | None = None) -> list[Talk]:
        """The conversations in a state, newest change first."""
        states = {"bot": "bot", "queue": "waiting", "closed": "closed"}
        found = [
            talk
            for talk in self.talks
            if state in {"", states.get(talk.holder, "assigned")} and author in {None, talk.author}
        ]
        return sorted(found, key=lambda talk: (talk.changed_at, talk.id), reverse=True)

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _write(self, talk: Talk, messages: list[Said]) -> None:
        for said in messages:
            talk.messages.append(said)
            if said.name is not None and not said.person.is_team:
                said.person.name = said.name
