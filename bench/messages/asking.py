"""What is asked about messages: add one, read a conversation with all of its hundred, list a page."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from bench.asking import Address, Reader, unlike
from bench.seed import PATH, Author, Place, email_of

TALKS = 1_000
"""Conversations that messages are added to, in turn: the ids from 1 on. They wait."""

READINGS = 200
"""Conversations that are read, in turn: the ids after those. A teammate has them, so that no place is looked up."""

PER_READING = 100
"""Messages in each of those, half of them the client's and half the teammate's."""

PAGE = 100

_NOT_WAITING = -1


class _Message(msgspec.Struct):
    id: int
    author: Author
    message: str


class _Numbered(msgspec.Struct):
    id: int


class _Conversation(msgspec.Struct, rename="camel"):
    id: int
    messages: list[_Numbered]
    queue_position_info: Place
    total_messages_count: int


def text_of(number: int) -> str:
    """Return what the message of this number says."""
    return f"I cannot find the invoice of last month. Could you send it to me again? ({number})"


class Adds(msgspec.Struct, frozen=True, kw_only=True, tag="adds"):
    """One message of a conversation's client, again and again, from this number on."""

    first_number: int

    def begin(self, address: Address) -> "Adding":
        """Return what makes the requests."""
        return Adding(address, first_number=self.first_number)


class Adding:
    """Adds messages to one conversation after the other."""

    def __init__(self, address: Address, *, first_number: int) -> None:
        self.next_number = first_number
        self.highest = 0
        self._address = address
        self._reader = Reader[list[_Message]](list[_Message])

    def request(self) -> tuple[tuple[str, str], bytes]:
        number = self.next_number
        self.next_number += 1
        conversation_id = number % TALKS + 1
        email, text = email_of(conversation_id), text_of(number)
        body = b'[{"author":{"email":"%s"},"message":"%s"}]' % (email.encode(), text.encode())
        return (email, text), self._address.request("POST", f"{PATH}/{conversation_id}/messages", body)

    def judge(self, asked: tuple[str, str], status: int, body: bytes) -> None:
        """Hold author and text against what was sent, and keep the highest message id."""
        messages = self._reader.read(status, body)
        if [(message.author.email, message.message) for message in messages] != [asked]:
            raise unlike(status, body, f"{asked}")
        self.highest = max(self.highest, messages[0].id)


class Reads(msgspec.Struct, frozen=True, kw_only=True, tag="reads"):
    """A conversation with its hundred messages, one conversation after the other."""

    first_number: int

    def begin(self, address: Address) -> "Reading":
        """Return what makes the requests."""
        return Reading(address, first_number=self.first_number)


class Reading:
    """Reads one conversation after the other."""

    def __init__(self, address: Address, *, first_number: int) -> None:
        self.next_number = first_number
        self.highest = 0
        self._address = address
        self._reader = Reader[_Conversation](_Conversation)

    def request(self) -> tuple[int, bytes]:
        conversation_id = TALKS + 1 + self.next_number % READINGS
        self.next_number += 1
        return conversation_id, self._address.request("GET", f"{PATH}/{conversation_id}?includeMessages=true")

    def judge(self, asked: int, status: int, body: bytes) -> None:
        """Count the messages, which must come newest first."""
        read = self._reader.read(status, body)
        is_whole = len(read.messages) == read.total_messages_count == PER_READING
        is_in_order = all(newer.id > older.id for newer, older in pairwise(read.messages))
        if read.id != asked or not is_whole or not is_in_order or read.queue_position_info.position != _NOT_WAITING:
            raise unlike(status, body, f"{asked} with its {PER_READING} messages, newest first")


class Pages:
    """The same page so many times: it must hold exactly these messages in this order."""

    def __init__(self, address: Address, path: str, wanted: Sequence[int], *, count: int) -> None:
        self._request = address.request("GET", path)
        self._wanted = list(wanted)
        self._left = count
        self._reader = Reader[list[_Numbered]](list[_Numbered])

    def request(self) -> tuple[None, bytes] | None:
        if not self._left:
            return None
        self._left -= 1
        return None, self._request

    def judge(self, asked: None, status: int, body: bytes) -> None:
        if [message.id for message in self._reader.read(status, body)] != self._wanted:
            raise unlike(status, body, f"the messages {self._wanted[0]} to {self._wanted[-1]}")
