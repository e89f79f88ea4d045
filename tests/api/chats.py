"""One conversation as an integrator acts on it, each call of the API in a word; and the teammates who take it."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from parley.actions.conversations import ReleaseConversation
from parley.actions.teammates import AddTeammate, SetTeammateActive, SetTeammateStatus
from parley.core.events import Event
from parley.core.people import Presence, Role
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator
from tests.servers import Reply

BOT = {"isBot": True}
UNKNOWN = "00000000-0000-4000-8000-000000000000"

_numbers = itertools.count(1)


def message(text: str = "Hello", **members: Any) -> dict[str, Any]:
    """The body of a message, John's unless said otherwise."""
    return {"author": JOHN, "message": text, **members}


@dataclass
class Chat:
    """A conversation of a community."""

    shop: Integrator
    id: int

    def ask(self, method: str, what: str = "", body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a request about it."""
        path = f"{CONVERSATIONS}/{self.id}{what}"
        return self.shop.server.request(method, path, body, token=self.shop.token, headers=headers)

    def add(self, *messages: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask to add messages; a text is John's."""
        return self.ask("POST", "/messages", bodies(messages), headers)

    def say(self, *messages: Any) -> Any:
        """Add messages; as they were answered."""
        return self.add(*messages).data

    def bring(self, *messages: Any) -> Reply:
        """Ask to import earlier messages."""
        return self.ask("POST", "/previousMessages", bodies(messages))

    def page(self, query: str = "") -> Reply:
        """Ask for a page of its messages."""
        return self.ask("GET", f"/messages{query}")

    def texts(self, query: str = "?orderBy=creation_time_asc") -> list[str]:
        """What its messages say."""
        return [message["message"] for message in self.page(query).data]

    def hand(self, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for a change of the takeover."""
        return self.ask("PATCH", "/takeover", body, headers)

    def to_bot(self) -> Self:
        """Give it to the bot."""
        assert self.hand({"isAssignedToBot": True}).data == {"isAssignedToBot": True}
        return self

    def to_queue(self) -> Self:
        """Have the bot hand it over."""
        assert self.hand({"isAssignedToBot": False}).data == {"isAssignedToBot": False}
        return self

    def to(self, teammate: str) -> Self:
        """Give it to a teammate."""
        assert self.hand({"isAssignedToBot": False, "assigneeId": teammate}).data == {"isAssignedToBot": False}
        return self

    def release(self) -> Self:
        """Have the teammate give it back, which is done on the agents' side."""
        self.shop.do(ReleaseConversation(community_id=self.shop.tenant.id, conversation_id=self.id, by="operator"))
        return self

    def rate(self, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask to store feedback."""
        return self.ask("PATCH", "/feedback", body, headers)

    def move(self, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask to change the latest page."""
        return self.ask("PATCH", "/latestUrl", body, headers)

    def end(self, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask to close it."""
        return self.ask("PATCH", "/close", headers=headers)

    def close(self) -> Any:
        """Close it; as it was answered."""
        return self.end().data

    def get(self, query: str = "") -> Any:
        """It as it is."""
        return self.ask("GET", query).data

    @property
    def place(self) -> int:
        """Its position in the queue."""
        position: int = self.ask("GET", "/queue").data["position"]
        return position

    def events(self) -> list[Event]:
        """Its events behind the one that began it, as a reader of the log gets them."""
        return [event for event in self.shop.events() if event.conversation_id == self.id][1:]

    def happened(self) -> list[str]:
        """The types of these events."""
        return [event.type for event in self.events()]


def begin(shop: Integrator, **members: Any) -> Chat:
    """A new conversation, John's unless said otherwise."""
    return Chat(shop, shop.create(**members)["id"])


def bodies(messages: tuple[Any, ...]) -> list[Any]:
    """A body of messages; a text is John's."""
    return [message(each) if isinstance(each, str) else each for each in messages]


@dataclass
class Agent:
    """A teammate of a community."""

    shop: Integrator
    id: str
    email: str

    @property
    def author(self) -> dict[str, str]:
        """As the author of a message."""
        return {"id": self.id}

    def disable(self, *, is_active: bool = False) -> None:
        """Have them leave, or come back."""
        self.shop.do(
            SetTeammateActive(community_id=self.shop.tenant.id, email=self.email, is_active=is_active, by="operator")
        )

    def be(self, status: Presence, *, seats: int | None = None) -> None:
        """Say whether they take chats."""
        community_id = self.shop.tenant.id
        self.shop.do(
            SetTeammateStatus(community_id=community_id, email=self.email, status=status, seats=seats, by="operator")
        )


def hire(shop: Integrator, name: str = "Charlie") -> Agent:
    """A new teammate, who is away."""
    email = f"{name.lower()}{next(_numbers)}@shop.example"
    ((user, _),) = shop.do(
        AddTeammate(community_id=shop.tenant.id, name=name, email=email, role=Role.AGENT, by="operator")
    )
    return Agent(shop, user.id, email)
