"""Running the page benchmark: serve both communities, have Lighthouse look at each page in turn, tell."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.agents import database
from bench.agents.asking import sign_in
from bench.browsers import browser_version, found_browser, require_inbox
from bench.create import Plan, run_folder
from bench.machine import this_machine
from bench.page import lighthouse
from bench.page.figure import draw
from bench.page.lighthouse import Audited, Form
from bench.page.report import show, write
from bench.page.results import Look, Report
from bench.progress import Steps
from bench.targets import Parley

SHORT, LONG = 600, 10_000
"""Conversations of the two communities: of each ten one waits."""

FORMS: tuple[Form, ...] = ("mobile", "desktop")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page: where it is, and whose."""

    name: str
    url: str
    cookie: str | None


def page(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    require_inbox()
    steps = Steps(console, total=3 + 3 * len(FORMS) * plan.rounds)
    with run_folder() as folder, steps, ExitStack() as stack:
        _install(steps)
        short, long = (_port(size, folder, stack, steps) for size in (SHORT, LONG))
        pages = [
            _Page(name="signing in", url=_url(short), cookie=None),
            _Page(name=f"{SHORT // 10:,} wait", url=_url(short), cookie=sign_in(short).token),
            _Page(name=f"{LONG:,} stored", url=_url(long), cookie=sign_in(long).token),
        ]
        rounds = [list(_round(pages, number, steps)) for number in range(1, plan.rounds + 1)]
        report = Report(machine=this_machine(folder), browser=browser_version(found_browser()), rounds=rounds)
    write(report, plan.results)
    draw(report, plan.results / "page.svg")
    show(report, console)


def _install(steps: Steps) -> None:
    steps.begin("npm brings Lighthouse, once: half a minute and 180 MB")
    if lighthouse.is_installed():
        steps.done("Lighthouse is there")
    else:
        lighthouse.install()
        steps.done("npm has brought Lighthouse to bench/page/node_modules; make clean removes it")


def _port(size: int, folder: Path, stack: ExitStack, steps: Steps) -> int:
    """Serve a community of so many conversations."""
    name = f"{size:,} conversations"
    steps.begin(f"{name}: {'copying' if database.is_filled(size) else 'filling'}")
    mine = folder / str(size)
    mine.mkdir()
    parley = Parley(lambda path: database.make(path, size, steps.part(f"{name}: filling", size)))
    parley.prepare(mine)
    stack.callback(parley.stop)
    port = parley.start().address.port
    steps.done(f"{name}: served")
    return port


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/inbox"


def _round(pages: list[_Page], number: int, steps: Steps) -> Iterator[Look]:
    for each in pages:
        for form in FORMS:
            name = f"round {number}, {each.name}, {form}"
            steps.begin(name)
            audited = lighthouse.audit(each.url, form, cookie=each.cookie)
            steps.done(f"{name}: {_told(audited)}")
            yield Look(page=each.name, form=form, audited=audited)


def _told(audited: Audited) -> str:
    return ", ".join(f"{lighthouse.CATEGORIES[name]} {score:.0f}" for name, score in audited.scores.items())
