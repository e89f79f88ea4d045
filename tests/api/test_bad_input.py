"""What cannot be read, does not fit or is too large: the right refusal, nothing stored, and the connection lives on."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from parley.actions.catalogue import AddField
from parley.api.wire import CreateConversationBody
from parley.core.fields import FIELDS_LIMIT, FieldType
from tests.api.envelopes import paths, refusal
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator
from tests.servers import Reply

MIB = 1_048_576
GOOD = json.dumps({"author": JOHN}).encode()
AUTHOR = b'{"author":{"email":"john@dow.com"},'


class Line:
    """A kept connection of an integrator."""

    def __init__(self, shop: Integrator) -> None:
        self.shop = shop
        self.connection = http.client.HTTPConnection("127.0.0.1", shop.server.port, timeout=20)

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def send(
        self, body: Any, headers: Mapping[str, str] | None = None, *, method: str = "POST", path: str = CONVERSATIONS
    ) -> Reply:
        """Send a request over the one connection; with a header of value "" left out."""
        sent = {"Authorization": f"Bearer {self.shop.token}", "Content-Type": "application/json", **(headers or {})}
        self.connection.request(method, path, body, {name: value for name, value in sent.items() if value})
        answer = self.connection.getresponse()
        return Reply(answer.status, answer.msg, answer.read())

    def refused(self, status: int, code: int, body: Any, headers: Mapping[str, str] | None = None, **how: str) -> Any:
        """The body of a refusal, after which the same connection creates the community's first conversation."""
        self.send(None, method="GET", path="/version")
        ours = self.connection.sock
        refused = refusal(self.send(body, headers, **how), status, code)
        created = self.send(GOOD).data

        assert ours is self.connection.sock, "the connection was closed"
        assert 1 == created["queuePositionInfo"]["position"]
        assert ["conversation_created"] == self.shop.happened()
        return refused


@pytest.fixture
def line(shop: Integrator) -> Iterator[Line]:
    """A kept connection of a fresh community."""
    with closing(Line(shop)) as opened:
        yield opened


