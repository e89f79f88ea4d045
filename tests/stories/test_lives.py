"""Three whole lives of conversations, as an integrator and the team lead them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.actions.catalogue import AddCategory
from parley.core.events import MessageAdded
from tests.api.chats import BOT, Agent, Chat, begin, hire, message
from tests.api.integrators import Integrator, join
from tests.servers import Server, sqlite_url

JANE = {"name": "Jane", "email": "jane@dow.com", "customIdentifier": "C-7"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Integrator]:
    """The integrator of a community on a server of its own."""
    with Server(sqlite_url(tmp_path / "lives.db")) as server:
        yield join(server)


@pytest.fixture
def anna(shop: Integrator) -> Agent:
    """A teammate."""
    return hire(shop, "Anna")


def mailed(chat: Chat) -> list[str]:
    """What is to reach the client by e-mail."""
    added = [event.what for event in chat.events() if isinstance(event.what, MessageAdded)]
    return [what.message.text for what in added if what.is_to_be_mailed]


def test_a_client_waits_talks_with_an_agent_and_gets_the_last_word_by_email(shop: Integrator, anna: Agent) -> None:
    (category,) = shop.do(AddCategory(community_id=shop.tenant.id, name="Orders", by="operator"))
    ahead = begin(shop)
    made = shop.create(author=JANE, message="Where is my order?", categoryId=category.id, url="https://shop.example/o")
    chat = Chat(shop, made["id"])
    jane = made["author"]
    assert ({"position": 2, "waitTime": None}, True) == (made["queuePositionInfo"], made["isTakeoverEnabled"])

    ahead.close()
    assert 1 == chat.place

    chat.to(anna.id)
    assert (-1, {"isAssignedToBot": False}) == (chat.place, chat.ask("GET", "/takeover").data)

    (hello,) = chat.say(message("Let me look.", author=anna.author))
    chat.move({"url": "https://shop.example/o/7"})
    chat.say(message("It is number 7.", author={"id": jane["id"]}), message("Please.", author={"id": jane["id"]}))
    assert ("team", "Anna") == (hello["author"]["status"], hello["author"]["name"])
    assert ["Please.", "It is number 7.", "Let me look.", "Where is my order?"] == chat.texts("")

    chat.rate({"isPositive": True, "text": "Quick"})
    closed = chat.close()
    assert (True, 4, -1) == (closed["isClosed"], closed["totalMessagesCount"], closed["queuePositionInfo"]["position"])
    assert ("https://shop.example/o", "https://shop.example/o/7") == (closed["initialPageUrl"], closed["latestPageUrl"])

    assert 409 == chat.add(message("One more thing", author=JANE)).status
    chat.say(message("It is on its way.", author=anna.author))
    assert ["It is on its way."] == mailed(chat)
    assert 5 == chat.get()["totalMessagesCount"]
    assert [
        "conversation_message_added",
        "conversation_assigned",
        "conversation_message_added",
        "conversation_latest_url_changed",
        "conversation_message_added",
        "conversation_message_added",
        "conversation_feedback_given",
        "conversation_closed",
        "conversation_message_added",
    ] == chat.happened()


def test_a_bot_begins_hands_over_and_gets_it_back(shop: Integrator, anna: Agent) -> None:
    others = [begin(shop) for _ in range(2)]
    chat = begin(shop, author=JANE, isBotEnabled=True, message="Hi")
    assert (-1, {"isAssignedToBot": True}) == (chat.place, chat.ask("GET", "/takeover").data)
    assert chat.get()["isTakeoverEnabled"] is False

    (asked,) = chat.say(message("How can I help?", author=BOT))
    chat.say(message("A human, please.", author=JANE))
    assert (True, "team") == (asked["author"]["isBot"], asked["author"]["status"])
    assert -1 == chat.place

    chat.to_queue()
    others.append(begin(shop))
    assert [1, 2, 3, 4] == [each.place for each in (*others[:2], chat, others[2])]

    chat.to(anna.id)
    chat.say(message("Here I am.", author=anna.author))
    assert [1, 2, -1, 3] == [each.place for each in (*others[:2], chat, others[2])]

    chat.to_bot()
    (again,) = chat.say(message("Anything else?", author=BOT))
    assert asked["author"]["id"] == again["author"]["id"]
    assert ({"isAssignedToBot": True}, -1) == (chat.ask("GET", "/takeover").data, chat.place)

    chat.to_queue()
    assert 4 == chat.place
    assert ["Hi", "How can I help?", "A human, please.", "Here I am.", "Anything else?"] == chat.texts()
    assert [
        "conversation_takeover_state_changed",
        "conversation_assigned",
        "conversation_takeover_state_changed",
        "conversation_takeover_state_changed",
    ] == [name for name in chat.happened() if name != "conversation_message_added"]


def test_a_history_from_elsewhere_comes_beside_a_conversation_that_goes_on(shop: Integrator, anna: Agent) -> None:
    waiting = begin(shop)
    chat = begin(shop, author=JANE, message="I am back.")
    cursor, met = 0, []

    def follow() -> list[str]:
        """What arrived since the last look, as a program that keeps a cursor sees it."""
        nonlocal cursor
        page = chat.page(f"?after={cursor}").data
        cursor = page[-1]["id"] if page else cursor
        met.extend(page)
        return [each["message"] for each in page]

    assert ["I am back."] == follow()
    otto = {"customIdentifier": "old-agent", "name": "Otto"}
    brought = chat.bring(
        message("Goodbye", author=JANE, creationTime="2024-05-01T10:00:03+02:00"),
        message("Hello", author=JANE, creationTime="2024-05-01T10:00:00+02:00"),
        message("Hello Jane", author=otto, isByTeam=True, creationTime="2024-05-01T10:00:01.5+02:00"),
        message("Beep", author=BOT, creationTime="2024-05-01T10:00:01.5+02:00"),
    ).data
    assert ["client", "client", "team", "team"] == [each["author"]["status"] for each in brought]

    chat.to(anna.id)
    chat.say(message("Welcome back.", author=anna.author))
    assert ["Goodbye", "Hello", "Hello Jane", "Beep", "Welcome back."] == follow()

    chat.bring(message("An e-mail", author=JANE, creationTime="2023-01-01T00:00:00Z"))
    chat.say(message("Thanks.", author=JANE))
    assert ["An e-mail", "Thanks."] == follow()
    assert [] == follow()

    shown = ["An e-mail", "Hello", "Hello Jane", "Beep", "Goodbye", "I am back.", "Welcome back.", "Thanks."]
    assert shown == chat.texts()
    assert shown[::-1] == [each["message"] for each in chat.get("?includeMessages=true")["messages"]]
    assert len(shown) == len(met) == chat.get()["totalMessagesCount"]
    assert (
        sorted(met, key=lambda each: (each["creationTime"], each["id"])) == chat.page("?orderBy=creation_time_asc").data
    )
    assert (1, []) == (waiting.place, mailed(chat))
    assert 2 == chat.happened().count("conversation_history_imported")
    assert 3 == chat.happened().count("conversation_message_added")
