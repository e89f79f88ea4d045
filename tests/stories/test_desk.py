"""Two teammates and a client: what each does is on the others' screens, and what is not for the client never leaves.

On SQLite, and on PostgreSQL with two workers.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.chats import begin, message
from tests.api.desks import hire
from tests.api.following import Follower, Frame, follow, listen
from tests.api.integrators import CONVERSATIONS, Integrator, join
from tests.postgres import cluster
from tests.receivers import Receiver
from tests.servers import Server, run_parley, sqlite_url

SECRET = "Careful: third refund this month"


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Integrator]:
    """The integrator of a community on a server of its own."""
    if request.param == "sqlite":
        server = Server(sqlite_url(tmp_path / "desk.db"))
    else:
        server = Server(cluster().new_database(), flags=("--workers", "2"))
    with server:
        yield join(server)


def shows(type_: str) -> Callable[[Frame], bool]:
    """Whether this happens."""
    return lambda frame: frame.type == type_


def test_two_teammates_serve_a_client_who_never_sees_their_notes(shop: Integrator) -> None:
    anna, bo = hire(shop, name="Anna"), hire(shop, name="Bo")
    with Receiver() as hooks, listen(anna) as annas, listen(bo) as bos:
        flags = ("--verify-token", "t", "--allow-host", "127.0.0.1")
        run_parley("webhook", "add", shop.tenant.name, hooks.url, *flags, "--json", database=shop.server.database)
        chat = begin(shop, message="Where is my refund?")
        with follow(shop, chat.id) as clients, follow(shop) as integrators:
            assert chat.id == annas.wait_for(shows("conversation_created")).data["conversationId"]
            path = f"/conversations/{chat.id}"

            assert chat.id == anna.do("/next")["id"]
            assert anna.id == bos.wait_for(shows("conversation_assigned")).data["assigneeId"]
            assert 409 == bo.ask("POST", f"{path}/take").status
            assert [chat.id] == [row["id"] for row in anna.get("/conversations?view=mine")["items"]]

            bo.do(f"{path}/notes", {"message": SECRET})
            assert SECRET == annas.wait_for(shows("conversation_note_added")).data["note"]["message"]
            anna.do(f"{path}/replies", {"message": "I am looking."})
            told = clients.wait_for(shows("conversation_message_added"))
            assert "I am looking." == told.data["message"]["message"]
            chat.say(message("Thank you"))
            anna.ask("PATCH", path, {"assigneeId": bo.id, "title": "Refund"})
            assert "Refund" == bos.wait_for(shows("conversation_details_changed")).data["title"]
            given = bo.get(path)["assignment"]
            assert ("assigned", "Anna") == (given["reason"], given["by"]["name"])
            bo.do(f"{path}/close")
            seen = heard_until_closed(clients) + heard_until_closed(integrators)

        posted = hooks.until(lambda requests: any(b"conversation_closed" in each.body for each in requests))
        lists = [
            shop.get(chat.id, "?includeMessages=true").body,
            shop.get(f"{chat.id}/messages").body,
            shop.get(f"{chat.id}/events?take=100").body,
            shop.server.request("GET", "/events?take=100", token=shop.token).body,
            shop.server.request("GET", CONVERSATIONS, token=shop.token).body,
        ]

    assert b"I am looking." in b"".join(lists)
    assert [] == [part for part in (*lists, *(each.body for each in posted), *seen) if leaks(part)]
    assert 3 == shop.get(chat.id).data["totalMessagesCount"]
    assert [SECRET] == [note["message"] for note in anna.get(path)["notes"]]
    report = json.loads(run_parley("verify", "--json", database=shop.server.database))
    assert [] == [finding["check"] for finding in report if not finding["holds"]]


def heard_until_closed(stream: Follower) -> list[bytes]:
    """Everything that a stream says up to the end of the conversation."""
    heard: list[bytes] = []

    def is_end(frame: Frame) -> bool:
        heard.append(json.dumps([frame.members, frame.comments]).encode())
        return frame.type == "conversation_closed"

    stream.wait_for(is_end)
    return heard


def leaks(part: bytes) -> bool:
    """Whether a note, or that there was one, is told."""
    return SECRET.encode() in part or b"note_added" in part
