"""What happens below the routes: slow, broken, greedy and clever connections."""

import resource
import select
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from parley.api.connections import HEAD_LIMIT
from tests.api.envelopes import refusal
from tests.api.impatient import WITHIN_S
from tests.api.integrators import CONVERSATIONS, Integrator, join
from tests.api.wires import Wire, get, head, post
from tests.servers import Server, sqlite_url

GOOD = b'{"author":{"email":"john@dow.com"}}'
CREATED = ["conversation_created"]
SLOW = 2_000  # connections that take their time
SEATS = 40  # connections of the server that takes few


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits half a second for what others wait 10 and 30 seconds for."""
    database = sqlite_url(tmp_path_factory.mktemp("hasty") / "parley.db")
    path = {"PYTHONPATH": str(Path(__file__).parents[2])}
    with Server(database, env=path, program=("tests.api.impatient",)) as running:
        yield running


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may hold as many connections as the system lets it; so may we."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Server(sqlite_url(tmp_path_factory.mktemp("roomy") / "parley.db")) as running:
        yield running
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Server]:
    """A server that takes few connections."""
    with Server(sqlite_url(tmp_path / "parley.db"), flags=("--connections", str(SEATS))) as running:
        yield running


@pytest.fixture
def wire(shop: Integrator) -> Iterator[Wire]:
    """A connection to the shared server."""
    with Wire(shop.server.port) as connected:
        yield connected


@pytest.fixture
def hurried(hasty: Server) -> Integrator:
    """A community on the hasty server."""
    return join(hasty)


def drip(wire: Wire, data: bytes) -> None:
    """Send byte after byte, each well within the time, until the server has had enough."""
    for byte in data:
        readable, _, _ = select.select([wire.socket], [], [], WITHIN_S / 10)
        if readable:
            return
        wire.send(bytes([byte]))
    pytest.fail("the server had the patience to read it all")


# Slowness


@pytest.mark.parametrize("sent", [b"", b"G", b"GET /version HTTP/1.1\r\nHost: parley\r\n"])
def test_a_head_that_does_not_end_is_answered_408_and_closed(hasty: Server, sent: bytes) -> None:
    with Wire(hasty.port) as wire:
        refused = refusal(wire.send(sent).reply(), 408, 1007)

        assert f"The request's head did not arrive within {WITHIN_S:g} seconds." == refused["errorText"]
        assert wire.ended()


def test_a_head_that_comes_drop_by_drop_gets_no_more_time(hasty: Server) -> None:
    with Wire(hasty.port) as wire:
        drip(wire, b"GET /version HTTP/1.1\r\nHost: parley" + b"x" * 200)

        refusal(wire.reply(), 408, 1007)
        assert wire.ended()


def test_the_next_head_on_a_kept_connection_has_as_little_time(hasty: Server) -> None:
    with Wire(hasty.port) as wire:
        assert 200 == wire.send(get("/version")).reply().status

        refusal(wire.send(b"GET").reply(), 408, 1007)
        assert wire.ended()


def test_a_connection_may_rest_between_requests(hasty: Server) -> None:
    with Wire(hasty.port) as wire:
        wire.send(get("/version")).reply()
        readable, _, _ = select.select([wire.socket], [], [], 2 * WITHIN_S)

        assert [] == readable
        assert 200 == wire.send(get("/version")).reply().status


def test_a_body_that_does_not_end_is_answered_408_and_closed(hurried: Integrator) -> None:
    with Wire(hurried.server.port) as wire:
        refused = refusal(wire.send(post(hurried.token, GOOD)[:-1]).reply(), 408, 1007)

        assert f"The request's body did not arrive within {WITHIN_S:g} seconds." == refused["errorText"]
        assert wire.ended()
    assert [] == hurried.happened()


def test_a_body_that_comes_drop_by_drop_gets_no_more_time(hurried: Integrator) -> None:
    with Wire(hurried.server.port) as wire:
        wire.send(head(hurried.token, headers=b"Content-Length: 1000\r\n"))
        drip(wire, GOOD.ljust(1_000))

        refusal(wire.reply(), 408, 1007)
        assert wire.ended()


def test_a_slow_body_that_was_answered_already_is_cut_off_without_another_word(hasty: Server) -> None:
    with Wire(hasty.port) as wire:
        refusal(wire.send(post("", GOOD)[:-1]).reply(), 401, 2002)

        assert wire.ended()


def test_two_thousand_slow_connections_do_not_hold_up_the_others(roomy: Server) -> None:
    shop = join(roomy)
    slow = [b"", b"POST /chat", head(shop.token, headers=b"Content-Length: 9\r\n")]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        for number in range(min(SLOW, most // 4)):
            stack.enter_context(Wire(roomy.port)).send(slow[number % len(slow)])
        made = [shop.create()["queuePositionInfo"]["position"] for _ in range(20)]

    assert list(range(1, 21)) == made


# Numbers and sizes


def test_a_connection_over_the_bound_is_told_to_come_back(narrow: Server) -> None:
    with ExitStack() as stack:
        taken = [stack.enter_context(Wire(narrow.port)) for _ in range(SEATS)]
        for wire in taken:
            assert 200 == wire.send(get("/health/live")).reply().status
        surplus = stack.enter_context(Wire(narrow.port))
        reply = surplus.reply()

        refusal(reply, 503, 5002)
        assert "1" == reply.headers["Retry-After"]
        assert surplus.ended()
        assert 200 == taken[-1].send(get("/health/live")).reply().status


def test_a_connection_that_ends_makes_room(narrow: Server) -> None:
    for _ in range(3 * SEATS):
        with Wire(narrow.port) as wire:
            assert 200 == wire.send(get("/health/live", headers=b"Connection: close\r\n")).reply().status
            assert wire.ended()


@pytest.mark.parametrize(
    "sent",
    [
        get("/version", headers=b"X: " + b"x" * HEAD_LIMIT + b"\r\n"),
        get("/version", headers=b"X: y\r\n" * (HEAD_LIMIT // 5)),
        get("/version?" + "x" * HEAD_LIMIT),
        b"GET /version HTTP/1.1\r\nX: " + b"x" * (HEAD_LIMIT + 1),
    ],
    ids=["one header", "many headers", "the query", "without an end"],
)
def test_a_head_over_its_limit_is_refused_and_closed(wire: Wire, sent: bytes) -> None:
    refused = refusal(wire.send(sent).reply(), 431, 1008)

    assert f"The request's head may be at most {HEAD_LIMIT} bytes long." == refused["errorText"]
    assert wire.ended()


def test_a_head_over_its_limit_has_no_effect(shop: Integrator, wire: Wire) -> None:
    request = post(shop.token, GOOD, headers=b"X: " + b"x" * HEAD_LIMIT + b"\r\n")
    refusal(wire.send(request).reply(), 431, 1008)

    assert [] == shop.happened()


def test_a_head_just_under_its_limit_is_taken(shop: Integrator, wire: Wire) -> None:
    """Together with a body that makes the packet larger than a head may be."""
    room = HEAD_LIMIT - len(head(shop.token)) - 100
    request = post(shop.token, GOOD.ljust(100_000), headers=b"X: " + b"x" * room + b"\r\n")

    assert 200 == wire.send(request).reply().status


# Framing


def test_pipelined_requests_are_answered_in_their_order(shop: Integrator, wire: Wire) -> None:
    wire.send(post(shop.token, GOOD) + get("/version") + post(shop.token, b"{") + post(shop.token, GOOD))
    first, version, broken, second = (wire.reply() for _ in range(4))

    assert (1, 2) == (first.data["queuePositionInfo"]["position"], second.data["queuePositionInfo"]["position"])
    assert "version" in version.data
    refusal(broken, 400, 1003)


def test_very_many_pipelined_requests_are_all_answered(shop: Integrator, wire: Wire) -> None:
    wire.send(post(shop.token, GOOD) * 300)

    assert list(range(1, 301)) == [wire.reply().data["queuePositionInfo"]["position"] for _ in range(300)]


def test_what_is_no_request_behind_a_good_one_takes_nothing_from_its_answer(shop: Integrator, wire: Wire) -> None:
    """The good one may take effect, so it must not be answered with the other's refusal."""
    wire.send(post(shop.token, GOOD) + b"nonsense\r\n\r\n")
    answer = wire.file.read()

    assert b"HTTP/1.1 400" not in answer[:12]


