"""The API as it describes itself: a valid document, true to what the server does, and readable as a page."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import meta
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from parley.api.errors import STATUS
from parley.api.openapi import ALL_ROUTES
from parley.api.routes import Route
from tests.api.askings import BODIES, GUARDED, WRITING, ask, named
from tests.api.envelopes import REFUSAL
from tests.api.integrators import Integrator
from tests.servers import Server

DOCUMENT = "/schema/openapi.json"
EXAMPLES = 15  # of each kind for each operation: what one run misses, the next may meet
TRUE_TO_THE_DOCUMENT = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def writes(route: Route) -> bool:
    """Whether it is a write on behalf of somebody."""
    return route.takes_body and route.takes_key and (route.scope is not None or route.agent is not None)


@pytest.fixture(scope="module")
def document(server: Server) -> Any:
    """The document that the server serves."""
    return server.request("GET", DOCUMENT).json()


@pytest.fixture(scope="module")
def schema(server: Server) -> schemathesis.BaseSchema:
    """The document in the hands of Schemathesis, with the server behind it."""
    return schemathesis.openapi.from_url(server.url + DOCUMENT)


# The document


def test_the_document_is_openapi_3_1(document: Any) -> None:
    assert [] == [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)]
    assert document["openapi"].startswith("3.1.")


def test_every_object_of_the_document_is_a_valid_json_schema(document: Any) -> None:
    for described in document["components"]["schemas"].values():
        meta.validate(described)


def test_every_reference_of_the_document_leads_somewhere(document: Any) -> None:
    named_ones = set(re.findall(r"'#/components/schemas/(\w+)'", str(document)))

    assert named_ones == document["components"]["schemas"].keys()


def test_every_route_is_documented_and_nothing_else(document: Any) -> None:
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}

    assert {(route.path, route.method) for route in ALL_ROUTES} == described


def test_every_operation_has_a_name_of_its_own(document: Any) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]

    assert sorted({route.name for route in ALL_ROUTES}) == sorted(names)


@pytest.mark.parametrize("route", ALL_ROUTES, ids=named)
def test_an_operation_says_what_it_takes(document: Any, route: Route) -> None:
    operation = document["paths"][route.path][route.method.lower()]
    given_ones = {(member["in"], member["name"]) for member in operation.get("parameters", ())}

    assert (route.scope is not None or route.agent is not None) == ("security" in operation)
    assert route.needs_proof == (("header", "X-Parley-CSRF") in given_ones)
    assert (route.body is not None or route.form is not None) == ("requestBody" in operation)
    assert {("query", member.name) for member in route.query} == {each for each in given_ones if each[0] == "query"}
    assert writes(route) == (("header", "Idempotency-Key") in given_ones)


@pytest.mark.parametrize("route", ALL_ROUTES, ids=named)
def test_an_operation_says_which_errors_it_can_meet(document: Any, route: Route) -> None:
    expected = {STATUS[kind] for kind in route.errors}
    expected |= {401, 403, 503} if route.scope is not None or route.agent is not None else set()
    expected |= {408, 413} if route.takes_body else set()
    expected |= {400, 415} if route.body is not None else set()
    expected |= {422, 429} if writes(route) else set()
    expected |= {404} if "{id}" in route.path else set()
    responses = document["paths"][route.path][route.method.lower()]["responses"]

    assert expected <= {int(status) for status in responses}


def test_an_error_has_the_documented_members(document: Any) -> None:
    failure = document["components"]["schemas"]["Failure"]

    assert set(REFUSAL) == failure["properties"].keys()
    assert {*REFUSAL} - {"errorDetails"} == set(failure["required"])


# The server, held against it


def takes_anything(route: Route) -> bool:
    """Whether there is anything to be wrong in a request."""
    return bool(route.query or route.takes_body or "{" in route.path)


GOOD, BAD = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
CASES = [pytest.param(route, GOOD, id=f"{route.name}-good") for route in ALL_ROUTES]
CASES += [pytest.param(route, BAD, id=f"{route.name}-bad") for route in ALL_ROUTES if takes_anything(route)]


def operation_of(schema: schemathesis.BaseSchema, route: Route) -> Any:
    """The route's operation."""
    return schema[route.path][route.method]


