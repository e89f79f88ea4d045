"""What every envelope has to look like."""

import re
from typing import Any

from tests.servers import Reply

ENVELOPE = ["data", "errorCode", "errorText"]
REFUSAL = [*ENVELOPE, "requestId", "errorDetails"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def refusal(reply: Reply, status: int, code: int) -> Any:
    """The body of a refusal, after everything that all refusals share was looked at."""
    body = reply.json()
    assert (status, code) == (reply.status, body["errorCode"]), body
    assert [name for name in REFUSAL if name in body] == list(body)
    assert body["data"] is None
    assert body["errorText"].endswith(".") or body["errorDetails"], body
    assert body["requestId"] == reply.headers["X-Request-Id"]
    assert reply.headers["Content-Type"] == "application/json"
    return body


def paths(body: Any) -> list[str]:
    """Where the faults of a refusal are."""
    return [problem["path"] for problem in body.get("errorDetails", ())]


def without_request_id(body: Any) -> Any:
    """A refusal's body without the one member that may differ between two equal answers."""
    return {name: value for name, value in body.items() if name != "requestId"}
