"""`parley teammate`: who answers."""

import sys
from typing import Annotated, Any

import typer

from parley.cli.frame import (
    BY,
    CommunityName,
    Config,
    Database,
    Json,
    checked,
    find_community,
    print_many,
    print_one,
    required,
    run,
)
from parley.core import texts
from parley.core.errors import Problems
from parley.core.people import SEATS_LIMIT, Presence, Role, Teammate, User
from parley.core.sessions import check_password

app = typer.Typer(help="Teammates: the people who answer.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The teammate's e-mail")]
Pair = tuple[User, Teammate]


@app.command()
def add(
    community: CommunityName,
    *,
    name: Annotated[str, typer.Option("--name", metavar="N", help="Name shown to clients")],
    email: Annotated[str, typer.Option("--email", metavar="E", help="E-mail, unique in the community")],
    role: Annotated[Role, typer.Option(help="What they may do")] = Role.AGENT,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a teammate."""
    from parley.actions.teammates import AddTeammate

    def read(problems: Problems) -> tuple[str, str]:
        return (
            required(texts.read_line(name, "--name", problems, limit=texts.NAME_LIMIT), "--name")(problems),
            required(texts.read_email(email, "--email", problems), "--email")(problems),
        )

    wished_name, wished_email = checked(read)

    async def work(parts: Any) -> Pair:
        found = await find_community(parts, community)
        added: Pair = await parts.ledger.submit(
            AddTeammate(community_id=found.id, name=wished_name, email=wished_email, role=role, by=BY)
        )
        return added

    print_one(_record(run(database, config, work)), as_json=as_json)


@app.command("list")
def list_all(
    community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """List the teammates, disabled ones included."""

    async def work(parts: Any) -> list[Pair]:
        found: list[Pair] = await parts.reader.teammates((await find_community(parts, community)).id)
        return found

    records = [_record(pair) for pair in run(database, config, work)]
    columns = ("id", "name", "email", "role", "status", "seats", "isActive")
    print_many(records, columns, as_json=as_json, empty="This community has no teammates.")


@app.command()
def disable(
    community: CommunityName,
    email: Email,
    *,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Let a teammate no longer sign in or be given conversations."""
    _set_active(community, email, database, config, as_json=as_json, is_active=False)


@app.command()
def enable(
    community: CommunityName,
    email: Email,
    *,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Let a disabled teammate back."""
    _set_active(community, email, database, config, as_json=as_json, is_active=True)


@app.command()
def status(
    community: CommunityName,
    email: Email,
    status: Annotated[Presence, typer.Argument(metavar="STATUS", help="online, busy, away or finishing")],
    *,
    seats: Annotated[
        int | None, typer.Option("--seats", metavar="N", min=0, max=SEATS_LIMIT, help="Chats at a time; 3 at first")
    ] = None,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Say whether a teammate takes chats; it holds until changed."""
    from parley.actions.teammates import SetTeammateStatus

    async def work(parts: Any) -> Pair:
        found = await find_community(parts, community)
        changed: Pair = await parts.ledger.submit(
            SetTeammateStatus(community_id=found.id, email=email.strip(), status=status, seats=seats, by=BY)
        )
        return changed

    print_one(_record(run(database, config, work)), as_json=as_json)


@app.command()
def password(
    community: CommunityName,
    email: Email,
    *,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Give a teammate a password: the line on standard input, or without one a new one, which is printed once."""
    from parley.actions.sign_ins import SetPassword
    from parley.passwords import Passwords
    from parley.wiring import new_secret

    given = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    chosen = checked(lambda problems: check_password(given, "password", problems)) if given else new_secret()

    async def work(parts: Any) -> Pair:
        found = await find_community(parts, community)
        kept = await Passwords().hash(chosen)
        changed: Pair = await parts.ledger.submit(
            SetPassword(community_id=found.id, email=email.strip(), hash=kept, by=BY)
        )
        return changed

    record = _record(run(database, config, work))
    print_one(record if given else record | {"password": chosen}, as_json=as_json)


def _set_active(
    community: str, email: str, database: str | None, config: Any, *, as_json: bool, is_active: bool
) -> None:
    from parley.actions.teammates import SetTeammateActive

    async def work(parts: Any) -> Pair:
        found = await find_community(parts, community)
        changed: Pair = await parts.ledger.submit(
            SetTeammateActive(community_id=found.id, email=email.strip(), is_active=is_active, by=BY)
        )
        return changed

    print_one(_record(run(database, config, work)), as_json=as_json)


def _record(pair: Pair) -> dict[str, Any]:
    user, teammate = pair
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": teammate.role.value,
        "status": teammate.status.value,
        "seats": teammate.seats,
        "isActive": teammate.is_active,
    }