@pytest.mark.parametrize(("route", "mode"), CASES)
def test_the_server_answers_as_documented(
    shop: Integrator, schema: schemathesis.BaseSchema, route: Route, mode: schemathesis.GenerationMode
) -> None:
    """To requests that the document allows, and to those that it does not."""
    known = shop.create(message="Hello")["id"]
    session = requests.Session()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation_of(schema, route).as_strategy(generation_mode=mode))
    def answers(case: Any) -> None:
        if mode is GOOD and "id" in case.path_parameters:
            case.path_parameters["id"] = known
        headers = {"Authorization": f"Bearer {shop.token}"}
        case.call_and_validate(session=session, headers=headers, checks=TRUE_TO_THE_DOCUMENT)

    with session:
        answers()


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_good_answer_has_exactly_the_documented_members(
    shop: Integrator, schema: schemathesis.BaseSchema, document: Any, route: Route
) -> None:
    reply = ask(shop, route, shop.create(message="Hello")["id"])
    wanted = document["paths"][route.path][route.method.lower()]["responses"]["200"]["content"]["application/json"]
    data = wanted["schema"]["properties"]["data"]

    assert [] == list(undocumented(reply.data, data, document["components"]["schemas"]))


def undocumented(value: Any, described: Any, schemas: Any, path: str = "data") -> Any:
    """Members that are there and not described, or described and not there."""
    if "$ref" in described:
        described = schemas[described["$ref"].rsplit("/", 1)[-1]]
    if "discriminator" in described:
        kind = value[described["discriminator"]["propertyName"]]
        yield from undocumented(value, {"$ref": described["discriminator"]["mapping"][kind]}, schemas, path)
    elif "anyOf" in described:
        if value is None:
            return
        (described,) = (kind for kind in described["anyOf"] if kind.get("type") != "null")
        yield from undocumented(value, described, schemas, path)
    elif described.get("type") == "object":
        for name in value.keys() ^ described["properties"].keys():
            yield f"{path}.{name}"
        for name in value.keys() & described["properties"].keys():
            yield from undocumented(value[name], described["properties"][name], schemas, f"{path}.{name}")
    elif described.get("type") == "array":
        for element in value:
            yield from undocumented(element, described["items"], schemas, f"{path}[]")


def test_our_examples_are_good_by_the_document(document: Any) -> None:
    assert {route.name for route in WRITING} == BODIES.keys()


# The page


class Page(HTMLParser):
    """What a page says and points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: set[str] = set()
        self.words = ""
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def page(server: Server) -> Page:
    """The page as a browser reads it."""
    reply = server.request("GET", "/schema")
    assert "text/html; charset=utf-8" == reply.headers["Content-Type"]
    return Page(reply.body.decode())


def test_the_page_has_a_title_and_a_language_and_ends_what_it_begins(page: Page) -> None:
    assert ("html", "lang", "en") in page.attributes
    assert "Parley External Chat API" in page.words
    assert [] == page.open


@pytest.mark.parametrize("route", ALL_ROUTES, ids=named)
def test_the_page_shows_every_operation(page: Page, route: Route) -> None:
    assert route.name in page.ids
    assert f"{route.method} {route.path}" in page.words
    assert route.summary in page.words


def test_the_page_shows_every_object_and_its_members(page: Page, document: Any) -> None:
    for name, described in document["components"]["schemas"].items():
        assert name in page.ids
        for member in described.get("properties", {}):
            assert member in page.words


def test_the_page_needs_no_other_host_and_no_script(page: Page, server: Server) -> None:
    pointed = [value for _, name, value in page.attributes if name in {"src", "href", "action", "data", "srcset"}]

    assert [] == [value for value in pointed if re.match(r"[a-z]+:|//", value)]
    assert not any(tag in {"script", "link", "img", "iframe"} for tag, _, _ in page.attributes)
    assert "default-src 'none'" in server.request("GET", "/schema").headers["Content-Security-Policy"]


def test_the_links_of_the_page_lead_somewhere(page: Page, server: Server) -> None:
    for value in {value for _, name, value in page.attributes if name == "href"}:
        if value.startswith("#"):
            assert value[1:] in page.ids
        else:
            assert 200 == server.request("GET", urljoin("/schema", value)).status
