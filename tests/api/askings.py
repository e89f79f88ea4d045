"""One good request for every route of the table, so that what holds for all routes is tested on all."""

from typing import Any

from parley.api.routes import ROUTES, Route
from tests.api.integrators import JOHN, Integrator
from tests.servers import Reply

BODIES: dict[str, Any] = {
    "createConversation": {"author": JOHN, "message": "Hello"},
    "addMessages": [{"author": JOHN, "message": "Hello"}],
    "importMessages": [{"author": JOHN, "message": "Hello", "creationTime": "2020-01-01T00:00:00Z"}],
    "changeTakeover": {"isAssignedToBot": True},
    "giveFeedback": {"isPositive": True, "text": "Thank you"},
    "changeLatestUrl": {"url": "https://shop.example/2"},
    "closeConversation": None,
}
GUARDED = tuple(route for route in ROUTES if route.scope is not None)
WRITING = tuple(route for route in GUARDED if route.takes_body)
OF_ONE = tuple(route for route in GUARDED if "{id}" in route.path)


def named(route: Route) -> str:
    """How a test of this route is called."""
    return route.name


def ask(who: Integrator, route: Route, conversation_id: object = 0, **headers: str) -> Reply:
    """Send the route's good request about a conversation."""
    assert not route.takes_body or route.name in BODIES, f"tests/api/askings.py has no good body for {route.name}"
    path = route.path.replace("{id}", str(conversation_id))
    return who.server.request(route.method, path, BODIES.get(route.name), token=who.token, headers=headers)
