"""One simulated day: customers, a queue in order of arrival, and a team that takes the next one when a chat ends."""

import math
from collections import deque
from random import Random

import simpy

from bench.wait.formulas import Told, ask
from bench.wait.scenarios import CAPACITY_PER_MIN, CHAT_MIN, CHAT_SIGMA, HOURS, PATIENCE_MIN, Scenario
from bench.wait.seen import Seen

Events = simpy.events.ProcessGenerator


class Ticket:
    """One who waits: since when, from which place, and what they were told. The true wait is known in the end.

    One who gave up leaves a shadow in line: the true wait is then when they would have been taken had they stayed.
    That is exact, for nobody ahead notices whether they are still there, and nobody behind is taken before.
    """

    __slots__ = ("gave_up", "joined_at", "place", "seat", "told", "true_wait")

    def __init__(self, *, joined_at: float, place: int, seat: simpy.Event, told: Told) -> None:
        self.joined_at = joined_at
        self.place = place
        self.seat = seat
        self.told = told
        self.gave_up = False
        self.true_wait = math.nan


class Queue:
    """The line, the seats, and everybody who ever had to wait."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._line: deque[Ticket] = deque()
        self._seen = Seen()
        self.tickets: list[Ticket] = []

    def join(self) -> Ticket | None:
        """None for one who has a seat at once, else a ticket."""
        seen = self._look()
        if seen.running < seen.seats:  # then nobody waits
            seen.running += 1
            return None
        seen.change_waiting(1)
        place = seen.waiting
        ticket = Ticket(joined_at=seen.now, place=place, seat=self._env.event(), told=ask(place, seen))
        self._line.append(ticket)
        self.tickets.append(ticket)
        return ticket

    def give_up(self, ticket: Ticket) -> None:
        """Leave; the shadow stays in line."""
        seen = self._look()
        ticket.gave_up = True
        seen.gave_up_at.append(seen.now)
        seen.change_waiting(-1)

    def end(self, length: float) -> None:
        """A chat ends; the next in line take the seats that are free now."""
        seen = self._look()
        seen.running -= 1
        seen.chat_ends.append(seen.now)
        seen.chat_lengths.append(length)
        while self._line and seen.running < seen.seats:
            ticket = self._line.popleft()
            ticket.true_wait = seen.now - ticket.joined_at
            if not ticket.gave_up:
                self._take(ticket, seen)

    def lose(self, agents: int) -> None:
        """Agents take no new chats from now on."""
        self._look().agents -= agents

    def _take(self, ticket: Ticket, seen: Seen) -> None:
        seen.running += 1
        seen.change_waiting(-1)
        seen.taken_at.append(seen.now)
        seen.taken_waits.append(ticket.true_wait)
        seen.taken_places.append(ticket.place)
        ticket.seat.succeed()

    def _look(self) -> Seen:
        self._seen.now = self._env.now
        return self._seen


def simulate(scenario: Scenario, seed: int, *, gives_up: bool) -> list[Ticket]:
    """One day, until the last of it is served; everybody who had to wait.

    The same seed brings the same customers, with the same chats, whether they give up or not.
    """
    env = simpy.Environment()
    queue = Queue(env)
    env.process(_arrivals(env, queue, scenario, Random(seed), gives_up=gives_up))
    env.process(_leaving(env, queue, scenario))
    env.run()
    return queue.tickets


def _arrivals(env: simpy.Environment, queue: Queue, scenario: Scenario, random: Random, *, gives_up: bool) -> Events:
    """Poisson at a rate that changes: they come at the highest rate, and some of them turn back at once (thinning)."""
    highest = max(load for _, load in scenario.load)
    log_mean = math.log(CHAT_MIN) - CHAT_SIGMA**2 / 2
    while True:
        gap = random.expovariate(highest * CAPACITY_PER_MIN)
        drawn = random.random()
        length = random.lognormvariate(log_mean, CHAT_SIGMA)
        patience = random.expovariate(1 / PATIENCE_MIN)
        yield env.timeout(gap)
        if env.now >= HOURS * 60:
            return
        if drawn * highest < scenario.load_at(env.now):
            env.process(_customer(env, queue, length, patience if gives_up else None))


def _customer(env: simpy.Environment, queue: Queue, length: float, patience: float | None) -> Events:
    ticket = queue.join()
    if ticket is not None:
        yield ticket.seat if patience is None else ticket.seat | env.timeout(patience)
        if not ticket.seat.triggered:
            queue.give_up(ticket)
            return
    yield env.timeout(length)
    queue.end(length)


def _leaving(env: simpy.Environment, queue: Queue, scenario: Scenario) -> Events:
    yield env.timeout(scenario.leave_hour * 60)
    queue.lose(scenario.leaving)
