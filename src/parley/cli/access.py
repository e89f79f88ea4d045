"""`parley token` and `parley key`: refresh tokens and signing keys."""

from typing import Annotated, Any

import typer

from parley.cli.frame import (
    BY,
    CommunityName,
    Config,
    Database,
    Json,
    checked_name,
    find_community,
    print_many,
    print_one,
    run,
)
from parley.core.access import RefreshToken, Scope

tokens = typer.Typer(help="Refresh tokens of a community's integrators.", no_args_is_help=True)
keys = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)

TokenName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the token")]


@tokens.command("add")
def add_token(
    community: CommunityName,
    name: TokenName,
    *,
    scope: Annotated[Scope, typer.Option(help="chat, or admin which may do all that chat may")] = Scope.CHAT,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Give out a further refresh token. It is shown this once."""
    from parley import wiring
    from parley.actions.tokens import AddToken
    from parley.api.doorkeeper import hash_of

    wished = checked_name(name)
    secret = wiring.new_secret()

    async def work(parts: Any) -> RefreshToken:
        found = await find_community(parts, community)
        added: RefreshToken = await parts.ledger.submit(
            AddToken(community_id=found.id, name=wished, scope=scope, secret_hash=hash_of(secret), by=BY)
        )
        return added

    token = run(database, config, work)
    print_one({"name": token.name, "scope": token.scope.value, "refreshToken": secret}, as_json=as_json)


@tokens.command("list")
def list_tokens(
    community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """List the refresh tokens that are good."""

    async def work(parts: Any) -> list[RefreshToken]:
        found: list[RefreshToken] = await parts.reader.tokens((await find_community(parts, community)).id)
        return found

    records = [
        {
            "name": token.name,
            "scope": token.scope.value,
            "createdAt": _time(token.created_at),
            "lastUsedAt": _time(token.last_used_at),
        }
        for token in run(database, config, work)
    ]
    columns = ("name", "scope", "createdAt", "lastUsedAt")
    print_many(records, columns, as_json=as_json, empty="This community has no good token.")


@tokens.command("revoke")
def revoke_token(
    community: CommunityName,
    name: TokenName,
    *,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """End a refresh token and, within a minute, every access token made from it."""
    from parley.actions.tokens import RevokeToken

    wished = checked_name(name)

    async def work(parts: Any) -> RefreshToken:
        found = await find_community(parts, community)
        revoked: RefreshToken = await parts.ledger.submit(RevokeToken(community_id=found.id, name=wished, by=BY))
        return revoked

    token = run(database, config, work)
    print_one({"name": token.name, "scope": token.scope.value}, as_json=as_json)


@keys.command("rotate")
def rotate_key(*, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """Put a new signing key in charge; the former ones verify for two hours more."""
    from parley import wiring

    print_one({"id": run(database, config, lambda parts: wiring.rotate_key(parts, by=BY))}, as_json=as_json)


def _time(at: Any) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds")
