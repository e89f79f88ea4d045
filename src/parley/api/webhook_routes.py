"""The webhooks' part of the table of routes. All are for tokens of the scope admin."""

from typing import Any

from parley.api import webhook_objects as objects
from parley.api import webhooks
from parley.api.routes import NUMBER, PAGING, Parameter, Route
from parley.core import errors
from parley.core.access import Scope

_BOOLEAN = {"type": "boolean", "default": False}
_FAILED = Parameter(name="failed", schema=_BOOLEAN, words="Only those that were set aside as failed")
_ONE: dict[str, Any] = {"scope": Scope.ADMIN, "errors": (errors.NotFoundError,)}

WEBHOOK_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/webhooks",
        name="listWebhooks",
        summary="List the community's webhooks",
        handler=webhooks.list_all,
        reply=objects.WebhookList,
        query=PAGING,
        scope=Scope.ADMIN,
    ),
    Route(
        method="POST",
        path="/webhooks",
        name="addWebhook",
        summary="Add a webhook, whose receiver has to answer the challenge",
        handler=webhooks.add,
        body=objects.AddWebhookBody,
        reply=objects.WebhookWithSecret,
        scope=Scope.ADMIN,
        errors=(errors.ConflictError, errors.ChallengeError),
    ),
    Route(
        method="GET",
        path="/webhooks/deliveries",
        name="listDeliveries",
        summary="List deliveries, newest first",
        handler=webhooks.deliveries,
        reply=objects.DeliveryList,
        query=(_FAILED, Parameter(name="endpointId", schema=NUMBER, words="Only those of this webhook"), *PAGING),
        scope=Scope.ADMIN,
    ),
    Route(
        method="GET",
        path="/webhooks/deliveries/{id}",
        name="getDelivery",
        summary="Read a delivery with every attempt",
        handler=webhooks.delivery,
        reply=objects.DeliveryDetails,
        **_ONE,
    ),
    Route(
        method="POST",
        path="/webhooks/replay",
        name="replay",
        summary="Send events once more",
        handler=webhooks.replay,
        body=objects.ReplayBody,
        reply=objects.ReplayReply,
        scope=Scope.ADMIN,
    ),
    Route(
        method="GET",
        path="/webhooks/{id}",
        name="getWebhook",
        summary="Read a webhook",
        handler=webhooks.get,
        reply=objects.WebhookReply,
        **_ONE,
    ),
    Route(
        method="PATCH",
        path="/webhooks/{id}",
        name="changeWebhook",
        summary="Change a webhook; another URL or verify token is tried first",
        handler=webhooks.change,
        body=objects.ChangeWebhookBody,
        reply=objects.WebhookReply,
        scope=Scope.ADMIN,
        errors=(errors.NotFoundError, errors.ChallengeError),
    ),
    Route(
        method="DELETE",
        path="/webhooks/{id}",
        name="removeWebhook",
        summary="Remove a webhook, and with it what waits for it",
        handler=webhooks.remove,
        reply=objects.Nothing,
        **_ONE,
    ),
    Route(
        method="POST",
        path="/webhooks/{id}/enable",
        name="enableWebhook",
        summary="Send to it again, once its receiver has answered the challenge",
        handler=webhooks.enable,
        reply=objects.WebhookReply,
        scope=Scope.ADMIN,
        errors=(errors.NotFoundError, errors.ChallengeError),
    ),
    Route(
        method="POST",
        path="/webhooks/{id}/disable",
        name="disableWebhook",
        summary="Send it nothing more; what happens waits for it",
        handler=webhooks.disable,
        reply=objects.WebhookReply,
        **_ONE,
    ),
    Route(
        method="POST",
        path="/webhooks/{id}/rotate",
        name="rotateWebhookSecret",
        summary="Sign with a new secret, and for a day with the former one as well",
        handler=webhooks.rotate,
        reply=objects.WebhookWithSecret,
        **_ONE,
    ),
    Route(
        method="GET",
        path="/webhooks/{id}/deliveries",
        name="listDeliveriesOfWebhook",
        summary="List a webhook's deliveries, newest first",
        handler=webhooks.deliveries_of_one,
        reply=objects.DeliveryList,
        query=(_FAILED, *PAGING),
        **_ONE,
    ),
)