def test_a_body_in_single_bytes_is_read(shop: Integrator, wire: Wire) -> None:
    wire.send(head(shop.token, headers=b"Transfer-Encoding: chunked\r\n"))
    for byte in GOOD:
        wire.send(b"1\r\n%c\r\n" % byte)

    assert 200 == wire.send(b"0\r\n\r\n").reply().status


def test_trailers_are_not_headers(shop: Integrator, wire: Wire) -> None:
    head_without = b"POST /chat/conversations HTTP/1.1\r\nHost: parley\r\nTransfer-Encoding: chunked\r\n\r\n"
    trailer = f"0\r\nAuthorization: Bearer {shop.token}\r\n\r\n".encode()
    wire.send(head_without + b"%x\r\n%s\r\n" % (len(GOOD), GOOD) + trailer)

    refusal(wire.reply(), 401, 2001)


def test_trailers_are_not_taken_without_end(shop: Integrator, wire: Wire) -> None:
    wire.send(head(shop.token, headers=b"Transfer-Encoding: chunked\r\n") + b"%x\r\n%s\r\n0\r\nX: " % (len(GOOD), GOOD))
    with suppress(ConnectionError):
        for _ in range(200):
            wire.send(b"x" * 100_000)

        pytest.fail("twenty megabytes of trailers were taken")
    assert [] == shop.happened()


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(shop: Integrator, wire: Wire) -> None:
    wire.send(head(shop.token, headers=b"Content-Length: %d\r\nExpect: 100-continue\r\n" % len(GOOD)))
    interim = wire.reply()

    assert 100 == interim.status
    assert 200 == wire.send(GOOD).reply().status


