"""What teammates do with their clients: two screens, a client over the External Chat API, and everything live."""

import json

import pytest
from playwright.sync_api import expect

from parley.actions.routing import SetRouting
from parley.core.people import Role
from parley.core.routing import RoutingMode
from tests.api.chats import BOT, begin, message
from tests.api.integrators import Integrator
from tests.web.browsers import Seat, elsewhere
from tests.web.conftest import Sit

pytestmark = pytest.mark.browser

EVE = {"name": "<b>Eve</b>", "email": "eve@x.example"}


def test_a_conversation_goes_from_the_queue_to_its_end_on_two_screens(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chat = begin(shop, message="Where is my order?", title="Late parcel")
    for screen in (anna, bob):
        expect(screen.row("Where is my order?")).to_be_visible()
        expect(screen.page.get_by_role("link", name="Waiting")).to_contain_text("1")

    anna.page.locator("body").press("n")
    expect(anna.page.locator("#thread-heading")).to_have_text("John")
    expect(bob.page.get_by_text("Nobody is waiting.")).to_be_visible()
    bob.go(f"open/{chat.id}")
    anna.write("Hello John, I have it here.")
    expect(bob.said("Hello John, I have it here.")).to_be_visible()
    chat.say("Thank you!")
    for screen in (anna, bob):
        expect(screen.said("Thank you!")).to_be_visible()

    anna.press("Escape", "a")
    anna.page.get_by_role("combobox", name="Assign to").fill("Bob")
    expect(anna.page.get_by_role("option", name="Bob")).to_be_visible()
    anna.press("Enter")
    expect(bob.page.get_by_text("with you")).to_be_visible()
    bob.write("Bob here. It is on its way.")
    expect(anna.said("Bob here. It is on its way.")).to_be_visible()
    bob.press("Escape", "e")
    expect(anna.page.get_by_role("log").locator(".systemline", has_text="Closed")).to_be_visible()

    assert chat.texts() == [
        "Where is my order?",
        "Hello John, I have it here.",
        "Thank you!",
        "Bob here. It is on its way.",
    ]
    assert chat.get()["isClosed"]


def test_a_note_is_on_the_other_screen_and_never_on_the_clients_wire(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chat = begin(shop, message="Hello?")
    for screen in (anna, bob):
        screen.open("Hello?")
    anna.press("Shift+N")
    expect(anna.page.get_by_text("Only your team sees notes.")).to_be_visible()
    anna.write("He pays late, be careful.")
    expect(bob.said("He pays late, be careful.")).to_contain_text("Note")

    wire = [chat.get("?includeMessages=true"), chat.page().json(), chat.ask("GET", "/events").json()]
    wire.append(shop.server.request("GET", "/events", token=shop.token).json())
    assert "pays late" not in json.dumps(wire)
    assert "Hello?" in json.dumps(wire)


def test_a_takeover_from_the_bot_shows_the_handover_and_silences_the_bot(shop: Integrator, anna: Seat) -> None:
    chat = begin(shop, isBotEnabled=True, message="Hi")
    chat.say(message("I am a bot. How can I help?", author=BOT))
    anna.open("Hi", "bot") if anna.row("Hi").count() else anna.open("I am a bot", "bot")
    anna.page.get_by_role("button", name="Take over").click()

    expect(anna.page.get_by_role("region", name="Handed over by the bot")).to_contain_text("1 message")
    expect(anna.page.get_by_text("with you")).to_be_visible()
    assert chat.get()["isTakeoverEnabled"]
    anna.page.get_by_role("button", name="Give to bot").click()
    expect(anna.page.locator(".who", has_text="with the bot")).to_be_visible()
    assert not chat.get()["isTakeoverEnabled"]


def test_answering_somebody_who_waits_takes_the_conversation(shop: Integrator, anna: Seat) -> None:
    chat = begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.press("r")
    anna.page.get_by_label("Reply to John").fill("Hello John")
    anna.press("Control+Enter")

    expect(anna.page.get_by_text("with you")).to_be_visible()
    expect(anna.page.locator(".unsent")).to_have_count(0)
    expect(anna.said("Hello John")).to_have_count(1)
    assert (["Hello?", "Hello John"], -1) == (chat.texts(), chat.place)


def test_who_answers_what_was_just_answered_is_asked_once(shop: Integrator, anna: Seat, bob: Seat) -> None:
    chat = begin(shop, message="Hello?")
    for screen in (anna, bob):
        screen.open("Hello?")
    bob.page.get_by_label("Reply to John").type("I am on")
    anna.write("Anna here.")
    expect(bob.said("Anna here.")).to_be_visible()
    bob.page.get_by_label("Reply to John").type(" it.")
    bob.press("Enter")
    expect(bob.page.get_by_role("alert")).to_contain_text("Anna answered while you were writing.")
    assert ["Hello?", "Anna here."] == chat.texts()
    bob.page.get_by_role("button", name="Send anyway").click()
    expect(anna.said("I am on it.")).to_be_visible()


def test_what_a_client_writes_is_text_and_never_markup(shop: Integrator, anna: Seat) -> None:
    begin(
        shop,
        message="<img src=x onerror=alert(1)> https://shop.example/a?b=c.",
        author=EVE,
    )
    anna.open("Eve")

    expect(anna.said("<img src=x onerror=alert(1)>")).to_be_visible()
    link = anna.page.get_by_role("log").get_by_role("link")
    expect(link).to_have_attribute("href", "https://shop.example/a?b=c")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_category_and_title_are_put_right_on_both_screens(shop: Integrator, anna: Seat, bob: Seat) -> None:
    begin(shop, message="Hello?")
    for screen in (anna, bob):
        screen.page.set_viewport_size({"width": 1440, "height": 900})
        screen.open("Hello?")
    anna.page.get_by_label("Title").fill("Two invoices")
    anna.page.get_by_label("Title").press("Enter")

    expect(bob.page.locator(".who")).to_contain_text("Two invoices")


def test_what_the_server_gave_to_somebody_tells_why_it_was_them(shop: Integrator, anna: Seat, bob: Seat) -> None:
    anna.desk.ask("PATCH", "/me", {"status": "online", "seats": 2})
    bob.desk.ask("PATCH", "/me", {"status": "busy"})
    automatic = SetRouting(community_id=shop.tenant.id, mode=RoutingMode.AUTOMATIC, by="operator")
    elsewhere(lambda: shop.do(automatic))
    begin(shop, message="Where is my order?")
    anna.open("Where is my order?", view="mine")
    anna.press("]")

    why = anna.page.get_by_role("complementary").locator("section", has_text="Why was this assigned?")
    expect(why.get_by_text("Given to you automatically: you were there")).to_be_visible()
    for words in ("You had 0 of 2 chats.", "1 teammate could have taken it.", "1 teammate was busy."):
        expect(why.get_by_text(words)).to_be_visible()


def test_why_somebody_has_it_is_said_in_norwegian_of_oneself_and_of_others(
    shop: Integrator, anna: Seat, bob: Seat
) -> None:
    chat = begin(shop, message="Hvor er pakken?")
    assigned = begin(shop, author=EVE, message="Hei")
    anna.desk.do("/next")
    anna.desk.ask("PATCH", f"/conversations/{assigned.id}", {"assigneeId": bob.desk.id})
    for screen in (anna, bob):
        screen.page.evaluate("localStorage.setItem('parley.language', '\"nb\"')")

    said = [
        (anna, chat, "Du tok den neste, og denne kunden hadde ventet lengst."),
        (bob, chat, "Anna tok den neste, og denne kunden hadde ventet lengst."),
        (anna, assigned, "Tildelt Bob. Det var du som gjorde det."),
        (bob, assigned, "Tildelt deg. Det var Anna som gjorde det."),
    ]
    for screen, conversation, words in said:
        screen.go(f"open/{conversation.id}")
        screen.page.locator("#thread-heading").press("]")
        expect(screen.page.get_by_role("complementary").get_by_text(words)).to_be_visible()


def test_what_is_written_after_closing_says_how_its_mail_stands(shop: Integrator, anna: Seat, seat: Sit) -> None:
    ada = seat("Ada", Role.ADMIN).desk
    ada.ask("PUT", "/admin/mail", {"sender": "Shop <help@shop.example>"})
    chat = begin(shop, message="Where is it?")
    ada.do(f"/conversations/{chat.id}/replies", {"message": "On its way."})
    ada.do(f"/conversations/{chat.id}/close")
    ada.do(f"/conversations/{chat.id}/replies", {"message": "It has arrived."})
    anna.open("John", "closed_today")

    expect(anna.said("It has arrived.")).to_contain_text("Waiting to be sent by e-mail")
    expect(anna.said("On its way.")).not_to_contain_text("e-mail")
