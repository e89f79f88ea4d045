"""Signatures, held against the scheme's own library."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from parley.core.signing import SECRET_BYTES, show_secret, sign

SECRET = bytes(range(SECRET_BYTES))
FORMER = bytes(reversed(range(SECRET_BYTES)))
BODY = json.dumps({"EventType": "conversation_created", "æ": 1}).encode()


def headers(signature: str, at: int, *, id: str = "msg_1") -> dict[str, str]:  # noqa: A002 - the scheme's word
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": signature}


def present() -> int:
    return int(datetime.now(UTC).timestamp())


def test_the_schemes_own_library_verifies_a_signature() -> None:
    at = present()

    found = Webhook(show_secret(SECRET)).verify(BODY, headers(sign([SECRET], "msg_1", at, BODY), at))

    assert json.loads(BODY) == found


@pytest.mark.parametrize("known", [SECRET, FORMER])
def test_during_a_rotation_either_secret_verifies(known: bytes) -> None:
    at = present()
    signature = sign([SECRET, FORMER], "msg_1", at, BODY)

    assert Webhook(show_secret(known)).verify(BODY, headers(signature, at))


@pytest.mark.parametrize("changed", ["id", "time", "body", "secret"])
def test_whatever_is_changed_on_the_way_does_not_verify(changed: str) -> None:
    at = present()
    signature = sign([FORMER if changed == "secret" else SECRET], "msg_1", at, BODY)
    sent = headers(signature, at + (changed == "time"), id="msg_2" if changed == "id" else "msg_1")

    with pytest.raises(WebhookVerificationError):
        Webhook(show_secret(SECRET)).verify(BODY + b" " * (changed == "body"), sent)
