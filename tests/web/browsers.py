"""Teammates at their screens: pages of the inbox in a real browser, against a real server."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page, expect

from parley.core.people import Role
from tests.api.desks import PASSWORD, Desk, hire
from tests.api.integrators import Integrator

ROOT = Path(__file__).parent.parent.parent
SCREENSHOTS = ROOT / "screenshots"  # kept for people to look at; not in git
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WITHIN_MS = 10_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

R = TypeVar("R")


def elsewhere(work: Callable[[], R]) -> R:
    """Do something in a thread of its own: Playwright's event loop runs in this one, and no other can beside it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def find_browser() -> str | None:
    """The browser of this machine, or the one that PARLEY_TEST_BROWSER names."""
    named = os.environ.get("PARLEY_TEST_BROWSER")
    return next((found for name in (named, *NAMES) if name and (found := shutil.which(name))), None)


@dataclass
class Seat:
    """A teammate at a screen."""

    desk: Desk
    page: Page
    complaints: list[str]

    @property
    def rows(self) -> Any:
        """The conversations in the list."""
        return self.page.get_by_role("option")

    def row(self, text: str) -> Any:
        """The conversation with these words in its name."""
        return self.page.locator("#list").get_by_role("option", name=text)

    def go(self, place: str) -> None:
        """Go to a page by its address."""
        self.page.goto(f"{self.desk.server.url}/inbox/{place}")
        expect(self.page.locator(".shell")).to_be_visible()

    def open(self, text: str, view: str = "waiting") -> None:
        """Open a conversation of a view."""
        self.go(view)
        self.row(text).click()
        expect(self.page.locator("#thread-heading")).to_be_visible()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Write into the composer and send it."""
        field = self.page.locator("#composer textarea")
        field.fill(text)
        field.press("Enter")

    def said(self, text: str) -> Any:
        """What stands in the thread."""
        return self.page.get_by_role("log").locator(".bubble", has_text=text)

    def findings(self) -> list[str]:
        """What axe finds wrong with the page as it is."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        return [
            f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def keep(self, name: str) -> None:
        """Keep a picture of the page."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def sit(browser: Browser, shop: Integrator, name: str, role: Role = Role.AGENT, **options: Any) -> Seat:
    """A new teammate of a community, who signs in at a screen of their own."""
    desk = elsewhere(lambda: hire(shop, name=name, role=role))
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", **options)
    return sign_in(context, desk)


def sign_in(context: BrowserContext, desk: Desk) -> Seat:
    """Sign a teammate in by the page's own form."""
    context.set_default_timeout(WITHIN_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(f"{desk.server.url}/inbox")
    page.get_by_label("E-mail").fill(desk.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page.locator(".linestate.open")).to_be_attached()
    return Seat(desk, page, complaints)
