"""Fetch, act, apply the events: that is to fetch again. Whoever follows the log needs to ask nothing more.

Only the place in the queue is left out: it moves with other conversations too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from parley.core.conversations import Conversation, Custody, Message
from parley.core.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationCreated,
    ConversationReleased,
    Event,
    FeedbackGiven,
    HistoryImported,
    LatestUrlChanged,
    MessageAdded,
    TakeoverChanged,
)
from parley.core.people import User
from tests.api.chats import BOT, Agent, Chat, begin, hire, message
from tests.api.integrators import JOHN, Integrator

Snapshot = dict[str, Any]
JANE = {"name": "Jane", "email": "jane@dow.com"}
ORDERS = ["creation_time_asc", "creation_time_desc"]


def fetch(chat: Chat, order: str) -> Snapshot:
    """A conversation with its messages, without its place."""
    found: Snapshot = chat.get(f"?includeMessages=true&orderyBy={order}")
    del found["queuePositionInfo"]
    return found


def replayed(snapshot: Snapshot | None, events: list[Event], order: str) -> Snapshot:
    """A snapshot after the events: it knows the published form and what the events carry, and nothing else."""
    for event in events:
        snapshot = after(snapshot, event, order)
    assert snapshot is not None
    return snapshot


def after(snapshot: Snapshot | None, event: Event, order: str) -> Snapshot:
    """A snapshot after one event."""
    if isinstance(event.what, ConversationCreated):
        return begun(event.what.conversation, event.what.author)
    assert snapshot is not None
    changed = {**snapshot, "lastModifiedTime": shown(event.at)}
    match event.what:
        case MessageAdded(message=said, author=author, message_count=count):
            return {**with_messages(changed, (said,), (author,), order), "totalMessagesCount": count}
        case HistoryImported(messages=brought, authors=authors, message_count=count):
            return {**with_messages(changed, brought, authors, order), "totalMessagesCount": count}
        case TakeoverChanged(custody=custody) | ConversationAssigned(custody=custody):
            return {**changed, **held(custody)}
        case ConversationReleased(custody=custody):
            return {**changed, **held(custody)}
        case FeedbackGiven(feedback=feedback):
            return {**changed, "feedback": {"isPositive": feedback.is_positive, "text": feedback.text}}
        case LatestUrlChanged(url=url):
            return {**changed, "latestPageUrl": url}
        case ConversationClosed():
            return {**changed, "isClosed": True}
        case other:
            raise AssertionError(other)


def begun(conversation: Conversation, author: User) -> Snapshot:
    """A conversation at its beginning."""
    return {
        "author": person(author, is_team=author.is_team),
        "creationTime": shown(conversation.created_at),
        "id": conversation.id,
        "isClosed": False,
        "isTakeoverEnabled": not conversation.is_with_bot,
        "lastModifiedTime": shown(conversation.changed_at),
        "messages": [],
        "feedback": None,
        "totalMessagesCount": 0,
        "fields": [{"id": field.id, "value": field.value} for field in conversation.fields],
        "initialPageUrl": conversation.initial_page_url,
        "latestPageUrl": conversation.latest_page_url,
    }


def held(custody: Custody) -> Snapshot:
    """What a change of holder changes."""
    return {"isTakeoverEnabled": not custody.is_with_bot}


def with_messages(snapshot: Snapshot, said: tuple[Message, ...], authors: tuple[User, ...], order: str) -> Snapshot:
    """More messages, the first hundred of the order kept, everyone as they are now."""
    known = {author.id: author for author in authors}
    messages = [*snapshot["messages"], *(written(each, known[each.author_id]) for each in said)]
    messages.sort(key=lambda each: (each["creationTime"], each["id"]), reverse=order == "creation_time_desc")
    return {
        **snapshot,
        "author": renewed(snapshot["author"], known),
        "messages": [{**each, "author": renewed(each["author"], known)} for each in messages[:100]],
    }


def written(said: Message, author: User) -> Snapshot:
    """A message as it is shown."""
    return {
        "author": person(author, is_team=said.is_team),
        "creationTime": shown(said.created_at),
        "id": said.id,
        "lastModifiedTime": shown(said.stored_at),
        "message": said.text,
    }


def person(user: User, *, is_team: bool) -> Snapshot:
    """A user as they are shown on one side."""
    return {
        "id": user.id,
        "name": user.name,
        "image": user.image,
        "email": user.email,
        "customIdentifier": user.identifier,
        "status": "team" if is_team else "client",
        "isBot": user.is_bot,
    }


def renewed(shown_before: Snapshot, known: dict[str, User]) -> Snapshot:
    """A user with what is new of them; the side they speak from stays."""
    user = known.get(shown_before["id"])
    return shown_before if user is None else person(user, is_team=shown_before["status"] == "team")


def shown(at: datetime) -> str:
    """A time as it is shown."""
    return at.isoformat(timespec="microseconds")


def at(year: int) -> dict[str, str]:
    """A time of another year."""
    return {"creationTime": f"{year}-01-01T00:00:00Z"}


Act = Callable[[Chat, Agent], object]
ACTS: dict[str, Act] = {
    "a message of the client": lambda chat, _: chat.say("Hello"),
    "messages of everybody": lambda chat, charlie: chat.say(
        message(author=JANE), message(author=BOT), message(author=charlie.author), message(isByTeam=True)
    ),
    "messages of other years": lambda chat, _: chat.say(message(**at(2024)), message(**at(2020)), message(**at(2024))),
    "a new name of the client": lambda chat, _: chat.say(message(author={**JOHN, "name": "Johnny"})),
    "a name that changes twice": lambda chat, _: chat.say(
        message(author={**JANE, "name": "Janet"}), message(author={**JANE, "image": "https://a.example/1.png"})
    ),
    "an identifier for the client": lambda chat, _: chat.say(message(author={**JOHN, "customIdentifier": "J-1"})),
    "history": lambda chat, _: chat.bring(message("earlier", **at(2020)), message("now", author=BOT)),
    "history of somebody new": lambda chat, charlie: chat.bring(
        message(author=JANE, **at(2020)), message(author=charlie.author, **at(2021)), message(author=JANE, **at(2019))
    ),
    "history with a new name": lambda chat, _: chat.bring(message(author={**JOHN, "name": "Johnny"}, **at(2020))),
    "the bot": lambda chat, _: chat.to_bot(),
    "from the bot to the queue": lambda chat, _: chat.to_bot().to_queue(),
    "from the bot to a teammate": lambda chat, charlie: chat.to_bot().to(charlie.id),
    "a teammate": lambda chat, charlie: chat.to(charlie.id),
    "released": lambda chat, charlie: chat.to(charlie.id).release(),
    "feedback": lambda chat, _: chat.rate({"isPositive": True, "text": "Quick"}),
    "other feedback": lambda chat, _: (
        chat.rate({"isPositive": True, "text": "Quick"}),
        chat.rate({"isPositive": False}),
    ),
    "another page": lambda chat, _: chat.move({"url": "https://shop.example/2"}),
    "the end": lambda chat, _: chat.close(),
    "the end with the bot": lambda chat, _: chat.to_bot().close(),
    "a team message after the end": lambda chat, _: (chat.close(), chat.say(message(author=BOT))),
    "feedback after the end": lambda chat, _: (chat.close(), chat.rate({"isPositive": False})),
    "history after the end": lambda chat, _: (chat.close(), chat.bring(message(**at(2020)))),
    "what changes nothing": lambda chat, _: chat.to_queue(),
    "what is refused": lambda chat, _: chat.add(message(author=JANE), message("")),
}


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A conversation with messages of several people."""
    chat = begin(shop, url="https://shop.example/1", message="First", author={**JOHN, "image": "https://a.example/0"})
    chat.say(message("Second", author=BOT), message("Long ago", **at(2022)), message("Third"))
    return chat


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_fetch_act_and_apply_is_to_fetch_again(chat: Chat, act: Act, order: str) -> None:
    charlie = hire(chat.shop)
    before, seen = fetch(chat, order), len(chat.events())
    act(chat, charlie)

    assert fetch(chat, order) == replayed(before, chat.events()[seen:], order)


@pytest.mark.parametrize("order", ORDERS)
def test_all_events_from_the_first_make_the_conversation(shop: Integrator, order: str) -> None:
    charlie = hire(shop)
    chat = begin(shop, isBotEnabled=True, message="Hello", url="https://shop.example/1")
    for act in sorted(ACTS, key=lambda act: "the end" in act):
        if act != "the end with the bot":
            ACTS[act](chat, charlie)
    events = [event for event in shop.events() if event.conversation_id == chat.id]

    assert fetch(chat, order) == replayed(None, events, order)


@pytest.mark.parametrize("order", ORDERS)
def test_of_more_than_a_hundred_messages_the_same_are_kept(chat: Chat, order: str) -> None:
    chat.say(*(message(str(number), **at(1900 + number)) for number in range(98)))
    before, seen = fetch(chat, order), len(chat.events())
    chat.bring(*(message(f"between {number}", **at(1900 + 2 * number)) for number in range(60)))
    chat.say("now")

    assert 163 == chat.get()["totalMessagesCount"]
    assert fetch(chat, order) == replayed(before, chat.events()[seen:], order)
