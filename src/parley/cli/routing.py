"""`parley routing`: who decides which teammate gets a conversation."""

from typing import Annotated, Any

import typer

from parley.cli.frame import BY, CommunityName, Config, Database, Json, find_community, print_one, run
from parley.core.attendance import RETURN_AFTER_LIMIT_S
from parley.core.communities import Community
from parley.core.routing import RoutingMode

app = typer.Typer(help="Routing: who decides which teammate gets a conversation.", no_args_is_help=True)


@app.command("set")
def set_mode(
    community: CommunityName,
    *,
    mode: Annotated[RoutingMode, typer.Option("--mode", metavar="MODE", help="manual or automatic")],
    return_after: Annotated[
        int | None,
        typer.Option(
            "--return-after",
            min=0,
            max=RETURN_AFTER_LIMIT_S,
            metavar="SECONDS",
            help="when what a teammate who is gone did not answer goes back to the queue",
        ),
    ] = None,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Have teammates take conversations, or the server give them out; and when it takes them back."""
    from parley.actions.routing import SetRouting

    async def work(parts: Any) -> Community:
        found = await find_community(parts, community)
        action = SetRouting(community_id=found.id, mode=mode, by=BY, return_after_s=return_after)
        changed: Community = await parts.ledger.submit(action)
        return changed

    print_one(_record(run(database, config, work)), as_json=as_json)


@app.command()
def show(community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """Say who decides it now."""
    print_one(_record(run(database, config, lambda parts: find_community(parts, community))), as_json=as_json)


def _record(community: Community) -> dict[str, Any]:
    return {
        "communityId": community.id,
        "mode": community.routing.value,
        "returnAfterSeconds": community.return_after_s,
    }
