"""Progress on the terminal: a bar where there is one, plain lines where there is none."""

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

    def done(self, told: str) -> None:
        """Tell what the step gave."""
        if self._bar is not None:
            self._bar.advance(self._task)
        self._console.print(told, highlight=False, markup=False, soft_wrap=True)