def test_a_client_that_asks_before_it_sends_too_much_is_refused_at_once(shop: Integrator, wire: Wire) -> None:
    wire.send(head(shop.token, headers=b"Content-Length: 2000000\r\nExpect: 100-continue\r\n"))

    refusal(wire.reply(), 413, 1004)


def test_a_client_that_leaves_within_its_body_leaves_no_trace(shop: Integrator) -> None:
    for end in (-1, -len(GOOD), -len(GOOD) - 2):
        with Wire(shop.server.port) as wire:
            wire.send(post(shop.token, GOOD)[:end])
    shop.create()

    assert CREATED == shop.happened()


def test_a_client_that_does_not_wait_for_its_answer_harms_nobody(shop: Integrator) -> None:
    for _ in range(20):
        with Wire(shop.server.port) as wire:
            wire.send(post(shop.token, GOOD))

    assert shop.create()["id"]


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 100,
        b"GET\r\n\r\n",
        b"GET /version HTTP/9.9\r\n\r\n",
        b"BREW /version HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT parley:80 HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        get("/version", headers=b"Two words: 1\r\n"),
        get("/version", headers=b"X: a\x00b\r\n"),
        get("/version", method="POST", headers=b"Content-Length: -1\r\n"),
        get("/version", method="POST", headers=b"Content-Length: 1\r\nContent-Length: 2\r\n"),
        get("/version", method="POST", headers=b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
        get("/version", method="POST", headers=b"Transfer-Encoding: chunked\r\n") + b"x\r\n",
    ],
    ids=lambda sent: repr(sent[:20] + sent[-25:]),
)
def test_what_is_no_http_gets_an_envelope_and_is_closed(wire: Wire, sent: bytes) -> None:
    reply = wire.send(sent).reply()
    if reply.status == 405:
        reply = wire.reply()  # the head was good, and was answered before the body turned out not to be
    refusal(reply, 400, 1009)

    assert wire.ended()


def test_an_offer_to_change_the_protocol_is_overlooked(shop: Integrator, wire: Wire) -> None:
    """Java's own client makes one with every first request."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"

    assert 200 == wire.send(get("/version", headers=offer)).reply().status
    assert 200 == wire.send(post(shop.token, GOOD, headers=offer)).reply().status
    assert 200 == wire.send(post(shop.token, GOOD)).reply().status


@pytest.mark.parametrize("path", ["/version", "/schema", f"{CONVERSATIONS}/1", "/nowhere"])
def test_head_gets_what_get_gets_without_the_body(shop: Integrator, wire: Wire, path: str) -> None:
    token = f"Authorization: Bearer {shop.token}\r\n".encode()
    whole = wire.send(get(path, headers=token)).reply()
    bare = wire.send(get(path, method="HEAD", headers=token)).reply(is_for_head=True)

    assert whole.status == bare.status
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert whole.headers[name] == bare.headers[name]
    assert 200 == wire.send(get("/version")).reply().status


@pytest.mark.parametrize(("version", "header"), [("1.0", b""), ("1.1", b"Connection: close\r\n")])
def test_a_connection_ends_after_its_answer_when_the_client_says_so(wire: Wire, version: str, header: bytes) -> None:
    reply = wire.send(get("/version", headers=header).replace(b"HTTP/1.1", b"HTTP/" + version.encode())).reply()

    assert (200, "close") == (reply.status, reply.headers["Connection"])
    assert wire.ended()


def test_a_refused_body_is_read_to_its_end_before_the_connection_is_closed(shop: Integrator) -> None:
    """Else the answer would be lost: a system that closes with unread data takes back what it has sent."""
    with Wire(shop.server.port) as wire:
        wire.send(head("", headers=b"Content-Length: 3000000\r\nConnection: close\r\n"))
        wire.send(b" " * 3_000_000)

        refusal(wire.reply(), 401, 2002)
        assert wire.ended()
