"""Whole lives of conversations that a bot has: a real server, a real bot, and what becomes of it when one of them dies.

On SQLite, and on PostgreSQL with two workers.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from parley.core.conversations import HandoverReason
from parley.core.events import TakeoverChanged
from tests.api.chats import Chat, begin, hire, message
from tests.api.following import Follower, Frame, follow
from tests.api.integrators import Integrator, join
from tests.faults.processes import kill_all
from tests.postgres import cluster
from tests.receivers import Manner, Receiver, Request, Writer, answer, hang
from tests.servers import Server, run_parley, sqlite_url

ALLOWED = ("--allow-host", "127.0.0.1")
TAKEOVER = "conversation_takeover_state_changed"


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server of its own."""
    if request.param == "sqlite":
        server = Server(sqlite_url(tmp_path / "bots.db"))
    else:
        server = Server(cluster().new_database(), flags=("--workers", "2"))
    with server:
        yield server


@pytest.fixture
def shop(server: Server) -> Integrator:
    """The integrator of a community."""
    return join(server)


@pytest.fixture
def bot() -> Iterator[Receiver]:
    """A bot's server, which repeats what it hears."""
    with Receiver(lambda request: speech(f"You said: {asked(request)[-1]}")) as bot:
        yield bot


def set_bot(shop: Integrator, bot: Receiver, *flags: str) -> Any:
    """Set the community's bot, which is a webhook; as it was set."""
    command = ("bot", "set", shop.tenant.name, "--kind", "webhook", "--url", f"{bot.url}/bot", *ALLOWED, *flags)
    return json.loads(run_parley(*command, "--json", database=shop.server.database))


def speech(*texts: str, handover: Any = None) -> Manner:
    """The bot says something."""
    return answer(200, json.dumps({"messages": texts, "handover": handover}).encode())


def asked(request: Request) -> list[str]:
    """The messages without an answer that a bot is sent."""
    return [each["message"] for each in request.json()["messages"]]


def says(text: str) -> Callable[[Frame], bool]:
    """Whether somebody says this in an event."""
    return lambda frame: bool(frame.type) and frame.data.get("message", {}).get("message") == text


def is_takeover(frame: Frame) -> bool:
    """Whether a conversation changes hands."""
    return frame.type == TAKEOVER


def reasons(chat: Chat) -> list[HandoverReason]:
    """Why the bot lost a conversation, each time."""
    takeovers = [event.what for event in chat.events() if isinstance(event.what, TakeoverChanged)]
    return [takeover.handover.reason for takeover in takeovers if takeover.handover is not None]


def from_the_first(chat: Chat) -> Follower:
    """A stream of a conversation with all that has happened in it."""
    return follow(chat.shop, chat.id, last="0")


def test_a_client_talks_with_a_bot(shop: Integrator, bot: Receiver) -> None:
    secret = set_bot(shop, bot)["secret"]
    with follow(shop) as stream:
        chat = begin(shop, isBotEnabled=True, message="Where is my order?")
        told = stream.wait_for(says("You said: Where is my order?")).data
        chat.say("Thank you.")
        stream.wait_for(says("You said: Thank you."))
    first, second = bot.requests

    assert ("team", True) == (told["message"]["author"]["status"], told["message"]["author"]["isBot"])
    assert ["Where is my order?", "You said: Where is my order?", "Thank you.", "You said: Thank you."] == chat.texts()
    assert ["Where is my order?", "You said: Where is my order?"] == [
        each["message"] for each in second.json()["history"]
    ]
    for request in (first, second):
        assert chat.id == Webhook(secret).verify(request.body, dict(request.headers))["conversationId"]


def test_what_the_client_writes_meanwhile_is_answered_together(shop: Integrator, bot: Receiver) -> None:
    thinks, may_speak = threading.Event(), threading.Event()
    bot.script = lambda request: speech("Both.") if request.number > 1 else held(speech("First."), thinks, may_speak)
    set_bot(shop, bot)
    chat = begin(shop, isBotEnabled=True, message="One.")
    assert thinks.wait(20)
    chat.say("Two.")
    chat.say("Three.")
    may_speak.set()
    with from_the_first(chat) as stream:
        stream.wait_for(says("Both."))

    assert [["One."], ["Two.", "Three."]] == [asked(request) for request in bot.requests]
    assert ["One.", "Two.", "Three.", "First.", "Both."] == chat.texts()


