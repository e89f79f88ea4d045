"""The published challenge: a receiver proves that it wants to be called by sending back what it was asked (spec §5)."""

from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from parley.core.errors import ChallengeError
from parley.core.texts import shown
from parley.outgoing.calling import Caller
from parley.outgoing.client import CallError, Reply
from parley.webhooks.payloads import USER_AGENT

WITHIN = timedelta(seconds=15)
ANSWER_LIMIT = 4_096  # bytes in which the challenge has to be; an answer is a few digits


async def verify(
    caller: Caller, url: str, verify_token: str, allowed_hosts: Collection[str], *, challenge: str
) -> None:
    """Ask a receiver the challenge. Raises ChallengeError with what came back; never repeats the verify token."""
    try:
        reply = await caller.call(
            "GET",
            address_of(url, verify_token, challenge),
            headers={"accept": "*/*", "user-agent": USER_AGENT},
            allowed_hosts=allowed_hosts,
            within=WITHIN,
            keep=ANSWER_LIMIT,
        )
    except CallError as failed:
        msg = f"The challenge was not answered: {failed.name}. {failed.text}"
        raise ChallengeError(msg) from None
    if not (200 <= reply.status < 300 and challenge.encode() in reply.body):  # noqa: PLR2004 - 2xx
        raise ChallengeError(_told(reply, verify_token))


def address_of(url: str, verify_token: str, challenge: str) -> str:
    """The URL with the challenge and the verify token behind the query that it has."""
    parts = urlsplit(url)
    asked = urlencode({"challenge": challenge, "verifyToken": verify_token})
    return urlunsplit(parts._replace(query=f"{parts.query}&{asked}" if parts.query else asked, fragment=""))


def _told(reply: Reply, verify_token: str) -> str:
    answer = reply.body.decode("utf-8", "replace").strip()
    words = shown(answer.replace(verify_token, "…")) if answer else "nothing"
    return (
        "The challenge was not answered: the receiver has to answer 2xx with the challenge's digits in the body, but "
        f"{reply.status} with {words} came back."
    )
