"""`parley webhook`: where a community's events are sent, and what became of each."""

import contextlib
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from parley.cli.frame import (
    BY,
    CommunityName,
    Config,
    Database,
    Json,
    checked,
    find_community,
    load,
    print_json,
    print_many,
    print_one,
    run,
)
from parley.core import replays, times
from parley.core.errors import Problems
from parley.core.replays import Selection
from parley.core.webhooks import Delivery, Endpoint, check_event_type, message_id, read_event_types
from parley.outgoing.addresses import read_hosts

T = TypeVar("T")

app = typer.Typer(help="Webhooks: where events are sent, and what became of each.", no_args_is_help=True)

SELECTIONS = ("--event", "--conversation", "--since", "--failed")
DELIVERIES = 100  # shown when it is not said how many
DELIVERIES_LIMIT = 10_000

Id = Annotated[int, typer.Argument(metavar="ID", min=1, help="The webhook's number, as `list` shows it")]
Work = Callable[[Any, Any], Awaitable[T]]


@app.command()
def add(
    community: CommunityName,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send: https, on a public host")],
    *,
    verify_token: Annotated[str, typer.Option("--verify-token", metavar="T", help="Sent with the challenge")],
    event: Annotated[
        list[str] | None, typer.Option("--event", metavar="TYPE", help="Only events of this type; repeat it")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="HOST", help="Host that may be called though it is inner; repeat it"),
    ] = None,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a webhook, whose receiver has to answer the challenge; prints its signing secret, this once."""

    async def work(parts: Any, desk: Any) -> dict[str, Any]:
        found = await find_community(parts, community)

        def read(problems: Problems) -> tuple[tuple[str, ...], str, str, tuple[str, ...]]:
            hosts = read_hosts(allow_host or (), "--allow-host", problems)
            return (
                hosts,
                desk.read_url(url, "URL", problems, allowed_hosts=hosts),
                desk.read_verify_token(verify_token, "--verify-token", problems),
                read_event_types(tuple(event or ()), "--event", problems),
            )

        hosts, address, token, types = checked(read)
        action, secret = await desk.add(
            found.id, url=address, event_types=types, verify_token=token, by=BY, allowed_hosts=hosts
        )
        added = await parts.ledger.submit(action)
        return {"id": added.id, "url": added.url, "secret": secret}

    print_one(_run(database, config, work), as_json=as_json)


@app.command("list")
def list_all(
    community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """List the webhooks."""

    async def work(parts: Any, _: Any) -> list[dict[str, Any]]:
        found = await parts.reader.endpoints((await find_community(parts, community)).id)
        return [await _record(parts, endpoint) for endpoint in found]

    columns = ("id", "url", "events", "status", "reason", "waitingEvents", "failures")
    records = _run(database, config, work)
    print_many(records, columns, as_json=as_json, empty="This community has no webhooks.")


@app.command()
def show(
    community: CommunityName, number: Id, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """Show a webhook: whether it is sent anything, why not, and what waits."""
    _do(community, number, database, config, as_json=as_json, act=None)


@app.command()
def enable(
    community: CommunityName, number: Id, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """Send to it again, in order, once its receiver has answered the challenge."""

    async def act(parts: Any, desk: Any, endpoint: Endpoint) -> Endpoint:
        changed: Endpoint = await parts.ledger.submit(await desk.enable(endpoint, by=BY))
        return changed

    _do(community, number, database, config, as_json=as_json, act=act)


@app.command()
def disable(
    community: CommunityName, number: Id, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """Send it nothing more; what happens waits for it, for thirty days."""
    from parley.actions.endpoints import DisableEndpoint

    async def act(parts: Any, _: Any, endpoint: Endpoint) -> Endpoint:
        action = DisableEndpoint(community_id=endpoint.community_id, endpoint_id=endpoint.id, by=BY)
        changed: Endpoint = await parts.ledger.submit(action)
        return changed

    _do(community, number, database, config, as_json=as_json, act=act)


@app.command()
def remove(
    community: CommunityName, number: Id, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """Take it away, and with it what waits for it."""
    from parley.actions.endpoints import RemoveEndpoint

    async def act(parts: Any, _: Any, endpoint: Endpoint) -> Endpoint:
        action = RemoveEndpoint(community_id=endpoint.community_id, endpoint_id=endpoint.id, by=BY)
        await parts.ledger.submit(action)
        return endpoint

    _do(community, number, database, config, as_json=as_json, act=act)


@app.command()
def rotate(
    community: CommunityName, number: Id, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """Give it a new signing secret, printed this once; for a day the former one signs as well."""

    async def work(parts: Any, desk: Any) -> dict[str, Any]:
        endpoint = await desk.find((await find_community(parts, community)).id, number)
        action, secret = desk.rotate(endpoint, by=BY)
        changed = await parts.ledger.submit(action)
        return {"id": changed.id, "url": changed.url, "secret": secret}

    print_one(_run(database, config, work), as_json=as_json)


@app.command()
def deliveries(
    community: CommunityName,
    *,
    endpoint: Annotated[int | None, typer.Option("--endpoint", metavar="ID", min=1, help="Only this webhook's")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that were set aside as failed")] = False,
    take: Annotated[
        int, typer.Option("--take", metavar="N", min=1, max=DELIVERIES_LIMIT, help="At most so many")
    ] = DELIVERIES,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List what was sent or is to be, newest first."""
    from parley.ports import DeliveryPage

    async def work(parts: Any, desk: Any) -> list[Delivery]:
        found = await find_community(parts, community)
        if endpoint is not None:
            await desk.find(found.id, endpoint)
        page = DeliveryPage(take=take, endpoint_id=endpoint, is_failed=failed)
        listed: list[Delivery] = await parts.reader.deliveries(found.id, page)
        return listed

    columns = ("id", "endpointId", "seq", "conversationId", "eventType", "state", "attempts", "status", "failure")
    records = [_delivery_record(delivery) for delivery in _run(database, config, work)]
    print_many(records, columns, as_json=as_json, empty="Nothing of that kind.")


