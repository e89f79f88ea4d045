"""Every page: no findings of axe, by keyboard alone, narrow and wide, light and dark, and with no word forgotten."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from playwright.sync_api import Browser, Route, ViewportSize, expect

from parley.actions.catalogue import AddCategory
from parley.api.pages import BUILT
from parley.core.people import Role
from tests.api.chats import BOT, begin, message
from tests.api.integrators import Integrator
from tests.web.browsers import Seat, elsewhere
from tests.web.conftest import Sit

pytestmark = pytest.mark.browser

PLACES = ("waiting", "queue", "reports", "settings", "settings/shortcuts", "settings/replies")
FOR_ADMINS = tuple(
    f"settings/{part}" for part in ("teammates", "categories", "fields", "routing", "bot", "webhooks", "tokens", "mail")
)
SIZES = {320: 640, 768: 1024, 1280: 800}
TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll("main, section, header, form, nav")]
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
    .map((each) => `${each.tagName} ${each.className} ${each.scrollWidth} > ${each.clientWidth}`)"""
OWN_WORDS = re.compile(r"⟦|Anna|@shop\.example|Community|^default$|^chat$|\d{4} at \d\d:\d\d$")
NOTE_SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((each) => each.value)))
    .observe({type: "layout-shift"})"""
NOTE_LABELS = """const {fillText} = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
    document.documentElement.dataset.labels += `|${text}`;
    return fillText.call(this, text, ...at);
}"""
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
SCRIPT_BUDGET = 120_000  # bytes of all scripts, compressed
ZOOMED: ViewportSize = {"width": 320, "height": 256}  # 1280 × 1024 at 400 % (WCAG 1.4.10)


def fill(shop: Integrator) -> None:
    """Conversations of several kinds."""
    chat = begin(shop, isBotEnabled=True, message="I want my money back.", title="Refund", sentiment="complaint")
    chat.say(message("I am a bot. How can I help?", author=BOT), "I want a person.")
    chat.to_queue()
    for number in range(6):
        author = {"name": f"Client {number}", "email": f"client{number}@x.example"}
        begin(shop, author=author, message=f"Question {number}", isBotEnabled=number % 2 == 0)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(shop: Integrator, seat: Sit, look: str) -> None:
    fill(shop)
    anna = seat("Anna", Role.ADMIN, color_scheme=look)
    found = {}
    for place in (*PLACES, *FOR_ADMINS):
        anna.go(place)
        expect(anna.page.locator("h1, h2").first).to_be_visible()
        found[place] = anna.findings()
    anna.open("John")
    found["thread"] = anna.findings()
    anna.press("]")
    expect(anna.page.get_by_role("complementary")).to_be_visible()
    found["details"] = anna.findings()
    anna.press("?")
    expect(anna.page.get_by_role("dialog")).to_be_visible()
    found["shortcuts"] = anna.findings()
    anna.press("Escape", "Control+k")
    expect(anna.page.get_by_role("combobox", name="Find an action or a conversation")).to_be_visible()
    found["palette"] = anna.findings()

    assert {place: [] for place in found} == found


def test_axe_finds_nothing_where_one_signs_in(shop: Integrator, seat: Sit) -> None:
    anna = seat("Anna")
    anna.page.context.clear_cookies()
    anna.page.reload()
    expect(anna.page.get_by_label("Password")).to_be_visible()
    anna.page.get_by_label("E-mail").fill("anna@shop.example")
    anna.page.get_by_label("Password").fill("something else altogether")
    anna.press("Enter")
    expect(anna.page.get_by_role("alert")).to_contain_text("do not fit together")

    assert [] == anna.findings()


def test_axe_finds_nothing_on_a_phone(shop: Integrator, anna: Seat) -> None:
    """There one pane is shown at a time."""
    begin(shop, message="Hello?")
    anna.page.set_viewport_size({"width": 320, "height": 640})
    anna.go("waiting")
    expect(anna.row("Hello?")).to_be_visible()
    assert [] == anna.findings()
    anna.row("Hello?").click()
    expect(anna.page.locator("#thread-heading")).to_be_visible()

    assert [] == anna.findings()


def test_nothing_moves_while_the_inbox_is_loaded(shop: Integrator, anna: Seat) -> None:
    """On a phone the team's categories stand above the list, however late they come."""
    elsewhere(lambda: shop.do(AddCategory(community_id=shop.tenant.id, name="Orders", by="x")))
    begin(shop, message="Hello?")
    late: list[Route] = []
    anna.page.set_viewport_size({"width": 412, "height": 823})
    anna.page.add_init_script(NOTE_SHIFTS)
    anna.page.route("**/agents/directory", lambda route: late.append(route))  # noqa: PLW0108 - Playwright knows no built-in methods
    with anna.page.expect_response("**/agents/conversations?**"), anna.page.expect_response("**/agents/views"):
        anna.go("waiting")
    anna.page.evaluate(NEXT_FRAME)
    late[0].continue_()
    expect(anna.page.get_by_role("link", name="Orders")).to_be_visible()
    expect(anna.row("Hello?")).to_be_visible()
    anna.page.evaluate(NEXT_FRAME)

    assert [] == anna.page.evaluate("() => shifts")


