"""Several conversations at once: selected by keys, by pointer and by touch, and what is done to them."""

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from parley.core.people import Role
from tests.api.chats import Chat, begin
from tests.api.integrators import Integrator
from tests.web.browsers import Seat
from tests.web.conftest import Sit
from tests.web.test_pages import TOO_WIDE, ZOOMED

pytestmark = pytest.mark.browser


def arrive(shop: Integrator, count: int) -> list[Chat]:
    """So many clients, who begin to wait one after the other."""
    authors = [{"name": f"Client {number}", "email": f"{number}@x.example"} for number in range(count)]
    return [begin(shop, author=author, message=f"{author['name']} here") for author in authors]


def row_of(number: int) -> re.Pattern[str]:
    """The words of a client's row."""
    return re.compile(f"Client {number} here")


def selected(seat: Seat) -> Locator:
    """The rows that are selected."""
    return seat.page.locator("#list [role=option][aria-selected=true]")


def bar(seat: Seat) -> Locator:
    """What can be done with them."""
    return seat.page.get_by_role("group", name="What to do with the selected conversations")


def test_three_are_selected_by_keyboard_and_closed_on_both_screens(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chats = arrive(shop, 4)
    for screen in (anna, bob):
        expect(screen.row("Client 3")).to_be_visible()
    anna.press("x", "Shift+J", "Shift+J")
    expect(bar(anna)).to_contain_text("3 selected")
    expect(anna.page.locator(".hidden[role=status]")).to_have_text("3 selected")
    anna.press("e")
    expect(anna.page.get_by_role("dialog", name="Close 3 conversations?")).to_be_visible()
    anna.press("Enter")

    expect(anna.page.get_by_text("3 conversations are closed.")).to_be_visible()
    for screen in (anna, bob):
        expect(screen.rows).to_have_count(1)
    expect(anna.row("Client 3")).to_be_focused()
    expect(bar(anna)).to_have_count(0)
    assert [True, True, True, False] == [chat.get()["isClosed"] for chat in chats]


def test_a_selection_grows_shrinks_and_is_given_up(shop: Integrator, anna: Seat) -> None:
    arrive(shop, 4)
    expect(anna.row("Client 3")).to_be_visible()
    anna.row("Client 1").focus()
    anna.press("Shift+J", "Shift+J", "Shift+K")
    expect(selected(anna)).to_have_text([row_of(1), row_of(2)])
    anna.press("ArrowDown", "Shift+K")
    expect(selected(anna)).to_have_text([row_of(1), row_of(2), row_of(3)])
    anna.press("x", "ArrowDown", "Space")
    expect(selected(anna)).to_have_text([row_of(1)])
    anna.press("Control+a")
    expect(selected(anna)).to_have_count(4)
    anna.press("Escape")
    expect(selected(anna)).to_have_count(0)
    anna.press("Home", "Shift+End")
    expect(selected(anna)).to_have_count(4)


def test_what_was_done_does_not_come_back_with_the_next_extension(shop: Integrator, anna: Seat) -> None:
    arrive(shop, 4)
    expect(anna.row("Client 3")).to_be_visible()
    anna.rows.first.focus()
    anna.press("Shift+J", "c", "Enter")
    expect(anna.page.get_by_text("2 were left out: there was nothing to do.")).to_be_visible()
    expect(selected(anna)).to_have_count(0)
    anna.press("Shift+J")

    expect(selected(anna)).to_have_text([row_of(1), row_of(2)])


def test_who_left_the_list_does_not_come_back_with_the_next_extension(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chats = arrive(shop, 4)
    expect(anna.row("Client 3")).to_be_visible()
    anna.rows.first.focus()
    anna.press("Shift+J", "Shift+J")
    expect(selected(anna)).to_have_text([row_of(0), row_of(1), row_of(2)])
    anna.row("Client 2").evaluate("each => each.blur()")
    bob.desk.do(f"/conversations/{chats[0].id}/take")
    expect(anna.rows).to_have_count(3)
    expect(selected(anna)).to_have_text([row_of(1), row_of(2)])
    anna.press("Shift+J")

    expect(selected(anna)).to_have_text([row_of(1), row_of(2), row_of(3)])


def test_what_is_refused_is_named_and_stays_selected(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chats = arrive(shop, 3)
    anna.go("open")
    expect(anna.row("Client 2")).to_be_visible()

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    anna.page.route(f"**/conversations/{chats[1].id}/close", hold)
    anna.rows.first.focus()
    anna.press("Control+a", "e", "Enter")
    expect(bar(anna)).to_contain_text("Closing 2 of 3")
    anna.press("Escape")
    chats[1].to(bob.desk.id)
    held[0].continue_()

    told = anna.page.get_by_role("alert")
    expect(told).to_contain_text("2 conversations are closed. Not done for Client 1: It has changed meanwhile.")
    expect(selected(anna)).to_have_text([row_of(1)])
    assert [True, False, True] == [chat.get()["isClosed"] for chat in chats]


def test_what_is_taken_over_while_a_question_stands_is_left_to_whoever_took_it(
    shop: Integrator, anna: Seat, bob: Seat
) -> None:
    chats = arrive(shop, 3)
    expect(anna.row("Client 2")).to_be_visible()
    anna.rows.first.focus()
    anna.press("Shift+J", "e")
    expect(anna.page.get_by_role("dialog", name="Close 2 conversations?")).to_be_visible()
    for chat in chats[:2]:
        bob.desk.do(f"/conversations/{chat.id}/take")
    expect(selected(anna)).to_have_count(0)
    anna.press("Enter")

    told = "Not done for Client 0 and Client 1: It has changed meanwhile."
    expect(anna.page.get_by_role("alert")).to_contain_text(told)
    assert [False, False] == [chat.get()["isClosed"] for chat in chats[:2]]


def test_what_a_colleague_took_a_moment_ago_is_not_taken_from_them(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chats = arrive(shop, 2)
    anna.go("open")
    expect(anna.rows).to_have_count(2)
    anna.rows.nth(1).focus()
    anna.press("x")
    bob.desk.do(f"/conversations/{chats[0].id}/take")
    expect(anna.row("Client 0").locator(".initials")).to_have_attribute("title", "Bob")
    anna.press("Shift+A")
    expect(anna.page.get_by_role("alert")).to_contain_text("Not done for Client 0: It has changed meanwhile.")
    assert [chats[0].id] == [each["id"] for each in bob.desk.get("/conversations?view=mine")["items"]]
    anna.press("Shift+A")

    expect(anna.page.get_by_text("1 conversation is assigned to you.")).to_be_visible()


def test_one_that_is_selected_beside_the_opened_one_is_asked_about(shop: Integrator, anna: Seat) -> None:
    """A press that misses a name selects, and whoever goes on reading means what they read."""
    chats = arrive(shop, 2)
    anna.open("Client 0", "open")
    anna.row("Client 1").locator(".pick").click()
    for key, question in {
        "e": "Close the conversation with Client 1?",
        "b": "Give the conversation with Client 1 to the bot?",
        "t": "Take over the conversation with Client 1?",
        "u": "Mark the conversation with Client 1 as unread?",
    }.items():
        anna.press(key)
        expect(anna.page.get_by_role("dialog", name=question)).to_be_visible()
        anna.press("Escape")
    anna.press("a")
    expect(anna.page.get_by_role("dialog", name="Assign the conversation with Client 1 to")).to_be_visible()
    anna.press("Escape", "e", "Enter")

    expect(anna.page.get_by_text("1 conversation is closed.")).to_be_visible()
    assert [False, True] == [chat.get()["isClosed"] for chat in chats]


def test_whoever_is_signed_out_in_the_middle_leaves_no_names_behind_and_asks_no_more(
    shop: Integrator, anna: Seat
) -> None:
    arrive(shop, 9)
    expect(anna.rows).to_have_count(9)
    asked: list[Route] = []

    def refuse(route: Route) -> None:
        asked.append(route)
        if len(asked) == 4:
            for each in asked:
                each.fulfill(status=401, body='{"errorCode": 4001, "errorText": "Nobody is signed in."}')

    anna.page.route("**/conversations/*/bot", refuse)
    anna.rows.first.focus()
    anna.press("Control+a", "b")

    expect(anna.page.get_by_text("You have been signed out.")).to_be_visible()
    expect(anna.page.get_by_text("Client")).to_have_count(0)
    expect(anna.page.locator(".notice")).to_have_count(1)
    assert 4 == len(asked)


def test_by_mouse_a_range_is_selected_and_given_to_a_colleague(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chats = arrive(shop, 4)
    chats[1].to(bob.desk.id)
    anna.go("open")
    anna.rows.first.locator(".pick").click()
    anna.rows.nth(2).click(modifiers=["Shift"])
    expect(bar(anna)).to_contain_text("3 selected")
    expect(anna.page.get_by_text("No conversation is open")).to_be_visible()
    bar(anna).get_by_role("button", name="Assign").click()
    anna.page.get_by_role("combobox", name="Assign 3 conversations to").fill("Bob")
    anna.press("Enter")

    told = anna.page.get_by_text("2 conversations are assigned to Bob. 1 was left out: there was nothing to do.")
    expect(told).to_be_visible()
    expect(selected(anna)).to_have_count(0)
    assert 3 == len(bob.desk.get("/conversations?view=mine")["items"])


def test_shift_and_a_click_begins_where_it_is_when_nothing_is_at_hand(shop: Integrator, anna: Seat) -> None:
    arrive(shop, 4)
    anna.go("open")
    anna.row("Client 1").click(modifiers=["Shift"])
    expect(anna.row("Client 1")).to_be_focused()
    expect(selected(anna)).to_have_text([row_of(1)])
    anna.row("Client 0").click(modifiers=["Shift"])

    expect(selected(anna)).to_have_text([row_of(1), row_of(0)])


def test_by_touch_one_box_begins_and_rows_go_on(shop: Integrator, seat: Sit) -> None:
    arrive(shop, 3)
    anna = seat("Anna", has_touch=True, is_mobile=True)
    anna.row("Client 0").locator(".pick").tap()
    anna.row("Client 2").tap()
    expect(selected(anna)).to_have_text([row_of(0), row_of(2)])
    anna.row("Client 2").tap()
    anna.row("Client 0").tap()
    expect(bar(anna)).to_have_count(0)
    anna.row("Client 1").tap()

    expect(anna.page.locator("#thread-heading")).to_have_text("Client 1")


def test_letters_and_the_palette_mean_the_selection(shop: Integrator, anna: Seat, seat: Sit) -> None:
    ada = seat("Ada", Role.ADMIN).desk
    category = ada.do("/admin/categories", {"name": "Invoices"})["id"]
    chats = arrive(shop, 3)
    anna.open("Client 2", "open")
    anna.rows.nth(1).focus()
    anna.press("x", "Shift+J", "c")
    anna.page.get_by_role("combobox", name="Choose a category for 2 conversations").fill("Invoices")
    anna.press("Enter")
    expect(anna.page.get_by_text("2 conversations have their new category.")).to_be_visible()
    anna.press("Control+a", "Control+k")
    anna.page.keyboard.type("Give to the bot")
    expect(anna.page.get_by_role("option", name="Give to the bot")).to_contain_text("3 selected")
    anna.press("Enter")

    expect(anna.page.get_by_text("3 conversations are with the bot.")).to_be_visible()
    listed = anna.desk.get("/conversations?view=bot")["items"]
    assert {chat.id: category for chat in chats[:2]} | {chats[2].id: None} == {
        each["id"]: each["categoryId"] for each in listed
    }


def test_the_row_one_is_on_stays_in_sight_above_the_bar(shop: Integrator, anna: Seat) -> None:
    arrive(shop, 12)
    expect(anna.rows).to_have_count(12)
    anna.rows.first.focus()
    bottom = anna.page.locator("#list").evaluate("each => each.getBoundingClientRect().bottom")
    while anna.page.locator(":focus").evaluate("each => each.getBoundingClientRect().bottom + 68") < bottom:
        anna.press("ArrowDown")
    anna.press("x")
    expect(bar(anna)).to_be_visible()

    expect(anna.page.locator(":focus")).to_be_in_viewport(ratio=1)


def test_who_leaves_the_list_leaves_the_selection_and_another_view_ends_it(
    shop: Integrator, anna: Seat, bob: Seat
) -> None:
    chats = arrive(shop, 3)
    expect(anna.row("Client 2")).to_be_visible()
    anna.press("x", "Shift+J")
    expect(selected(anna)).to_have_count(2)
    bob.desk.do(f"/conversations/{chats[1].id}/take")
    expect(selected(anna)).to_have_text([row_of(0)])
    anna.press("g", "a")
    expect(anna.page.get_by_role("heading", name="All open")).to_be_visible()
    expect(anna.rows).to_have_count(3)
    expect(selected(anna)).to_have_count(0)
    anna.press("x", "/")
    expect(bar(anna)).to_contain_text("1 selected")
    anna.page.keyboard.type("Client 1")
    expect(anna.rows).to_have_count(1)
    expect(bar(anna)).to_have_count(0)


def test_what_is_being_written_stays_and_esc_gives_the_selection_up_first(shop: Integrator, anna: Seat) -> None:
    arrive(shop, 2)
    anna.open("Client 0")
    anna.press("x", "r")
    anna.page.keyboard.type("Hello")
    anna.press("Escape")
    field = anna.page.get_by_label("Reply to Client 0")
    expect(bar(anna)).to_have_count(0)
    expect(field).to_be_focused()
    anna.press("Escape", "x", "Shift+A")

    expect(anna.page.get_by_text("1 conversation is assigned to you.")).to_be_visible()
    expect(field).to_have_value("Hello")


def test_where_the_thread_covers_the_list_keys_mean_the_thread(shop: Integrator, anna: Seat) -> None:
    chats = arrive(shop, 2)
    anna.page.set_viewport_size(ZOOMED)
    anna.go("open")
    anna.row("Client 0").focus()
    anna.press("Control+a")
    expect(selected(anna)).to_have_count(2)
    anna.press("Enter")
    expect(anna.page.locator("#thread-heading")).to_have_text("Client 0")
    anna.press("e")

    expect(anna.page.get_by_text("The conversation is closed.")).to_be_visible()
    assert [True, False] == [chat.get()["isClosed"] for chat in chats]


@pytest.mark.parametrize("colours", ["none", "active"])
def test_a_selected_row_does_not_look_like_the_opened_one(shop: Integrator, seat: Sit, colours: str) -> None:
    arrive(shop, 2)
    anna = seat("Anna", forced_colors=colours, reduced_motion="reduce")
    anna.open("Client 0")
    anna.row("Client 1").locator(".pick").click()
    expect(selected(anna)).to_have_count(1)
    anna.page.locator("#thread-heading").focus()
    look = "each => ['backgroundColor', 'outline', 'borderInlineStart'].map((name) => getComputedStyle(each)[name])"
    anna.page.mouse.move(0, 0)

    assert anna.row("Client 0").evaluate(look) != anna.row("Client 1").evaluate(look)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_selection_is_made_by_touch_fits_and_axe_finds_nothing(shop: Integrator, seat: Sit, look: str) -> None:
    arrive(shop, 6)
    anna = seat("Anna", color_scheme=look, has_touch=True)
    anna.page.set_viewport_size({"width": 320, "height": 640})
    anna.keep(f"selection-none-{look}")
    anna.page.set_viewport_size({"width": 1280, "height": 800})
    anna.page.get_by_role("button", name="Select several").tap()
    for number in (1, 2):
        anna.row(f"Client {number}").tap()
    expect(bar(anna)).to_contain_text("2 selected")
    found = anna.findings()
    for width, height in ((1280, 800), (320, 640), (ZOOMED["width"], ZOOMED["height"])):
        anna.page.set_viewport_size({"width": width, "height": height})
        anna.keep(f"selection-{width}-{height}-{look}")
        assert [] == anna.page.evaluate(TOO_WIDE), (width, height)
    bar(anna).get_by_role("button", name="Close", exact=True).tap()
    expect(anna.page.get_by_role("dialog")).to_be_visible()
    found += anna.findings()

    assert [] == found
