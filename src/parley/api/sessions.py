"""Signing in and out, and who is signed in."""

from collections.abc import Mapping

from parley.actions.sign_ins import BeginSession, EndSession
from parley.api import agent_objects
from parley.api.bodies import Body
from parley.api.calls import Answer, Call
from parley.api.errors import Headers, NotAllowedError, SeveralCommunitiesError, SignInError
from parley.api.session_keeper import hash_of, proof_of, write_cookie
from parley.api.wire import envelope
from parley.core import sessions, texts
from parley.core.errors import NotFoundError, Problem, Problems
from parley.core.sessions import LIFE, Credentials, Visitor

COMMUNITIES_TRIED = 20  # of those where an e-mail is a teammate's: each costs the hashing of a password

# What a browser says of our own page (Fetch Metadata): unlike `Origin` it holds the scheme against ours.
OWN_SITE = frozenset({b"same-origin", b"none"})

WRONG = "This e-mail and this password do not fit together."
_NOT_KEPT: Headers = ((b"cache-control", b"no-store"),)

_sign_in: Body[agent_objects.SignInBody] = Body(agent_objects.SignInBody)


async def sign_in(call: Call) -> Answer:
    """POST /agents/session."""
    _refuse_foreign(call)
    body = call.body(_sign_in)
    problems = Problems()
    email = texts.read_email(body.email, "email", problems)
    texts.read_prose(body.password, "password", problems, limit=sessions.PASSWORD_LIMIT)
    problems.refuse_if_any()
    email_key = texts.key_of(email or "")
    known = await call.backend.reader.credentials(email_key)
    who = call.backend.tries.begin(email_key, call.address)
    found = await _fitting(call, known, body)
    if not found:
        raise SignInError(WRONG)
    call.backend.tries.succeed(who)
    if len(found) > 1:
        names = tuple(Problem("community", each.community.name) for each in found)
        msg = "This e-mail and this password fit in several communities; say which, as community."
        raise SeveralCommunitiesError(msg, names)
    return await _begin(call, found[0])


async def sign_out(call: Call) -> Answer:
    """DELETE /agents/session."""
    agent = call.agent
    await call.backend.ledger.submit(EndSession(community_id=agent.community_id, secret_hash=agent.session))
    call.backend.streams.end_session(agent.session)
    return Answer(envelope({}), headers=(*_NOT_KEPT, (b"set-cookie", write_cookie("", life=LIFE * 0))))


async def get(call: Call) -> Answer:
    """GET /agents/session."""
    return await _show(call, call.agent.visitor, call.secret)


async def _begin(call: Call, who: Credentials) -> Answer:
    secret = call.backend.new_secret()
    begin = BeginSession(
        community_id=who.community.id,
        user_id=who.user.id,
        secret_hash=hash_of(secret),
        sessions_from=who.teammate.sessions_from,
    )
    try:
        session = await call.backend.ledger.submit(begin)
    except NotFoundError as over:
        raise SignInError(WRONG) from over
    visitor = Visitor(session=session, community=who.community, user=who.user, teammate=who.teammate)
    return await _show(call, visitor, secret, (b"set-cookie", write_cookie(secret, life=LIFE)))


async def _show(call: Call, visitor: Visitor, secret: str, *more: tuple[bytes, bytes]) -> Answer:
    chats = await call.backend.reader.open_chats(visitor.community.id)
    me = agent_objects.show_visitor(visitor, chats.get(visitor.user.id, 0))
    reply = agent_objects.SessionReply(me.teammate, me.community, proof_of(secret))
    return Answer(envelope(reply), headers=(*_NOT_KEPT, *more))


async def _fitting(call: Call, known: list[Credentials], body: agent_objects.SignInBody) -> list[Credentials]:
    """Whose e-mail and password these are. Nobody's takes as long as somebody's with a wrong password."""
    passwords = call.backend.passwords
    named = None if body.community is None else texts.key_of(body.community.strip())
    tried = [each for each in known if named is None or texts.key_of(each.community.name) == named]
    if not tried:
        await passwords.pretend(body.password)
    return [each for each in tried[:COMMUNITIES_TRIED] if await passwords.fits(body.password, each.hash)]


def _refuse_foreign(call: Call) -> None:
    """Refuse a page of another site that signs somebody in: they would work in an account that is not theirs."""
    if not (_is_from_here(call.headers) and call.headers.get(b"sec-fetch-site", b"none") in OWN_SITE):
        msg = "A page of another site may not sign anybody in here."
        raise NotAllowedError(msg)


def _is_from_here(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the page has our host and port. Its scheme we cannot compare, for a proxy ends TLS."""
    origin = headers.get(b"origin")
    if origin is None:
        return True
    scheme, separator, place = origin.lower().partition(b"://")
    return scheme in {b"http", b"https"} and separator != b"" and place == headers.get(b"host", b"").lower()
