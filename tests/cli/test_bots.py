"""`parley bot`: what it stores, prints and asks of a bot, what it refuses, and that no key is shown."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from parley.core.events import BotRemoved, BotSet
from tests.cli.conftest import Command, Ended
from tests.receivers import Manner, Receiver, answer, hang
from tests.servers import sqlite_url
from tests.stories.stored import stored_events

KEY = "sk-nobody-may-see-this"
VARIABLE = "SHOP_KEY"
MEMBERS = ["kind", "url", "allowedHosts", "model", "prompt", "hasKey", "silenceSeconds", "farewell", "languages"]
MEMBERS += ["phrases", "setTime"]
RASA = ("--kind", "rasa", "--url", "https://rasa.example")
OPENAI = ("--kind", "openai", "--url", "https://llm.example/v1")
WEBHOOK = ("--kind", "webhook", "--url", "https://bots.example/shop")
ALLOWED = ("--allow-host", "127.0.0.1")

Set = Callable[..., Any]


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Command) -> str:
    """A file with the Shop, which commands find, in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    url = sqlite_url(folder / "parley.db")
    monkeypatch.setenv("PARLEY_DATABASE", url)
    monkeypatch.setenv(VARIABLE, KEY)
    parley("community", "add", "Shop")
    return url


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A bot's server on this machine."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def set_bot(parley: Command) -> Set:
    """`set_bot("--kind", "none")` sets the Shop's bot; as it was printed."""

    def run(*arguments: str) -> Any:
        return parley("bot", "set", "Shop", *arguments, "--json").json()

    return run


def shown(parley: Command) -> Any:
    """The Shop's bot."""
    return parley("bot", "show", "Shop", "--json").json()


def refused(parley: Command, *arguments: str) -> str:
    """What is said of arguments that do not fit; nothing may have been stored."""
    ended = parley("bot", "set", "Shop", *arguments)
    assert 2 == ended.code
    assert "This community has no bot" in parley("bot", "show", "Shop").refusal
    return ended.refusal


def in_plain(ended: Ended) -> dict[str, str]:
    """What a person reads: the members' names and values."""
    assert (0, "") == (ended.code, ended.err)
    return {name: value.strip() for name, _, value in (line.partition(" ") for line in ended.out.splitlines())}


def on_disk(database: str) -> bytes:
    """Everything that a thief of the disk would have."""
    folder = Path(database.removeprefix("sqlite:///")).parent
    return b"".join(path.read_bytes() for path in folder.iterdir())


# Set and show


def test_a_webhook_is_set_with_a_new_secret_each_time(set_bot: Set, parley: Command) -> None:
    first, second = set_bot(*WEBHOOK), set_bot(*WEBHOOK)

    assert [*MEMBERS, "secret"] == list(first)
    assert first["secret"].startswith("whsec_")
    assert first["secret"] != second["secret"]
    assert MEMBERS == list(shown(parley))


def test_what_is_not_said_has_good_defaults(set_bot: Set) -> None:
    made = set_bot(*OPENAI)

    assert ("openai", "https://llm.example/v1", [], None, None, False, 30) == tuple(made[name] for name in MEMBERS[:7])
    assert made["farewell"].startswith("I cannot answer right now")
    assert (["en", "nb", "sv", "da", "de", "fi"], []) == (made["languages"], made["phrases"])


