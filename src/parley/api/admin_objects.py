"""The objects of the administration by teammates as they stand on the wire."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from parley.api import times
from parley.core import bots, fields, texts
from parley.core.access import RefreshToken, Scope
from parley.core.attendance import RETURN_AFTER_LIMIT_S
from parley.core.bots import Bot, BotKind
from parley.core.communities import Community
from parley.core.fields import FieldType
from parley.core.people import SEATS_LIMIT, Role
from parley.core.routing import RoutingMode

_RETURN_AFTER = Meta(extra_json_schema={"minimum": 0, "maximum": RETURN_AFTER_LIMIT_S})
_NAME = Meta(extra_json_schema={"minLength": 1, "maxLength": texts.NAME_LIMIT})
_CHOICE = Meta(extra_json_schema={"minLength": 1, "maxLength": texts.FIELD_VALUE_LIMIT})
_CHOICES = Meta(description="For type choice only", extra_json_schema={"maxItems": fields.CHOICES_LIMIT})
_SEATS = Meta(extra_json_schema={"minimum": 0, "maximum": SEATS_LIMIT})
_SILENCE = Meta(
    description="So long it may be silent; absent: 30, and for kind none for ever",
    extra_json_schema={"minimum": 1, "maximum": int(bots.SILENCE_LIMIT.total_seconds())},
)
_KEY = Meta(
    description="What the bot's server wants to see; absent keeps the former one while kind and host stay",
    extra_json_schema={"minLength": 1, "maxLength": bots.KEY_LIMIT},
)


class CategoryBody(msgspec.Struct, rename="camel", kw_only=True):
    """A category, new or renamed."""

    name: Annotated[str, _NAME]


class AddFieldBody(msgspec.Struct, rename="camel", kw_only=True):
    """A new custom field."""

    name: Annotated[str, _NAME]
    type: FieldType
    is_required: bool = False
    choices: Annotated[list[Annotated[str, _CHOICE]], _CHOICES] | None = None


class ChangeFieldBody(msgspec.Struct, rename="camel", kw_only=True):
    """What is to be different; what is absent stays. Choices are only added, and the type never changes."""

    name: Annotated[str, _NAME] | None = None
    is_required: bool | None = None
    choices: Annotated[list[Annotated[str, _CHOICE]], _CHOICES] | None = None


class AddTeammateBody(msgspec.Struct, rename="camel", kw_only=True):
    """A new teammate, who signs in once the operator has given them a password."""

    name: Annotated[str, _NAME]
    email: Annotated[str, Meta(extra_json_schema={"minLength": 3, "maxLength": texts.EMAIL_LIMIT})]
    role: Role = Role.AGENT


class ChangeTeammateBody(msgspec.Struct, rename="camel", kw_only=True):
    """What is to be different; what is absent stays."""

    name: Annotated[str, _NAME] | None = None
    role: Role | None = None
    is_active: bool | None = None
    seats: Annotated[int, _SEATS] | None = None


class BotBody(msgspec.Struct, rename="camel", kw_only=True):
    """How the bot is reached from now on, in place of the former."""

    kind: BotKind
    url: Annotated[str, Meta(extra_json_schema={"maxLength": texts.URL_LIMIT})] | None = None
    model: Annotated[str, Meta(extra_json_schema={"maxLength": bots.MODEL_LIMIT})] | None = None
    prompt: Annotated[str, Meta(extra_json_schema={"maxLength": bots.PROMPT_LIMIT})] | None = None
    key: Annotated[str, _KEY] | None = None
    silence_seconds: Annotated[int, _SILENCE] | None = None
    farewell: Annotated[str, Meta(extra_json_schema={"maxLength": texts.MESSAGE_LIMIT})] | None = None
    languages: list[str] | None = None
    phrases: list[str] | None = None


class BotSettings(msgspec.Struct, rename="camel", kw_only=True):
    """How the bot is reached. Its key is never shown; hosts are allowed by the operator alone."""

    kind: BotKind
    url: str | None
    allowed_hosts: list[str]
    model: str | None
    prompt: str | None
    has_key: bool
    silence_seconds: int | None
    farewell: str
    languages: list[str]
    phrases: list[str]
    set_time: str


class BotWithSecret(BotSettings, rename="camel", kw_only=True):
    """The bot as it was set, and the new secret that its requests are signed with: shown this once, else null."""

    secret: str | None


class TokenBody(msgspec.Struct, rename="camel", kw_only=True):
    """A further refresh token."""

    name: Annotated[str, _NAME]
    scope: Scope = Scope.CHAT


class RefreshTokenReply(msgspec.Struct, rename="camel", kw_only=True):
    """A refresh token that is good."""

    name: str
    scope: Scope
    creation_time: str
    last_use_time: str | None


class RefreshTokenWithSecret(RefreshTokenReply, rename="camel", kw_only=True):
    """A new refresh token with its secret, which is shown this once."""

    refresh_token: str


def show_bot(bot: Bot) -> BotSettings:
    """A community's bot."""
    return BotSettings(**_bot(bot))


def show_bot_with_secret(bot: Bot, secret: str | None) -> BotWithSecret:
    """A community's bot as it was set."""
    return BotWithSecret(**_bot(bot), secret=secret)


def show_token(token: RefreshToken) -> RefreshTokenReply:
    """A refresh token."""
    return RefreshTokenReply(**_token(token))


def show_token_with_secret(token: RefreshToken, secret: str) -> RefreshTokenWithSecret:
    """A new refresh token."""
    return RefreshTokenWithSecret(**_token(token), refresh_token=secret)


def _bot(bot: Bot) -> dict[str, Any]:
    manners = bot.manners
    return {
        "kind": manners.kind,
        "url": bot.url,
        "allowed_hosts": list(bot.allowed_hosts),
        "model": bot.model,
        "prompt": bot.prompt,
        "has_key": bot.key is not None,
        "silence_seconds": None if manners.silence is None else round(manners.silence.total_seconds()),
        "farewell": manners.farewell,
        "languages": list(manners.languages),
        "phrases": list(manners.phrases),
        "set_time": times.show(bot.set_at),
    }


def _token(token: RefreshToken) -> dict[str, Any]:
    return {
        "name": token.name,
        "scope": token.scope,
        "creation_time": times.show(token.created_at),
        "last_use_time": None if token.last_used_at is None else times.show(token.last_used_at),
    }


class MailBody(msgspec.Struct, rename="camel"):
    """From whom mail comes: `Shop <help@shop.example>`; without a sender nothing is mailed."""

    sender: str | None = None


class MailSettings(msgspec.Struct, rename="camel"):
    """From whom mail comes; null: nothing is mailed."""

    sender: str | None


class RoutingBody(msgspec.Struct, rename="camel"):
    """Who decides which teammate gets what waits; of the seconds, what is absent stays."""

    mode: RoutingMode
    return_after_seconds: Annotated[int, _RETURN_AFTER] | None = None


class RoutingSettings(msgspec.Struct, rename="camel"):
    """Who decides which teammate gets what waits, and after how long what one who is gone did not answer goes back."""

    mode: RoutingMode
    return_after_seconds: int


def show_routing(community: Community) -> RoutingSettings:
    """How a community's conversations are given out."""
    return RoutingSettings(community.routing, community.return_after_s)
