"""`parley report`: what came, what was done and how long it took, for people on the command line."""

import sys
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from parley.cli.frame import CommunityName, Config, Database, Json, find_community, print_json, run
from parley.core import reports, times
from parley.core.reports import Bucket, Report, Spread

BAR = 24  # characters of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"  # a bar's last character, so that small differences show
_ASCII = " #"  # where the terminal has no such characters


def report(
    community: CommunityName,
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=reports.DAYS_LIMIT, help="Of so many days")] = 7,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show what came, what was done and how long it took, by the hour for one day, else by the day, in UTC."""

    async def work(parts: Any) -> Report:
        from parley import wiring

        now = wiring.now()
        window = reports.days_until(now, days)
        past = await parts.reader.past((await find_community(parts, community)).id, window)
        return reports.report_of(past, window, now=now)

    found = run(database, config, work)
    if as_json:
        print_json(_record(found))
    else:
        _print(found, by_day=days > 1)


def bar(value: int, most: int, *, signs: str = _EIGHTHS) -> str:
    """A bar as long as the value is large beside the largest; what is there at all can be seen."""
    if value <= 0 or most <= 0:
        return ""
    steps = len(signs) - 1
    full, rest = divmod(max(round(BAR * steps * value / most), 1), steps)
    return signs[-1] * full + (signs[rest] if rest else "")


def _print(found: Report, *, by_day: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    signs = _EIGHTHS if encoding.startswith("utf") else _ASCII
    rows = _by_day(found.buckets) if by_day else [(_hour(each.at), each) for each in found.buckets]
    most = max(each.traffic.arrived for _, each in rows)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("day" if by_day else "hour")
    for name in ("arrived", "taken", "gave up", "closed", "waiting"):
        table.add_column(name, justify="right")
    table.add_column("arrived", width=BAR)
    for name, each in rows:
        traffic = each.traffic
        numbers = (traffic.arrived, traffic.taken, traffic.gave_up, traffic.closed, each.waiting)
        table.add_row(name, *map(str, numbers), bar(traffic.arrived, most, signs=signs))
    Console(width=None if sys.stdout.isatty() else 100).print(table)
    sys.stdout.write("\n" + "".join(f"{line}\n" for line in _lines(found)))


def _by_day(buckets: list[Bucket]) -> list[tuple[str, Bucket]]:
    """The buckets of each day together; the last one says how many waited at its end."""
    days: dict[str, Bucket] = {}
    for each in buckets:
        day = each.at.date().isoformat()
        before = days.get(day)
        traffic = each.traffic if before is None else before.traffic.plus(each.traffic)
        days[day] = Bucket(each.at, traffic, each.waiting)
    return list(days.items())


def _hour(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:00")


def _lines(found: Report) -> list[str]:
    covered = "–" if found.coverage is None else f"{found.coverage:.0%} of {len(found.points)} came as told (aim: 80%)"
    error = "–" if found.mean_error_s is None else _length(found.mean_error_s)
    return [
        f"wait          {_spread(found.waits)}",
        f"first answer  {_spread(found.first_answer)}",
        f"handling      {_spread(found.handling)}",
        f"estimates     {covered}; off by {error} on average",
        f"feedback      {found.positive} positive, {found.negative} negative",
    ]


def _spread(spread: Spread) -> str:
    if spread.p50 is None or spread.p90 is None:
        return "–"
    return f"half within {_length(spread.p50)}, nine of ten within {_length(spread.p90)} ({spread.count})"


def _length(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _record(found: Report) -> dict[str, Any]:
    """The report as the API shows it."""
    return {
        "from": times.show(found.since),
        "to": times.show(found.until),
        "buckets": [
            {
                "time": times.show(each.at),
                "arrived": each.traffic.arrived,
                "taken": each.traffic.taken,
                "gaveUp": each.traffic.gave_up,
                "closed": each.traffic.closed,
                "waiting": each.waiting,
            }
            for each in found.buckets
        ],
        "waits": found.waits,
        "estimates": {"points": found.points, "coverage": found.coverage, "meanError": found.mean_error_s},
        "feedback": {"positive": found.positive, "negative": found.negative},
        "firstAnswer": found.first_answer,
        "handling": found.handling,
    }