def members(type: Any, value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: A002 - what else is it
    """Every member of a body, with a body in which that one is `value`. The rest is as it should be."""
    for field in msgspec.structs.fields(type):
        here = f"{path}{field.encode_name}"
        good = {"author": JOHN} if type is CreateConversationBody else {}
        yield here, {**good, field.encode_name: value}
        for kind in inner_types(field.type):
            where, around = (here + "[0].", True) if kind.is_in_list else (here + ".", False)
            for deeper, inside in members(kind.struct, value, where):
                filled = {**kind.good, **inside}
                yield deeper, {**good, field.encode_name: [filled] if around else filled}


class Inner(msgspec.Struct):
    """An object inside a body."""

    struct: Any
    is_in_list: bool
    good: dict[str, Any]


def inner_types(type: Any) -> Iterator[Inner]:  # noqa: A002 - as above
    """The objects that a member holds."""
    stack: list[tuple[inspect.Type, bool]] = [(inspect.type_info(type), False)]
    while stack:
        match stack.pop():
            case inspect.UnionType(types=types), is_in_list:
                stack += [(kind, is_in_list) for kind in types]
            case inspect.ListType(item_type=item), _:
                stack.append((item, True))
            case inspect.StructType(cls=cls), is_in_list:
                yield Inner(cls, is_in_list, {} if is_in_list else JOHN)
            case _:
                pass


def is_text(type: Any) -> bool:  # noqa: A002 - as above
    """Whether a member takes free text."""
    match inspect.type_info(type):
        case inspect.UnionType(types=types):
            return any(isinstance(kind, (inspect.StrType, inspect.Metadata)) for kind in types)
        case inspect.StrType() | inspect.Metadata(type=inspect.StrType()):
            return True
        case _:
            return False


WRONG = {"text": "nonsense", "number": 4.5, "true": True, "array": ["a"], "object": {"a": 1}, "list": [[]]}
MEMBERS = [path for path, _ in members(CreateConversationBody, None)]
TEXTS = ["author.customIdentifier", "author.email", "author.image", "author.name", "title", "url", "message"]


# Not JSON


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "A JSON body is needed here"),
        (b" \r\n", "A JSON body is needed here"),
        (b"{", "not JSON"),
        (b"author=john", "not JSON"),
        (b"{'author': 1}", "not JSON"),
        (GOOD + b"x", "not JSON"),
        (GOOD * 2, "not JSON"),
        (GOOD[:-1], "not JSON"),
        (b'{"author":NaN}', "not JSON"),
        (b'{"author":01}', "not JSON"),
        (b'{"author":"\n"}', "not JSON"),
        (b'{"author":"\\x"}', "not JSON"),
        (b"// no comments\n" + GOOD, "not JSON"),
        (b"[,]", "not JSON"),
        (b"{,}", "not JSON"),
        (b'{"author":{},,}', "not JSON"),
        (AUTHOR + b'"fields":[,]}', "not JSON"),
        (AUTHOR + b'"title":"a" "url":"b"}', "not JSON"),
        (b"\xff\xfe{\x00}\x00", "not"),
        (AUTHOR + b'"title":"\xff"}', "not UTF-8"),
        (AUTHOR + b'"title":"\xc3("}', "not UTF-8"),
        (AUTHOR + b'"title":"\xed\xa0\x80"}', "not UTF-8"),
        (AUTHOR + b'"unknown":"\xff"}', "not UTF-8"),
        (AUTHOR + b'"unknown":"\xff",}', "not UTF-8"),
        (AUTHOR + b'"title":1,"unknown":"\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"author":' * 20_000, "nested too deeply"),
        (AUTHOR + b'"unknown":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (AUTHOR + b'"unknown":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}", "nested too deeply"),
        (AUTHOR + b'"title":1,"unknown":[1' + b"," * 60_000 + b"]}", "not JSON"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_a_body_that_cannot_be_read_is_malformed(line: Line, body: bytes, words: str) -> None:
    refused = line.refused(400, 1003, body)

    assert words in refused["errorText"]
    assert [] == paths(refused)


@pytest.mark.parametrize("escape", [rb"\ud800", rb"\udfff", rb"\ud800\ud800", rb"\ud83dx", rb"\udc00\ud800"])
@pytest.mark.parametrize("member", TEXTS)
def test_half_a_character_is_refused_in_every_text(line: Line, member: str, escape: bytes) -> None:
    body = json.dumps(dict(members(CreateConversationBody, "here"))[member]).encode()
    refused = line.refused(400, 1003, body.replace(b'"here"', b'"' + escape + b'"'))

    assert "half of a character" in refused["errorText"]


def test_a_character_of_two_halves_is_whole(shop: Integrator) -> None:
    body = AUTHOR + rb'"message":"\ud83d\ude00"}'

    assert "😀" == shop.post(body).data["messages"][0]["message"]


def test_a_byte_order_mark_is_overlooked(shop: Integrator) -> None:
    assert 200 == shop.post(b"\xef\xbb\xbf" + GOOD).status


# The wrong type


@pytest.mark.parametrize("value", [None, True, 1, 4.5, "text", [], [{}]], ids=repr)
def test_a_body_that_is_no_object_is_refused(line: Line, value: Any) -> None:
    refused = line.refused(422, 1001, json.dumps(value))

    assert ["body"] == paths(refused)
    assert "must be an object, but" in refused["errorText"]


def fits(path: str, kind: str) -> bool:
    """Whether a value of WRONG is of the member's type after all."""
    types = {
        "author": {"object"},
        "fields": {"array", "list"},  # wrong one level deeper
        "isBotEnabled": {"true"},
        "author.isBot": {"true"},
    }
    texts = {*TEXTS, "author.id", "fields[0].value"}
    return kind in types.get(path, {"text"} if path in texts else set())


@pytest.mark.parametrize(("path", "kind"), [(path, kind) for path in MEMBERS for kind in WRONG if not fits(path, kind)])
def test_a_member_of_the_wrong_type_is_named(line: Line, path: str, kind: str) -> None:
    body = dict(members(CreateConversationBody, WRONG[kind]))[path]
    if path.startswith("fields[0].v"):
        body["fields"][0]["id"] = 1
    refused = line.refused(422, 1001, json.dumps(body))

    assert [path] == paths(refused)
    assert refused["errorText"].startswith(f"{path}: must be ")
    assert refused["errorText"] == f"{path}: {refused['errorDetails'][0]['text']}"


def test_every_member_that_is_wrong_is_named_at_once(line: Line) -> None:
    body = {"author": {"name": 1}, "title": [], "isBotEnabled": "yes", "fields": [{"value": 1}], "sentiment": "sad"}
    refused = line.refused(422, 1001, json.dumps(body))

    assert {"author.name", "title", "isBotEnabled", "fields[0].id", "fields[0].value", "sentiment"} == set(
        paths(refused)
    )
    assert refused["errorText"].endswith("(and 5 more, see errorDetails)")


def test_of_very_many_faults_the_first_are_named(line: Line) -> None:
    """Half a million faults fit into a body, and would make an answer of 40 MB."""
    refused = line.refused(422, 1001, AUTHOR + b'"fields":[' + b"1," * 500_000 + b"1]}")

    assert [f"fields[{index}]" for index in range(100)] == paths(refused)


@pytest.mark.parametrize("member", ["categoryId", "fields[0].id"])
@pytest.mark.parametrize(
    "number",
    ["0", "-1", "1.5", "1e400", "-1e400", "1e3", str(2**53), str(2**63), str(2**64), str(10**400), "1" * 5_000],
)
def test_a_number_that_is_no_id_is_refused(line: Line, member: str, number: str) -> None:
    body = json.dumps(dict(members(CreateConversationBody, "here"))[member]).replace('"here"', number)
    refused = line.refused(422, 1001, body)

    assert [member] == paths(refused)
    assert len(refused["errorText"]) < 700


def test_a_long_text_of_the_wrong_kind_is_not_repeated(line: Line) -> None:
    refused = line.refused(422, 1001, json.dumps({"author": JOHN, "sentiment": "x" * 100_000}))

    assert len(refused["errorText"]) < 200


# Texts


@pytest.mark.parametrize("member", [*TEXTS, "author.id"])
def test_the_nul_character_is_refused_in_every_text(line: Line, member: str) -> None:
    refused = line.refused(422, 1001, json.dumps(dict(members(CreateConversationBody, "a\x00@b"))[member]))

    assert {member} == set(paths(refused))
    assert "\x00" not in refused["errorText"]


def test_the_nul_character_is_refused_in_a_field(shop: Integrator) -> None:
    (field,) = shop.do(AddField(community_id=shop.tenant.id, name="F", type=FieldType.TEXT, by="operator"))
    reply = shop.post({"author": JOHN, "fields": [{"id": field.id, "value": "a\x00"}]})

    assert ["fields[0].value"] == paths(refusal(reply, 422, 1001))


@pytest.mark.parametrize("member", [path for path in TEXTS if path != "message"])
@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028"], ids=ascii)
def test_a_control_character_is_refused_in_a_line(line: Line, member: str, character: str) -> None:
    body = dict(members(CreateConversationBody, f"https://a{character}b"))[member]
    refused = line.refused(422, 1001, json.dumps(body))

    assert {member} == set(paths(refused))
    assert "line breaks or control characters" in refused["errorText"]
    assert character not in refused["errorText"]


# Sizes


def address(length: int) -> str:
    return "https://shop.example/".ljust(length, "ü")


def email(length: int) -> str:
    return "@dow.com".rjust(length, "ü")


def text(length: int) -> str:
    return "😀" * length


LIMITS: list[tuple[str, int, Any]] = [
    ("title", 500, text),
    ("url", 2_048, address),
    ("message", 10_000, text),
    ("author.name", 200, text),
    ("author.email", 320, email),
    ("author.customIdentifier", 200, text),
    ("author.image", 2_048, address),
]


@pytest.mark.parametrize(("member", "limit", "make"), LIMITS, ids=lambda value: str(value)[:25])
def test_a_text_as_long_as_its_limit_is_taken_in_characters_not_bytes(
    shop: Integrator, member: str, limit: int, make: Any
) -> None:
    sent = dict(members(CreateConversationBody, make(limit)))[member]

    assert 200 == shop.post(sent).status


@pytest.mark.parametrize(("member", "limit", "make"), LIMITS, ids=lambda value: str(value)[:25])
def test_a_text_over_its_limit_is_refused_with_the_limit(line: Line, member: str, limit: int, make: Any) -> None:
    refused = line.refused(422, 1001, json.dumps(dict(members(CreateConversationBody, make(limit + 1)))[member]))

    assert [member] == paths(refused)
    assert f"{limit} characters long, but {limit + 1} were given" in refused["errorText"]


def test_a_message_may_not_be_empty(line: Line) -> None:
    refused = line.refused(422, 1001, json.dumps({"author": JOHN, "message": ""}))

    assert "message: must be 1 to 10000 characters long, but 0 were given" == refused["errorText"]


def test_a_field_value_has_a_limit(shop: Integrator) -> None:
    (field,) = shop.do(AddField(community_id=shop.tenant.id, name="F", type=FieldType.TEXT, by="operator"))
    refused = refusal(shop.post({"author": JOHN, "fields": [{"id": field.id, "value": text(2_001)}]}), 422, 1001)

    assert "fields[0].value: must be at most 2000 characters long, but 2001 were given" == refused["errorText"]
    assert 1 == len(shop.create(fields=[{"id": field.id, "value": text(2_000)}])["fields"])


def test_a_call_takes_a_hundred_fields_and_no_more(shop: Integrator) -> None:
    add = AddField(community_id=shop.tenant.id, name="F", type=FieldType.TEXT, by="operator")
    sent = [{"id": field.id, "value": "v"} for field in shop.do(*[add] * FIELDS_LIMIT)]
    refused = refusal(shop.post({"author": JOHN, "fields": [*sent, {"id": 1, "value": "v"}]}), 422, 1001)

    assert "fields: may hold at most 100 values, but 101 were given" == refused["errorText"]
    assert sent == shop.create(fields=sent)["fields"]


def padded(size: int) -> bytes:
    """A good body of so many bytes."""
    return GOOD.ljust(size)


def chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


def test_a_body_of_a_mebibyte_is_taken(shop: Integrator) -> None:
    assert 200 == shop.post(padded(MIB)).status


def test_a_chunked_body_of_a_mebibyte_is_taken(line: Line) -> None:
    assert 200 == line.send(chunks(padded(MIB))).status


def test_a_body_of_a_byte_more_is_refused_before_it_is_read(line: Line) -> None:
    refused = line.refused(413, 1004, padded(MIB + 1))

    assert f"The body may be at most {MIB} bytes long, but at least {MIB + 1} were sent." == refused["errorText"]


@pytest.mark.parametrize("size", [MIB + 1, 3 * MIB])
def test_a_chunked_body_is_refused_once_it_is_too_large(line: Line, size: int) -> None:
    refused = line.refused(413, 1004, chunks(padded(size)))

    assert f"at most {MIB} bytes" in refused["errorText"]


# Around the body


@pytest.mark.parametrize(
    "media_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/jsonp", "json"],
)
def test_a_body_of_another_media_type_is_refused(line: Line, media_type: str) -> None:
    refused = line.refused(415, 1006, GOOD, {"Content-Type": media_type})

    assert "Content-Type: application/json" in refused["errorText"]


