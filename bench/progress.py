"""Progress on the terminal: a bar where there is one, plain lines where there is none."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)


class Steps:
    """A known number of steps, each named before it begins and told about when it is done."""

    def __init__(self, console: Console, total: int) -> None:
        """Take where to show them and how many there are."""
        self._console = console
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                SpinnerColumn(),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}"),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        """Show the bar."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away; what was told stays."""
        if self._bar is not None:
            self._bar.stop()

    def begin(self, name: str) -> None:
        """Name the step that begins."""
        if self._bar is not None:
            self._bar.update(self._task, description=name)

    def part(self, name: str, total: int) -> Callable[[int], None]:
        """Show how far the step is, by a second bar or a line for every quarter; call what is returned with it."""
        if self._bar is None:
            return _Quarters(self._console, name, total).reached
        bar, task = self._bar, self._bar.add_task(name, total=total)

        def reached(done: int) -> None:
            bar.update(task, completed=done, visible=done < total)

        return reached

    def done(self, told: str) -> None:
        """Tell what the step gave."""
        if self._bar is not None:
            self._bar.advance(self._task)
        self._console.print(told, highlight=False, markup=False, soft_wrap=True)


class _Quarters:
    """Prints a line whenever another quarter is done."""

    def __init__(self, console: Console, name: str, total: int) -> None:
        self._console = console
        self._name = name
        self._total = total
        self._told = 0

    def reached(self, done: int) -> None:
        quarters = 4 * done // self._total
        if quarters > self._told:
            self._told = quarters
            self._console.print(f"{self._name}: {done:,} of {self._total:,}", highlight=False, markup=False)
