"""`parley serve` and `parley demo`."""

import sys
from typing import Annotated

import typer

from parley.cli.frame import Config, Database, load
from parley.settings import FlagError, Settings


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on", show_default="8080")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; more than 1 needs PostgreSQL", show_default="1")
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Path under which everything is served as well")] = None,
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where people reach Parley; else http://host:port")
    ] = None,
    cors_origin: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Origin that may call /chat/…; repeat it")
    ] = None,
    webhooks: Annotated[
        str | None, typer.Option(help="on or off: whether this process sends webhooks", show_default="on")
    ] = None,
    line: Annotated[int | None, typer.Option(help="Writes that may wait", show_default="2048")] = None,
    connections: Annotated[int | None, typer.Option(help="Connections open at once", show_default="10000")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error", show_default="info")] = None,
    database: Database = None,
    config: Config = None,
) -> None:
    """Serve the External Chat API. Brings the schema up to date first; a newer schema is refused."""
    chosen = load(
        database,
        config,
        **{
            "host": host,
            "port": port,
            "workers": workers,
            "prefix": prefix,
            "public-url": public_url,
            "cors-origin": tuple(cors_origin or ()),
            "webhooks": webhooks,
            "line": line,
            "connections": connections,
            "log-level": log_level,
        },
    )
    if chosen["workers"] > 1 and chosen.database.startswith("sqlite"):
        msg = "--workers: more than 1 needs PostgreSQL; SQLite has one writer and one process is all it takes."
        raise FlagError(msg)
    _serve(chosen)


def _serve(chosen: Settings) -> None:
    import uvloop

    from parley import logs, running
    from parley.api.server import listen
    from parley.cli import workers

    logs.start(chosen["log-level"])
    with workers.inherited() or listen(chosen["host"], chosen["port"]) as listening:
        if chosen["workers"] > 1:
            uvloop.run(workers.watch(chosen, listening, say=_say))
        else:
            uvloop.run(running.serve(chosen, listening, say=_say))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End after the show")] = False,
    port: Annotated[int | None, typer.Option(help="Port to try first", show_default="8080")] = None,
    no_life: Annotated[bool, typer.Option("--no-life", help="Without simulated people who use it")] = False,
) -> None:
    """Start a server on a new file and show a conversation being created; leaves it running unless --once."""
    from parley import demo as show

    raise typer.Exit(show.run(once=once, port=port or show.PORT, lives=not no_life))
