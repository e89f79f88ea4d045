"""The results of the PostgreSQL benchmark in words: JSON with every round, tables in Markdown and on the terminal."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from rich.console import Console

from bench.postgres.results import BASELINE_GOAL, CPU_GOAL, PGBENCH_GOAL, Report, Served, cpu_us, per_s
from bench.postgres.watching import Watch
from bench.report import GOAL_HEADS, described, goal_row, markdown_table, show_table, write_json

_METHOD = """\
Everything ran in one run on one machine, in turns, {rounds} rounds of {seconds:g} s after a second of warm-up, against
one PostgreSQL started for it with its defaults: `fsync`, `full_page_writes` and `synchronous_commit` on,
`shared_buffers` {shared_buffers}. Figures are medians over the rounds; ratios are medians of the ratios of each round.
Writing a page and waiting for the disk takes {sync_us:,.0f} µs here. The machine's two cores are shared by the load,
the servers, PostgreSQL and whatever else runs on it, so ratios and CPU tell more than rates.

Over HTTP it is the published example of *create conversation* with a new e-mail address each time, over {callers}
keep-alive connections. Every reply was read and checked, and in the end that the last place in the queue is the number
of all creates. “Process” is user and system time of Parley's or the baseline's own processes, workers and their parent
together; “PostgreSQL” is that of all the server's processes, warm-up included.

The baseline is the one of `bench/baseline` with SQLAlchemy and psycopg: the community's row is read `FOR UPDATE`, for
its counters would be wrong without, and so its writers wait for each other there. Its pool has the size that was
fastest. The tables come from the same metadata, and their foreign keys, which SQLite does not check, are checked here.

The ledger alone is {callers} callers in one process without HTTP. `pgbench` ran the same work into Parley's own schema
from {clients} clients with `--protocol=prepared`: user, queue counters and place, conversation, stay, minute's
counters, waiting blocks and an event with gap-free numbers, all in one call of one PL/pgSQL function
(`bench/postgres/create.sql`), each a transaction. It reads no catalogue and notifies nobody, which is in its favour.