@pytest.mark.parametrize(
    "media_type", ["", "application/json", "Application/JSON; charset=utf-8", "application/vnd.parley+json"]
)
def test_json_and_no_media_type_at_all_are_taken(line: Line, media_type: str) -> None:
    assert 200 == line.send(GOOD, {"Content-Type": media_type}).status


def test_a_post_without_a_body_needs_one(line: Line) -> None:
    line.refused(400, 1003, None)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", CONVERSATIONS, "GET, HEAD, POST"),
        ("PUT", CONVERSATIONS, "GET, HEAD, POST"),
        ("OPTIONS", CONVERSATIONS, "GET, HEAD, POST"),
        ("PROPFIND", f"{CONVERSATIONS}/1", "GET, HEAD"),
        ("POST", f"{CONVERSATIONS}/1", "GET, HEAD"),
        ("GET", "/token", "POST"),
        ("TRACE", "/version", "GET, HEAD"),
    ],
)
def test_a_method_that_the_path_does_not_take_is_refused(line: Line, method: str, path: str, allow: str) -> None:
    reply = line.send(None, method=method, path=path)
    refused = refusal(reply, 405, 1005)

    assert allow == reply.headers["Allow"]
    assert f"{method} is not possible here; use {allow}." == refused["errorText"]


# The query


