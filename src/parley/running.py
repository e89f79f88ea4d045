"""Everything that `parley serve` runs: the server, and beside it the works that never end."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from parley import __version__, wiring
from parley.actions.deliveries import ForgetDeliveries
from parley.actions.housekeeping import ForgetAnswers, ForgetCheckpoints, ForgetTraffic
from parley.actions.sign_ins import ForgetSessions
from parley.api import server
from parley.api.app import build
from parley.api.hearing import hear
from parley.core.errors import ParleyError, place_of
from parley.ledger import Ledger
from parley.processes import Process
from parley.settings import ON, SMTP_URL, Settings

UNENCRYPTED = "Stored keys are not encrypted: set PARLEY_SECRET_KEY or PARLEY_SECRET_KEY_FILE to change that."
HOUSEKEEPING_EVERY_S = 600.0
BEGUN_AGAIN_AFTER_S = 1.0

Work = Callable[[], Coroutine[Any, Any, None]]

log = logging.getLogger("parley")


class StartError(ParleyError):
    """A server that was started did not come up. Not public: it stops the program."""

    code = 9006


async def serve(settings: Settings, listening: socket.socket, *, say: Callable[[str], None]) -> None:
    """Serve until told to stop, and drain."""
    async with (
        wiring.opened(settings.database, secret=settings["secret-key"], line_limit=settings["line"]) as parts,
        contextlib.aclosing(wiring.outgoing()) as outgoing,
    ):
        host, port = listening.getsockname()[:2]
        public_url = settings.public_url_at(port)
        process = Process()
        backend = parts.backend(outgoing, public_url=public_url)
        app = build(backend, prefix=settings["prefix"], cors_origins=settings["cors-origin"])
        if not parts.vault.encrypts:
            say(UNENCRYPTED)
        works: dict[str, Work] = {
            "housekeeping": lambda: keep_house(parts.ledger),
            "tail": parts.tail.run,
            "watch": lambda: parts.watch.watch(parts.tail.wake, hear=partial(hear, backend)),
            "heartbeats": backend.streams.keep_beating,
            "tokens of streams": backend.streams.keep_checking,
            "places of streams": backend.streams.keep_telling,
            "signs of life": backend.streams.attendance.run,
            "attendance": wiring.attendance(parts, process).run,
        }
        works["bots"] = wiring.attendants(parts, outgoing, process).run
        taker = wiring.relay(settings[SMTP_URL])
        works["mail"] = wiring.mail(parts, process, taker).run
        if settings["webhooks"] == ON:
            works["webhooks"] = wiring.postman(parts, outgoing, process, public_url=public_url).run
        if taker is not None:
            say(f"Mail to clients is on, by way of {taker.host}.")
        async with beside(works):
            await server.serve(
                app,
                listening,
                connections=settings["connections"],
                on_ready=lambda: say(f"Parley {__version__} listens on http://{host}:{port}"),
                on_stop=backend.streams.stop,
            )


@asynccontextmanager
async def beside(works: dict[str, Work]) -> AsyncIterator[None]:
    """Have works done while the block runs. They are ended in the reverse order, each before the next."""
    tasks = [asyncio.create_task(keep_at(name, work), name=name) for name, work in works.items()]
    try:
        yield
    finally:
        for task in reversed(tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def keep_at(name: str, work: Work) -> None:
    """Do a work until cancelled. A fault of ours must not end it while the server seems to be well."""
    while True:
        try:
            await work()
        except Exception as broken:  # noqa: BLE001 - whatever it was, the work goes on
            extra = {"work": name, "error": type(broken).__name__, "where": place_of(broken)}
            log.error("work_broken", extra=extra)  # noqa: TRY400 - an error's text may repeat what somebody sent
        await asyncio.sleep(BEGUN_AGAIN_AFTER_S)


async def keep_house(ledger: Ledger) -> None:
    """Drop what is too old now and then, until cancelled."""
    while True:
        with contextlib.suppress(ParleyError):
            await tidy(ledger)
        await asyncio.sleep(HOUSEKEEPING_EVERY_S)


async def tidy(ledger: Ledger) -> None:
    """Drop everything that is too old, a bounded part at a time, so that callers come between."""
    for forget in (ForgetAnswers(), ForgetCheckpoints(), ForgetDeliveries(), ForgetTraffic(), ForgetSessions()):
        while await ledger.submit(forget):
            pass
