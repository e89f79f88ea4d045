"""The document the product starts from: its request as it is printed, and the reply it promises."""

from typing import Any

import pytest

from parley.actions.catalogue import AddCategory
from tests.api.envelopes import ENVELOPE, GUID, TIME
from tests.api.integrators import Integrator, join
from tests.servers import Reply, Server

REQUEST = b"""{
    "author":{
        "name": "John",
        "email": "john@dow.com"
    },
    "title": "Chat API Client Problems",
    "url": "https://thejohndow.com",
    "sentiment": "question",
    "categoryId": 1505,
}"""
SAID = "Hi, I have some questions about the Chat API"
WITH_MESSAGE = REQUEST[:-1] + f'    "message": "{SAID}",\n}}'.encode()

# The reply as it is printed, with the types that stand for its values: the seed's own members, all of them.
USER = {"id": str, "name": str, "image": type(None), "email": str, "status": str, "isBot": bool}
MESSAGE = {"author": dict, "creationTime": str, "id": int, "lastModifiedTime": str, "message": str}
CONVERSATION = {
    "author": dict,
    "creationTime": str,
    "id": int,
    "isClosed": bool,
    "isTakeoverEnabled": bool,
    "lastModifiedTime": str,
    "messages": list,
    "queuePositionInfo": dict,
    "feedback": type(None),
    "totalMessagesCount": int,
}
# What the reference's other pages add.
USER_TOO = {"customIdentifier": type(None)}
CONVERSATION_TOO = {"fields": list, "initialPageUrl": str, "latestPageUrl": str}


@pytest.fixture(scope="module")
def shop(server: Server) -> Integrator:
    """A community with the example's category; its number can be given out once on a server."""
    integrator = join(server)
    integrator.do(AddCategory(community_id=integrator.tenant.id, name="Chat", by="operator", id=1505))
    return integrator


@pytest.fixture
def reply(shop: Integrator) -> Reply:
    """What the published request gets, the client's first message added."""
    return shop.post(WITH_MESSAGE)


def types_of(value: dict[str, Any]) -> dict[str, type]:
    return {name: type(member) for name, member in value.items()}


def test_the_published_request_works_byte_for_byte(shop: Integrator) -> None:
    reply = shop.post(REQUEST)

    assert (200, "application/json") == (reply.status, reply.headers["Content-Type"])
    assert reply.headers["X-Request-Id"]
    assert ([], 0) == (reply.data["messages"], reply.data["totalMessagesCount"])


def test_the_envelope_has_the_published_members_in_their_order(reply: Reply) -> None:
    body = reply.json()

    assert ENVELOPE == list(body)
    assert (-1, None) == (body["errorCode"], body["errorText"])


def test_the_conversation_has_every_documented_member_and_no_other(reply: Reply) -> None:
    assert types_of(reply.data) == CONVERSATION | CONVERSATION_TOO


def test_the_conversation_has_its_members_in_the_published_order(reply: Reply) -> None:
    assert list(CONVERSATION) == [name for name in reply.data if name in CONVERSATION]


def test_the_author_has_every_documented_member(reply: Reply) -> None:
    author = reply.data["author"]

    assert types_of(author) == USER | USER_TOO
    assert list(USER) == [name for name in author if name in USER]
    assert GUID.fullmatch(author["id"])
    assert ("John", "john@dow.com", "client", False) == tuple(
        author[name] for name in ("name", "email", "status", "isBot")
    )


def test_the_message_has_every_documented_member(reply: Reply) -> None:
    (message,) = reply.data["messages"]

    assert types_of(message) == MESSAGE
    assert list(MESSAGE) == list(message)
    assert SAID == message["message"]
    assert message["author"] == reply.data["author"]
    assert message["id"] > 0


def test_the_values_are_those_of_the_published_reply(reply: Reply) -> None:
    data = reply.data

    assert (False, True, None, 1) == (
        data["isClosed"],
        data["isTakeoverEnabled"],
        data["feedback"],
        data["totalMessagesCount"],
    )
    assert data["id"] > 0


def test_the_queue_position_has_its_two_members(reply: Reply) -> None:
    place = reply.data["queuePositionInfo"]

    assert ["position", "waitTime"] == list(place)
    assert isinstance(place["position"], int)
    assert place["position"] >= 1
    assert place["waitTime"] is None


def test_all_times_are_one_moment_in_utc(reply: Reply) -> None:
    (message,) = reply.data["messages"]
    times = {part[name] for part in (reply.data, message) for name in ("creationTime", "lastModifiedTime")}

    assert 1 == len(times)
    assert TIME.fullmatch(times.pop())
