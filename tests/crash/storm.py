"""The storm: callers write, the server dies and comes back or loses its database, in the end everything is counted."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests.crash.callers import Caller, CallerError, Scene
from tests.crash.faults import Fault, Toll
from tests.crash.report import Report, judge
from tests.servers import Server, Tenant, add_community

CALLERS = 32  # enough that a group is always being written while another waits
KEYLESS_EVERY = 4  # each fourth caller sends no Idempotency-Key
LOAD_WITHIN_S = 30
CALM_S = (0.02, 0.3)  # from the first answer after a start to the next fault


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long the storm lasts: until there were so many strikes or so many seconds are over.

    `flags` and `log` are the server's.
    """

    database: str
    faults: tuple[Fault, ...]
    strikes: int
    seconds: float
    seed: int
    flags: tuple[str, ...] = ()
    log: Path | None = None


def run(plan: Plan, told: Callable[[int], None] = lambda strikes: None) -> Report:
    """Let it rage and judge what is left; `told` hears the number of strikes so far."""
    tenants = [add_community(plan.database, name) for name in ("Alice and Bob", "Charlie")]
    scene = Scene()
    callers = [
        Caller(
            scene,
            name=f"caller{number}",
            community_id=tenants[number % len(tenants)].id,
            has_keys=number % KEYLESS_EVERY != 0,
        )
        for number in range(CALLERS)
    ]
    server = Server(plan.database, plan.flags, log=plan.log)
    with server, _calling(scene, callers):
        toll = _rage(plan, server, scene, tenants, told)
        scene.is_over.set()
    return asyncio.run(judge(plan.database, callers, toll))


@contextmanager
def _calling(scene: Scene, callers: list[Caller]) -> Iterator[None]:
    """The callers call until the block ends and it is over. Raises CallerError of the first that met something odd."""
    with ThreadPoolExecutor(len(callers)) as threads:
        running: list[Future[None]] = [threads.submit(_run, caller, scene) for caller in callers]
        try:
            yield
        except BaseException:
            scene.abandon()
            raise
    for ended in running:
        ended.result()


def _run(caller: Caller, scene: Scene) -> None:
    """One caller that meets something odd ends all of them, so that it is known at once."""
    try:
        caller.run()
    except BaseException:
        scene.abandon()
        raise


def _rage(plan: Plan, server: Server, scene: Scene, tenants: list[Tenant], told: Callable[[int], None]) -> Toll:
    dice = random.Random(plan.seed)
    end = monotonic() + plan.seconds
    toll = Toll()
    deck: list[Fault] = []
    _sign_in(server, scene, tenants)
    _receive_callers(scene)
    while toll.strikes < plan.strikes and monotonic() < end and not scene.is_abandoned:
        deck = deck or dice.sample(plan.faults, len(plan.faults))
        threading.Event().wait(dice.uniform(*CALM_S))
        scene.is_up.clear()
        toll += deck.pop().strike(server, dice)
        told(toll.strikes)
        if server.process is None:
            server.start()
            _sign_in(server, scene, tenants)
        _receive_callers(scene)
    return toll


def _sign_in(server: Server, scene: Scene, tenants: list[Tenant]) -> None:
    scene.port = server.port
    scene.tokens = {tenant.id: server.token(tenant) for tenant in tenants}


def _receive_callers(scene: Scene) -> None:
    """Let the callers come and wait until one is answered, so that the load is there."""
    scene.has_answered.clear()
    scene.is_up.set()
    if not scene.has_answered.wait(LOAD_WITHIN_S) and not scene.is_abandoned:
        message = f"Nobody was answered within {LOAD_WITHIN_S} s of a strike."
        raise CallerError(message)
