"""Every answer of the database is late: the line fills, whoever comes then is told to come back, and it passes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.faults.stage import broken_promises, retry_after, staged
from tests.servers import Reply
from tests.stories.callers import Caller, sign_in

pytestmark = pytest.mark.crash

LATE_S = 0.1  # about 2 s for a group
FLOODED_S = 3.0
GROWTH_LIMIT_MB = 20  # what a line of 32 may cost, and 64 callers who come again and again


def test_a_slow_database_fills_the_line_and_not_the_memory() -> None:
    """A community may fill half of the line (429), all together the whole of it (503)."""
    with staged("--line", "32") as stage:
        assert stage.server.process is not None
        process = psutil.Process(stage.server.process.pid)
        tokens = [stage.token, sign_in(stage.server, "Bob")[1]]
        answers: list[Reply] = []
        is_over = threading.Event()

        def call(token: str) -> None:
            with Caller(stage.server, token) as caller:
                while not is_over.is_set():
                    answers.append(caller.create())
                    is_over.wait(0 if answers[-1].status == 200 else 0.1)

        with ThreadPoolExecutor(64) as threads:
            stage.proxy.delay = LATE_S
            calls = [threads.submit(call, tokens[0]) for _ in range(32)]
            try:
                is_over.wait(FLOODED_S / 3)
                before = process.memory_info().rss
                calls += [threads.submit(call, tokens[1]) for _ in range(32)]
                is_over.wait(FLOODED_S)
                grown = process.memory_info().rss - before
            finally:
                is_over.set()
                stage.proxy.delay = 0.0
            for ended in calls:
                ended.result()
        later = [stage.create().status for _ in range(3)]

        assert {200, 429, 503} == {reply.status for reply in answers}
        assert {(429, True), (503, True)} == {retry_after(reply) for reply in answers if reply.status != 200}
        assert grown < GROWTH_LIMIT_MB * 2**20
        assert [200] * 3 == later
        assert [] == broken_promises(stage.database)
