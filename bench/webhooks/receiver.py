"""A receiver that answers 200 at once and keeps when each conversation's webhook arrived.

`GET /arrivals` tells that, as [[conversation, nanoseconds of the monotonic clock], …], and forgets it.
"""

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
_LENGTH = b"content-length:"
_CONVERSATION = b'"ConversationId":'

_arrivals: list[tuple[int, int]] = []


class Receiver(asyncio.Protocol):
    """One connection. Header names come in whatever case the sender likes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)
        self._got = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._got += data
        while (whole := self._length()) and len(self._got) >= whole:
            request, self._got = self._got[:whole], self._got[whole:]
            self._answer(request)

    def _length(self) -> int:
        head, end, _ = self._got.partition(b"\r\n\r\n")
        if not end:
            return 0
        lower = head.lower()
        if _LENGTH not in lower:
            return len(head) + len(end)
        return len(head) + len(end) + int(lower.partition(_LENGTH)[2].split(b"\r\n", 1)[0])

    def _answer(self, request: bytes) -> None:
        body = b""
        if request.startswith(b"GET /arrivals"):
            body = json.dumps(_arrivals).encode()
            _arrivals.clear()
        elif request.startswith(b"POST"):
            number = request.partition(_CONVERSATION)[2].partition(b",")[0]
            _arrivals.append((int(number or 0), time.monotonic_ns()))
        self._transport.write(_ANSWER % (len(body), body))


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
