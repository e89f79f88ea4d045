"""Creating and reading conversations: every rule of the specification that can be seen from outside."""

from typing import Any

import msgspec
import pytest

from parley.actions.catalogue import AddCategory, AddField
from parley.api.wire import CreateConversationBody, UserValue
from parley.core.conversations import Sentiment
from parley.core.events import ConversationCreated
from parley.core.fields import FieldType
from tests.api.envelopes import GUID, TIME, paths, refusal
from tests.api.integrators import JOHN, Integrator

OPTIONAL = [
    field.encode_name for field in msgspec.structs.fields(CreateConversationBody) if field.encode_name != "author"
]
OF_USER = [field.encode_name for field in msgspec.structs.fields(UserValue)]
GIVEN = [
    ("title", "Where is my order?"),
    ("url", "https://shop.example/orders"),
    ("sentiment", "praise"),
    ("isBotEnabled", True),
    ("message", "Hello"),
]
VARYING = ("id", "creationTime", "lastModifiedTime", "queuePositionInfo")


def lasting(conversation: Any) -> Any:
    """What two conversations that were created alike have in common."""
    return {name: value for name, value in conversation.items() if name not in VARYING}


def created(shop: Integrator) -> ConversationCreated:
    """The newest conversation as the log has it: the reply does not show its title, category and sentiment."""
    happened = [event.what for event in shop.events() if isinstance(event.what, ConversationCreated)]
    return happened[-1]


def add_field(shop: Integrator, type: FieldType = FieldType.TEXT, **more: Any) -> int:  # noqa: A002 - its name
    """The id of a new custom field."""
    (field,) = shop.do(AddField(community_id=shop.tenant.id, name="Field", type=type, by="operator", **more))
    return field.id


# What is absent


def test_only_the_author_is_required(shop: Integrator) -> None:
    conversation = shop.create()

    assert ([], [], None, None) == tuple(
        conversation[name] for name in ("messages", "fields", "initialPageUrl", "latestPageUrl")
    )
    assert ("John", 0) == (conversation["author"]["name"], conversation["totalMessagesCount"])


def test_a_missing_author_is_named(shop: Integrator) -> None:
    assert ["author"] == paths(refusal(shop.post({}), 422, 1001))


@pytest.mark.parametrize("member", OPTIONAL)
def test_null_is_the_same_as_absent(shop: Integrator, member: str) -> None:
    absent = lasting(shop.create())

    assert absent == lasting(shop.create(**{member: None}))


@pytest.mark.parametrize("member", OF_USER)
def test_null_is_the_same_as_absent_in_an_author(shop: Integrator, member: str) -> None:
    by = {"customIdentifier": "c-1"} if member != "customIdentifier" else {"email": "j@dow.com"}
    absent = lasting(shop.create(author=by))

    assert absent == lasting(shop.create(author={member: None, **by}))


def test_unknown_members_are_ignored(shop: Integrator) -> None:
    plain = lasting(shop.create())

    assert plain == lasting(shop.create(channel={"name": ["web"]}, author={**JOHN, "phone": "1"}))


@pytest.mark.parametrize("member", ["title", "url"])
def test_blank_is_the_same_as_absent(shop: Integrator, member: str) -> None:
    assert lasting(shop.create()) == lasting(shop.create(**{member: "  "}))


@pytest.mark.parametrize("sentiment", [None, *Sentiment])
def test_the_sentiment_is_kept_and_is_a_question_when_absent(shop: Integrator, sentiment: str | None) -> None:
    shop.create(sentiment=sentiment)

    assert (sentiment or "question") == created(shop).conversation.sentiment


def test_the_title_is_kept_for_the_agents(shop: Integrator) -> None:
    conversation = shop.create(title="  Where is my order? ")

    assert "title" not in conversation
    assert "Where is my order?" == created(shop).conversation.title


# Bot and queue


def test_a_conversation_with_the_bot_is_not_in_the_queue(shop: Integrator) -> None:
    conversation = shop.create(isBotEnabled=True)

    assert {"position": -1, "waitTime": None} == conversation["queuePositionInfo"]
    assert conversation["isTakeoverEnabled"] is False


def test_a_conversation_without_the_bot_is_in_takeover_from_its_start(shop: Integrator) -> None:
    assert shop.create(isBotEnabled=False)["isTakeoverEnabled"] is True


def test_each_new_conversation_goes_to_the_end_of_the_queue(shop: Integrator) -> None:
    bots = (False, True, False, True, False)
    made = [shop.create(isBotEnabled=with_bot) for with_bot in bots]

    assert [1, -1, 2, -1, 3] == [conversation["queuePositionInfo"]["position"] for conversation in made]


