"""What an admin does for the community: categories, custom fields, teammates, the bot, refresh tokens.

Webhooks are looked after by the handlers that integrators have (`parley.api.webhooks`).
"""

from collections.abc import Callable
from typing import TypeVar

from parley.actions.bots import RemoveBot
from parley.actions.catalogue import AddCategory, AddField, ChangeCategory, ChangeField
from parley.actions.mail import RemoveSender, SetSender
from parley.actions.routing import SetRouting
from parley.actions.teammates import AddTeammate, ChangeTeammate
from parley.actions.tokens import AddToken, RevokeToken
from parley.api import admin_objects as objects
from parley.api import wire
from parley.api.agent_objects import show_agent
from parley.api.bodies import Body
from parley.api.calls import Answer, Call
from parley.api.doorkeeper import hash_of
from parley.api.webhook_objects import Nothing
from parley.api.webhooks import act_sealed
from parley.core import fields, texts
from parley.core.attendance import RETURN_AFTER_LIMIT_S
from parley.core.bots import Wishes
from parley.core.errors import NotFoundError, Problems
from parley.core.mail import Sender, read_sender
from parley.core.people import SEATS_LIMIT, Role

T = TypeVar("T")

_category: Body[objects.CategoryBody] = Body(objects.CategoryBody)
_add_field: Body[objects.AddFieldBody] = Body(objects.AddFieldBody)
_change_field: Body[objects.ChangeFieldBody] = Body(objects.ChangeFieldBody)
_add_teammate: Body[objects.AddTeammateBody] = Body(objects.AddTeammateBody)
_change_teammate: Body[objects.ChangeTeammateBody] = Body(objects.ChangeTeammateBody)
_bot: Body[objects.BotBody] = Body(objects.BotBody)
_mail: Body[objects.MailBody] = Body(objects.MailBody)
_routing: Body[objects.RoutingBody] = Body(objects.RoutingBody)
_token: Body[objects.TokenBody] = Body(objects.TokenBody)


# Categories


async def list_categories(call: Call) -> Answer:
    """GET /agents/admin/categories."""
    found = await call.backend.reader.categories(call.agent.community_id)
    return Answer(wire.envelope([wire.show_category(category) for category in found]))


async def add_category(call: Call) -> Answer:
    """POST /agents/admin/categories."""
    name = _checked(lambda problems: _read_name(call.body(_category).name, problems))
    action = AddCategory(community_id=call.agent.community_id, name=name, by=call.agent.by)
    return await call.act(action, wire.show_category)


async def change_category(call: Call) -> Answer:
    """PATCH /agents/admin/categories/{id}."""
    name = _checked(lambda problems: _read_name(call.body(_category).name, problems))
    agent = call.agent
    action = ChangeCategory(community_id=agent.community_id, category_id=call.id(), name=name, by=agent.by)
    return await call.act(action, wire.show_category)


# Custom fields


async def list_fields(call: Call) -> Answer:
    """GET /agents/admin/fields."""
    found = await call.backend.reader.fields(call.agent.community_id)
    return Answer(wire.envelope([wire.show_field(field) for field in found]))


async def add_field(call: Call) -> Answer:
    """POST /agents/admin/fields."""
    body = call.body(_add_field)
    choices = tuple(body.choices or ())

    def read(problems: Problems) -> str:
        fields.check_choices(body.type, choices, "choices", problems)
        return _read_name(body.name, problems)

    action = AddField(
        community_id=call.agent.community_id,
        name=_checked(read),
        type=body.type,
        is_required=body.is_required,
        choices=choices,
        by=call.agent.by,
    )
    return await call.act(action, wire.show_field)


async def change_field(call: Call) -> Answer:
    """PATCH /agents/admin/fields/{id}."""
    body = call.body(_change_field)
    action = ChangeField(
        community_id=call.agent.community_id,
        field_id=call.id(),
        by=call.agent.by,
        name=_checked(lambda problems: _read_new_name(body.name, problems)),
        is_required=body.is_required,
        choices=None if body.choices is None else tuple(body.choices),
    )
    return await call.act(action, wire.show_field)


# Teammates


async def list_teammates(call: Call) -> Answer:
    """GET /agents/admin/teammates."""
    reader, community_id = call.backend.reader, call.agent.community_id
    chats = await reader.open_chats(community_id)
    found = await reader.teammates(community_id)
    return Answer(wire.envelope([show_agent(user, teammate, chats.get(user.id, 0)) for user, teammate in found]))


async def add_teammate(call: Call) -> Answer:
    """POST /agents/admin/teammates."""
    body = call.body(_add_teammate)

    def read(problems: Problems) -> tuple[str, str]:
        email = texts.read_email(body.email, "email", problems)
        if email is None:
            problems.add("email", "must not be blank")
        return _read_name(body.name, problems), email or ""

    name, email = _checked(read)
    action = AddTeammate(community_id=call.agent.community_id, name=name, email=email, role=body.role, by=call.agent.by)
    return await call.act(action, lambda pair: show_agent(*pair, 0))


async def change_teammate(call: Call) -> Answer:
    """PATCH /agents/admin/teammates/{id}. The last active admin stays one."""
    body, agent, reader = call.body(_change_teammate), call.agent, call.backend.reader

    def read(problems: Problems) -> str | None:
        if body.seats is not None and not 0 <= body.seats <= SEATS_LIMIT:
            problems.add("seats", f"must be 0 to {SEATS_LIMIT}, but {body.seats} was given")
        return _read_new_name(body.name, problems)

    name = _checked(read)
    team = await reader.teammates(agent.community_id)
    chats = await reader.open_chats(agent.community_id)
    action = ChangeTeammate(
        community_id=agent.community_id,
        user_id=texts.key_of(call.params["id"]),
        by=agent.by,
        admins=tuple(teammate.user_id for _, teammate in team if teammate.role is Role.ADMIN),
        name=name,
        role=body.role,
        is_active=body.is_active,
        seats=body.seats,
    )
    return await call.act(action, lambda pair: show_agent(*pair, chats.get(pair[0].id, 0)))