@app.command()
def replay(
    community: CommunityName,
    *,
    event: Annotated[int | None, typer.Option("--event", metavar="SEQ", help="This event")] = None,
    conversation: Annotated[int | None, typer.Option("--conversation", metavar="ID", help="All of this one")] = None,
    since: Annotated[int | None, typer.Option("--since", metavar="SEQ", help="All from this event on")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that were set aside as failed")] = False,
    endpoint: Annotated[int | None, typer.Option("--endpoint", metavar="ID", min=1, help="Only to this one")] = None,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="To this address instead of the webhook's")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar")] = False,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Send events once more, with the same webhook-id; returns when they are queued."""
    from rich.progress import Progress

    selection = Selection(event=event, conversation_id=conversation, since=since, is_failed=failed)
    checked(lambda problems: replays.check(selection, SELECTIONS, problems))
    with Progress(disable=quiet or as_json or not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("Queuing", total=None)

        async def work(parts: Any, desk: Any) -> int:
            found = await find_community(parts, community)
            count: int = await desk.replay(
                found.id,
                selection,
                by=BY,
                endpoint_id=endpoint,
                to=to,
                to_path="--to",
                is_dry_run=dry_run,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )
            return count

        count = _run(database, config, work)
    print_one({"count": count}, as_json=as_json)


def listen(
    community: CommunityName,
    *,
    forward: Annotated[str, typer.Option("--forward", metavar="URL", help="Your program, on any host")],
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Send what happens from now on to a program under development, signed, each event once, until interrupted."""
    import asyncio

    from parley import wiring

    async def work(parts: Any, desk: Any, outgoing: Any, public_url: str) -> None:
        from urllib.parse import urlsplit

        from parley.core.signing import show_secret

        found = await find_community(parts, community)
        hosts = (urlsplit(forward).hostname or "",)  # whoever types a host on this machine allows it
        url = checked(lambda problems: desk.read_url(forward, "--forward", problems, allowed_hosts=hosts))
        secret = desk.new_secret()
        tasks = [asyncio.create_task(parts.tail.run()), asyncio.create_task(parts.watch.watch(parts.tail.wake))]
        try:
            sent = wiring.forwarder(parts, outgoing, public_url=public_url).forward(
                found, url, allowed_hosts=hosts, secret=desk.seal(secret)
            )
            _say(
                f"Forwards what happens in {found.name} to {url}. Signed with {show_secret(secret)}",
                {"community": found.name, "url": url, "secret": show_secret(secret)},
                as_json=as_json,
            )
            async with contextlib.aclosing(sent) as forwarded:
                async for each in forwarded:
                    attempt = each.attempt
                    took_ms = round(attempt.took.total_seconds() * 1000)
                    _say(
                        f"{each.event.seq}  {each.event.type}  {attempt.failure or attempt.status}  {took_ms} ms",
                        {
                            "seq": each.event.seq,
                            "eventType": each.event.type,
                            "status": attempt.status,
                            "failure": attempt.failure,
                            "tookMs": took_ms,
                        },
                        as_json=as_json,
                    )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    _run_with(database, config, work)


def trigger(
    community: CommunityName,
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="The event type, as webhooks name it")],
    *,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a sample conversation in which an event of this type happens, for real, to see what your program does."""
    checked(lambda problems: check_event_type(kind, "TYPE", problems))

    async def work(parts: Any, _: Any) -> dict[str, Any]:
        from parley.webhooks import samples

        found = await find_community(parts, community)
        conversation_id = await samples.make(parts.ledger, parts.reader, found.id, kind, by=BY)
        events = await parts.reader.events_of(found.id, after=0, take=samples.EVENTS, conversation_id=conversation_id)
        seq = next(event.seq for event in events if event.type == kind)
        return {"conversationId": conversation_id, "seq": seq}

    print_one(_run(database, config, work), as_json=as_json)


Act = Callable[[Any, Any, Endpoint], Awaitable[Endpoint]]


def _do(community: str, number: int, database: str | None, config: Any, *, as_json: bool, act: Act | None) -> None:
    """Do something with a webhook and show it."""

    async def work(parts: Any, desk: Any) -> dict[str, Any]:
        endpoint = await desk.find((await find_community(parts, community)).id, number)
        return await _record(parts, endpoint if act is None else await act(parts, desk, endpoint))

    print_one(_run(database, config, work), as_json=as_json)


def _run(database: str | None, config: Any, work: Work[T]) -> T:
    """Do some work with the parts and with the desk of webhooks."""

    async def inside(parts: Any, desk: Any, _outgoing: Any, _public_url: str) -> T:
        return await work(parts, desk)

    return _run_with(database, config, inside)


def _run_with(database: str | None, config: Any, work: Callable[[Any, Any, Any, str], Awaitable[T]]) -> T:
    from parley import wiring

    public_url = load(database, config).public_url

    async def inside(parts: Any) -> T:
        async with contextlib.aclosing(wiring.outgoing()) as outgoing:
            return await work(parts, wiring.desk(parts, outgoing, public_url=public_url), outgoing, public_url)

    return run(database, config, inside)


async def _record(parts: Any, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.event_types),
        "status": endpoint.status.value,
        "reason": None if endpoint.reason is None else endpoint.reason.value,
        "allowedHosts": list(endpoint.allowed_hosts),
        "waitingEvents": await parts.reader.waiting_for(endpoint),
        "failures": endpoint.failures,
        "failingSince": _time(endpoint.failing_since),
        "restsUntil": _time(endpoint.rests_until),
        "lastDeliveryTime": _time(endpoint.delivered_at),
        "creationTime": times.show(endpoint.created_at),
    }


def _delivery_record(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "webhookId": message_id(delivery.community_id, delivery.seq),
        "endpointId": delivery.endpoint_id,
        "seq": delivery.seq,
        "conversationId": delivery.conversation_id,
        "eventType": delivery.type,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "failure": delivery.failure,
        "to": delivery.to_url or None,
        "dueTime": _time(delivery.due_at),
        "finishedTime": _time(delivery.finished_at),
        "creationTime": times.show(delivery.created_at),
    }


def _time(at: Any) -> str | None:
    return None if at is None else times.show(at)


def _say(text: str, record: dict[str, Any], *, as_json: bool) -> None:
    """Say something at once, as a sentence or as JSON: a person looks on, or a program reads line by line."""
    if as_json:
        print_json(record)
    else:
        sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
