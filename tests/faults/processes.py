"""The processes of a server: its workers, which of them holds a line, and the end of all."""

import threading
from collections.abc import Iterable

import psutil

from tests.servers import Server

ENDED_WITHIN_S = 10.0
GLANCE_S = 0.01


def workers_of(server: Server) -> list[psutil.Process]:
    """The workers that live."""
    assert server.process is not None
    return [worker for worker in psutil.Process(server.process.pid).children() if lives(worker)]


def lives(process: psutil.Process) -> bool:
    """Whether it has not ended, whoever is to take note of that."""
    try:
        status: str = process.status()
    except psutil.NoSuchProcess:
        return False
    return status != psutil.STATUS_ZOMBIE


def worker_at(server: Server, port: int) -> psutil.Process | None:
    """The worker that has a connection from that port of its own, if it still lives."""
    for worker in workers_of(server):
        try:
            if any(getattr(connection.laddr, "port", 0) == port for connection in worker.net_connections()):
                return worker
        except psutil.Error:
            continue  # it has just ended
    return None


def kill_all(server: Server) -> int:
    """Kill the server and its workers at once, so that none starts another; how many there were."""
    assert server.process is not None
    parent = psutil.Process(server.process.pid)
    parent.suspend()
    workers = parent.children()
    for worker in workers:
        worker.kill()
    server.kill()
    await_ended(workers)  # their socket is free when they are gone
    return 1 + len(workers)


def await_ended(processes: Iterable[psutil.Process]) -> None:
    """Return when all have ended."""
    processes = list(processes)
    for _ in range(int(ENDED_WITHIN_S / GLANCE_S)):
        if not any(map(lives, processes)):
            return
        threading.Event().wait(GLANCE_S)
    raise AssertionError(processes)
