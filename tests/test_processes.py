"""A process knows which of its machine's other processes have ended, and claims nothing about other machines."""

import os
import subprocess
import sys

import pytest

from parley.processes import Process


@pytest.fixture
def ended() -> int:
    """The id of a process that ran a moment ago."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_a_process_has_a_name_of_its_own() -> None:
    assert Process().name != Process().name


def test_a_process_that_ended_is_gone(ended: int) -> None:
    me = Process()
    machine = me.name.split("/")[0]
    names = [f"{machine}/{ended}/ab", f"{machine}/{os.getppid()}/cd", f"elsewhere/{ended}/ef", "nonsense", me.name]

    assert (names[0],) == me.gone(names)


def test_one_with_our_own_id_ended_before_we_began() -> None:
    """As in a container, where the first process always has the same id."""
    former, me = Process(), Process()

    assert (former.name,) == me.gone([former.name, me.name])
