"""The administration's part of the table of routes. All are for teammates of the role admin."""

from typing import Any

from msgspec.structs import replace

from parley.api import admin, admin_objects, agent_objects, wire
from parley.api.routes import Route
from parley.api.webhook_objects import Nothing
from parley.api.webhook_routes import WEBHOOK_ROUTES
from parley.core import errors
from parley.core.agency import Agency

PREFIX = "/agents/admin"
_ADMIN: dict[str, Any] = {"scope": None, "agent": Agency.ADMIN}
_ONE: dict[str, Any] = {"errors": (errors.NotFoundError,)}


def for_admins(route: Route) -> Route:
    """The same for a teammate as for an integrator: the handler asks only whose call it is."""
    name = f"{route.name}ForAdmin"
    return replace(route, path=f"{PREFIX}{route.path}", name=name, scope=None, agent=Agency.ADMIN)


ADMIN_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{PREFIX}/categories",
        name="listCategoriesForAdmin",
        summary="List the categories",
        handler=admin.list_categories,
        reply=list[wire.CategoryReply],
        **_ADMIN,
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/categories",
        name="addCategory",
        summary="Add a category",
        handler=admin.add_category,
        body=admin_objects.CategoryBody,
        reply=wire.CategoryReply,
        **_ADMIN,
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/categories/{{id}}",
        name="changeCategory",
        summary="Rename a category",
        handler=admin.change_category,
        body=admin_objects.CategoryBody,
        reply=wire.CategoryReply,
        **_ONE,
        **_ADMIN,
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/fields",
        name="listFieldsForAdmin",
        summary="List the custom fields",
        handler=admin.list_fields,
        reply=list[wire.FieldDefinition],
        **_ADMIN,
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/fields",
        name="addField",
        summary="Add a custom field",
        handler=admin.add_field,
        body=admin_objects.AddFieldBody,
        reply=wire.FieldDefinition,
        **_ADMIN,
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/fields/{{id}}",
        name="changeField",
        summary="Rename a custom field, require it or not, add choices",
        handler=admin.change_field,
        body=admin_objects.ChangeFieldBody,
        reply=wire.FieldDefinition,
        **_ONE,
        **_ADMIN,
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/teammates",
        name="listTeammatesForAdmin",
        summary="List the teammates, disabled ones included",
        handler=admin.list_teammates,
        reply=list[agent_objects.AgentReply],
        **_ADMIN,
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/teammates",
        name="addTeammate",
        summary="Add a teammate",
        handler=admin.add_teammate,
        body=admin_objects.AddTeammateBody,
        reply=agent_objects.AgentReply,
        errors=(errors.ConflictError,),
        **_ADMIN,
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/teammates/{{id}}",
        name="changeTeammate",
        summary="Change a teammate's name, role or seats, disable or enable them",
        handler=admin.change_teammate,
        body=admin_objects.ChangeTeammateBody,
        reply=agent_objects.AgentReply,
        errors=(errors.NotFoundError, errors.ConflictError),
        path_schemas={"id": {"type": "string", "format": "uuid"}},
        **_ADMIN,
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/routing",
        name="getRouting",
        summary="Read who decides which teammate gets what waits",
        handler=admin.get_routing,
        reply=admin_objects.RoutingSettings,
        **_ADMIN,
    ),
    Route(
        method="PUT",
        path=f"{PREFIX}/routing",
        name="setRouting",
        summary="Say who decides which teammate gets what waits",
        handler=admin.set_routing,
        body=admin_objects.RoutingBody,
        reply=admin_objects.RoutingSettings,
        takes_key=False,
        **_ADMIN,
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/mail",
        name="getMail",
        summary="Read from whom mail comes",
        handler=admin.get_mail,
        reply=admin_objects.MailSettings,
        **_ADMIN,
    ),
    Route(
        method="PUT",
        path=f"{PREFIX}/mail",
        name="setMail",
        summary="Say from whom mail comes, or that none is sent",
        handler=admin.set_mail,
        body=admin_objects.MailBody,
        reply=admin_objects.MailSettings,
        takes_key=False,
        **_ADMIN,
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/bot",
        name="getBot",
        summary="Read how the bot is reached",
        handler=admin.get_bot,
        reply=admin_objects.BotSettings,
        **_ONE,
        **_ADMIN,
    ),
    Route(
        method="PUT",
        path=f"{PREFIX}/bot",
        name="setBot",
        summary="Set the bot, in place of the former",
        handler=admin.set_bot,
        body=admin_objects.BotBody,
        reply=admin_objects.BotWithSecret,
        errors=(errors.InvalidError, errors.BusyError),
        takes_key=False,
        **_ADMIN,
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/bot",
        name="removeBot",
        summary="Take the bot away: the integrator speaks for it",
        handler=admin.remove_bot,
        reply=Nothing,
        **_ONE,
        **_ADMIN,
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/tokens",
        name="listTokens",
        summary="List the refresh tokens that are good",
        handler=admin.list_tokens,
        reply=list[admin_objects.RefreshTokenReply],
        **_ADMIN,
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/tokens",
        name="addToken",
        summary="Give out a refresh token",
        handler=admin.add_token,
        body=admin_objects.TokenBody,
        reply=admin_objects.RefreshTokenWithSecret,
        errors=(errors.ConflictError,),
        **_ADMIN,
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/tokens/{{name}}",
        name="revokeToken",
        summary="End a refresh token, and within a minute every access token made from it",
        handler=admin.revoke_token,
        reply=Nothing,
        path_schemas={"name": {"type": "string", "minLength": 1}},
        **_ONE,
        **_ADMIN,
    ),
    *map(for_admins, WEBHOOK_ROUTES),
)
