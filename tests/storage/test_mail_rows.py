"""Senders and mails are read back as they were written; what is new or due is found, each conversation's in order."""

import pytest

from parley.core.mail import Mail, MailReason, MailState
from parley.ports import Need, Reader, Storage
from tests.builders import MINUTE, SHOP, conversation, mail, message, sender
from tests.clock import START
from tests.storage.databases import Database
from tests.storage.groups import load, settle, write


@pytest.fixture
async def storage(database: Database) -> Storage:
    """A storage with two conversations and their messages."""
    storage = database.storage()
    await settle(storage)
    talks = [conversation(id=number, queue_number=number) for number in (1, 2)]
    await write(
        storage,
        conversations=talks,
        messages=[message(id=number, conversation_id=1 if number < 3 else 2) for number in (1, 2, 3)],
    )
    return storage


@pytest.fixture
def reader(storage: Storage, database: Database) -> Reader:
    """A reader beside it."""
    return database.reader()


async def test_a_sender_takes_the_place_of_the_one_before(storage: Storage, reader: Reader) -> None:
    await write(storage, senders=[sender()])
    await write(storage, senders=[sender(name=None, address="a@b.example")])
    assert sender(name=None, address="a@b.example") == await reader.sender(SHOP)
    await write(storage, senders=[sender(removed_at=START)])

    assert None is await reader.sender(SHOP)


async def test_a_mail_is_read_back_as_it_was_written(storage: Storage, reader: Reader) -> None:
    ended = mail(
        state=MailState.FAILED,
        due_at=None,
        is_seen=True,
        tries=3,
        reason=MailReason.REFUSED,
        failure="smtp_550",
        ended_at=START,
    )
    await write(storage, mails=[mail()])
    await write(storage, mails=[ended])
    need = Need(START)
    need.mails |= {(SHOP, 1), (SHOP, 2), (2, 1)}

    assert [ended] == await reader.mails(SHOP, 1)
    assert {(SHOP, 1): ended} == (await load(storage, need)).mails


async def test_what_is_new_and_what_is_due_is_found(storage: Storage, reader: Reader) -> None:
    later = START + MINUTE
    first: Mail = mail(is_seen=True, due_at=later)
    second, other = mail(message_id=2), mail(message_id=3, conversation_id=2, created_at=later)
    await write(storage, mails=[other, second, first])

    assert [second, other] == await reader.new_mails(take=9)
    assert [second] == await reader.new_mails(take=9, before=later)
    assert [other] == await reader.due_mails(until=START, take=9)
    assert [other, first] == await reader.due_mails(until=later, take=9)
    assert (later, None) == (await reader.next_mail_at(after=START), await reader.next_mail_at(after=later))