def test_the_place_in_the_queue_is_read_as_it_was_told(shop: Integrator) -> None:
    made = [shop.create() for _ in range(3)]

    for conversation in made:
        assert conversation["queuePositionInfo"] == shop.get(conversation["id"]).data["queuePositionInfo"]


def test_communities_have_queues_of_their_own(shop: Integrator, rival: Integrator) -> None:
    shop.create()

    assert 1 == rival.create()["queuePositionInfo"]["position"]


def test_conversation_ids_are_counted_over_the_whole_server(shop: Integrator, rival: Integrator) -> None:
    first, second, third = shop.create(), rival.create(), shop.create()

    assert 0 < first["id"] < second["id"] < third["id"]


# The message


def test_a_first_message_is_stored_with_the_conversation(shop: Integrator) -> None:
    conversation = shop.create(message="Hello\r\n\tyou ✓ 😀\x07")

    assert ["Hello\r\n\tyou ✓ 😀\x07"] == [message["message"] for message in conversation["messages"]]
    assert 1 == conversation["totalMessagesCount"]
    assert ["conversation_created", "conversation_message_added"] == shop.happened()


def test_the_first_message_is_the_clients(shop: Integrator) -> None:
    conversation = shop.create(message="Hello")

    assert conversation["author"] == conversation["messages"][0]["author"]
    assert "client" == conversation["author"]["status"]


def test_without_a_message_there_is_none(shop: Integrator) -> None:
    shop.create()

    assert ["conversation_created"] == shop.happened()


# Pages and fields


@pytest.mark.parametrize(
    "url",
    [
        "https://thejohndow.com",
        "HTTP://[::1]:8080/a?b=c#d",
        "http://localhost/%E2%9C%93",
        "https://bücher.example/straße",
        "https://user:secret@shop.example:443/",
    ],
)
def test_the_url_is_both_pages_letter_for_letter(shop: Integrator, url: str) -> None:
    conversation = shop.create(url=url)

    assert (url, url) == (conversation["initialPageUrl"], conversation["latestPageUrl"])


@pytest.mark.parametrize(
    "url",
    ["shop.example", "/orders", "ftp://shop.example", "javascript:alert(1)", "https://", "http://:80/", "https://a b"],
)
def test_a_url_that_is_not_absolute_http_is_refused(shop: Integrator, url: str) -> None:
    body = refusal(shop.post({"author": JOHN, "url": url}), 422, 1001)

    assert ["url"] == paths(body)
    assert "must be an absolute http or https address with a host" in body["errorText"]


def test_field_values_come_back_as_they_were_sent(shop: Integrator) -> None:
    text, number = add_field(shop), add_field(shop, FieldType.NUMBER)
    sent = [{"id": number, "value": "1.50e2"}, {"id": text, "value": "  two\nlines "}]

    assert sent == shop.create(fields=sent)["fields"]


def test_a_field_without_a_value_is_absent(shop: Integrator) -> None:
    field = add_field(shop)

    assert [] == shop.create(fields=[{"id": field, "value": None}])["fields"]
    assert [] == shop.create(fields=[{"id": field}])["fields"]


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("number", "-0.5", "0x10"),
        ("number", "12", "1,5"),
        ("boolean", "true", "True"),
        ("date", "2024-02-29", "2023-02-29"),
        ("date", "2024-12-31", "31.12.2024"),
        ("choice", "Gold", "gold"),
        ("email", "a@b", "a@b@c"),
        ("url", "https://a.example", "a.example"),
    ],
)
def test_a_field_takes_what_fits_its_type(shop: Integrator, type: str, good: str, bad: str) -> None:  # noqa: A002
    field = add_field(shop, FieldType(type), choices=("Gold", "Silver") if type == "choice" else ())
    sent = [{"id": field, "value": good}]
    refused = shop.post({"author": JOHN, "fields": [{"id": field, "value": bad}]})

    assert sent == shop.create(fields=sent)["fields"]
    assert ["fields[0].value"] == paths(refusal(refused, 422, 1001))


@pytest.mark.parametrize("value", [1, 1.5, True, ["a"], {"a": 1}])
def test_a_field_value_that_is_not_a_text_is_refused(shop: Integrator, value: Any) -> None:
    field = add_field(shop)
    reply = shop.post({"author": JOHN, "fields": [{"id": field, "value": value}]})

    assert ["fields[0].value"] == paths(refusal(reply, 422, 1001))


@pytest.mark.parametrize("fields", [None, [], [{"id": 0, "value": None}], [{"id": 0, "value": " "}]])
def test_a_required_field_needs_a_value(shop: Integrator, fields: Any) -> None:
    field = add_field(shop, is_required=True)
    given = fields and [{**fields[0], "id": field}]
    body = refusal(shop.post({"author": JOHN, "fields": given}), 422, 1001)

    assert ["fields"] == paths(body)
    assert f"the required field {field}" in body["errorText"]


