"""A stream is cut a thousand times while a community is busy: what its follower pieced together, the server has too."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.chats import BOT, Chat, message
from tests.api.following import Follower, Frame, follow
from tests.api.integrators import JOHN, Integrator, join
from tests.servers import Server, sqlite_url

CUTS = 1_000
WRITERS = 2
MOST_FRAMES = 8  # read whole before a cut
OPEN_TALKS = 10  # of one writer
KEPT = ["id", "author", "isClosed", "isTakeoverEnabled", "lastModifiedTime", "feedback", "latestPageUrl"]


class Copy:
    """What a follower knows of a community from its frames alone."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.talks: dict[int, dict[str, Any]] = {}

    @property
    def last(self) -> str:
        """The number of the last event."""
        return str(self.seqs[-1]) if self.seqs else "0"

    def apply(self, frame: Frame) -> None:
        """What holds after a frame."""
        if "id" not in frame.members:
            return
        data = frame.data
        assert int(frame.members["id"]) == data["seq"]
        self.seqs.append(data["seq"])
        if data["conversationId"] is None:
            return
        talk = self.talks.setdefault(data["conversationId"], {})
        match data["type"]:
            case "conversation_created" | "conversation_closed":
                talk.update({name: data["conversation"][name] for name in KEPT})
                talk.setdefault("messages", [])
            case "conversation_message_added":
                talk["messages"].append(data["message"])
                assert data["totalMessagesCount"] == len(talk["messages"])
            case "conversation_takeover_state_changed":
                talk["isTakeoverEnabled"] = not data["isAssignedToBot"]
            case "conversation_feedback_given":
                talk["feedback"] = data["feedback"]
            case "conversation_latest_url_changed":
                talk["latestPageUrl"] = data["url"]
        talk["lastModifiedTime"] = max(talk["lastModifiedTime"], data["time"])


@contextmanager
def busy(shop: Integrator) -> Iterator[None]:
    """Writers who keep the community busy until the block ends."""
    is_over = threading.Event()
    threads = [
        threading.Thread(target=write, args=(shop, is_over, random.Random(random.randrange(10**6))), name=f"writer{n}")
        for n in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def write(shop: Integrator, is_over: threading.Event, dice: random.Random) -> None:
    """Lead conversations of all kinds, one step after another."""
    talks: list[Chat] = []
    while not is_over.is_set():
        if len(talks) < OPEN_TALKS:
            talks.append(Chat(shop, shop.create(isBotEnabled=dice.random() < 0.5)["id"]))
        talk = dice.choice(talks)
        match dice.randrange(8):
            case 0:
                talk.ask("PATCH", "/close")
                talks.remove(talk)
            case 1:
                talk.hand({"isAssignedToBot": dice.random() < 0.5})
            case 2:
                talk.ask("PATCH", "/feedback", {"isPositive": dice.random() < 0.5, "text": "Fine"})
            case 3:
                talk.ask("PATCH", "/latestUrl", {"url": f"https://shop.example/{dice.randrange(100)}"})
            case 4:
                talk.say(message("I am a bot", author=BOT), message("Are you?", author=JOHN))
            case _:
                talk.say("Hello")


@pytest.mark.crash
def test_a_stream_that_is_cut_a_thousand_times_misses_and_repeats_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Copy()
    with Server(sqlite_url(tmp_path / "parley.db")) as server:
        shop = join(server)
        with busy(shop):
            for _ in range(CUTS):
                piece_together(copy, shop)
        end = shop.server.request("GET", "/events?take=1", token=shop.token).data["next"]
        end = last_seq(shop, end)
        stream = follow(shop, last=copy.last)
        while copy.seqs[-1] < end:
            copy.apply(stream.next())
        stream.close()
        with capsys.disabled():
            print(f"\n{CUTS} cuts, {len(copy.seqs)} events, {len(copy.talks)} conversations")  # noqa: T201 - counted

        assert list(range(1, end + 1)) == copy.seqs
        for number, talk in copy.talks.items():
            chat = Chat(shop, number)
            messages = talk.pop("messages")
            shown = shop.get(number).data

            assert talk == {name: shown[name] for name in KEPT}
            assert len(messages) == shown["totalMessagesCount"]
            assert messages[:100] == chat.page("?orderBy=creation_time_asc").data


def piece_together(copy: Copy, shop: Integrator) -> None:
    """Follow for a moment: some whole frames, and a part of one that the cut takes away."""
    stream: Follower = follow(shop, last=copy.last)
    for _ in range(random.randrange(MOST_FRAMES)):
        copy.apply(stream.next())
    stream.close()


def last_seq(shop: Integrator, after: int) -> int:
    """The number of the community's last event."""
    while True:
        page = shop.server.request("GET", f"/events?after={after}", token=shop.token).data
        if not page["events"]:
            return after
        after = page["next"]
