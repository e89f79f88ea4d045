"""What befalls the server. A fault may leave it down; the storm then starts it again."""

import random
import threading
from dataclasses import dataclass
from typing import Protocol

from tests.faults.processes import kill_all, worker_at, workers_of
from tests.faults.proxy import Fault as LineFault
from tests.faults.proxy import Proxy, Step, Way
from tests.postgres import Cluster
from tests.servers import Server

STARTING_S = (0.05, 0.4)  # a start takes 0.3 to 0.5 s, recovery of the file included
STRUCK_WITHIN_S = 10.0  # somebody always writes; only a new process that still starts keeps the proxy waiting


@dataclass(frozen=True, kw_only=True)
class Toll:
    """What faults did: processes killed, connections to the database cut, those cut upon a COMMIT, crashes of it."""

    kills: int = 0
    cuts: int = 0
    lost_answers: int = 0
    crashes: int = 0

    def __add__(self, other: "Toll") -> "Toll":
        return Toll(
            kills=self.kills + other.kills,
            cuts=self.cuts + other.cuts,
            lost_answers=self.lost_answers + other.lost_answers,
            crashes=self.crashes + other.crashes,
        )

    @property
    def strikes(self) -> int:
        """All of them; a lost answer is one of the cuts."""
        return self.kills + self.cuts + self.crashes


class Fault(Protocol):
    """Something that ends a running server, a part of it, or its line to the database."""

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Do it. A server that is not to come back by itself is down afterwards: it has no process."""
        ...


class Kill:
    """SIGKILL of the server and its workers: in the middle of whatever group they are writing."""

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Kill it."""
        return Toll(kills=kill_all(server))


class KillTwice:
    """The same, and again while the next one starts: while the file is being recovered, often."""

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Kill it, and the next one before or just after it is ready."""
        kills = kill_all(server)
        server.launch()
        threading.Event().wait(dice.uniform(*STARTING_S))
        return Toll(kills=kills + kill_all(server))


class KillWorker:
    """SIGKILL of one worker, wherever it is; the others go on and its parent starts another."""

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Kill any of them."""
        workers = workers_of(server)
        if not workers:
            return Toll()
        dice.choice(workers).kill()
        return Toll(kills=1)


@dataclass(frozen=True)
class KillHolder:
    """SIGKILL of the worker that holds the writer's lock, which waits for the answer to one of its statements."""

    proxy: Proxy

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Stop its line at any step, and kill it."""
        if not _struck(self.proxy, _any_step(dice, Way.STALL)):
            return Toll()
        worker = worker_at(server, self.proxy.struck_port)
        if worker is None:
            return Toll(cuts=self.proxy.cut())
        worker.kill()
        return Toll(kills=1)


@dataclass(frozen=True)
class Cut:
    """The line breaks at any step of a group, before a statement arrived or after it was done."""

    proxy: Proxy

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Cut the writer's connection."""
        return Toll(cuts=_struck(self.proxy, _any_step(dice, dice.choice([Way.BEFORE, Way.AFTER]))))


@dataclass(frozen=True)
class LoseAnswer:
    """The line breaks upon a COMMIT: it was done and nobody knows, or it never arrived and nobody knows."""

    proxy: Proxy

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Cut the writer's connection."""
        cuts = _struck(self.proxy, LineFault(Step.COMMIT, dice.choice([Way.BEFORE, Way.AFTER])))
        return Toll(cuts=cuts, lost_answers=cuts)


@dataclass(frozen=True)
class CutAll:
    """Every connection to the database breaks."""

    proxy: Proxy

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Cut them."""
        return Toll(cuts=self.proxy.cut())


@dataclass(frozen=True)
class Crash:
    """The database loses whatever is not on its disk, and recovers."""

    home: Cluster

    def strike(self, server: Server, dice: random.Random) -> Toll:
        """Make it crash; it is back before anything else happens, for a server does not start without it."""
        self.home.crash()
        self.home.await_up()
        return Toll(crashes=1)


# As often as they stand here.
ON_SQLITE: tuple[Fault, ...] = (Kill(), Kill(), Kill(), Kill(), KillTwice())


def on_postgres(home: Cluster, proxy: Proxy) -> tuple[Fault, ...]:
    """As often as they stand here."""
    return (
        *(Kill(), KillTwice()),
        *(KillWorker(), KillWorker(), KillWorker(), KillHolder(proxy), KillHolder(proxy)),
        *(Cut(proxy), Cut(proxy), Cut(proxy), Cut(proxy), CutAll(proxy)),
        *(LoseAnswer(proxy), LoseAnswer(proxy), LoseAnswer(proxy)),
        Crash(home),
    )


def _any_step(dice: random.Random, way: Way) -> LineFault:
    """A statement that every group of creates has."""
    step, last = dice.choice([(Step.BEGIN, 1), (Step.LOAD, 4), (Step.STORE, 7), (Step.TICKET, 1)])
    return LineFault(step, way, dice.randint(1, last))


def _struck(proxy: Proxy, fault: LineFault) -> int:
    struck = proxy.arm(fault).wait(STRUCK_WITHIN_S)
    proxy.disarm()
    return int(struck)
