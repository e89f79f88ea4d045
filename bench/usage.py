"""What a process and its children have used: processor time and resident memory."""

import os
import platform
import resource
import time

import psutil

_HAS_CLOCKS = platform.system() == "Linux"


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and its living children."""
    return sum(cpu_seconds_alone(process.pid) for process in _family(pid))


def cpu_seconds_alone(pid: int) -> float:
    """Return user and system time of one process: a look of a microsecond, so it can be taken often.

    Linux has a clock for any process that is exact to the nanosecond; elsewhere it is counted in steps of up to 10 ms.
    """
    if _HAS_CLOCKS:
        return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) returns
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def others_cpu_seconds() -> float:
    """Return what everything but this process and those that it has started has used of all processors."""
    times = psutil.cpu_times()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours = cpu_seconds(os.getpid()) + ended.ru_utime + ended.ru_stime
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0)) - ours


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and its living children."""
    return sum(process.memory_info().rss for process in _family(pid))


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]
