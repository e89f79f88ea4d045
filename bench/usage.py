"""What a process and its children have used: processor time and resident memory."""

import psutil


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and its living children."""
    return sum(times.user + times.system for times in (process.cpu_times() for process in _family(pid)))


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and its living children."""
    return sum(process.memory_info().rss for process in _family(pid))


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]