def test_the_list_is_drawn_even_when_what_stands_beside_it_is_late(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    late: list[Route] = []
    for what in ("directory", "views"):
        anna.page.route(f"**/agents/{what}", lambda route: late.append(route))  # noqa: PLW0108 - Playwright knows no built-in methods
    anna.page.reload()
    expect(anna.row("Hello?")).to_be_visible()
    for route in late:
        route.abort()


def test_on_a_phone_days_stand_below_a_plot_of_90(anna: Seat) -> None:
    """A label that only a plot of so many days can have, since the one before it is drawn until the answer is there."""
    anna.page.set_viewport_size({"width": 320, "height": 640})
    anna.page.add_init_script(NOTE_LABELS)
    anna.go("reports")
    anna.page.get_by_role("button", name="90 days").click()
    today = datetime.now(UTC)
    days = [today - timedelta(days=ago) for ago in range(34, 90)]
    labels = "|".join(f"{day.day} {day:%b}" for day in days)

    expect(anna.page.locator("html")).to_have_attribute("data-labels", re.compile(rf"\|({labels})"))


@pytest.mark.parametrize(("waited", "words"), [(59.4, "59 s"), (59.7, "1 min"), (3_580, "1 h")])
def test_nothing_lasts_60_of_a_unit(anna: Seat, waited: float, words: str) -> None:
    count = {"id": "waiting", "count": 1, "longestWait": waited}
    anna.page.route("**/agents/views", lambda route: route.fulfill(json={"data": [count], "errorCode": 0}))
    anna.go("waiting")

    expect(anna.page.get_by_role("link", name="Waiting").locator(".wait")).to_have_text(words)


def test_on_a_phone_no_words_are_cut_and_no_notice_covers_the_rail(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    anna.page.set_viewport_size({"width": 320, "height": 640})
    anna.press("Control+k")
    anna.page.keyboard.type("Extend")
    expect(anna.page.get_by_role("option", name="Extend")).to_have_count(2)
    cut = anna.page.locator(".choices .grow").evaluate_all(
        "all => all.filter((each) => each.scrollWidth > each.clientWidth)"
    )
    assert [] == cut
    anna.press("Escape")
    anna.go("queue")
    head = anna.page.get_by_role("columnheader", name="Place")
    assert head.evaluate("each => each.scrollHeight < 2 * parseFloat(getComputedStyle(each).lineHeight)")
    anna.page.get_by_role("button", name="Anna").click()
    anna.page.get_by_role("menuitemradio", name="Busy").click()
    end = anna.page.locator(".notice").evaluate("each => each.getBoundingClientRect().bottom")

    assert end <= anna.page.locator(".rail").evaluate("each => each.getBoundingClientRect().top")


def test_by_touch_the_chips_above_the_list_are_whole_or_plainly_more(shop: Integrator, seat: Sit) -> None:
    for number in range(9):
        add = AddCategory(community_id=shop.tenant.id, name=f"Category {number}", by="x")
        elsewhere(partial(shop.do, add))
    anna = seat("Anna", has_touch=True, is_mobile=True)
    anna.page.set_viewport_size({"width": 390, "height": 844})
    expect(anna.page.get_by_role("link", name="Category 8")).to_be_attached()
    shown = anna.page.locator(".desk .views").evaluate("""each => {
        const end = each.getBoundingClientRect().bottom;
        const boxes = [...each.querySelectorAll("a")].map((link) => link.getBoundingClientRect());
        return boxes.filter((box) => box.top < end && box.bottom > end).map((box) => (end - box.top) / box.height);
    }""")

    assert all(0.3 < part < 0.7 for part in shown)
    assert shown


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_page_fits_every_width(shop: Integrator, seat: Sit, look: str) -> None:
    """No page is wider than its window. The pictures are for people."""
    fill(shop)
    anna = seat("Anna", Role.ADMIN, color_scheme=look)
    number = anna.page.locator("#list [role=option]").first.get_attribute("data-id")
    for width, height in SIZES.items():
        anna.page.set_viewport_size({"width": width, "height": height})
        for place in (*PLACES, f"waiting/{number}"):
            anna.go(place)
            expect(anna.page.locator("h1:visible, h2:visible").first).to_be_visible()
            anna.keep(f"{re.sub('[^a-z]+', '-', place).strip('-')}-{width}-{look}")
            assert [] == anna.page.evaluate(TOO_WIDE), (place, width)


def test_at_400_percent_a_conversation_is_opened_and_answered(shop: Integrator, seat: Sit) -> None:
    chat = begin(shop, message="Hello?")
    anna = seat("Anna")
    anna.page.set_viewport_size(ZOOMED)
    anna.open("Hello?")
    anna.page.get_by_role("button", name="Take over").click()
    anna.page.get_by_label("Reply to John").fill("Hello John")
    anna.page.get_by_role("button", name="Send", exact=True).click()

    expect(anna.page.locator(".unsent")).to_have_count(0)
    expect(anna.said("Hello John")).to_have_count(1)
    anna.page.get_by_role("button", name="Back to the list").click()
    expect(anna.page.get_by_role("link", name="Mine")).to_be_visible()
    assert ["Hello?", "Hello John"] == chat.texts()


def test_everything_is_done_by_keyboard_alone(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chats = [begin(shop, author={"name": name, "email": f"{name}@x.example"}, message=f"{name} here") for name in "AB"]
    expect(anna.row("B here")).to_be_visible()
    anna.press("g", "w")
    anna.press("ArrowDown", "Enter")
    expect(anna.page.locator("#thread-heading")).to_have_text("B")
    anna.press("t")
    expect(anna.page.get_by_text("with you")).to_be_visible()
    anna.press("r")
    expect(anna.page.get_by_label("Reply to B")).to_be_focused()
    anna.page.keyboard.type("Hello B")
    anna.press("Enter")
    expect(anna.said("Hello B")).to_be_visible()
    anna.press("Escape", "Shift+N")
    expect(anna.page.get_by_label("Note for the team")).to_be_focused()
    anna.page.keyboard.type("A note")
    anna.press("Control+Enter")
    expect(anna.said("A note")).to_be_visible()
    anna.press("Escape", "a")
    anna.page.keyboard.type("Bob")
    expect(anna.page.get_by_role("option", name="Bob")).to_be_visible()
    anna.press("Enter")
    expect(anna.page.locator(".who", has_text="with Bob")).to_be_visible()
    anna.press("Control+k")
    anna.page.keyboard.type("Assign to me")
    anna.press("Enter")
    expect(anna.page.get_by_text("with you")).to_be_visible()
    anna.press("r")
    anna.page.keyboard.type("Bye B")
    anna.press("Control+Shift+Enter")
    expect(bob.page.get_by_role("link", name="Closed today")).to_contain_text("1")

    assert (["B here", "Hello B", "Bye B"], True) == (chats[1].texts(), chats[1].get()["isClosed"])


def test_shortcuts_are_changed_and_switched_off(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.go("settings/shortcuts")
    anna.page.get_by_role("button", name="Take over: T. Change").click()
    anna.press("y")
    expect(anna.page.get_by_role("button", name="Take over: Y. Change")).to_be_visible()
    anna.open("Hello?")
    anna.press("y")
    expect(anna.page.get_by_text("with you")).to_be_visible()
    anna.press("?")
    anna.page.get_by_label("Use single-letter shortcuts").uncheck()
    anna.press("Escape", "e")

    expect(anna.page.get_by_role("dialog")).to_have_count(0)
    expect(anna.page.get_by_role("button", name="Close", exact=True)).to_be_visible()


def test_focus_never_moves_by_itself_and_rows_keep_their_places(shop: Integrator, anna: Seat) -> None:
    begin(shop, author={"name": "First", "email": "first@x.example"}, message="One")
    anna.go("open")
    anna.row("One").focus()
    begin(shop, author={"name": "Second", "email": "second@x.example"}, message="Two")

    new = anna.page.get_by_role("button", name="1 new")
    expect(new).to_be_visible()
    expect(anna.row("One")).to_be_focused()
    expect(anna.row("Two")).to_have_count(0)
    new.click()
    expect(anna.row("Two")).to_be_visible()


def test_esc_in_the_search_forgets_what_was_just_typed_and_goes_to_the_list(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    expect(anna.row("Hello?")).to_be_visible()
    searches: list[str] = []
    anna.page.on("request", lambda request: searches.append(request.url) if "q=" in request.url else None)
    anna.page.clock.install()
    anna.press("/")
    anna.page.keyboard.type("Nobody says this")
    anna.press("Escape")
    expect(anna.row("Hello?")).to_be_focused()
    anna.page.clock.run_for(1_000)

    expect(anna.row("Hello?")).to_be_visible()
    assert [] == searches
    anna.press("/")
    anna.page.keyboard.type("nobody")
    anna.page.clock.run_for(1_000)
    expect(anna.page.get_by_text("Nothing was found.")).to_be_visible()
    anna.press("Escape")
    expect(anna.row("Hello?")).to_be_focused()
    anna.press("/")
    anna.page.keyboard.type("Hello")
    with anna.page.expect_response("**/conversations?*q=Hello*"):
        anna.page.clock.run_for(1_000)
    expect(anna.row("Hello?")).to_be_visible()
    anna.press("Escape")
    anna.page.clock.run_for(1_000)

    expect(anna.row("Hello?")).to_be_focused()


def test_f6_goes_from_pane_to_pane(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.press("]")
    expect(anna.page.get_by_role("complementary")).to_be_visible()
    anna.page.get_by_role("link", name="Waiting").focus()
    for pane in (".listpane #list", ".thread", ".details", ".rail", ".views", ".listpane #list", ".thread"):
        anna.press("F6")
        expect(anna.page.locator(f"{pane} :focus")).to_have_count(1)
    anna.press("Shift+F6")

    expect(anna.row("Hello?")).to_be_focused()


def test_where_the_thread_covers_the_list_the_focus_goes_there_and_back(shop: Integrator, anna: Seat) -> None:
    for name in ("A", "B"):
        begin(shop, author={"name": name, "email": f"{name}@x.example"}, message=f"{name} here")
    anna.page.set_viewport_size({"width": 768, "height": 1024})
    anna.go("waiting")
    anna.row("B here").click()
    expect(anna.page.locator("#thread-heading")).to_be_focused()
    anna.page.get_by_role("button", name="Back to the list").click()
    expect(anna.row("B here")).to_be_focused()
    anna.press("Enter")
    expect(anna.page.locator("#thread-heading")).to_be_focused()
    anna.press("u")

    expect(anna.row("B here")).to_be_focused()


def test_a_dialog_gives_the_focus_back_unless_its_action_moves_it(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.row("Hello?").focus()
    anna.press("?", "Escape")
    expect(anna.page.get_by_role("dialog")).to_have_count(0)
    expect(anna.row("Hello?")).to_be_focused()

    anna.press("Control+k")
    anna.page.keyboard.type("Write a note")
    anna.press("Enter")
    expect(anna.page.get_by_label("Note for the team")).to_be_focused()


def test_the_page_speaks_norwegian(anna: Seat) -> None:
    anna.go("settings")
    anna.page.get_by_label("Language").select_option("nb")

    expect(anna.page.get_by_role("heading", name="Denne nettleseren")).to_be_visible()
    assert "nb" == anna.page.evaluate("document.documentElement.lang")


@pytest.mark.parametrize("place", [*PLACES, *FOR_ADMINS])
def test_no_words_are_outside_the_message_files(seat: Sit, place: str) -> None:
    """In the pseudo-language, whatever has no brackets is nobody's message."""
    anna = seat("Anna", Role.ADMIN)
    pretend(anna)
    anna.go(place)
    expect(anna.page.locator("h1:visible, h2:visible").first).to_contain_text("⟦")

    assert [] == unsaid(anna)


def test_no_words_of_a_conversation_are_outside_the_message_files(shop: Integrator, seat: Sit) -> None:
    """Nor those of what has happened to it, which the details tell."""
    fill(shop)
    anna = seat("Anna", Role.ADMIN)
    anna.open("John")
    anna.page.get_by_role("button", name="Take over").click()
    anna.write("I see.")
    expect(anna.said("I see.")).to_be_visible()
    pretend(anna)
    anna.page.reload()
    expect(anna.said("I see.")).to_be_visible()
    anna.press("]")
    anna.page.locator(".eventlog").locator("xpath=..").locator("summary").click()
    expect(anna.page.locator(".eventlog li").last).to_be_visible()

    assert [] == unsaid(anna, r"^(Client|Question) \d$|^I (want|am|see)|^(john|John|Refund|Bot)\b")


def pretend(seat: Seat) -> None:
    """Speak the pseudo-language from the next page on."""
    seat.page.evaluate("localStorage.setItem('parley.language', '\"pseudo\"')")


def unsaid(seat: Seat, others: str = "^$") -> list[str]:
    """What stands on the page and is no message, and no word of the team's or of `others` either."""
    told = seat.page.evaluate("""() => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const words = [];
        while (walker.nextNode()) {
            const { textContent: text, parentElement: at } = walker.currentNode;
            const isSaid = !at.closest("[lang]:not(html), code, kbd, noscript, script, .avatar, .menuhead, .uplot");
            if (/[a-z]{2}/i.test(text) && isSaid) words.push(text.trim());
        }
        return words;
    }""")
    return [text for text in told if not OWN_WORDS.search(text) and not re.search(others, text)]


def test_all_scripts_together_are_within_their_budget(browser: Browser) -> None:
    scripts = (BUILT / "assets").glob("*.js")

    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) < SCRIPT_BUDGET


def crowd(shop: Integrator, size: int) -> None:
    """So many clients who wait."""
    for number in range(size):
        begin(shop, author={"name": f"Client {number}", "email": f"c{number}@x.example"}, message=f"Question {number}")


def test_on_a_high_screen_all_rows_in_sight_are_drawn(shop: Integrator, anna: Seat) -> None:
    crowd(shop, 26)
    anna.page.set_viewport_size({"width": 1280, "height": 2160})
    anna.go("waiting")

    expect(anna.rows).to_have_count(26)


def test_of_many_rows_only_those_in_sight_are_drawn(shop: Integrator, anna: Seat) -> None:
    crowd(shop, 60)
    anna.go("waiting")
    expect(anna.rows.first).to_be_visible()
    anna.rows.first.focus()
    anna.press("End")
    expect(anna.rows.filter(has_text="Client 49")).to_be_focused()
    expect(anna.rows.last).to_have_attribute("aria-setsize", "60")
    anna.press("End")
    expect(anna.rows.filter(has_text="Client 59")).to_be_focused()

    assert anna.rows.count() < 40