The lock was looked at every 20 ms in `pg_stat_activity`; how long a group waits for it follows by Little's law from how
many waited and how many groups came. The size of groups is exact: the events of a group carry one transaction id.
"""

_IMPLIED = """\
What this implies. One process takes {process_us:,.0f} µs of CPU for a create, PostgreSQL {server_us:,.0f} µs, and the
load wants a part of the same two cores: there is no third for another worker. More of them share the same {callers}
callers in smaller groups ({size:.0f} with one, {size_of_most:.0f} with {count}), pay the fixed price of a group more
often, and wait for a core while they hold the lock. Beyond two cores that lock is the limit, for writes are one at a
time over all workers. Of the {process_us:,.0f} µs only the ledger's {ledger_us:,.0f} µs, and PostgreSQL's
{server_us:,.0f} µs, are spent under it; HTTP and reads are not, and grow with the workers. With cores to spare and
groups of {size:.0f}, that and one wait for the disk would make {by_lock:,.0f} creates/s for one database, when one
process with a core to itself would bring {by_process:,.0f} at most; larger groups share the disk's wait further. Here
the lock is held {held_us:,.0f} µs for a create, and in {held_by_process:.0%} of that time PostgreSQL waits for the
process: for a core, and for its turn in the event loop, which the writer shares with HTTP. So workers are for reads,
connections, HTTP and safety from a crash; more writes than the lock carries are for cells, a database each.
"""


def write(report: Report, folder: Path) -> None:
    """Write `postgres.json` and `postgres.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "postgres.json")
    (folder / "postgres.md").write_text(_markdown(report), encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    show_table(GOAL_HEADS, _goal_rows(report), console)
    show_table(_served_heads(report), _served_rows(report), console)
    show_table(_worker_heads(report), _worker_rows(report), console)


def _markdown(report: Report) -> str:
    method = _METHOD.format(
        rounds=len(report.pgbench),
        seconds=report.seconds,
        shared_buffers=report.postgres["shared_buffers"],
        sync_us=report.machine.sync_us,
        callers=report.callers,
        clients=report.clients,
    )
    server = {"PostgreSQL": report.postgres["server_version"], **report.drivers}
    parts = (
        "# Parley on PostgreSQL",
        markdown_table(GOAL_HEADS, _goal_rows(report)),
        _weighed(report),
        "![The same as a figure](postgres.svg)",
        "## Durable creates over HTTP",
        markdown_table(_served_heads(report), _served_rows(report)),
        "## One, two and four workers",
        markdown_table(_worker_heads(report), _worker_rows(report)),
        _implied(report),
        "## How it was measured",
        method,
        described(report.machine) + "".join(f"\n| {name} | {version} |" for name, version in server.items()),
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _goal_rows(report: Report) -> Iterator[list[str]]:
    pairs = zip(report.parley.turns, report.baseline.turns, strict=True)
    by_baseline = [mine.outcome.per_s / theirs.outcome.per_s for mine, theirs in pairs]
    by_pgbench = [mine.per_s / theirs.per_s for mine, theirs in zip(report.alone, report.pgbench, strict=True)]
    pairs = zip(report.parley.turns, report.sqlite.turns, strict=True)
    by_sqlite = [mine.outcome.server_cpu_us / theirs.outcome.server_cpu_us for mine, theirs in pairs]
    yield _goal("creates/s over HTTP, by the ORM's on the same server", by_baseline, BASELINE_GOAL, is_least=True)
    yield _goal("creates/s of the ledger alone, by pgbench's", by_pgbench, PGBENCH_GOAL, is_least=True)
    yield _goal("CPU of Parley's process for a create, by that on SQLite", by_sqlite, CPU_GOAL, is_least=False)


def _goal(name: str, ratios: list[float], goal: float, *, is_least: bool) -> list[str]:
    middle = median(ratios)
    is_met = middle >= goal if is_least else middle <= goal
    return goal_row(name, ratios, ".2f", f"{'≥' if is_least else '≤'} {goal:g}", is_met=is_met)


def _served_heads(report: Report) -> list[str]:
    return ["", *(each.label for each in _compared(report)), "the ledger alone", "pgbench"]


def _compared(report: Report) -> tuple[Served, ...]:
    return report.parley, report.baseline, report.sqlite


def _served_rows(report: Report) -> Iterator[list[str]]:
    compared = _compared(report)
    rates = [[turn.outcome.per_s for turn in each.turns] for each in compared]
    rates += [[each.per_s for each in report.alone], [each.per_s for each in report.pgbench]]
    yield ["creates/s, median", *(f"{median(each):,.0f}" for each in rates)]
    yield ["creates/s, least to most", *(f"{min(each):,.0f} to {max(each):,.0f}" for each in rates)]
    yield ["latency p50, ms", *(f"{each.of(lambda o: o.p50_ms):.1f}" for each in compared), "", ""]
    yield ["latency p99, ms", *(f"{each.of(lambda o: o.p99_ms):.1f}" for each in compared), "", ""]
    own = [*(each.of(cpu_us) for each in compared), report.alone_us]
    yield ["process, CPU for a create, µs", *(f"{each:,.0f}" for each in own), ""]
    yield ["PostgreSQL, CPU for a create, µs", *(f"{_postgres_us(each):,.0f}" for each in compared[:2]), "–", "", ""]


def _worker_heads(report: Report) -> list[str]:
    return ["workers", *map(str, report.workers)]


def _worker_rows(report: Report) -> Iterator[list[str]]:
    workers = list(report.workers.values())

    def row(name: str, value: Callable[[Watch], float], form: str) -> list[str]:
        return [name, *(format(each.watched(value), form) for each in workers)]

    yield ["creates/s", *(f"{each.of(per_s):,.0f}" for each in workers)]
    yield ["latency p50, ms", *(f"{each.of(lambda o: o.p50_ms):.1f}" for each in workers)]
    yield ["latency p99, ms", *(f"{each.of(lambda o: o.p99_ms):.1f}" for each in workers)]
    yield ["CPU for a create over all workers, µs", *(f"{each.of(cpu_us):,.0f}" for each in workers)]
    yield ["CPU for a create in PostgreSQL, µs", *(f"{_postgres_us(each):,.0f}" for each in workers)]
    yield row("creates in a group", _group_size, ".1f")
    yield row("a group waits for the lock, ms", lambda watch: watch.wait_ms, ".1f")
    yield row("a group holds the lock, ms", lambda watch: watch.held_ms, ".1f")
    yield row("the lock is held, of the time", lambda watch: watch.held, ".0%")
    yield row("… while the process is at work", lambda watch: watch.held_by_process_part, ".0%")


def _postgres_us(served: Served) -> float:
    return median(turn.postgres_cpu_us for turn in served.turns)


def _weighed(report: Report) -> str:
    """What the first ratio is worth on a machine that is shared."""
    ratio, cpu_ratio = report.times_baseline, report.cpu_times_baseline
    words = (
        f"For a create, the baseline and PostgreSQL under it take {cpu_ratio:.1f} times the CPU of Parley and "
        f"PostgreSQL under it."
    )
    if ratio >= BASELINE_GOAL:
        return words
    return (
        f"{words} The rate is {ratio:.1f} times and misses the goal in this run: Parley, PostgreSQL and the load need "
        f"both cores at once to reach theirs and lose most to whatever else runs, the baseline is bound by one."
    )


def _implied(report: Report) -> str:
    """What the workers' figures say about machines with more cores; every number in it is measured above."""
    one, count = report.workers[1], max(report.workers)
    process_us, server_us = one.of(cpu_us), _postgres_us(one)
    size = one.watched(_group_size)
    return _IMPLIED.format(
        callers=report.callers,
        count=count,
        size=size,
        size_of_most=report.workers[count].watched(_group_size),
        process_us=process_us,
        server_us=server_us,
        ledger_us=report.alone_us,
        by_lock=1e6 / (report.alone_us + server_us + report.machine.sync_us / size),
        by_process=1e6 / process_us,
        held_us=one.watched(lambda watch: watch.held_ms / watch.group_size) * 1e3,
        held_by_process=one.watched(lambda watch: watch.held_by_process_part / watch.held),
    )


def _group_size(watch: Watch) -> float:
    return watch.group_size
