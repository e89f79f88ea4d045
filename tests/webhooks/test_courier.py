"""One endpoint: what goes out when and in which order, how failures are met, and what is written of it."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from parley.actions.deliveries import QueueReplay
from parley.actions.endpoints import (
    ChangeEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    RemoveEndpoint,
    RotateSecret,
)
from parley.core.errors import StorageUnavailableError
from parley.core.events import WebhookStatusChanged
from parley.core.webhooks import AILING_AFTER, SCHEDULE, Delivery, Reason, State, Status
from parley.webhooks.courier import AT_ONCE, PAGE, READY_LIMIT
from parley.webhooks.pages import HEARD_LIMIT
from tests.builders import HOUR, MINUTE, SHOP
from tests.webhooks.post_office import PostOffice, wanted
from tests.webhooks.receiving import DOWN, ERROR, GONE, OK, Answer, Receiver

SECOND = timedelta(seconds=1)
DAY = 24 * HOUR
OF_SHOP: dict[str, Any] = {"community_id": SHOP, "endpoint_id": 1, "by": "operator"}
AWAY = StorageUnavailableError("Away.")


async def settled(office: PostOffice) -> list[tuple[State, int]]:
    """How each delivery stands, and after how many attempts."""
    return [(found.state, found.attempts) for found in await office.deliveries()]


async def test_what_happens_goes_out_at_once(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    began = office.clock.now()
    await office.begin(3)
    await office.tell()

    assert await office.published() == receiver.seqs()
    assert {began} == set(receiver.times())
    assert [(State.DELIVERED, 1)] * 3 == await settled(office)


async def test_only_what_is_wanted_goes_out(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint(event_types=("conversation_message_added",))
    await office.open()
    (talk,) = await office.begin()
    await office.say(talk, 2)
    await office.tell()

    assert (await office.published())[1:] == receiver.seqs()


async def test_what_nobody_wants_is_not_written_down_event_by_event(office: PostOffice, receiver: Receiver) -> None:
    """How far the log was read is stored now and then, and when something is sent."""
    await office.add_endpoint(event_types=("conversation_closed",))
    await office.open()
    before = len(office.books.gate.sizes)
    for _ in range(4):
        await office.begin()
        await office.tell()

    assert 4 == len(office.books.gate.sizes) - before
    assert [] == receiver.arrived


async def test_how_far_the_log_was_read_is_stored_now_and_then(office: PostOffice) -> None:
    before = (await office.add_endpoint(event_types=("conversation_closed",))).cursor
    await office.begin(2 * PAGE)
    await office.open()

    assert (await office.endpoint()).cursor >= before + PAGE


async def test_what_fails_is_tried_again_by_the_schedule_and_then_set_aside(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(DOWN)
    await office.begin()
    await office.tell()
    await office.clock.pass_by(4 * DAY)
    times = receiver.times()

    assert list(SCHEDULE) == [after - before for before, after in itertools.pairwise(times)]
    assert [(State.FAILED, 10)] == await settled(office)
    assert [(number, "connection_failed") for number in range(1, 11)] == [
        (attempt.number, attempt.failure) for attempt in await office.attempts(1)
    ]


async def test_when_one_is_set_aside_the_next_of_its_conversation_goes_out(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    await office.open()
    (talk,) = await office.begin()
    first = (await office.published())[0]
    receiver.answers = lambda delivery: DOWN if delivery.seq == first else OK
    await office.say(talk, 2)
    await office.tell()
    assert [first] == receiver.seqs()
    await office.clock.pass_by(4 * DAY)

    assert (await office.published())[1:] == receiver.seqs()[10:]


async def test_a_failing_event_holds_back_its_own_conversation_and_no_other(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    await office.open()
    bad, good = await office.begin(2)
    await office.tell()
    receiver.answers = lambda delivery: ERROR if delivery.conversation_id == bad else OK
    for talk in (bad, good, bad, good):
        await office.say(talk)
    await office.tell()
    taken = receiver.taken()
    assert (1, 3) == (len(taken[bad]), len(taken[good]))
    receiver.answer(OK)
    await office.clock.pass_by(5 * SECOND)

    assert sorted(receiver.taken()[bad]) == receiver.taken()[bad]
    assert 3 == len(receiver.taken()[bad])


async def test_a_slow_receiver_has_a_bounded_number_on_their_way(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(Answer(takes=10 * SECOND))
    await office.begin(3 * AT_ONCE)
    await office.tell()
    assert AT_ONCE == len(receiver.arrived)
    await office.clock.pass_by(30 * SECOND)

    assert AT_ONCE == receiver.most_at_once[1]
    assert [(State.DELIVERED, 1)] * 3 * AT_ONCE == await settled(office)


async def test_a_slow_endpoint_takes_no_one_elses_turn(office: PostOffice, receiver: Receiver) -> None:
    slow, quick = await office.add_endpoint(), await office.add_endpoint()
    await office.open()
    receiver.answers = lambda delivery: Answer(takes=15 * SECOND) if delivery.endpoint_id == slow.id else OK
    await office.begin(5 * AT_ONCE)
    await office.tell()

    assert (AT_ONCE, 5 * AT_ONCE) == (len(receiver.seqs(slow.id)), len(receiver.seqs(quick.id)))


async def test_one_conversation_keeps_its_order_while_others_overtake(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    talks = await office.begin(3)
    receiver.answers = lambda delivery: Answer(takes=delivery.seq % 5 * SECOND)
    for talk in talks * 5:
        await office.say(talk)
    await office.tell()
    await office.clock.pass_by(2 * MINUTE)

    assert sorted(await office.published()) == sorted(receiver.seqs())
    assert all(sorted(seqs) == seqs for seqs in receiver.taken().values())


# Endpoints that fail


async def test_a_dead_endpoint_is_only_probed_at_growing_gaps(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    receiver.answer(DOWN)
    await office.begin(2 * READY_LIMIT)
    await office.open()
    await office.clock.pass_by(4 * MINUTE)
    times = receiver.times()[2 * AT_ONCE :]
    gaps = [after - before for before, after in itertools.pairwise(times)]

    assert 1 == max(1, *(times.count(at) for at in times))
    assert sorted(gaps) == gaps
    assert SECOND <= gaps[0] < gaps[-1] <= 30 * SECOND
    assert len(await office.deliveries()) <= READY_LIMIT  # the rest waits in the log


async def test_the_gaps_of_probes_do_not_grow_without_end(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    receiver.answer(DOWN)
    await office.begin(700)
    await office.open()
    await office.clock.pass_by(4 * HOUR)
    times = receiver.times()

    assert 30 * SECOND == times[-1] - times[-2]


async def test_recovery_goes_out_at_once(office: PostOffice, receiver: Receiver) -> None:
    """What has failed comes by its own schedule; what waited in the log need not."""
    await office.add_endpoint()
    receiver.answer(DOWN)
    await office.begin(200)
    await office.open()
    await office.clock.pass_by(2 * MINUTE)
    receiver.answer(OK)
    await office.clock.pass_by(30 * SECOND)
    failed = {found.seq for found in await office.deliveries() if found.state is State.DUE}
    taken = {arrival.seq for arrival in receiver.arrived if arrival.answer == OK}

    assert set(await office.published()) - failed == taken
    assert len(failed) < 100


async def test_a_dead_endpoint_is_probed_with_another_conversation_when_all_are_held_back(
    office: PostOffice, receiver: Receiver
) -> None:
    """Of the log no more than a page is taken for each probe, however much is held back there."""
    await office.add_endpoint()
    await office.open()
    receiver.answer(DOWN)
    talks = await office.begin(AILING_AFTER)
    await office.tell()
    for _ in range(3):
        for talk in talks:
            await office.say(talk, 10)
    assert 2 * PAGE < len(await office.published())
    await office.tell()
    assert len(await office.deliveries()) <= AILING_AFTER + PAGE
    await office.begin()
    await office.tell()
    await office.clock.pass_by(4 * SECOND)

    assert AILING_AFTER + 1 == len(set(receiver.seqs()))


async def test_a_retry_after_is_obeyed_by_the_whole_endpoint(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(Answer(status=429, retry_after=HOUR))
    await office.begin()
    await office.tell()
    receiver.answer(OK)
    await office.begin(5)
    await office.tell()
    await office.clock.pass_by(HOUR - SECOND)
    assert 1 == len(receiver.arrived)
    await office.clock.pass_by(SECOND)

    assert 7 == len(receiver.arrived)
    assert [(State.DELIVERED, 2)] + [(State.DELIVERED, 1)] * 5 == await settled(office)


async def test_a_retry_after_of_another_failure_is_the_deliverys_alone(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(Answer(status=500, retry_after=HOUR))
    await office.begin()
    await office.tell()
    receiver.answer(OK)
    await office.begin()
    await office.tell()
    assert 2 == len(receiver.arrived)
    await office.clock.pass_by(HOUR)

    assert 3 == len(receiver.arrived)


async def test_410_disables_at_once_and_enable_begins_with_the_same(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(GONE)
    (talk,) = await office.begin()
    await office.tell()
    await office.say(talk, 2)
    await office.tell()
    await office.clock.pass_by(DAY)
    assert [WebhookStatusChanged(1, Status.DISABLED, Reason.GONE)] == await office.stops()
    assert 1 == len(receiver.arrived)
    receiver.answer(OK)
    await office.books.do(EnableEndpoint(**OF_SHOP))
    await office.clock.pass_by(2 * SECOND)

    assert await office.published() == receiver.seqs()[1:]


async def test_five_days_of_failures_pause_it_and_enable_goes_on_in_order(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(DOWN)
    (talk,) = await office.begin()
    for _ in range(10):
        await office.say(talk)
        await office.tell()
        await office.clock.pass_by(DAY)
    endpoint, sent = await office.endpoint(), len(receiver.arrived)
    assert (Status.PAUSED, Reason.FAILING) == (endpoint.status, endpoint.reason)
    assert [WebhookStatusChanged(1, Status.PAUSED, Reason.FAILING)] == await office.stops()
    receiver.answer(OK)
    await office.books.do(EnableEndpoint(**OF_SHOP))
    await office.clock.pass_by(DAY)
    seqs = receiver.seqs()[sent:]

    assert (await office.published())[-len(seqs) :] == seqs
    assert len(seqs) >= 9


async def test_what_waits_for_longer_than_30_days_is_dropped(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.books.do(DisableEndpoint(**OF_SHOP))
    await office.open()
    await office.begin(2)
    await office.clock.pass_by(20 * DAY)
    await office.begin(2)
    await office.clock.pass_by(11 * DAY)
    await office.books.do(EnableEndpoint(**OF_SHOP))
    await office.clock.pass_by(2 * SECOND)

    assert (await office.published())[2:] == receiver.seqs()


async def test_an_open_delivery_that_waits_for_longer_than_30_days_is_set_aside(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(GONE)
    (talk,) = await office.begin()
    await office.say(talk, 2)
    await office.tell()
    await office.clock.pass_by(31 * DAY)
    receiver.answer(OK)
    await office.books.do(EnableEndpoint(**OF_SHOP))
    await office.begin()
    await office.clock.pass_by(2 * SECOND)

    assert [(State.FAILED, "expired")] * 3 + [(State.DELIVERED, None)] == [
        (found.state, found.failure) for found in await office.deliveries()
    ]
    assert 2 == len(receiver.arrived)


# Faults of ours and of the database


async def test_a_bug_met_in_one_delivery_does_not_stop_the_others(
    office: PostOffice, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    await office.add_endpoint()
    await office.open()
    bad, _ = await office.begin(2)
    receiver.answers = lambda delivery: Answer(broken=ZeroDivisionError()) if delivery.conversation_id == bad else OK
    await office.tell()

    assert [(State.DUE, 1, "internal_error"), (State.DELIVERED, 1, None)] == [
        (found.state, found.attempts, found.failure) for found in await office.deliveries()
    ]
    assert "webhook_broken" in caplog.messages


@pytest.mark.parametrize("takes_effect", [False, True])
async def test_while_the_database_is_away_nothing_is_lost_and_nothing_sent_twice(
    office: PostOffice, receiver: Receiver, *, takes_effect: bool
) -> None:
    """Also when what came of an attempt was stored, and nobody knows."""
    await office.add_endpoint()
    await office.open()
    receiver.answer(Answer(takes=SECOND))
    (talk,) = await office.begin()
    await office.say(talk, 3)
    await office.tell()
    gate = office.books.gate
    gate.break_written_once(AWAY) if takes_effect else gate.break_once(AWAY, when_taken=True)
    await office.clock.pass_by(10 * SECOND)

    assert await office.published() == receiver.seqs()
    assert [(State.DELIVERED, 1)] * 4 == await settled(office)


@pytest.mark.parametrize("takes_effect", [False, True])
async def test_while_the_database_is_away_the_log_is_not_lost(
    office: PostOffice, receiver: Receiver, *, takes_effect: bool
) -> None:
    await office.add_endpoint()
    await office.open()
    await office.begin(5)
    gate = office.books.gate
    gate.break_written_once(AWAY) if takes_effect else gate.break_once(AWAY, when_taken=True)
    await office.tell()
    await office.clock.pass_by(5 * SECOND)

    assert await office.published() == sorted(receiver.seqs())


async def test_while_the_database_cannot_be_read_nothing_is_lost(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(DOWN)
    (talk,) = await office.begin()
    await office.tell()
    receiver.answer(OK)
    office.reader.is_away = True
    await office.say(talk)
    await office.clock.pass_by(MINUTE)
    office.reader.is_away = False
    await office.tell()
    await office.clock.pass_by(5 * SECOND)

    assert await office.published() == receiver.seqs()[1:]


async def test_after_a_bug_met_in_writing_it_goes_on(
    office: PostOffice, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    await office.add_endpoint()
    await office.open()
    await office.begin()
    office.books.gate.break_once(ZeroDivisionError(), when_taken=True)
    await office.tell()
    await office.begin()
    await office.clock.pass_by(61 * SECOND)

    assert await office.published() == receiver.seqs()
    assert "webhook_broken" in caplog.messages


async def test_an_event_that_is_not_in_the_log_any_more_is_told_and_not_waited_for(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(DOWN)
    await office.begin()
    await office.tell()
    office.books.database.execute("DELETE FROM events WHERE type = 'conversation_created'")
    await office.clock.pass_by(5 * SECOND)

    assert [(State.DUE, 2, "internal_error")] == [
        (found.state, found.attempts, found.failure) for found in await office.deliveries()
    ]


# Much at once


@pytest.mark.parametrize("count", [PAGE - 1, PAGE, PAGE + 1, READY_LIMIT + 1, 2 * READY_LIMIT + PAGE])
async def test_a_long_log_goes_out_once_and_in_order(office: PostOffice, receiver: Receiver, count: int) -> None:
    await office.add_endpoint()
    talks = await office.begin(4)
    await office.begin(count - 8)
    for talk in talks:
        await office.say(talk)
    await office.open()

    assert await office.published() == sorted(receiver.seqs())
    assert all(sorted(seqs) == seqs for seqs in receiver.taken().values())


async def test_many_that_come_due_at_once_go_out_once(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.begin(2 * READY_LIMIT + 9)
    await office.replay(await office.events(), to_url="https://other.example/")
    await office.open()
    others = [url for url in receiver.urls if url == "https://other.example/"]

    assert len(others) == len(await office.published())
    assert 2 * len(others) == len(receiver.arrived)


async def test_more_is_heard_than_is_kept(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(Answer(status=503, retry_after=MINUTE))
    await office.begin()
    await office.tell()
    receiver.answer(OK)
    for _ in range(3):
        await office.begin(HEARD_LIMIT // 2)
        await office.tell()
    await office.clock.pass_by(MINUTE)

    assert await office.published() == sorted(receiver.seqs()[1:])


# What others do meanwhile


async def test_another_url_and_secret_are_used_within_a_second(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    await office.books.do(ChangeEndpoint(**OF_SHOP, url="https://new.example/"))
    await office.books.do(RotateSecret(**OF_SHOP, secret=b"plain:new"))
    await office.clock.pass_by(SECOND)
    await office.begin()
    await office.tell()

    assert (["https://new.example/"], [b"plain:new"]) == (receiver.urls, receiver.secrets)


async def test_what_is_wanted_from_now_on_is_not_missed(office: PostOffice, receiver: Receiver) -> None:
    """Even by a courier that has not heard of the change yet; what was passed before is not sent."""
    await office.add_endpoint(event_types=("conversation_message_added",))
    await office.open()
    await office.begin()
    await office.tell()
    await office.books.do(ChangeEndpoint(**OF_SHOP, event_types=("conversation_created", "conversation_message_added")))
    (talk,) = await office.begin()
    await office.say(talk)
    await office.tell()

    assert (await office.published())[1:] == receiver.seqs()


async def test_a_removed_endpoint_is_sent_nothing_more(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    receiver.answer(Answer(takes=SECOND))
    await office.begin(AT_ONCE + 1)
    await office.tell()
    await office.books.do(RemoveEndpoint(**OF_SHOP))
    await office.begin()
    await office.tell()
    await office.clock.pass_by(MINUTE)

    assert AT_ONCE == len(receiver.arrived)


async def test_a_disabled_endpoint_is_sent_nothing_more_until_it_is_enabled(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    await office.open()
    await office.books.do(DisableEndpoint(**OF_SHOP))
    await office.clock.pass_by(SECOND)
    await office.begin(3)
    await office.tell()
    await office.clock.pass_by(DAY)
    assert [] == receiver.arrived
    await office.books.do(EnableEndpoint(**OF_SHOP))
    await office.clock.pass_by(SECOND)

    assert await office.published() == receiver.seqs()


async def test_an_ailing_endpoint_that_is_disabled_and_enabled_is_not_waited_for(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    receiver.answer(DOWN)
    await office.begin(400)
    await office.open()
    await office.clock.pass_by(HOUR)
    receiver.answer(OK)
    sent = len(receiver.arrived)
    await office.books.do(DisableEndpoint(**OF_SHOP))
    await office.books.do(EnableEndpoint(**OF_SHOP))
    await office.clock.pass_by(SECOND)

    assert len(receiver.arrived) > sent + 100


async def test_a_replay_goes_out_at_once(office: PostOffice, receiver: Receiver) -> None:
    await office.add_endpoint()
    await office.open()
    await office.begin(3)
    await office.tell()
    await office.replay(await office.events())
    await office.tell()

    assert 2 * await office.published() == receiver.seqs()


async def test_an_event_goes_to_the_endpoint_and_elsewhere_at_once(office: PostOffice, receiver: Receiver) -> None:
    """Two deliveries of one event: what the one is done with, the other still needs."""
    await office.add_endpoint()
    await office.open()
    await office.begin(2 * AT_ONCE)
    await office.tell()
    receiver.answers = lambda delivery: Answer(takes=(delivery.id % 7) * SECOND)
    for url in ("", "https://a.example/", "https://b.example/"):
        await office.replay(await office.events(), to_url=url)
        await office.tell()
    await office.clock.pass_by(MINUTE)

    assert [4] * 2 * AT_ONCE == [receiver.seqs().count(seq) for seq in await office.published()]


async def test_410_from_another_address_sets_the_replay_aside(office: PostOffice, receiver: Receiver) -> None:
    def answer(delivery: Delivery) -> Answer:
        return GONE if delivery.to_url else OK

    await office.add_endpoint()
    await office.open()
    await office.begin()
    await office.tell()
    receiver.answers = answer
    await office.replay(await office.events(), to_url="https://a.example/")
    await office.tell()
    await office.clock.pass_by(DAY)

    assert [(State.DELIVERED, 1), (State.FAILED, 1)] == await settled(office)
    assert (await office.endpoint()).is_enabled


async def test_a_replay_of_what_still_waits_in_the_log_does_not_overtake(
    office: PostOffice, receiver: Receiver
) -> None:
    await office.add_endpoint()
    await office.books.do(DisableEndpoint(**OF_SHOP))
    (talk,) = await office.begin()
    await office.say(talk, 3)
    last = [event for event in await office.events() if event.conversation_id == talk][-1]
    assert 1 == await office.books.do(QueueReplay(**OF_SHOP, wanted=(wanted(last),)))
    await office.books.do(EnableEndpoint(**OF_SHOP))
    await office.open()

    assert await office.published() == receiver.seqs()