def test_all_that_is_said_is_kept(set_bot: Set, parley: Command, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("Be brief.\nBe kind – always.\n", encoding="utf-8")
    made = set_bot(
        *("--kind", "openai", "--url", "http://llm.example:8000/v1", "--allow-host", "llm.example:8000"),
        *("--model", "small", "--prompt-file", str(tmp_path / "prompt.txt"), "--key-env", VARIABLE),
        *("--silence-seconds", "20", "--farewell", " Wait. ", "--language", "fi", "--language", "sv"),
        *("--phrase", "kellner", "--phrase", "bring me the boss"),
    )

    assert shown(parley) == made
    assert {
        "kind": "openai",
        "url": "http://llm.example:8000/v1",
        "allowedHosts": ["llm.example:8000"],
        "model": "small",
        "prompt": "Be brief.\nBe kind – always.",
        "hasKey": True,
        "silenceSeconds": 20,
        "farewell": "Wait.",
        "languages": ["fi", "sv"],
        "phrases": ["kellner", "bring me the boss"],
    } == {name: made[name] for name in MEMBERS[:-1]}


def test_people_get_a_line_for_each_member(parley: Command) -> None:
    made = in_plain(parley("bot", "set", "Shop", *WEBHOOK, "--language", "de"))
    again = in_plain(parley("bot", "show", "Shop"))

    assert ("webhook", "–", "yes", "30", "de") == tuple(
        made[name] for name in ("kind", "model", "hasKey", "silenceSeconds", "languages")
    )
    assert made["secret"].startswith("whsec_")
    assert {name: value for name, value in made.items() if name != "secret"} == again


@pytest.mark.parametrize(
    ("arguments", "seconds"), [((), None), (("--silence-seconds", "1"), 1), (("--silence-seconds", "3600"), 3600)]
)
def test_a_bot_that_is_asked_nothing_may_be_silent_for_ever(
    set_bot: Set, arguments: tuple[str, ...], seconds: int | None
) -> None:
    assert seconds == set_bot("--kind", "none", *arguments)["silenceSeconds"]


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Ich kann gerade"), ("fi", "En pysty"), ("nb", "Jeg kan ikke"), ("sv", "Jag kan")]
)
def test_the_last_words_are_in_the_first_language(set_bot: Set, language: str, words: str) -> None:
    assert set_bot(*WEBHOOK, "--language", language, "--language", "en")["farewell"].startswith(words)


@pytest.mark.parametrize("farewell", ["", "  "])
def test_blank_last_words_are_none(set_bot: Set, farewell: str) -> None:
    assert "" == set_bot(*WEBHOOK, "--farewell", farewell)["farewell"]


