"""What the demo's people hold on to: the integrator's side and a teammate's, over HTTP as anybody would."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

EVENTS_BEHIND = "Last-Event-ID"
AGAIN_AFTER_S = 1.0


class RefusedError(Exception):
    """An answer that is not a success; `status` is HTTP's."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered with {status}")
        self.status = status


class Integrator:
    """A shop's own chat program: speaks the External Chat API on behalf of clients and of its bot."""

    def __init__(self, http: aiohttp.ClientSession, url: str, *, client_id: str, refresh_token: str) -> None:
        self._http = http
        self._url = url
        self._form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": client_id}
        self._token = ""

    async def create(self, body: dict[str, Any]) -> int:
        """Create a conversation; its id."""
        created = await self._send("POST", "/chat/conversations", body)
        return int(created["id"])

    async def say(self, conversation_id: int, author: dict[str, Any], text: str) -> None:
        """Add a message."""
        said = [{"author": author, "message": text}]
        await self._send("POST", f"/chat/conversations/{conversation_id}/messages", said)

    async def hand_over(self, conversation_id: int) -> None:
        """Take it from the bot: to the queue."""
        await self._send("PATCH", f"/chat/conversations/{conversation_id}/takeover", {"isAssignedToBot": False})

    async def judge(self, conversation_id: int, *, is_positive: bool) -> None:
        """Give feedback."""
        feedback = {"isPositive": is_positive, "text": None}
        await self._send("PATCH", f"/chat/conversations/{conversation_id}/feedback", feedback)

    async def close(self, conversation_id: int) -> None:
        """The client leaves."""
        await self._send("PATCH", f"/chat/conversations/{conversation_id}/close", None)

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Whatever happens from now on, without a gap, for ever."""
        seen = ""
        while True:
            headers = {"Accept": "text/event-stream"} | ({EVENTS_BEHIND: seen} if seen else {})
            try:
                async with self._http.get(
                    f"{self._url}/events", headers=headers | await self._authorization(), timeout=_ENDLESS
                ) as answer:
                    async for line in answer.content:
                        if line.startswith(b"id:"):
                            seen = line[3:].strip().decode()
                        elif line.startswith(b"data:"):
                            yield json.loads(line[5:])
            except aiohttp.ClientError:
                pass
            self._token = ""  # the stream ends with its token
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _send(self, method: str, path: str, body: Any) -> Any:
        try:
            return await _ask(self._http, method, self._url + path, body, await self._authorization())
        except RefusedError as refused:
            if refused.status != 401:  # noqa: PLR2004 - the token has run out
                raise
        self._token = ""
        return await _ask(self._http, method, self._url + path, body, await self._authorization())

    async def _authorization(self) -> dict[str, str]:
        if not self._token:
            async with self._http.post(f"{self._url}/token", data=self._form) as answer:
                self._token = (await answer.json())["access_token"]
        return {"Authorization": f"Bearer {self._token}"}


class Seat:
    """A teammate at the inbox: speaks the agents' API with a session of their own."""

    def __init__(self, url: str, *, email: str, password: str) -> None:
        self._url = url
        self._credentials = {"email": email, "password": password}
        self._headers: dict[str, str] = {}

    async def sign_in(self, http: aiohttp.ClientSession) -> None:
        """Begin a session."""
        async with http.post(f"{self._url}/agents/session", json=self._credentials) as answer:
            if answer.status >= 400:  # noqa: PLR2004 - not a success
                raise RefusedError(answer.status)
            cookie = answer.cookies["parley_session"].value
            proof = (await answer.json())["data"]["csrfToken"]
        # By hand: a cookie that is `Secure` is sent over plain http by browsers to this machine, by others not.
        self._headers = {"Cookie": f"parley_session={cookie}", "X-Parley-CSRF": proof}

    async def send(self, http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
        """Do something; what stands in `data`, None when there is nothing to tell."""
        return await _ask(http, method, f"{self._url}/agents{path}", body, self._headers)


_ENDLESS = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)


async def _ask(http: aiohttp.ClientSession, method: str, url: str, body: Any, headers: dict[str, str]) -> Any:
    content = None if body is None else json.dumps(body).encode()
    headers = headers | {"Content-Type": "application/json"}
    async with http.request(method, url, data=content, headers=headers) as answer:
        if answer.status >= 400:  # noqa: PLR2004 - not a success
            raise RefusedError(answer.status)
        return None if answer.status == 204 else (await answer.json())["data"]  # noqa: PLR2004 - no content
