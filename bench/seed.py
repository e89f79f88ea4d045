"""The request every target is asked to carry out, and what its reply must say."""

import msgspec

CATEGORY = 1505
"""The category of the published request; every target has it before the first call."""

PATH = "/chat/conversations"

_BODY = (
    b'{"author":{"name":"John","email":"%s"},"title":"Chat API Client Problems",'
    b'"url":"https://thejohndow.com","sentiment":"question","categoryId":%d}'
)
"""The published request as strict JSON: without white space and without the comma before the last brace."""

_SUCCESS = 200
_NO_ERROR = -1


class _Author(msgspec.Struct):
    email: str


class _Place(msgspec.Struct):
    position: int


class _Conversation(msgspec.Struct, rename="camel"):
    id: int
    author: _Author
    queue_position_info: _Place


class _Reply(msgspec.Struct, rename="camel"):
    error_code: int
    data: _Conversation


class RequestError(Exception):
    """A reply that is not the one asked for."""


class Seed:
    """Makes the seed's request with a new e-mail each time, and reads its replies."""

    def __init__(self, *, port: int, token: str, first_number: int) -> None:
        """Take the address and token every request carries, and the number of the first e-mail."""
        self.next_number = first_number
        self._head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
        ).encode()
        self._decode = msgspec.json.Decoder(_Reply).decode

    def request(self) -> tuple[str, bytes]:
        """Return the next e-mail and the whole request that carries it."""
        email = f"john{self.next_number}@dow.com"
        self.next_number += 1
        body = _BODY % (email.encode(), CATEGORY)
        return email, b"%b%d\r\n\r\n%b" % (self._head, len(body), body)

    def place(self, email: str, status: int, body: bytes) -> int:
        """Return the place in the queue a reply gives, or raise `RequestError` if it is not a success."""
        try:
            reply = self._decode(body)
        except msgspec.DecodeError as error:
            raise RequestError(_shown(status, body)) from error
        if status != _SUCCESS or reply.error_code != _NO_ERROR or reply.data.author.email != email:
            raise RequestError(_shown(status, body))
        return reply.data.queue_position_info.position


def _shown(status: int, body: bytes) -> str:
    longest = 300  # characters: enough for an envelope with its error
    return f"{status}: {body[:longest].decode(errors='replace')}"
