"""The request every target is asked to carry out, and what its reply must say."""

import msgspec

from bench.asking import Address, Reader, unlike

CATEGORY = 1505
"""The category of the published request; every target has it before the first call."""

TITLE = "Chat API Client Problems"
URL = "https://thejohndow.com"
NAME = "John"

PATH = "/chat/conversations"

_BODY = (
    b'{"author":{"name":"John","email":"%s"},"title":"Chat API Client Problems",'
    b'"url":"https://thejohndow.com","sentiment":"question","categoryId":%d}'
)
"""The published request as strict JSON: without white space and without the comma before the last brace."""


class Author(msgspec.Struct):
    """Whoever a reply says has written."""

    email: str


class Place(msgspec.Struct, rename="camel"):
    """A place in the queue."""

    position: int
    wait_time: int | None


class Created(msgspec.Struct, rename="camel"):
    """What is read of a conversation in a reply."""

    id: int
    author: Author
    queue_position_info: Place


def email_of(number: int) -> str:
    """Return the e-mail address of the author of one create; no two are alike."""
    return f"john{number}@dow.com"


class Creates(msgspec.Struct, frozen=True, kw_only=True, tag="creates"):
    """The seed's request, again and again, from this number of e-mail on."""

    first_number: int

    def begin(self, address: Address) -> "Seed":
        """Return what makes the requests."""
        return Seed(address, first_number=self.first_number)


class Seed:
    """Makes the seed's request with a new e-mail each time, and reads its replies."""

    def __init__(self, address: Address, *, first_number: int) -> None:
        """Take where to ask, and the number of the first e-mail."""
        self.next_number = first_number
        self.highest = 0
        self._address = address
        self._reader = Reader[Created](Created)

    def request(self) -> tuple[str, bytes]:
        """Return the next e-mail and the whole request that carries it."""
        email = email_of(self.next_number)
        self.next_number += 1
        return email, create_request(self._address, email)

    def judge(self, asked: str, status: int, body: bytes) -> None:
        """Hold the reply's author against the one asked for, and keep the highest place in the queue."""
        created = self._reader.read(status, body)
        if created.author.email != asked:
            raise unlike(status, body, f"an author {asked}")
        self.highest = max(self.highest, created.queue_position_info.position)


def create_request(address: Address, email: str) -> bytes:
    """Return the seed's request for an author."""
    return address.request("POST", PATH, _BODY % (email.encode(), CATEGORY))