def test_a_blank_prompt_is_none(set_bot: Set, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text(" \n")

    assert set_bot(*OPENAI, "--prompt-file", str(tmp_path / "prompt.txt"))["prompt"] is None


def test_of_the_former_bot_nothing_stays(set_bot: Set, parley: Command) -> None:
    set_bot(*OPENAI, "--key-env", VARIABLE, "--model", "small", "--silence-seconds", "5", "--phrase", "kellner")
    set_bot(*RASA)

    assert ("rasa", None, False, 30, []) == tuple(
        shown(parley)[name] for name in ("kind", "model", "hasKey", "silenceSeconds", "phrases")
    )


def test_setting_a_bot_asks_nothing_of_it(set_bot: Set, receiver: Receiver) -> None:
    set_bot("--kind", "webhook", "--url", receiver.url, *ALLOWED)

    assert [] == receiver.requests


def test_the_log_tells_of_bots_without_their_secrets(set_bot: Set, parley: Command, database: str) -> None:
    set_bot("--kind", "rasa", "--url", "https://rasa.example/private", "--key-env", VARIABLE)
    parley("bot", "remove", "Shop")
    events = stored_events(database)[-2:]

    assert [BotSet("rasa", "rasa.example", 30), BotRemoved("rasa")] == [event.what for event in events]
    assert ["operator"] * 2 == [event.by for event in events]


# Refusals


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--kind", "webhook"), "--url: must not be blank"),
        (("--kind", "webhook", "--url", " "), "--url: must not be blank"),
        (
            ("--kind", "webhook", "--url", "https://10.0.0.8/"),
            "--url: may not lead to an inner address, unless the operator allows the host '10.0.0.8'",
        ),
        (
            ("--kind", "openai", "--url", "http://127.0.0.1:11434/v1"),
            "--url: must begin with https, unless the operator allows the host '127.0.0.1'",
        ),
        (("--kind", "rasa", "--url", "https://me:pw@rasa.example"), "--url: may not hold a user name or password"),
        (("--kind", "none", "--url", "https://a.example"), "--url: means nothing for a bot of kind none"),
        ((*RASA, "--model", "small"), "--model: means nothing for a bot of kind rasa"),
        ((*WEBHOOK, "--model", "small"), "--model: means nothing for a bot of kind webhook"),
        ((*RASA, "--prompt-file", "{good}"), "--prompt-file: means nothing for a bot of kind rasa"),
        (
            (*WEBHOOK, "--key-env", VARIABLE),
            "--key-env or --key-file: means nothing for a bot of kind webhook",
        ),
        (
            ("--kind", "none", "--key-file", "{good}"),
            "--key-env or --key-file: means nothing for a bot of kind none",
        ),
        ((*RASA, "--key-env", VARIABLE, "--key-file", "{good}"), "--key-file: may not stand beside --key-env"),
        ((*RASA, "--key-env", "NO_KEY"), "--key-env: there is no variable 'NO_KEY' in the environment"),
        ((*RASA, "--key-env", "BLANK"), "--key-env: must be 1 to 5000 characters long, but 0 were given"),
        ((*RASA, "--key-env", "ODD"), "--key-env: may hold only ASCII letters, digits and signs"),
        ((*RASA, "--key-file", "{absent}"), "--key-file: cannot be read: No such file or directory"),
        ((*RASA, "--key-file", "{folder}"), "--key-file: cannot be read: Is a directory"),
        ((*RASA, "--key-file", "{latin}"), "--key-file: must be UTF-8"),
        ((*RASA, "--key-file", "{huge}"), "--key-file: may be at most 1000000 bytes large"),
        ((*RASA, "--key-file", "{blank}"), "--key-file: must be 1 to 5000 characters long, but 0 were given"),
        ((*RASA, "--key-file", "{two}"), "--key-file: may hold only ASCII letters, digits and signs"),
        ((*OPENAI, "--prompt-file", "{absent}"), "--prompt-file: cannot be read: No such file or directory"),
        ((*OPENAI, "--prompt-file", "{latin}"), "--prompt-file: must be UTF-8"),
        ((*OPENAI, "--prompt-file", "{huge}"), "--prompt-file: may be at most 1000000 bytes large"),
        ((*OPENAI, "--prompt-file", "{long}"), "--prompt-file: may hold at most 50000 characters, but has 50001"),
        ((*OPENAI, "--prompt-file", "{nul}"), "--prompt-file: may not hold the character NUL"),
        ((*WEBHOOK, "--silence-seconds", "0"), "--silence-seconds: must be 1 to 3600 seconds, but 0 was given"),
        ((*WEBHOOK, "--silence-seconds", "-1"), "--silence-seconds: must be 1 to 3600 seconds, but -1 was given"),
        (
            ("--kind", "none", "--silence-seconds", "3601"),
            "--silence-seconds: must be 1 to 3600 seconds, but 3601 was given",
        ),
        (
            (*WEBHOOK, "--language", "en", "--language", "tlh"),
            "--language: must be one of en, nb, sv, da, de, fi, but 'tlh' was given",
        ),
        ((*WEBHOOK, "--allow-host", " "), "--allow-host: 1 to 20 hosts, none of them blank"),
        (
            (*WEBHOOK, "--farewell", "x" * 10_001),
            "--farewell: may be at most 10000 characters long, but 10001 were given",
        ),
        ((*WEBHOOK, *("--phrase", "boss") * 101), "--phrase: at most 100 phrases, but 101 were given"),
        ((*WEBHOOK, "--phrase", "x" * 201), "--phrase: "),
        ((*OPENAI, "--model", "x" * 201), "--model: "),
        (WEBHOOK[2:], "--kind"),
        (("--kind", "eliza"), "'eliza' is not one of 'none', 'webhook', 'rasa', 'openai'"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_refused_with_one_sentence(
    parley: Command,
    files: dict[str, Path],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    words = refused(parley, *(argument.format(**files) for argument in arguments))

    assert sentence in words
    assert "more, see" not in words
    assert KEY not in words


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Files that hold a key, or what is none; and such variables."""
    contents = {
        "good": KEY.encode(),
        "latin": b"\xff\xfe",
        "huge": "ä".encode() * 600_000,
        "blank": b" \n",
        "two": b"one two",
        "long": b"x" * 50_001,
        "nul": b"Be\x00brief.",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("BLANK", " ")
    monkeypatch.setenv("ODD", "clé")
    return {name: tmp_path / name for name in (*contents, "absent")} | {"folder": tmp_path}


@pytest.mark.parametrize("word", ["show", "test", "remove"])
def test_a_community_without_a_bot_has_none(parley: Command, word: str) -> None:
    ended = parley("bot", word, "Shop")

    assert 1 == ended.code
    assert "This community has no bot. `parley bot set` gives it one." == ended.refusal


@pytest.mark.parametrize("words", [("set", "--kind", "none"), ("show",), ("test",), ("remove",)])
def test_an_unknown_community_is_refused(parley: Command, words: tuple[str, ...]) -> None:
    ended = parley("bot", words[0], "Garage", *words[1:])

    assert (1, True) == (ended.code, ended.refusal.startswith("There is no community 'Garage'."))


# Keys


@pytest.mark.parametrize("way", ["--key-env", "--key-file"])
def test_a_key_is_sent_and_never_shown(
    set_bot: Set, parley: Command, receiver: Receiver, files: dict[str, Path], way: str
) -> None:
    receiver.script = lambda _: answer(200, b"[]")
    value = VARIABLE if way == "--key-env" else str(files["good"])
    printed = [set_bot("--kind", "rasa", "--url", receiver.url, *ALLOWED, way, value), shown(parley)]
    printed += [parley("bot", word, "Shop").out for word in ("test", "show", "remove")]

    assert f"Bearer {KEY}" == receiver.requests[0].headers["authorization"]
    assert KEY not in json.dumps(printed)


def test_with_a_secret_key_no_key_lies_open(
    set_bot: Set, monkeypatch: pytest.MonkeyPatch, parley: Command, receiver: Receiver, database: str
) -> None:
    monkeypatch.setenv("PARLEY_SECRET_KEY", "correct horse battery staple")
    receiver.script = lambda _: answer(200, b"[]")
    set_bot("--kind", "rasa", "--url", receiver.url, *ALLOWED, "--key-env", VARIABLE)
    parley("bot", "test", "Shop")

    assert f"Bearer {KEY}" == receiver.requests[0].headers["authorization"]
    assert KEY.encode() not in on_disk(database)


def test_with_a_secret_key_no_webhooks_secret_lies_open(
    set_bot: Set, monkeypatch: pytest.MonkeyPatch, parley: Command, receiver: Receiver, database: str
) -> None:
    monkeypatch.setenv("PARLEY_SECRET_KEY", "correct horse battery staple")
    secret = set_bot("--kind", "webhook", "--url", receiver.url, *ALLOWED)["secret"]

    assert b64decode(secret.removeprefix("whsec_")) not in on_disk(database)


def test_without_a_secret_key_keys_lie_open(set_bot: Set, database: str) -> None:
    """So that the two tests above prove something."""
    set_bot(*RASA, "--key-env", VARIABLE)

    assert KEY.encode() in on_disk(database)


def test_of_a_former_bots_key_nothing_stays_on_the_disk(set_bot: Set, database: str) -> None:
    set_bot(*RASA, "--key-env", VARIABLE)
    set_bot(*WEBHOOK)

    assert KEY.encode() not in on_disk(database)


# Test


@pytest.fixture
def echo(receiver: Receiver, set_bot: Set) -> Any:
    """The Shop's bot, which repeats what it hears; as it was set."""
    receiver.script = lambda request: answer(
        200, json.dumps({"messages": [f"You said: {request.json()['messages'][0]['message']}"]}).encode()
    )
    return set_bot("--kind", "webhook", "--url", f"{receiver.url}/bot", *ALLOWED)


def test_a_bot_that_is_tried_out_is_asked_as_a_client_would(echo: Any, parley: Command, receiver: Receiver) -> None:
    tried = parley("bot", "test", "Shop", "--message", " Where is my order? ", "--json").json()
    (request,) = receiver.requests
    body = Webhook(echo["secret"]).verify(request.body, dict(request.headers))

    assert ["messages", "handover", "tookMs"] == list(tried)
    assert (["You said: Where is my order?"], None) == (tried["messages"], tried["handover"])
    assert 0 <= tried["tookMs"] < 60_000
    assert ("Shop", 0, 0, []) == tuple(body[name] for name in ("communityName", "conversationId", "epoch", "history"))
    assert [(0, "client")] == [(each["id"], each["author"]["status"]) for each in body["messages"]]


def test_a_bot_is_greeted_unless_told_otherwise(echo: Any, parley: Command) -> None:
    assert ["You said: Hello"] == parley("bot", "test", "Shop", "--json").json()["messages"]
    assert "You said: Hello" == in_plain(parley("bot", "test", "Shop"))["messages"]


@pytest.mark.parametrize(
    ("handover", "words"),
    [
        ({"reason": "wants a refund", "summary": "It is late."}, "wants a refund, It is late."),
        ({"reason": "wants a refund", "summary": None}, "wants a refund"),
        ({"reason": None, "summary": None}, "yes"),
    ],
)
def test_what_a_bot_hands_over_is_shown(
    echo: Any, parley: Command, receiver: Receiver, handover: Any, words: str
) -> None:
    receiver.script = lambda _: answer(200, json.dumps({"handover": handover}).encode())
    tried = parley("bot", "test", "Shop", "--json").json()

    assert ([], handover) == (tried["messages"], tried["handover"])
    assert words == in_plain(parley("bot", "test", "Shop"))["handover"]


def test_trying_a_bot_out_stores_nothing(echo: Any, parley: Command, database: str) -> None:
    before = stored_events(database)
    parley("bot", "test", "Shop")

    assert before == stored_events(database)


@pytest.mark.parametrize(
    ("manner", "sentence"),
    [
        (answer(503), "The bot did not answer: status_503. The bot's server answered with status 503."),
        (answer(302), "The bot did not answer: status_302. The bot's server answered with status 302."),
        (answer(200, b"hello"), "The bot did not answer: invalid_answer. The bot's answer is not "),
    ],
    ids=["busy", "redirect", "no JSON"],
)
def test_a_bot_that_fails_is_told_why(
    echo: Any, parley: Command, receiver: Receiver, manner: Manner, sentence: str
) -> None:
    receiver.script = lambda _: manner
    ended = parley("bot", "test", "Shop")

    assert 1 == ended.code
    assert sentence in ended.refusal


def test_a_bot_that_is_gone_is_told_so(echo: Any, parley: Command, receiver: Receiver) -> None:
    receiver.close()
    ended = parley("bot", "test", "Shop", "--json")

    assert 1 == ended.code
    assert "The bot did not answer: connection_failed. Nobody answers at this address and port." == ended.refusal


def test_a_bot_is_waited_for_as_long_as_it_may_be_silent(set_bot: Set, parley: Command, receiver: Receiver) -> None:
    receiver.script = lambda _: hang
    set_bot("--kind", "webhook", "--url", receiver.url, *ALLOWED, "--silence-seconds", "1")
    ended = parley("bot", "test", "Shop")

    assert (1, True) == (ended.code, "response_timeout" in ended.refusal)


def test_a_bot_that_is_asked_nothing_cannot_be_tried_out(set_bot: Set, parley: Command) -> None:
    set_bot("--kind", "none")
    ended = parley("bot", "test", "Shop")

    assert (1, "This bot is asked nothing: the integrator speaks for it.") == (ended.code, ended.refusal)


@pytest.mark.parametrize("message", ["", "  "])
def test_a_bot_is_not_asked_nothing(echo: Any, parley: Command, receiver: Receiver, message: str) -> None:
    ended = parley("bot", "test", "Shop", "--message", message)

    assert (2, "--message: must not be blank", []) == (ended.code, ended.refusal, receiver.requests)


# Remove


def test_a_removed_bot_is_gone(set_bot: Set, parley: Command) -> None:
    set_bot(*RASA, "--key-env", VARIABLE)
    before = shown(parley)

    assert before == parley("bot", "remove", "Shop", "--json").json()
    assert 1 == parley("bot", "show", "Shop").code
    assert 1 == parley("bot", "remove", "Shop").code


def test_a_bot_may_be_set_again_after_it_was_removed(set_bot: Set, parley: Command) -> None:
    set_bot(*RASA)
    parley("bot", "remove", "Shop")
    set_bot("--kind", "none")

    assert "none" == shown(parley)["kind"]
