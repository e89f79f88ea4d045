"""Endpoints: added, changed, stopped and started, removed; each leaves one event, and no secret in it."""

from typing import Any

import pytest

from parley.actions.endpoints import (
    AddEndpoint,
    ChangeEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    RemoveEndpoint,
    RotateSecret,
)
from parley.core.errors import ConflictError, NotFoundError
from parley.core.events import (
    WebhookAdded,
    WebhookChanged,
    WebhookRemoved,
    WebhookRotated,
    WebhookStatusChanged,
)
from parley.core.webhooks import ENDPOINTS_LIMIT, EVENT_TYPES, FORMER_SECRET_LIFE, Endpoint, Reason, Status
from tests.builders import MINUTE, RIVAL, SHOP, create
from tests.ledger.books import Books

THEIRS: dict[str, Any] = {"community_id": SHOP, "endpoint_id": 1, "by": "operator"}


def adding(**changes: Any) -> AddEndpoint:
    """An endpoint to be added."""
    filled: dict[str, Any] = {
        "community_id": SHOP,
        "url": "https://hooks.example/a-secret-path",
        "event_types": EVENT_TYPES,
        "allowed_hosts": (),
        "verify_token": b"plain:verify",
        "secret": b"plain:secret",
        "by": "operator",
    }
    return AddEndpoint(**{**filled, **changes})


@pytest.fixture
async def endpoint(books: Books) -> Endpoint:
    """The Shop's only one."""
    await books.do(create())
    endpoint = await books.do(adding())
    await books.recorded()
    return endpoint


async def stored(books: Books) -> Endpoint:
    """The Shop's only one as it is stored."""
    (found,) = await books.reader.endpoints(SHOP)
    return found


async def test_an_endpoint_begins_where_the_log_ends(books: Books) -> None:
    await books.do(create(message="Hi"))
    before = await books.reader.last_seq(SHOP)
    added = await books.do(adding())

    assert before == added.cursor
    assert added == await stored(books)
    assert added.is_enabled


async def test_of_what_happens_in_the_same_group_it_hears_what_comes_behind_it(books: Books) -> None:
    before, added, _ = await books.together([create(), adding(), create()])
    seqs = [event.seq for event in await books.reader.events_of(SHOP, after=added.cursor, take=9)]

    assert before.conversation.id == 1
    assert [added.cursor + 1, added.cursor + 2] == seqs  # its own adding, and the second conversation


async def test_adding_is_told_without_the_path(books: Books) -> None:
    await books.recorded()
    added = await books.do(adding())

    assert [WebhookAdded(added.id, "hooks.example", EVENT_TYPES)] == await books.recorded()


async def test_there_are_at_most_fifty(books: Books) -> None:
    await books.together([adding() for _ in range(ENDPOINTS_LIMIT)])
    with pytest.raises(ConflictError, match="at most 50 webhooks"):
        await books.do(adding())

    await books.do(adding(community_id=RIVAL))
    await books.do(RemoveEndpoint(**THEIRS))
    await books.do(adding())


async def test_a_change_leaves_alone_what_it_does_not_name(books: Books, endpoint: Endpoint) -> None:
    changed = await books.do(ChangeEndpoint(**THEIRS, url="https://other.example/", event_types=EVENT_TYPES[:1]))

    assert changed == await stored(books)
    assert (endpoint.secret, endpoint.verify_token, endpoint.cursor) == (
        changed.secret,
        changed.verify_token,
        changed.cursor,
    )
    assert [WebhookChanged(1, "other.example", EVENT_TYPES[:1])] == await books.recorded()


async def test_no_change_is_no_event(books: Books, endpoint: Endpoint) -> None:
    assert endpoint == await books.do(ChangeEndpoint(**THEIRS, url=endpoint.url))
    assert endpoint == await books.do(EnableEndpoint(**THEIRS))
    assert [] == await books.recorded()


async def test_disabling_and_enabling(books: Books, endpoint: Endpoint) -> None:
    disabled = await books.do(DisableEndpoint(**THEIRS))
    again = await books.do(DisableEndpoint(**THEIRS))
    enabled = await books.do(EnableEndpoint(**THEIRS))

    assert (Status.DISABLED, Reason.OPERATOR) == (disabled.status, disabled.reason)
    assert disabled == again
    assert enabled == await stored(books)
    assert enabled.is_enabled
    assert [
        WebhookStatusChanged(1, Status.DISABLED, Reason.OPERATOR),
        WebhookStatusChanged(1, Status.ENABLED),
    ] == await books.recorded()


async def test_both_secrets_are_kept_for_a_day(books: Books, endpoint: Endpoint) -> None:
    rotated = await books.do(RotateSecret(**THEIRS, secret=b"plain:new"))
    now = books.clock()

    assert (b"plain:new", b"plain:secret") == rotated.secrets_at(now + FORMER_SECRET_LIFE - MINUTE)
    assert (b"plain:new",) == (await stored(books)).secrets_at(now + FORMER_SECRET_LIFE)
    assert [WebhookRotated(1)] == await books.recorded()


async def test_a_removed_endpoint_is_gone(books: Books, endpoint: Endpoint) -> None:
    await books.do(RemoveEndpoint(**THEIRS))

    assert [] == await books.reader.endpoints(SHOP)
    assert [WebhookRemoved(1)] == await books.recorded()
    with pytest.raises(NotFoundError, match="There is no webhook 1"):
        await books.do(EnableEndpoint(**THEIRS))


@pytest.mark.parametrize(
    "action", [ChangeEndpoint, EnableEndpoint, DisableEndpoint, RemoveEndpoint], ids=lambda action: action.__name__
)
async def test_another_communitys_endpoint_is_not_found(books: Books, endpoint: Endpoint, action: Any) -> None:
    with pytest.raises(NotFoundError, match="There is no webhook 1"):
        await books.do(action(**THEIRS | {"community_id": RIVAL}))
    assert [endpoint] == await books.reader.endpoints(SHOP)