def test_a_handover_is_told_on_the_stream_and_by_webhook_with_its_card(shop: Integrator, bot: Receiver) -> None:
    bot.script = lambda _: speech("Wait.", handover={"reason": "wants a refund", "summary": "Order 1505 is late."})
    set_bot(shop, bot)
    with Receiver() as hooks, follow(shop) as stream:
        arguments = ("webhook", "add", shop.tenant.name, hooks.url, "--verify-token", "t", *ALLOWED)
        run_parley(*arguments, "--event", TAKEOVER, database=shop.server.database)
        chat = begin(shop, isBotEnabled=True, message="I want my money back.")
        told = stream.wait_for(is_takeover).data
        (hooked,) = hooks.posted(1)
    card = told["handover"]
    (event,) = hooked.json()["Events"]

    assert ("bot", "wants a refund", "Order 1505 is late.", 1) == tuple(
        card[name] for name in ("reason", "detail", "summary", "botMessages")
    )
    assert (False, None) == (told["isAssignedToBot"], told["assigneeId"])
    assert (TAKEOVER, False) == (hooked.json()["EventType"], event["IsAssignedToBot"])
    assert list(card.values()) == list(event["Handover"].values())
    assert (["I want my money back.", "Wait."], 1) == (chat.texts(), chat.place)


def test_a_client_who_asks_for_a_person_gets_one_at_once(shop: Integrator, bot: Receiver) -> None:
    set_bot(shop, bot)
    chat = begin(shop, isBotEnabled=True, message="Can I talk to a human?")

    assert ([HandoverReason.ASKED], 1, []) == (reasons(chat), chat.place, bot.requests)


def test_a_silent_bot_says_farewell_and_the_client_gets_a_person(shop: Integrator, bot: Receiver) -> None:
    bot.script = lambda _: hang
    set_bot(shop, bot, "--silence-seconds", "2", "--farewell", "One moment.")
    with follow(shop) as stream:
        chat = begin(shop, isBotEnabled=True, message="Hello?")
        told = stream.wait_for(is_takeover).data

    assert ("silent", None, 1) == tuple(told["handover"][name] for name in ("reason", "detail", "botMessages"))
    assert (["Hello?", "One moment."], 1) == (chat.texts(), chat.place)


def test_a_teammate_who_takes_over_is_not_talked_over(shop: Integrator, bot: Receiver) -> None:
    """The bot says what it has thought out when Anna has the conversation already, and then answers somebody else."""
    thinks, may_speak = threading.Event(), threading.Event()
    bot.script = lambda request: speech("Late.") if request.number > 1 else held(speech("Late."), thinks, may_speak)
    set_bot(shop, bot)
    anna = hire(shop, "Anna")
    chat = begin(shop, isBotEnabled=True, message="Hello?")
    assert thinks.wait(20)
    chat.to(anna.id)
    may_speak.set()
    chat.say(message("Anna here.", author=anna.author), "Hello, Anna.")
    with from_the_first(begin(shop, isBotEnabled=True, message="Hello?")) as stream:
        stream.wait_for(says("Late."))

    assert ["Hello?", "Anna here.", "Hello, Anna."] == chat.texts()
    assert [HandoverReason.API] == reasons(chat)


@pytest.mark.parametrize("end", [kill_all, Server.stop], ids=["killed", "stopped"])
def test_a_server_that_ends_while_the_bot_thinks_asks_again_and_is_answered_once(
    shop: Integrator, bot: Receiver, end: Callable[[Server], int]
) -> None:
    bot.script = lambda request: hang if request.number == 1 else speech(f"Re: {asked(request)[-1]}")
    set_bot(shop, bot)
    chat = begin(shop, isBotEnabled=True, message="Hello?")
    bot.posted(1)
    end(shop.server)
    shop.server.start()
    with from_the_first(chat) as stream:
        stream.wait_for(says("Re: Hello?"))
        chat.say("And now?")
        stream.wait_for(says("Re: And now?"))
    first, again, _ = bot.requests

    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.json() == again.json()
    assert ["Hello?", "Re: Hello?", "And now?", "Re: And now?"] == chat.texts()
    assert "FAIL" not in run_parley("verify", database=shop.server.database)


def test_a_bot_that_comes_back_answers_those_who_waited(shop: Integrator, bot: Receiver) -> None:
    set_bot(shop, bot)
    bot.close()
    chats = [begin(shop, isBotEnabled=True, message=f"Question {number}") for number in range(3)]
    bot.listen()
    for number, chat in enumerate(chats):
        with from_the_first(chat) as stream:
            stream.wait_for(says(f"You said: Question {number}"))

    assert all(
        [f"Question {number}", f"You said: Question {number}"] == chat.texts() for number, chat in enumerate(chats)
    )


def test_many_clients_at_once_are_answered_once_each(shop: Integrator, bot: Receiver) -> None:
    set_bot(shop, bot)
    chats = [begin(shop, isBotEnabled=True, message=f"Question {number}") for number in range(20)]
    for number, chat in enumerate(chats):
        with from_the_first(chat) as stream:
            stream.wait_for(says(f"You said: Question {number}"))

    assert all(
        [f"Question {number}", f"You said: Question {number}"] == chat.texts() for number, chat in enumerate(chats)
    )
    assert 20 == len(bot.requests)


def held(manner: Manner, thinks: threading.Event, may_speak: threading.Event) -> Manner:
    """Behave so when that is allowed."""

    async def treat(request: Request, writer: Writer) -> bool:
        thinks.set()
        await asyncio.to_thread(may_speak.wait)
        return await manner(request, writer)

    return treat
