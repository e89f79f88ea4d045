"""`parley bot`: who answers a community's clients before a teammate does."""

import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
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
    print_one,
    required,
    run,
)
from parley.core import bots, texts, times
from parley.core.bots import Bot, BotKind, Manners
from parley.core.errors import NotFoundError, Problems
from parley.outgoing.addresses import read_hosts, read_target

T = TypeVar("T")

app = typer.Typer(help="The bot: who answers before a teammate does.", no_args_is_help=True)

FILE_LIMIT = 1_000_000  # bytes of a prompt or key file that are read

Work = Callable[[Any, Any], Awaitable[T]]


@app.command("set")
def set_bot(
    community: CommunityName,
    *,
    kind: Annotated[BotKind, typer.Option("--kind", help="How it is spoken to; none: the integrator speaks for it")],
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="The webhook; Rasa's server; …/v1")] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="HOST", help="Host that may be called though it is inner; repeat it"),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="M", help="openai: the model's name")] = None,
    prompt_file: Annotated[
        Path | None, typer.Option("--prompt-file", metavar="F", help="openai: the system prompt", show_default=False)
    ] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", metavar="NAME", help="Variable that has the server's key")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", metavar="F", help="File that has the server's key", show_default=False)
    ] = None,
    silence_seconds: Annotated[
        int | None,
        typer.Option("--silence-seconds", metavar="N", help="So long it may be silent, else 30; none: for ever"),
    ] = None,
    farewell: Annotated[
        str | None, typer.Option("--farewell", metavar="TEXT", help="Its last words when it was silent; blank: none")
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", metavar="L", help="Clients may ask for a person in it; repeat it; else in all"),
    ] = None,
    phrase: Annotated[
        list[str] | None,
        typer.Option("--phrase", metavar="TEXT", help="Further words that ask for a person; repeat it"),
    ] = None,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Set the bot, in place of the former; asks nothing of it. A webhook's signing secret is printed, this once."""

    def read_manners(problems: Problems) -> Manners:
        languages = bots.read_languages(tuple(language or ()), "--language", problems)
        return Manners(
            kind=kind,
            silence=bots.read_silence(silence_seconds, kind, "--silence-seconds", problems),
            farewell=_read_farewell(farewell, languages, problems),
            languages=languages,
            phrases=bots.read_phrases(tuple(phrase or ()), "--phrase", problems),
        )

    def read(problems: Problems) -> dict[str, Any]:
        _refuse_needless(kind, problems, url=url, model=model, prompt_file=prompt_file, key=key_env or key_file)
        hosts = read_hosts(allow_host or (), "--allow-host", problems)
        return {
            "manners": read_manners(problems),
            "url": None if kind is BotKind.NONE else read_target(url, "--url", problems, allowed_hosts=hosts),
            "allowed_hosts": hosts,
            "model": texts.read_line(model, "--model", problems, limit=bots.MODEL_LIMIT),
            "prompt": _read_prompt(prompt_file, problems),
            "key": _read_key(key_env, key_file, problems),
        }

    given = checked(read)

    async def work(parts: Any, desk: Any) -> dict[str, Any]:
        from parley.actions.bots import SetBot
        from parley.core.signing import show_secret

        found = await find_community(parts, community)
        secret = desk.new_secret() if kind is BotKind.WEBHOOK else None
        key = secret if given["key"] is None else given["key"].encode()
        given["key"] = None if key is None else desk.seal(key)
        bot = await parts.ledger.submit(SetBot(community_id=found.id, by=BY, **given))
        return _record(bot) | ({} if secret is None else {"secret": show_secret(secret)})

    print_one(_run(database, config, work), as_json=as_json)


