"""What is owed to clients: that it goes out once and in order, what is tried again, and what fails."""

from datetime import timedelta

import pytest

from parley.actions.mail import EndMail
from parley.actions.messages import ImportMessages, NewMessage
from parley.core.errors import StorageUnavailableError
from parley.core.events import MailFailed, MailSent
from parley.core.mail import SCHEDULE, MailReason, MailState, Relay
from tests.builders import HOUR, MINUTE, SHOP, author
from tests.mail.offices import CHARLIE, MailOffice, mail_office
from tests.mail.receiving import MailServer, receiving
from tests.storage.databases import Database

DAY = 24 * HOUR
SECOND = timedelta(seconds=1)
LATER = "451 Later"
NEVER = "550 No such mailbox"


async def states(office: MailOffice, conversation_id: int = 1) -> list[tuple[MailState, MailReason | None, int]]:
    return [(mail.state, mail.reason, mail.tries) for mail in await office.mails(conversation_id)]


async def test_what_the_team_writes_after_closing_goes_out_at_once(office: MailOffice, server: MailServer) -> None:
    await office.switch_on()
    await office.open(server.relay)
    talk = await office.begin(title="Order 7")
    await office.write(talk, "It is on its way.")
    (letter,) = server.letters

    assert ["alice@example.org"] == server.to
    assert ("Re: Order 7", "Alice <alice@example.org>") == (letter["Subject"], letter["To"])
    assert "Shop's help <help@shop.example>" == letter["From"]
    assert "auto-generated" == letter["Auto-Submitted"]
    assert [(MailState.SENT, None, 1)] == await states(office)
    assert [MailSent(talk, 1)] == await office.ends()
    assert [] == await office.books.failing_checks()


async def test_the_mails_of_a_conversation_are_one_thread(office: MailOffice, server: MailServer) -> None:
    await office.switch_on()
    await office.open(server.relay)
    talk = await office.begin()
    await office.write(talk, "One", "Two")
    await office.write(talk, "Three")
    names = [letter["Message-ID"] for letter in server.letters]

    assert [None, names[0], names[1]] == [letter["In-Reply-To"] for letter in server.letters]
    assert f"{names[0]} {names[1]}" == server.letters[2]["References"]
    assert ["One", "Two", "Three"] == [first_line(letter) for letter in server.letters]
    assert all(name.startswith(f"<{talk}.") and name.endswith("@shop.example>") for name in names)


async def test_a_connection_is_used_again_and_there_are_never_more_than_two(
    office: MailOffice, server: MailServer
) -> None:
    await office.switch_on()
    talks = [await office.begin() for _ in range(6)]
    for talk in talks:
        await office.write(talk, "Hi")
    await office.open(server.relay)

    assert 6 == len(server.letters)
    assert server.connections <= 2


async def test_nothing_is_owed_of_what_was_written_before_mail_was_switched_on(
    office: MailOffice, server: MailServer
) -> None:
    talk = await office.begin()
    await office.write(talk, "Before")
    await office.switch_on()
    await office.open(server.relay)
    await office.write(talk, "After")
    await office.pass_by(HOUR)

    assert ["After"] == [first_line(letter) for letter in server.letters]


async def test_what_was_owed_when_mail_was_switched_off_is_not_sent_when_it_is_on_again(
    office: MailOffice, server: MailServer
) -> None:
    await office.switch_on()
    server.answers = lambda _: LATER
    await office.open(server.relay)
    talk = await office.begin()
    await office.write(talk, "Hi")
    await office.switch_off()
    await office.switch_on()
    server.answers = lambda _: "250 OK"
    await office.pass_by(HOUR)

    assert [] == server.letters
    assert [MailFailed(talk, 1, MailReason.OFF)] == await office.ends()


async def test_history_and_messages_of_an_open_conversation_are_not_mailed(
    office: MailOffice, server: MailServer
) -> None:
    await office.switch_on()
    await office.open(server.relay)
    talk = await office.begin()
    old = NewMessage(author=author(email=CHARLIE), text="Old")
    await office.books.do(ImportMessages(community_id=SHOP, conversation_id=talk, messages=(old,), by="token:1"))
    await office.tell()

    assert [] == server.letters
    assert [] == await office.mails(talk)


async def test_another_sender_keeps_what_is_owed(office: MailOffice, server: MailServer) -> None:
    await office.switch_on()
    talk = await office.begin()
    await office.write(talk, "Hi")
    await office.switch_on(address="hello@other.example", name=None)
    await office.open(server.relay)
    (letter,) = server.letters

    assert "Shop <hello@other.example>" == letter["From"]
    assert letter["Message-ID"].endswith("@shop.example>")


async def test_what_fails_for_now_is_tried_again_by_the_schedule_and_then_given_up(
    office: MailOffice, server: MailServer
) -> None:
    await office.switch_on()
    await office.open(server.relay)
    server.answers = lambda _: LATER
    await office.write(await office.begin(), "Hi")
    assert [(MailState.WAITING, None, 1)] == await states(office)
    assert SCHEDULE[0] == (await office.mails())[0].due_at - office.clock.now()  # type: ignore[operator]
    await office.pass_by(4 * DAY)

    assert len(SCHEDULE) + 1 == server.tries
    assert [(MailState.FAILED, MailReason.GAVE_UP, 9)] == await states(office)
    assert [MailFailed(1, 1, MailReason.GAVE_UP)] == await office.ends()