def test_the_same_field_twice_is_refused(shop: Integrator) -> None:
    field = add_field(shop)
    reply = shop.post({"author": JOHN, "fields": [{"id": field, "value": "a"}, {"id": field, "value": "a"}]})

    assert ["fields[1].id"] == paths(refusal(reply, 422, 1001))


def test_unknown_categories_and_fields_are_all_named_and_nothing_is_stored(shop: Integrator) -> None:
    reply = shop.post({"author": JOHN, "categoryId": 2**53 - 1, "fields": [{"id": 2**53 - 1, "value": "a"}]})

    assert ["categoryId", "fields[0].id"] == paths(refusal(reply, 422, 1001))
    assert [] == shop.happened()


def test_a_known_category_is_kept_for_the_agents(shop: Integrator) -> None:
    (category,) = shop.do(AddCategory(community_id=shop.tenant.id, name="Orders", by="operator"))
    shop.create(categoryId=category.id)

    assert category.id == created(shop).conversation.category_id


# Authors


def test_an_author_is_found_again_by_id_email_and_identifier(shop: Integrator) -> None:
    first = shop.create(author={"email": "Jane@Dow.com", "customIdentifier": " C-7 "})["author"]
    spelt = [{"id": first["id"].upper()}, {"email": "jANE@dow.COM"}, {"customIdentifier": "c-7"}]

    assert [first] * 3 == [shop.create(author=author)["author"] for author in spelt]
    assert ("Jane@Dow.com", "c-7") == (first["email"], first["customIdentifier"])


def test_an_id_counts_more_than_an_email_and_that_more_than_an_identifier(shop: Integrator) -> None:
    ann, bob, cid = (
        shop.create(author=author)["author"]["id"]
        for author in ({"email": "ann@a"}, {"email": "bob@b"}, {"customIdentifier": "cid"})
    )

    assert ann == shop.create(author={"id": ann, "email": "bob@b", "customIdentifier": "cid"})["author"]["id"]
    assert bob == shop.create(author={"email": "bob@b", "customIdentifier": "cid"})["author"]["id"]
    assert cid == shop.create(author={"email": "new@c", "customIdentifier": "cid"})["author"]["id"]


def test_an_identifier_is_attached_to_a_client_found_by_email(shop: Integrator) -> None:
    shop.create(author={"email": "ann@a"})
    attached = shop.create(author={"email": "ann@a", "customIdentifier": "A-1"})["author"]

    assert "a-1" == attached["customIdentifier"]
    assert attached == shop.create(author={"customIdentifier": "a-1"})["author"]


def test_an_identifier_of_somebody_else_stays_with_them_and_the_call_goes_on(shop: Integrator) -> None:
    owner = shop.create(author={"email": "ann@a", "customIdentifier": "a-1"})["author"]
    other = shop.create(author={"email": "bob@b"})["author"]

    assert other == shop.create(author={"email": "bob@b", "customIdentifier": "a-1"})["author"]
    assert owner["id"] == shop.create(author={"customIdentifier": "a-1"})["author"]["id"]


def test_an_email_that_finds_nobody_goes_to_the_client_of_the_identifier(shop: Integrator) -> None:
    shop.create(author={"customIdentifier": "a-1"})
    found = shop.create(author={"customIdentifier": "a-1", "email": "ann@a"})["author"]
    again = shop.create(author={"customIdentifier": "a-1", "email": "bob@b"})["author"]

    assert "ann@a" == found["email"]
    assert found == again


def test_a_given_name_and_image_replace_a_clients(shop: Integrator) -> None:
    shop.create(author={**JOHN, "image": "https://a.example/1.png"})
    again = shop.create(author={**JOHN, "name": "Johnny", "image": "https://a.example/2.png"})["author"]
    later = shop.create(author={"email": JOHN["email"]})["author"]

    assert ("Johnny", "https://a.example/2.png") == (again["name"], again["image"])
    assert again == later


def test_the_bot_is_meant_whatever_else_is_given(shop: Integrator) -> None:
    author = shop.create(author={"isBot": True, "email": "not an address", "name": "x" * 999})["author"]

    assert (True, "team", None) == (author["isBot"], author["status"], author["email"])
    assert author == shop.create(author={"isBot": True})["author"]


def test_an_author_without_any_identification_is_refused(shop: Integrator) -> None:
    for author in ({}, {"name": "John"}, {"email": " ", "id": ""}, {"isBot": False}):
        assert ["author"] == paths(refusal(shop.post({"author": author}), 422, 1001))


