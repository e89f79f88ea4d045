"""`parley mail`: what the team writes after closing reaches the client by e-mail."""

from typing import Annotated, Any

import typer

from parley import settings
from parley.cli.frame import BY, CommunityName, Config, Database, Json, checked, find_community, load, print_one, run
from parley.core import mail, times
from parley.core.errors import NotFoundError, Problems
from parley.core.mail import Sender

app = typer.Typer(help="Mail: what the team writes after closing reaches the client by e-mail.", no_args_is_help=True)

OFF = "This community sends no mail. `parley mail set` switches it on."


@app.command("set")
def set_sender(
    community: CommunityName,
    *,
    sender: Annotated[str, typer.Option("--sender", metavar="S", help='Like "Shop <help@shop.example>"')],
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Mail from this sender from now on; nothing that was written before is sent."""
    address, name = checked(lambda problems: mail.read_sender(sender, "--sender", problems))

    async def work(parts: Any) -> dict[str, Any]:
        from parley.actions.mail import SetSender

        found = await find_community(parts, community)
        done = await parts.ledger.submit(SetSender(community_id=found.id, address=address, name=name, by=BY))
        return _record(done, database, config)

    print_one(run(database, config, work), as_json=as_json)


@app.command()
def show(community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """Show the sender, and whether the server is told whom to hand mail to."""

    async def work(parts: Any) -> dict[str, Any]:
        return _record(await _find(parts, community), database, config)

    print_one(run(database, config, work), as_json=as_json)


@app.command()
def off(community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """Mail no more; what still waits fails."""

    async def work(parts: Any) -> dict[str, Any]:
        from parley.actions.mail import RemoveSender

        found = await _find(parts, community)
        await parts.ledger.submit(RemoveSender(community_id=found.community_id, by=BY))
        return _record(found, database, config)

    print_one(run(database, config, work), as_json=as_json)


@app.command("test")
def try_out(
    community: CommunityName,
    *,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Who gets it")],
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Send a mail at once, to see whether it works; nothing is stored."""

    def read(problems: Problems) -> str:
        address = mail.mailable(to.strip())
        if address is None:
            problems.add("--to", "must be an address that mail can be sent to")
        return address or ""

    address, chosen = checked(read), load(database, config)

    async def work(parts: Any) -> dict[str, Any]:
        from parley import wiring

        found = await _find(parts, community)
        relay = wiring.relay(chosen[settings.SMTP_URL])
        if relay is None:
            msg = "No server takes mail: set PARLEY_SMTP_URL."
            raise settings.SettingError(msg)
        await wiring.mail_trial(parts, relay, found, to=address)
        return {"sender": found.shown, "to": address, "server": relay.host}

    print_one(run(database, config, work), as_json=as_json)


async def _find(parts: Any, community: str) -> Sender:
    found: Sender | None = await parts.reader.sender((await find_community(parts, community)).id)
    if found is None:
        raise NotFoundError(OFF)
    return found


def _record(sender: Sender, database: str | None, config: Any) -> dict[str, Any]:
    url = load(database, config)[settings.SMTP_URL]
    return {
        "sender": sender.shown,
        "setTime": times.show(sender.set_at),
        "server": None if url is None else mail.read_relay(url).host,
    }
