"""Callers that create conversations and do not give up, and what each of them sent and was told."""

import http.client
import itertools
import json
import threading
from dataclasses import dataclass, field
from typing import Any

ANSWER_WITHIN_S = 30
UP_WITHIN_S = 60
BUSY_WAIT_S = 0.05
ASKED_AGAIN = 10  # of each caller's last keyed writes, when the storm is over

PATH = "/chat/conversations"


class CallerError(Exception):
    """A caller was told something that no caller should ever be told."""


@dataclass(slots=True)
class Write:
    """One conversation that a caller wants. `key` is None when it is sent once and never again."""

    community_id: int
    email: str
    message: str | None
    key: str | None
    answer: bytes | None = None
    tries: int = 0
    is_replay: bool = False

    @property
    def body(self) -> bytes:
        """What is sent, byte for byte the same at each try."""
        wanted: dict[str, Any] = {"author": {"email": self.email}, "title": self.email}
        if self.message is not None:
            wanted["message"] = self.message
        return json.dumps(wanted).encode()


@dataclass
class Scene:
    """What the callers know of the server: where it is, how to sign in, whether it is up, whether it is over."""

    port: int = 0
    tokens: dict[int, str] = field(default_factory=dict)
    is_up: threading.Event = field(default_factory=threading.Event)
    has_answered: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)
    is_abandoned: bool = False

    def abandon(self) -> None:
        """Let every caller end, whatever it waits for."""
        self.is_abandoned = True
        self.is_over.set()
        self.is_up.set()
        self.has_answered.set()

    def await_server(self) -> None:
        """Return when callers may come."""
        if not self.is_up.wait(UP_WITHIN_S):
            message = f"The server did not come back within {UP_WITHIN_S} s."
            raise CallerError(message)


class Caller:
    """One keep-alive connection with at most one request on its way."""

    def __init__(self, scene: Scene, *, name: str, community_id: int, has_keys: bool) -> None:
        self.writes: list[Write] = []
        self.asked_again = 0
        self.contradicted = 0
        self._scene = scene
        self._name = name
        self._community_id = community_id
        self._has_keys = has_keys
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Write until it is over; then ask for some of the answers once more. Raises CallerError."""
        self._scene.await_server()
        try:
            for number in itertools.count():
                if self._scene.is_over.is_set():
                    break
                write = self._next(number)
                self.writes.append(write)
                self._send_until_answered(write)
            self._ask_again()
        finally:
            self._hang_up()

    def _next(self, number: int) -> Write:
        """Every other conversation begins with a message."""
        email = f"{self._name}.{number}@example.com"
        return Write(
            community_id=self._community_id,
            email=email,
            message=f"Hello from {email}" if number % 2 else None,
            key=f"{self._name}-{number}" if self._has_keys else None,
        )

    def _send_until_answered(self, write: Write) -> None:
        while write.answer is None and not self._scene.is_abandoned:
            try:
                status, is_replay, body = self._send(write)
            except (OSError, http.client.HTTPException):
                self._hang_up()
                self._scene.await_server()
            else:
                self._take(write, status, body, is_replay=is_replay)
            if write.key is None:
                return

    def _take(self, write: Write, status: int, body: bytes, *, is_replay: bool) -> None:
        if status == http.HTTPStatus.OK:
            write.answer, write.is_replay = body, is_replay
            self._scene.has_answered.set()
        elif status == http.HTTPStatus.SERVICE_UNAVAILABLE:
            threading.Event().wait(BUSY_WAIT_S)
        else:
            message = f"{write.email} was answered {status}: {body.decode()}"
            raise CallerError(message)

    def _send(self, write: Write) -> tuple[int, bool, bytes]:
        write.tries += 1
        headers = {
            "Authorization": f"Bearer {self._scene.tokens[write.community_id]}",
            "Content-Type": "application/json",
        }
        if write.key is not None:
            headers["Idempotency-Key"] = write.key
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._scene.port, timeout=ANSWER_WITHIN_S)
        self._connection.request("POST", PATH, body=write.body, headers=headers)
        reply = self._connection.getresponse()
        return reply.status, reply.getheader("Idempotent-Replayed") == "true", reply.read()

    def _ask_again(self) -> None:
        """The same request once more gets the same answer, whichever process gave the first one."""
        self._hang_up()  # the line may have died with the last process that was killed
        for write in [write for write in self.writes if write.key is not None][-ASKED_AGAIN:]:
            if self._scene.is_abandoned:
                return
            status, is_replay, body = self._send(write)
            write.tries -= 1
            self.asked_again += 1
            self.contradicted += (status, is_replay, body) != (http.HTTPStatus.OK, True, write.answer)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
