"""What clients ask: to begin a conversation with the bot, and to say something in it."""

import msgspec

from bench.asking import Address, Reader, unlike
from bench.seed import PATH, Author, Created, email_of

_TEXT = "I cannot find the invoice of last month. Could you send it to me again?"


class _Message(msgspec.Struct):
    author: Author
    message: str


_created, _said = Reader[Created](Created), Reader[list[_Message]](list[_Message])


class Opens:
    """So many conversations with the bot, each with its client's first message; `ids` has them by client."""

    def __init__(self, address: Address, count: int) -> None:
        self.ids: dict[int, int] = {}
        self._address = address
        self._clients = iter(range(count))

    def request(self) -> tuple[int, bytes] | None:
        client = next(self._clients, None)
        if client is None:
            return None
        body = {"author": {"email": email_of(client)}, "isBotEnabled": True, "message": _TEXT}
        return client, self._address.request("POST", PATH, msgspec.json.encode(body))

    def judge(self, asked: int, status: int, body: bytes) -> None:
        """Hold the author against the one asked for; who is with a bot has no place in the queue."""
        created = _created.read(status, body)
        if created.author.email != email_of(asked) or created.queue_position_info.position > 0:
            raise unlike(status, body, f"a conversation of {email_of(asked)} with the bot")
        self.ids[asked] = created.id


class Say:
    """One message of one client."""

    def __init__(self, address: Address, *, client: int, conversation_id: int, number: int) -> None:
        self._email, self._text = email_of(client), f"{_TEXT} ({number})"
        body = msgspec.json.encode([{"author": {"email": self._email}, "message": self._text}])
        self._request: bytes | None = address.request("POST", f"{PATH}/{conversation_id}/messages", body)

    def request(self) -> tuple[None, bytes] | None:
        request, self._request = self._request, None
        return None if request is None else (None, request)

    def judge(self, asked: None, status: int, body: bytes) -> None:
        """Hold author and text against what was sent."""
        found = [(each.author.email, each.message) for each in _said.read(status, body)]
        if found != [(self._email, self._text)]:
            raise unlike(status, body, f"“{self._text}” of {self._email}")
