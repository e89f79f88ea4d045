"""How a live stream ends: with its token, with its server, with its caller, or because nobody reads it."""

import gc
from datetime import timedelta

from parley.actions.tokens import RevokeToken
from parley.api.stream import OUTBOX_LIMIT, Stream
from parley.api.streams import RECHECKED_EVERY_S
from parley.core.access import ACCESS_TOKEN_LIFE
from tests.api.inside import until
from tests.api.porches import Porch, following, rest

ROUND = timedelta(seconds=RECHECKED_EVERY_S)
MINUTE = timedelta(minutes=1)
SMALL = 4_096  # bytes of a receive buffer
LONG = "x" * 10_000


async def open_for(porch: Porch) -> timedelta:
    """How long the streams stay open from now on, with their tokens looked at as often as they are."""
    passed = timedelta()
    while len(porch.streams):
        assert passed < 2 * MINUTE
        porch.house.clock.move(ROUND)
        passed += ROUND
        await porch.streams.check()
        for _ in range(20):
            await porch.beat()
    return passed


# The token


async def test_a_stream_ends_within_a_minute_of_its_token_s_revocation(porch: Porch) -> None:
    stream = await porch.open()
    await porch.do(RevokeToken(community_id=porch.community_id, name="default", by="operator"))

    assert await open_for(porch) <= MINUTE
    assert ["token ended"] == (await rest(stream))[-1].comments
    assert stream.has_ended


async def test_a_stream_ends_within_a_minute_of_its_token_s_end(porch: Porch) -> None:
    stream = await porch.open()
    porch.house.clock.move(ACCESS_TOKEN_LIFE)

    assert await open_for(porch) <= MINUTE
    assert ["token ended"] == (await rest(stream))[-1].comments


async def test_a_stream_of_another_token_goes_on(porch: Porch) -> None:
    old = await porch.open()
    porch.house.clock.move(ACCESS_TOKEN_LIFE - MINUTE)
    new = await porch.open()
    porch.house.clock.move(2 * MINUTE)
    await porch.streams.check()
    await until(lambda: len(porch.streams) == 1)
    await porch.begin()

    assert ["token ended"] == (await rest(old))[-1].comments
    assert "conversation_created" == (await following(new, 2))[-1].type


async def test_after_its_token_ended_a_stream_hears_nothing(porch: Porch) -> None:
    stream = await porch.open()
    await porch.do(RevokeToken(community_id=porch.community_id, name="default", by="operator"))
    porch.house.clock.move(MINUTE)
    await porch.streams.check()
    await porch.begin()

    assert ["", "token_revoked", ""] == [frame.type for frame in await rest(stream)]


async def test_streams_outlive_a_database_that_is_away_for_a_moment(porch: Porch) -> None:
    stream = await porch.open()
    await porch.begin()
    await following(stream, 2)
    await porch.house.parts.reader.close()
    for _ in range(2):
        porch.house.clock.move(ROUND)
        await porch.streams.check()
    await porch.beat()

    assert [[""]] == [frame.comments for frame in await following(stream, 1)]
    assert 1 == len(porch.streams)


async def test_without_a_database_a_stream_ends_after_a_minute(porch: Porch) -> None:
    """For nobody can say whether its token is still good."""
    streams = [await porch.open() for _ in range(3)]
    await porch.begin()
    for stream in streams:
        await following(stream, 2)
    await porch.house.parts.reader.close()

    assert await open_for(porch) <= MINUTE
    assert [["database away"]] * 3 == [(await rest(stream))[-1].comments for stream in streams]


# The server


async def test_all_streams_end_when_the_server_stops(porch: Porch) -> None:
    conversation_id = await porch.begin()
    streams = [await porch.open(), await porch.open(conversation_id), await porch.open()]
    porch.streams.stop()

    for stream in streams:
        assert ["server stopping"] == (await rest(stream))[-1].comments
        assert stream.has_ended
    await until(lambda: len(porch.streams) == 0)


async def test_a_stream_that_is_opened_while_the_server_stops_ends_at_once(porch: Porch) -> None:
    stream = await porch.open()
    porch.streams.stop()
    await until(lambda: len(porch.streams) == 0)
    again = await porch.again(stream)

    assert [{"retry": "2000"}, {}] == [frame.members for frame in await rest(again)]
    assert ["server stopping"] == again.frames[-1].comments


async def test_heartbeats_come_in_turns_one_to_each(porch: Porch) -> None:
    streams = [await porch.open() for _ in range(20)]
    await porch.beat()
    porch.streams.stop()

    for stream in streams:
        assert [[], [""], ["server stopping"]] == [frame.comments for frame in await rest(stream)]


# The caller


async def test_nothing_is_left_of_a_caller_who_hung_up(porch: Porch) -> None:
    conversation_id = await porch.begin()
    for stream in [await porch.open(), await porch.open(conversation_id)]:
        stream.close()
    await until(lambda: len(porch.streams) == 0)
    gc.collect()

    assert [] == [each for each in gc.get_objects() if isinstance(each, Stream)]


async def test_one_who_does_not_read_is_cut_off_and_gets_everything_when_back(porch: Porch) -> None:
    conversation_id = await porch.begin()
    stream = await porch.open(conversation_id, "?after=0", buffer=SMALL)
    for _ in range(60):
        await porch.say(conversation_id, *([LONG] * 10))
    await porch.beat()
    await porch.beat()
    await porch.beat()
    await until(lambda: len(porch.streams) == 0)
    first = [frame.data["seq"] for frame in await rest(stream) if "id" in frame.members]
    again = await porch.open(conversation_id, f"?after={first[-1]}")
    second = [frame.data["seq"] for frame in await following(again, 2 + 601 - len(first)) if "id" in frame.members]

    assert not stream.has_ended
    assert [*range(3, 3 + 601)] == first + second


async def test_one_who_reads_slowly_gets_everything_and_no_more_than_that_is_kept(porch: Porch) -> None:
    conversation_id = await porch.begin()
    stream = await porch.open(conversation_id, buffer=SMALL)
    most = 0
    for _ in range(100):
        await porch.say(conversation_id, *([LONG] * 10))
        most = max(most, *(each.backlog for each in porch.connections))
    frames = await following(stream, 2 + 1000)

    assert OUTBOX_LIMIT / 2 < most < 2 * OUTBOX_LIMIT
    assert [*range(4, 1004)] == [frame.data["seq"] for frame in frames if "id" in frame.members]
