"""A database whose community has a bot, made through Parley's own ledger; and what is in it after the load."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

from bench.bots.bot import Seen, answer_to
from bench.errors import BenchError
from bench.fill import BY, Account, made_account, url_of
from parley import wiring
from parley.actions.bots import SetBot
from parley.core import bots
from parley.core.bots import BotKind, Manners
from parley.core.phrases import DEFAULT_LANGUAGES

HOST = "127.0.0.1"

ANSWERED_WITHIN_S = 60.0
"""Longer than a bot may be silent, after which it has lost the conversation."""

_LOOK_S = 0.1


def maker(port: int | None) -> Callable[[Path], Account]:
    """Return what makes a database whose community has the bot at this port, or none."""
    return lambda path: asyncio.run(_made(path, port))


async def _made(path: Path, port: int | None) -> Account:
    async with wiring.opened(url_of(path)) as parts:
        account = await made_account(parts.ledger)
        if port is not None:
            await parts.ledger.submit(
                SetBot(
                    community_id=account.community_id,
                    manners=Manners(
                        kind=BotKind.WEBHOOK, silence=bots.SILENCE, farewell=bots.farewell_in(DEFAULT_LANGUAGES)
                    ),
                    url=f"http://{HOST}:{port}/bot",
                    allowed_hosts=(HOST,),
                    key=parts.vault.seal(b"b" * 32),
                    by=BY,
                )
            )
    return account


def wait_until_answered(path: Path) -> None:
    """Wait until the bot owes nothing."""
    deadline = monotonic() + ANSWERED_WITHIN_S
    while left := _owed(path):
        if monotonic() > deadline:
            raise BenchError(f"{left} answers are owed still after {ANSWERED_WITHIN_S:.0f} s")
        threading.Event().wait(_LOOK_S)


def check(path: Path, *, written: int, seen: Seen | None) -> int:
    """Hold what is in the database against what clients wrote and the bot saw; how many answers the bot gave.

    Every client has an answer to the last that was written, and no question has two; without a bot nobody has any.
    """
    said = _count(path, "SELECT count(*) FROM messages WHERE NOT is_team")
    if said != written:
        raise BenchError(f"{said:,} messages of clients were stored, and {written:,} were written")
    if left := _owed(path):
        raise BenchError(f"{left} answers are owed at the end")
    if lost := _count(path, "SELECT count(*) FROM conversations WHERE holder <> 'bot'"):
        raise BenchError(f"the bot has lost {lost} conversations")
    answers = _rows(path, "SELECT conversation_id, text FROM messages WHERE is_team")
    questions = 0 if seen is None else seen.questions
    if len(answers) != questions:
        raise BenchError(f"{len(answers):,} answers were stored, and {questions:,} questions were answered")
    if len(set(answers)) != len(answers):
        raise BenchError(f"{len(answers) - len(set(answers)):,} questions have two answers")
    if seen is not None:
        asked = _rows(path, "SELECT conversation_id, max(id) FROM messages WHERE NOT is_team GROUP BY 1")
        wanted = {(conversation_id, answer_to(conversation_id, last)) for conversation_id, last in asked}
        if missing := len(wanted - set(answers)):
            raise BenchError(f"{missing} of {len(wanted)} clients have no answer to the last that they wrote")
    return len(answers)


def _owed(path: Path) -> int:
    return _count(path, "SELECT count(*) FROM turns")


def _count(path: Path, statement: str) -> int:
    ((count,),) = _rows(path, statement)
    return int(count)


def _rows(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro", uri=True)) as connection:
        return connection.execute(statement).fetchall()
