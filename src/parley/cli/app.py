"""The tree of commands."""

import sys
from typing import Annotated

import typer

import parley
from parley.cli import (
    access,
    bots,
    catalogue,
    communities,
    mail,
    reporting,
    routing,
    serving,
    teammates,
    upkeep,
    webhooks,
)
from parley.cli.frame import Config, Database, Json, load, print_json, print_many, run

app = typer.Typer(
    name="parley",
    help="Parley, a self-hosted customer-chat conversation server.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("serve")(serving.serve)
app.command("demo")(serving.demo)
app.command("move")(upkeep.move)
app.command("backup")(upkeep.backup)
app.command("restore")(upkeep.restore)
app.add_typer(communities.app, name="community")
app.add_typer(access.tokens, name="token")
app.add_typer(access.keys, name="key")
app.add_typer(catalogue.categories, name="category")
app.add_typer(catalogue.fields, name="field")
app.add_typer(teammates.app, name="teammate")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(bots.app, name="bot")
app.add_typer(routing.app, name="routing")
app.add_typer(mail.app, name="mail")
app.command("report")(reporting.report)
app.command("listen")(webhooks.listen)
app.command("trigger")(webhooks.trigger)


@app.command()
def version(*, as_json: Json = False) -> None:
    """Print the version."""
    if as_json:
        print_json({"version": parley.__version__})
    else:
        sys.stdout.write(f"parley {parley.__version__}\n")


@app.command()
def migrate(*, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """Bring the database's schema up to date; `serve` does the same when it starts."""
    taken = run(database, config, lambda parts: parts.storage.migrate(), migrates=False)
    if as_json:
        print_json({"steps": taken})
    else:
        sys.stdout.write("".join(f"{step}\n" for step in taken) or "The schema is up to date.\n")


@app.command("settings")
def show_settings(*, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """Print every setting with its value, where that came from, and what it means."""
    chosen = load(database, config)
    records = [
        {
            "name": name,
            "value": value.shown,
            "source": value.source,
            "variable": value.setting.variable,
            "meaning": value.setting.meaning,
        }
        for name, value in chosen.values.items()
    ]
    print_many(records, ("name", "value", "source", "variable", "meaning"), as_json=as_json, empty="")


@app.command()
def verify(
    *,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar")] = False,
) -> None:
    """Check the log for gaps, the state against the log, and the counters against the rows."""
    from rich.progress import Progress

    with Progress(disable=quiet or as_json or not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("Rebuilding conversations from the log", total=None)
        findings = run(
            database,
            config,
            lambda parts: parts.reader.audit(lambda done, of: bar.update(task, completed=done, total=of)),
            migrates=False,
        )
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            sys.stdout.write(f"{'ok  ' if finding.holds else 'FAIL'}  {finding.check}: {finding.detail}\n")
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)
