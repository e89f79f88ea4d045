"""Two teammates at their screens: pages of the inbox in a real browser, which note what they show and when."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.agents.asking import PASSWORD
from bench.browsers import FLAGS, found_browser
from bench.screens.writing import now_ms, text_of

WIDTH, HEIGHT = 1280, 3_700
"""High enough that each of the fifty rows is drawn: a list draws those that are seen, and some beyond."""

_WATCH = Path(__file__).parent / "watch.js"
_WITHIN_MS = 10_000
_LOOK_MS = 100
_CLOCK_LOOKS = 20


class Noted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """When each mark was in the page and when it was painted, in milliseconds of the page's clock."""

    thread: dict[int, float]
    thread_painted: dict[int, float]
    row: dict[int, float]
    row_painted: dict[int, float]
    pressed: dict[int, float]
    """When the key was pressed that sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A teammate at a screen."""

    page: Page
    inbox: str

    def open(self, conversation_id: int) -> None:
        """Load the page anew, with all open conversations in the list and one of them opened."""
        self.page.goto(f"{self.inbox}/open/{conversation_id}")
        expect(self.page.locator("#thread-heading")).to_be_visible()
        expect(self.page.locator(".linestate.open")).to_be_attached()

    def reply(self, number: int) -> None:
        """Write into the composer and send it, as a person does: by a key."""
        field = self.page.locator("#composer textarea")
        field.fill(text_of(number))
        field.press("Enter")

    def wait(self, ms: float) -> None:
        """Let time pass, in which the page is listened to."""
        self.page.wait_for_timeout(ms)

    def has_shown_any(self) -> bool:
        """Whether a marked text stands in the thread."""
        return bool(self.page.evaluate("() => Object.keys(benchNoted.thread).length > 0"))

    def shown(self, wanted: AbstractSet[int]) -> Noted:
        """What it noted once all of these stand in the thread, or when they have had time enough."""
        until = monotonic() + _WITHIN_MS / 1e3
        noted = self._noted()
        while not wanted <= noted.thread_painted.keys() and monotonic() < until:
            self.wait(_LOOK_MS)
            noted = self._noted()
        return noted

    def clock_off_ms(self) -> float:
        """How far the page's clock is ahead of ours: by the look that was answered soonest, to within half its time."""
        looks = []
        for _ in range(_CLOCK_LOOKS):
            asked_ms = now_ms()
            told_ms = float(self.page.evaluate("() => benchNow()"))
            took_ms = now_ms() - asked_ms
            looks.append((took_ms, told_ms - asked_ms - took_ms / 2))
        return min(looks)[1]

    def _noted(self) -> Noted:
        told: Any = self.page.evaluate("() => benchNoted")
        return msgspec.convert(told, Noted, strict=False)


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser of this machine."""
    expect.set_options(timeout=_WITHIN_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found_browser(), args=FLAGS)
        yield running
        running.close()


def sit(running: Browser, port: int, email: str) -> Seat:
    """Sign a teammate in by the page's own form, at a screen of their own."""
    context = running.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB")
    context.set_default_timeout(_WITHIN_MS)
    context.add_init_script(path=_WATCH)
    page = context.new_page()
    inbox = f"http://127.0.0.1:{port}/inbox"
    page.goto(inbox)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page.locator(".linestate.open")).to_be_attached()
    return Seat(page=page, inbox=inbox)