@app.command()
def show(community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """Show the bot."""

    async def work(parts: Any, _: Any) -> dict[str, Any]:
        return _record(await _find(parts, (await find_community(parts, community)).id))

    print_one(_run(database, config, work), as_json=as_json)


@app.command("test")
def try_out(
    community: CommunityName,
    *,
    message: Annotated[str, typer.Option("--message", metavar="TEXT", help="What it is asked")] = "Hello",
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Ask the bot something as a client would, and print what it answers; nothing is stored."""
    text = checked(required(message.strip(), "--message"))

    async def work(parts: Any, desk: Any) -> dict[str, Any]:
        found = await find_community(parts, community)
        tried = await desk.try_out(await _find(parts, found.id), found, text)
        wish = tried.answer.wish
        return {
            "messages": list(tried.answer.texts),
            "handover": None if wish is None else {"reason": wish.reason, "summary": wish.summary},
            "tookMs": round(tried.took.total_seconds() * 1000),
        }

    tried = _run(database, config, work)
    if tried["handover"] and not as_json:  # people get what the bot says of it
        tried["handover"] = [said for said in tried["handover"].values() if said] or True
    print_one(tried, as_json=as_json)


@app.command()
def remove(
    community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """Take the bot away: from now on the integrator speaks for it, for as long as it likes."""

    async def work(parts: Any, _: Any) -> dict[str, Any]:
        from parley.actions.bots import RemoveBot

        found = await find_community(parts, community)
        bot = await _find(parts, found.id)
        await parts.ledger.submit(RemoveBot(community_id=found.id, by=BY))
        return _record(bot)

    print_one(_run(database, config, work), as_json=as_json)


def _refuse_needless(
    kind: BotKind, problems: Problems, *, url: str | None, model: str | None, prompt_file: Path | None, key: Any
) -> None:
    """Refuse what this kind of bot has no use for, so that nobody thinks that it had an effect."""
    for flag, value, kinds in (
        ("--url", url, (BotKind.WEBHOOK, BotKind.RASA, BotKind.OPENAI)),
        ("--model", model, (BotKind.OPENAI,)),
        ("--prompt-file", prompt_file, (BotKind.OPENAI,)),
        ("--key-env or --key-file", key, (BotKind.RASA, BotKind.OPENAI)),
    ):
        if value is not None and kind not in kinds:
            problems.add(flag, f"means nothing for a bot of kind {kind.value}")


def _read_farewell(given: str | None, languages: tuple[str, ...], problems: Problems) -> str:
    if given is None:
        return bots.farewell_in(languages)
    text = given.strip()
    if len(text) > texts.MESSAGE_LIMIT:
        problems.add("--farewell", f"may be at most {texts.MESSAGE_LIMIT} characters long, but {len(text)} were given")
    return text


def _read_prompt(file: Path | None, problems: Problems) -> str | None:
    text = None if file is None else _read_file(file, "--prompt-file", problems)
    if text is not None and len(text) > bots.PROMPT_LIMIT:
        problems.add("--prompt-file", f"may hold at most {bots.PROMPT_LIMIT} characters, but has {len(text)}")
    if text is not None and "\x00" in text:
        problems.add("--prompt-file", "may not hold the character NUL")
    return text or None


def _read_key(variable: str | None, file: Path | None, problems: Problems) -> str | None:
    if variable is not None and file is not None:
        problems.add("--key-file", "may not stand beside --key-env")
    elif variable is not None and variable not in os.environ:
        problems.add("--key-env", f"there is no variable {texts.shown(variable)} in the environment")
    elif variable is not None:
        return bots.read_key(os.environ[variable], "--key-env", problems)
    elif file is not None:
        key = _read_file(file, "--key-file", problems)
        return None if key is None else bots.read_key(key, "--key-file", problems)
    return None


def _read_file(file: Path, path: str, problems: Problems) -> str | None:
    """The text of a file; None when it has none that can be used, which is noted."""
    try:
        with file.open("rb") as opened:
            found = opened.read(FILE_LIMIT + 1)
        if len(found) <= FILE_LIMIT:
            return found.decode().strip()
        problems.add(path, f"may be at most {FILE_LIMIT} bytes large")
    except OSError as failed:
        problems.add(path, f"cannot be read: {failed.strerror}")
    except UnicodeDecodeError:
        problems.add(path, "must be UTF-8")
    return None


async def _find(parts: Any, community_id: int) -> Bot:
    found: Bot | None = await parts.reader.bot(community_id)
    if found is None:
        msg = "This community has no bot. `parley bot set` gives it one."
        raise NotFoundError(msg)
    return found


def _record(bot: Bot) -> dict[str, Any]:
    manners = bot.manners
    return {
        "kind": manners.kind.value,
        "url": bot.url,
        "allowedHosts": list(bot.allowed_hosts),
        "model": bot.model,
        "prompt": bot.prompt,
        "hasKey": bot.key is not None,
        "silenceSeconds": None if manners.silence is None else round(manners.silence.total_seconds()),
        "farewell": manners.farewell,
        "languages": list(manners.languages),
        "phrases": list(manners.phrases),
        "setTime": times.show(bot.set_at),
    }


def _run(database: str | None, config: Any, work: Work[T]) -> T:
    """Do some work with the parts and with the desk of bots."""

    async def inside(parts: Any) -> T:
        from parley import wiring

        async with contextlib.aclosing(wiring.outgoing()) as outgoing:
            return await work(parts, wiring.bot_desk(parts, outgoing))

    return run(database, config, inside)