# The bot


async def get_bot(call: Call) -> Answer:
    """GET /agents/admin/bot."""
    found = await call.backend.reader.bot(call.agent.community_id)
    if found is None:
        msg = "This community has no bot."
        raise NotFoundError(msg)
    return Answer(wire.envelope(objects.show_bot(found)))


async def set_bot(call: Call) -> Answer:
    """PUT /agents/admin/bot. It hands out a secret, so it takes no idempotency key; again is the same."""
    body, agent = call.body(_bot), call.agent
    wishes = Wishes(
        kind=body.kind,
        url=body.url,
        model=body.model,
        prompt=body.prompt,
        key=body.key,
        silence_seconds=body.silence_seconds,
        farewell=body.farewell,
        languages=tuple(body.languages or ()),
        phrases=tuple(body.phrases or ()),
    )
    former = await call.backend.reader.bot(agent.community_id)
    action, secret = call.backend.bot_desk.prepare(agent.community_id, wishes, former, by=agent.by)
    bot = await call.backend.ledger.submit(action)
    return Answer(wire.envelope(objects.show_bot_with_secret(bot, secret)))


async def remove_bot(call: Call) -> Answer:
    """DELETE /agents/admin/bot. A second time there is none."""
    await call.backend.ledger.submit(RemoveBot(community_id=call.agent.community_id, by=call.agent.by))
    return Answer(wire.envelope(Nothing()))


# Refresh tokens


async def list_tokens(call: Call) -> Answer:
    """GET /agents/admin/tokens."""
    found = await call.backend.reader.tokens(call.agent.community_id)
    return Answer(wire.envelope([objects.show_token(token) for token in found]))


async def add_token(call: Call) -> Answer:
    """POST /agents/admin/tokens. The secret is shown this once; what is kept for an idempotency key is sealed."""
    body = call.body(_token)
    name = _checked(lambda problems: _read_name(body.name, problems))
    secret = call.backend.new_secret()
    action = AddToken(
        community_id=call.agent.community_id,
        name=name,
        scope=body.scope,
        secret_hash=hash_of(secret),
        by=call.agent.by,
    )
    return await act_sealed(call, action, lambda token: objects.show_token_with_secret(token, secret))


async def revoke_token(call: Call) -> Answer:
    """DELETE /agents/admin/tokens/{name}. A second time there is no such token."""
    action = RevokeToken(community_id=call.agent.community_id, name=call.params["name"].strip(), by=call.agent.by)
    await call.backend.ledger.submit(action)
    return Answer(wire.envelope(Nothing()))


# What they share


# Routing


async def get_routing(call: Call) -> Answer:
    """GET /agents/admin/routing."""
    return Answer(wire.envelope(objects.show_routing(call.agent.visitor.community)))


async def set_routing(call: Call) -> Answer:
    """PUT /agents/admin/routing."""
    body, agent = call.body(_routing), call.agent
    _checked(lambda problems: _check_return_after(body.return_after_seconds, problems))
    action = SetRouting(
        community_id=agent.community_id, mode=body.mode, by=agent.by, return_after_s=body.return_after_seconds
    )
    return Answer(wire.envelope(objects.show_routing(await call.backend.ledger.submit(action))))


def _check_return_after(seconds: int | None, problems: Problems) -> None:
    if seconds is not None and not 0 <= seconds <= RETURN_AFTER_LIMIT_S:
        problems.add("returnAfterSeconds", f"must be 0 to {RETURN_AFTER_LIMIT_S}, but {seconds} was given")


# Mail


async def get_mail(call: Call) -> Answer:
    """GET /agents/admin/mail."""
    return Answer(wire.envelope(_show_sender(await call.backend.reader.sender(call.agent.community_id))))


async def set_mail(call: Call) -> Answer:
    """PUT /agents/admin/mail. Without a sender nothing is mailed any more."""
    given, agent = call.body(_mail).sender, call.agent
    if given is None or not given.strip():
        if await call.backend.reader.sender(agent.community_id) is not None:
            await call.backend.ledger.submit(RemoveSender(community_id=agent.community_id, by=agent.by))
        return Answer(wire.envelope(_show_sender(None)))
    address, name = _checked(lambda problems: read_sender(given, "sender", problems))
    action = SetSender(community_id=agent.community_id, address=address, name=name, by=agent.by)
    return Answer(wire.envelope(_show_sender(await call.backend.ledger.submit(action))))


def _show_sender(sender: Sender | None) -> objects.MailSettings:
    return objects.MailSettings(None if sender is None else sender.shown)


def _checked(read: Callable[[Problems], T]) -> T:
    """What `read` makes of the body, unless it notes that something is wrong: then InvalidError with all of it."""
    problems = Problems()
    value = read(problems)
    problems.refuse_if_any()
    return value


def _read_name(given: str, problems: Problems) -> str:
    name = texts.read_line(given, "name", problems, limit=texts.NAME_LIMIT)
    if name is None:
        problems.add("name", "must not be blank")
    return name or ""


def _read_new_name(given: str | None, problems: Problems) -> str | None:
    return None if given is None else _read_name(given, problems)
