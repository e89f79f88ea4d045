"""`parley community`: add and list communities."""

from typing import Annotated, Any

import typer

from parley.cli.frame import BY, Config, Database, Json, checked, print_many, print_one, run
from parley.core import communities
from parley.core.communities import Community

app = typer.Typer(help="Communities: the customer accounts of this server.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="1 to 200 characters, not only digits")],
    *,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a community. Its first refresh token is shown this once."""
    from parley import wiring
    from parley.actions.communities import AddCommunity
    from parley.api.doorkeeper import hash_of

    wished = checked(lambda problems: communities.read_name(name, "NAME", problems))
    secret = wiring.new_secret()

    async def work(parts: Any) -> Community:
        added: Community = await parts.ledger.submit(AddCommunity(name=wished, secret_hash=hash_of(secret), by=BY))
        return added

    community = run(database, config, work)
    print_one(_record(community) | {"refreshToken": secret}, as_json=as_json)


@app.command("list")
def list_all(*, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """List the communities."""
    found = run(database, config, lambda parts: parts.reader.communities())
    print_many(
        [_record(community) for community in found],
        ("id", "name", "clientId"),
        as_json=as_json,
        empty="There are no communities yet. `parley community add NAME` makes one.",
    )


def _record(community: Community) -> dict[str, Any]:
    return {"id": community.id, "name": community.name, "clientId": community.client_id}
