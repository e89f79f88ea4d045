"""The same work by `pgbench`: one prepared statement a create, each a transaction of its own, from 16 clients."""

import re
import subprocess
from importlib.resources import files
from pathlib import Path

import msgspec

from bench.errors import BenchError
from bench.postgres.cluster import Postgres, made
from bench.seed import CATEGORY

CLIENTS = 16
THREADS = 2

DATABASE = "pgbench_create"
_SCRIPT = """\
\\set number random(1, 1000000000000000)
SELECT * FROM bench_create({community}, {category}, 'john' || :number || '@dow.com');
"""
_RATE = re.compile(r"^tps = ([0-9.]+) \(without initial connection time\)$", re.MULTILINE)
_MADE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
_SPARE_S = 30.0

_CHECK = """
    SELECT t.waiting, t.last_seq, (SELECT count(*) FROM conversations),
        (SELECT count(*) FROM events WHERE community_id = t.community_id),
        (SELECT last FROM numbers WHERE kind = 'event'), (SELECT count(*) FROM events)
    FROM tallies t
"""


class PgbenchRun(msgspec.Struct, frozen=True, kw_only=True):
    """What one run told."""

    per_s: float
    transactions: int


class Pgbench:
    """Runs it on a database with Parley's own schema."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        """Make the database and the function in it."""
        self._postgres = postgres
        account = made(postgres.make_database(DATABASE))
        function = files("bench.postgres").joinpath("create.sql").read_text(encoding="utf-8")
        postgres.ask(function, database=DATABASE)
        self._script = folder / "create.pgbench"
        self._script.write_text(_SCRIPT.format(community=account.community_id, category=CATEGORY), encoding="utf-8")
        self._conversations = 0

    def run(self, seconds: float) -> PgbenchRun:
        """Run it for so many seconds, and hold the counters against the rows."""
        load = ("--client", str(CLIENTS), "--jobs", str(THREADS), "--time", str(max(1, round(seconds))))
        where = ("--host", self._postgres.socket_folder, "--username", "postgres", DATABASE)
        command = [str(self._postgres.programs / "pgbench"), "--no-vacuum", "--protocol=prepared", *load]
        finished = subprocess.run(
            [*command, "--file", str(self._script), *where],
            capture_output=True,
            text=True,
            timeout=seconds + _SPARE_S,
            check=False,
        )
        if finished.returncode != 0:
            raise BenchError(f"pgbench: {finished.stderr.strip()}")
        rate, made_now, failed = (found.search(finished.stdout) for found in (_RATE, _MADE, _FAILED))
        if rate is None or made_now is None or failed is None or int(failed[1]):
            raise BenchError(f"pgbench said:\n{finished.stdout}")
        self._conversations += int(made_now[1])
        self._check()
        return PgbenchRun(per_s=float(rate[1]), transactions=int(made_now[1]))

    def _check(self) -> None:
        waiting, last_seq, conversations, events, last_event, all_events = self._postgres.ask(_CHECK, database=DATABASE)
        if not waiting == conversations == self._conversations or last_seq != events or last_event != all_events:
            raise BenchError(f"pgbench: {self._conversations} creates made {conversations}, {waiting} of them waiting")
