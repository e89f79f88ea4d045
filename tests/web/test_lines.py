"""The line is cut: nothing that was typed is lost, and nothing is sent twice."""

import pytest
from playwright.sync_api import Route, expect

from tests.api.chats import begin
from tests.api.integrators import Integrator
from tests.web.browsers import Seat

pytestmark = pytest.mark.browser


def test_what_is_written_offline_is_sent_once_when_the_line_is_back(shop: Integrator, anna: Seat) -> None:
    chat = begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.page.get_by_role("button", name="Take over").click()
    expect(anna.page.get_by_text("with you")).to_be_visible()
    anna.page.context.set_offline(True)
    anna.write("One.")
    anna.write("Two.")
    expect(anna.page.locator(".unsent")).to_have_count(2)
    assert ["Hello?"] == chat.texts()
    chat.say("Are you there?")
    anna.page.context.set_offline(False)

    expect(anna.page.locator(".unsent")).to_have_count(0)
    expect(anna.said("Are you there?")).to_be_visible()
    assert ["Hello?", "Are you there?", "One.", "Two."] == chat.texts()


def test_an_answer_that_got_lost_on_its_way_back_is_not_sent_again(shop: Integrator, anna: Seat) -> None:
    """The server has the message, the page does not know: it asks again with the same key."""
    chat = begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.page.get_by_role("button", name="Take over").click()
    expect(anna.page.get_by_text("with you")).to_be_visible()
    keys: list[str | None] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.header_value("Idempotency-Key"))
        if len(keys) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    anna.page.route("**/replies", lose_the_first)
    with anna.page.expect_response("**/replies"):
        anna.write("Only once.")

    expect(anna.page.locator(".unsent")).to_have_count(0)
    expect(anna.said("Only once.")).to_have_count(1)
    assert (2, 1) == (len(keys), len(set(keys)))
    assert ["Hello?", "Only once."] == chat.texts()


def test_what_was_not_sent_yet_outlives_the_page(shop: Integrator, anna: Seat) -> None:
    chat = begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.page.route("**/replies", lambda route: route.abort("connectionreset"))
    anna.write("Do not lose me.")
    expect(anna.page.locator(".unsent")).to_be_visible()
    anna.page.unroute("**/replies")
    anna.page.reload()

    expect(anna.said("Do not lose me.")).to_be_visible()
    expect(anna.page.locator(".unsent")).to_have_count(0)
    assert ["Hello?", "Do not lose me."] == chat.texts()


def test_a_refused_message_is_kept_with_its_reason(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.page.route("**/notes", lambda route: route.fulfill(status=403, body='{"errorCode": 1, "errorText": "No."}'))
    anna.press("Shift+N")
    anna.write("A note.")

    expect(anna.page.get_by_role("alert")).to_contain_text("Not sent. You may not do this.")
    anna.page.unroute("**/notes")
    anna.page.get_by_role("button", name="Try again").click()
    expect(anna.page.locator(".unsent")).to_have_count(0)
    expect(anna.said("A note.")).to_be_visible()


def test_a_draft_outlives_the_page(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.page.get_by_label("Reply to John").fill("Half a sentence")
    anna.page.reload()

    expect(anna.page.get_by_label("Reply to John")).to_have_value("Half a sentence")


def test_after_a_restart_of_the_server_the_page_goes_on_by_itself(shop: Integrator, anna: Seat) -> None:
    chat = begin(shop, message="Hello?")
    anna.open("Hello?")
    shop.server.stop()
    expect(anna.page.locator(".linestate.cut")).to_be_attached()
    shop.server.start()
    chat.say("Still here.")

    expect(anna.said("Still here.")).to_be_visible()
    expect(anna.page.locator(".linestate.open")).to_be_attached()


def test_whoever_is_signed_out_elsewhere_is_told_and_loses_nothing(shop: Integrator, anna: Seat) -> None:
    begin(shop, message="Hello?")
    anna.open("Hello?")
    anna.page.get_by_label("Reply to John").fill("Half a sentence")
    anna.page.evaluate("""async () => {
        const { data } = await (await fetch("/agents/session")).json();
        await fetch("/agents/session", { method: "DELETE", headers: { "X-Parley-CSRF": data.csrfToken } });
    }""")

    expect(anna.page.get_by_label("Password")).to_be_visible()
    expect(anna.page.get_by_text("You have been signed out.")).to_be_visible()
    assert "Half a sentence" in anna.page.evaluate("JSON.stringify(localStorage)")


def test_many_heartbeats_at_once_are_answered_once_and_no_other_comment_is(anna: Seat) -> None:
    answers: list[str] = []
    body = ": hello\n\n" + ": \n\n" * 240 + ": the server stops\n\n"
    anna.page.on("request", lambda request: answers.append(request.url) if "heartbeat" in request.url else None)
    told = {"content_type": "text/event-stream", "body": body}
    anna.page.route("**/agents/events?*", lambda route: route.fulfill(**told), times=1)
    with anna.page.expect_response("**/agents/heartbeat"):
        anna.page.reload()
    expect(anna.page.locator(".linestate.open")).to_be_attached()

    assert 1 == len(answers)


def test_the_page_answers_the_heartbeats_of_its_stream(anna: Seat) -> None:
    """So that it is known to be there, whatever stands between it and the server."""
    with anna.page.expect_response("**/agents/heartbeat", timeout=20_000) as answered:
        pass

    assert 200 == answered.value.status