async def test_what_failed_once_goes_out_later_and_what_is_behind_it_waits(
    office: MailOffice, server: MailServer
) -> None:
    await office.switch_on()
    await office.open(server.relay)
    server.answers = lambda _: LATER
    talk = await office.begin()
    await office.write(talk, "One")
    server.answers = lambda _: "250 OK"
    await office.write(talk, "Two")
    assert [] == server.letters
    await office.pass_by(5 * MINUTE)

    assert ["One", "Two"] == [first_line(letter) for letter in server.letters]


async def test_what_is_refused_for_good_is_not_tried_again(office: MailOffice, server: MailServer) -> None:
    await office.switch_on()
    await office.open(server.relay)
    server.answers = lambda _: NEVER
    await office.write(await office.begin(), "Hi")
    await office.pass_by(4 * DAY)

    assert 1 == server.tries
    assert [(MailState.FAILED, MailReason.REFUSED, 1)] == await states(office)
    assert ["smtp_550"] == [mail.failure for mail in await office.mails()]


@pytest.mark.parametrize("email", [None, "alice<x>@example.org", "alice@exa_mple.org", "ålice@example.org"])
async def test_a_client_without_an_address_that_can_be_used_gets_none(
    office: MailOffice, server: MailServer, email: str | None
) -> None:
    await office.switch_on()
    await office.open(server.relay)
    await office.write(await office.begin(client=author(identifier="7", email=email)), "Hi")

    assert [MailFailed(1, 1, MailReason.NO_ADDRESS)] == await office.ends()
    assert 0 == server.tries


async def test_a_server_that_is_away_costs_no_mail_a_try(office: MailOffice) -> None:
    server = MailServer()
    async with receiving(server):
        pass  # now it has a port, where nobody listens
    await office.switch_on()
    await office.open(server.relay)
    await office.write(await office.begin(), "Hi")
    await office.write(await office.begin(), "Ho")
    await office.pass_by(5 * HOUR)
    assert [(MailState.WAITING, None, 0)] == await states(office)
    async with receiving(server):
        await office.pass_by(5 * MINUTE)
        assert 2 == len(server.letters)
        await office.close()


async def test_what_waited_three_days_for_a_server_is_given_up(office: MailOffice) -> None:
    await office.switch_on()
    await office.open(Relay(host="localhost", port=1, is_encrypted=False))
    await office.write(await office.begin(), "Hi")
    office.clock.move(3 * DAY)
    await office.pass_by(5 * MINUTE)

    assert [(MailState.FAILED, MailReason.GAVE_UP, 0)] == await states(office)


async def test_what_was_written_while_no_server_was_named_is_not_sent_an_hour_later(
    office: MailOffice, server: MailServer
) -> None:
    await office.switch_on()
    talk = await office.begin()
    await office.write(talk, "Long ago")
    office.clock.move(HOUR)
    await office.write(talk, "Just now")
    office.clock.move(SECOND)
    await office.open(server.relay)

    assert ["Just now"] == [first_line(letter) for letter in server.letters]
    assert [MailFailed(talk, 1, MailReason.OFF), MailSent(talk, 2)] == await office.ends()


async def test_where_no_server_is_named_teammates_learn_of_it_after_an_hour(office: MailOffice) -> None:
    await office.switch_on()
    await office.open(None)
    talk = await office.begin()
    await office.write(talk, "Hi")
    await office.pass_by(HOUR - MINUTE)
    assert [] == await office.ends()
    await office.pass_by(15 * MINUTE)

    assert [MailFailed(talk, 1, MailReason.OFF)] == await office.ends()


async def test_two_processes_send_once(office: MailOffice, server: MailServer, database: Database) -> None:
    await office.switch_on()
    async with mail_office(database, office.clock, name="second") as second:
        await office.open(server.relay)
        await second.open(server.relay)
        await office.write(await office.begin(), "Hi")
        await second.tell()
        await office.pass_by(MINUTE)

        assert 1 == len(server.letters)


async def test_a_process_that_dies_between_two_tries_loses_nothing(
    office: MailOffice, server: MailServer, database: Database
) -> None:
    await office.switch_on()
    await office.open(server.relay)
    server.answers = lambda _: LATER
    await office.write(await office.begin(), "Hi")
    await office.crash()
    server.answers = lambda _: "250 OK"
    async with mail_office(database, office.clock, name="second") as second:
        await second.open(server.relay)
        await second.pass_by(5 * MINUTE)

        assert 1 == len(server.letters)
        assert [(MailState.SENT, None, 2)] == await states(second)


async def test_a_process_that_dies_after_it_was_taken_sends_it_again_by_the_same_name(
    office: MailOffice, server: MailServer, database: Database
) -> None:
    await office.switch_on()
    await office.open(server.relay)
    office.pen.refuses = lambda action: StorageUnavailableError("Away.") if isinstance(action, EndMail) else None
    await office.write(await office.begin(), "Hi")
    await office.crash()
    async with mail_office(database, office.clock, name="second") as second:
        await second.open(server.relay)
        await second.pass_by(5 * MINUTE)

        first, again = server.letters
        assert first["Message-ID"] == again["Message-ID"]
        assert first.as_bytes() == again.as_bytes()


async def test_a_database_that_is_away_when_it_was_taken_makes_no_double(
    office: MailOffice, server: MailServer
) -> None:
    await office.switch_on()
    await office.open(server.relay)
    office.pen.refuses = lambda action: StorageUnavailableError("Away.") if isinstance(action, EndMail) else None
    await office.write(await office.begin(), "Hi")
    office.pen.refuses = lambda _: None
    await office.pass_by(DAY)

    assert 1 == len(server.letters)
    assert [(MailState.SENT, None, 1)] == await states(office)


def first_line(letter: object) -> str:
    """Of the plain text."""
    text: str = letter.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    return text.splitlines()[0]