def test_of_a_query_member_that_is_given_twice_the_last_counts(shop: Integrator) -> None:
    made = shop.create(message="Hello")
    query = "?includeMessages=true&includeMessages=false"

    assert [] == shop.get(made["id"], query).data["messages"]


@pytest.mark.parametrize("query", ["?x=%ff", "?%c3%28=1", "?includeMessages=%80", "?x=%ed%a0%80"])
def test_a_query_that_is_not_utf_8_is_malformed(shop: Integrator, query: str) -> None:
    refused = refusal(shop.get(shop.create()["id"], query), 400, 1003)

    assert "query" in refused["errorText"]


@pytest.mark.parametrize("query", ["?", "?&&", "?=", "?%", "?x=%zz", "?unknown=1", "?a=b=c", "?" + "x=1&" * 1_000])
def test_a_query_that_says_nothing_to_us_is_overlooked(shop: Integrator, query: str) -> None:
    assert 200 == shop.get(shop.create()["id"], query).status


def test_a_wrong_value_in_the_query_is_shown_cut_and_escaped(shop: Integrator) -> None:
    refused = refusal(shop.get(shop.create()["id"], "?includeMessages=%00" + "x" * 5_000), 422, 1001)

    assert "\x00" not in refused["errorText"]
    assert len(refused["errorText"]) < 200