@pytest.mark.parametrize("user", ["00000000-0000-4000-8000-000000000000", "john", "\x00", "x" * 5_000, "'; --"])
def test_an_unknown_author_id_is_refused_and_not_repeated_at_length(shop: Integrator, user: str) -> None:
    body = refusal(shop.post({"author": {"id": user, **JOHN}}), 422, 1001)

    assert ["author.id"] == paths(body)
    assert "\x00" not in body["errorText"]
    assert len(body["errorText"]) < 200
    assert [] == shop.happened()


@pytest.mark.parametrize("email", ["john", "@dow.com", "john@", "a@b@c", "john dow@a", "john@\u00a0dow"])
def test_an_email_needs_one_at_with_something_on_both_sides(shop: Integrator, email: str) -> None:
    assert ["author.email"] == paths(refusal(shop.post({"author": {"email": email}}), 422, 1001))


def test_an_image_must_be_an_address(shop: Integrator) -> None:
    assert ["author.image"] == paths(refusal(shop.post({"author": {**JOHN, "image": "me.png"}}), 422, 1001))


# Reading


def test_a_conversation_is_read_as_it_was_created(shop: Integrator) -> None:
    made = shop.create(message="Hello", url="https://shop.example", fields=[{"id": add_field(shop), "value": "v"}])

    assert made == shop.get(made["id"], "?includeMessages=true").data


def test_messages_come_only_when_they_are_asked_for(shop: Integrator) -> None:
    made = shop.create(message="Hello")
    read = shop.get(made["id"]).data

    assert ([], 1) == (read["messages"], read["totalMessagesCount"])


@pytest.mark.parametrize(
    ("given", "count"),
    [("true", 1), ("True", 1), ("TRUE", 1), ("1", 1), ("false", 0), ("False", 0), ("FALSE", 0), ("0", 0), ("", 0)],
)
def test_a_truth_value_of_the_query_is_read_without_regard_to_case(shop: Integrator, given: str, count: int) -> None:
    made = shop.create(message="Hello")

    assert count == len(shop.get(made["id"], f"?includeMessages={given}").data["messages"])


@pytest.mark.parametrize("query", ["includeMessages=yes", "orderyBy=newest", "orderBy=CREATION", "orderBy=%00"])
def test_a_query_member_with_a_wrong_value_is_refused(shop: Integrator, query: str) -> None:
    body = refusal(shop.get(shop.create()["id"], f"?{query}"), 422, 1001)

    assert 1 == len(paths(body))
    assert "must be" in body["errorText"]


@pytest.mark.parametrize("name", ["orderyBy", "orderBy"])
@pytest.mark.parametrize("order", ["creation_time_asc", "creation_time_desc", ""])
def test_both_spellings_of_the_order_are_taken(shop: Integrator, name: str, order: str) -> None:
    made = shop.create(message="Hello")

    assert made == shop.get(made["id"], f"?includeMessages=true&{name}={order}").data


def test_a_wrong_order_is_refused_in_the_spelling_it_came_in(shop: Integrator) -> None:
    made = shop.create()

    for name in ("orderyBy", "orderBy"):
        assert [name] == paths(refusal(shop.get(made["id"], f"?{name}=up"), 422, 1001))


def test_times_have_six_digits_and_the_offset_of_utc(shop: Integrator) -> None:
    conversation = shop.create(message="Hello")
    message = conversation["messages"][0]

    assert conversation["creationTime"] == conversation["lastModifiedTime"]
    for owner in (conversation, message):
        assert TIME.fullmatch(owner["creationTime"])
        assert TIME.fullmatch(owner["lastModifiedTime"])


def test_ids_of_users_are_lower_case_guids(shop: Integrator) -> None:
    assert GUID.fullmatch(shop.create()["author"]["id"])
    assert GUID.fullmatch(shop.create(author={"isBot": True})["author"]["id"])


def test_there_is_no_conversation_of_an_unknown_id(shop: Integrator) -> None:
    body = refusal(shop.get(2**53 - 1), 404, 3001)

    assert f"There is no conversation {2**53 - 1}." == body["errorText"]


@pytest.mark.parametrize(
    "given",
    ["0", "-1", "+1", "1.0", "1e3", "abc", "%D9%A1", "%00", "%201", str(2**53), str(2**63), "9" * 5_000, "1_0"],
)
def test_an_id_that_cannot_be_one_names_nothing(shop: Integrator, given: str) -> None:
    refusal(shop.get(given), 404, 3001)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/chat",
        "/chat/conversations/",
        "/chat//conversations",
        "/Chat/conversations",
        "/chat/conversations/1%0A",
        "/%ff",
    ],
)
def test_there_is_nothing_at_another_path(shop: Integrator, path: str) -> None:
    refusal(shop.server.request("GET", path, token=shop.token), 404, 3002)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/version"])
def test_health_and_version_need_no_token(shop: Integrator, path: str) -> None:
    (value,) = shop.server.request("GET", path).data.values()

    assert value in {"live", "ready", "0.1.0"}
