"""A server that does nothing but answer: it shows how much the load generator itself can carry."""

import asyncio
import sys
from typing import cast

import uvloop

_BODY = (
    b'{"data":{"author":{"id":"fc2481f6-28a4-4ca7-849a-344fd6ab1b20","name":"John","image":null,"email":"%b",'
    b'"status":"client","isBot":false},"creationTime":"2023-09-01T09:56:39.084782+00:00","id":%d,'
    b'"isClosed":false,"isTakeoverEnabled":true,"lastModifiedTime":"2023-09-01T09:56:39.084782+00:00",'
    b'"messages":[],"queuePositionInfo":{"position":%d,"waitTime":null},"feedback":null,'
    b'"totalMessagesCount":0},"errorCode":-1,"errorText":null}'
)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
_EMAIL = b'"email":"'


class _Trivial(asyncio.Protocol):
    created = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer a request that is taken to have come in one piece, as it does on the loopback line."""
        if data.startswith(b"GET"):
            self._transport.write(_HEAD % (0, b""))
        else:
            begin = data.index(_EMAIL) + len(_EMAIL)
            email = data[begin : data.index(b'"', begin)]
            _Trivial.created += 1
            body = _BODY % (email, _Trivial.created, _Trivial.created)
            self._transport.write(_HEAD % (len(body), body))


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Trivial, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
