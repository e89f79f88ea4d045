"""A bot behind chat completions: what the model sees, and what is made of its answer however odd."""

from typing import Any

import pytest

from parley.actions.bots import Wish
from parley.bots.asking import EMPTY_ANSWER, INVALID_ANSWER, Answer
from parley.bots.openai import TOOL
from parley.core.bots import BotKind
from tests.bots.conftest import ToInterview
from tests.bots.interviews import KEY, TALK, Interview, bot_says, charlie_says, question, says


@pytest.fixture
def openai(to_interview: ToInterview) -> Interview:
    """A bot of kind openai."""
    return to_interview(BotKind.OPENAI)


def completion(**spoken: Any) -> Any:
    """What a server sends when the model says this."""
    message = {"role": "assistant", **spoken}
    return {"id": "chatcmpl-1", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}


def call(arguments: Any = '{"reason": "refund", "summary": "It is late."}', name: str = TOOL) -> Any:
    """A call of a tool."""
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


async def said(openai: Interview, *messages: Any, **changes: Any) -> list[tuple[str, str]]:
    """Who says what in the request, the system first."""
    body = (await openai.sent(question(*messages, **changes))).json()
    return [(each["role"], each["content"]) for each in body["messages"]]


# What is asked


@pytest.mark.parametrize("path", ["/v1", "/v1/"])
async def test_the_path_of_chat_completions_is_added(openai: Interview, path: str) -> None:
    assert "/v1/chat/completions" == (await openai.sent(url=f"{openai.receiver.url}{path}")).target


async def test_the_model_is_named_when_it_has_a_name(openai: Interview) -> None:
    assert "small" == (await openai.sent(model="small")).json()["model"]
    assert {"messages", "tools", "stream"} == set((await openai.sent()).json())


async def test_the_answer_is_wanted_whole(openai: Interview) -> None:
    assert (await openai.sent()).json()["stream"] is False


async def test_the_system_prompt_names_the_community_and_the_tool(openai: Interview) -> None:
    ((role, prompt), *_) = await said(openai)

    assert "system" == role
    assert prompt.startswith("You answer the customers of Shop in a chat.")
    assert f"call {TOOL}." in prompt


async def test_the_operators_own_prompt_stands_in_its_place_as_it_is(openai: Interview) -> None:
    body = (await openai.sent(prompt="Be {terse} at {community}.")).json()

    assert {"role": "system", "content": "Be {terse} at {community}."} == body["messages"][0]


async def test_a_name_with_braces_is_a_name_like_any_other(openai: Interview) -> None:
    assert "customers of {0} {x} in" in (await said(openai, community_name="{0} {x}"))[0][1]


async def test_the_clients_messages_are_the_users(openai: Interview) -> None:
    assert [("user", "Where is my order?")] == (await said(openai))[1:]


async def test_what_one_side_said_in_a_row_is_one_message(openai: Interview) -> None:
    """Some models insist on turns. Imported history counts, and a teammate is the side of the bot."""
    spoken = await said(openai, says("Hello?"), says("Anybody?"), history=TALK)

    assert [
        ("user", "I ordered a lamp.\n\nLast week."),
        ("assistant", "Thank you.\n\nI'll see to it."),
        ("user", "Hello?\n\nAnybody?"),
    ] == spoken[1:]


async def test_a_row_goes_on_from_the_history_into_the_question(openai: Interview) -> None:
    spoken = await said(openai, says("Hello?"), history=(charlie_says("Bye."), bot_says("Hi."), says("It's me.")))

    assert [("assistant", "Bye.\n\nHi."), ("user", "It's me.\n\nHello?")] == spoken[1:]


async def test_the_model_gets_one_tool(openai: Interview) -> None:
    (tool,) = (await openai.sent()).json()["tools"]
    parameters = tool["function"]["parameters"]

    assert ("function", TOOL) == (tool["type"], tool["function"]["name"])
    assert ["reason", "summary"] == list(parameters["properties"]) == parameters["required"]


async def test_a_key_is_shown_when_there_is_one(openai: Interview) -> None:
    assert f"Bearer {KEY}" == (await openai.sent()).headers["authorization"]
    assert "authorization" not in (await openai.sent(key=None)).headers


# What is answered


async def test_what_the_model_says_is_one_text(openai: Interview) -> None:
    assert Answer(("It left.\n\nYesterday.",)) == await openai.hears(completion(content=" It left.\n\nYesterday.\n"))


async def test_the_first_of_several_choices_counts(openai: Interview) -> None:
    choices = [{"message": {"content": "First."}}, {"message": {"content": "Second."}}]

    assert Answer(("First.",)) == await openai.hears({"choices": choices})


@pytest.mark.parametrize(
    "spoken",
    [{"content": None}, {"content": ""}, {"content": " \n"}, {"content": []}, {}, {"content": None, "tool_calls": []}],
    ids=str,
)
async def test_a_model_that_says_nothing_has_failed(openai: Interview, spoken: Any) -> None:
    assert EMPTY_ANSWER == await openai.rejects(completion(**spoken))


async def test_content_may_come_in_parts(openai: Interview) -> None:
    parts = [{"type": "text", "text": "It left "}, {"type": "image"}, {"type": "text", "text": "yesterday."}]

    assert Answer(("It left yesterday.",)) == await openai.hears(completion(content=parts))


async def test_a_refusal_is_said(openai: Interview) -> None:
    assert Answer(("I can't.",)) == await openai.hears(completion(content=None, refusal="I can't."))


@pytest.mark.parametrize(
    "content",
    [
        "<think>Which order?\nAny.</think>\n\nIt left.",
        "\n<think>\n</think>It left.",
        "It may be any.\n</think>\n\nIt left.",  # the template of the model has said `<think>` for it
    ],
)
async def test_what_a_model_thinks_aloud_is_left_out(openai: Interview, content: str) -> None:
    assert Answer(("It left.",)) == await openai.hears(completion(content=content))


async def test_what_a_model_says_of_thoughts_later_on_is_kept(openai: Interview) -> None:
    content = "Write <think> before your thoughts."

    assert Answer((content,)) == await openai.hears(completion(content=content))


@pytest.mark.parametrize("content", ["<think>Which order?</think>", "<think>Which order? Perhaps", " <think>"])
async def test_a_model_that_only_thinks_says_nothing(openai: Interview, content: str) -> None:
    """Also when it was cut short in the middle of its thoughts."""
    assert EMPTY_ANSWER == await openai.rejects(completion(content=content))


# The tool


@pytest.mark.parametrize(
    "arguments",
    ['{"reason": "refund", "summary": "It is late."}', {"reason": "refund", "summary": "It is late."}],
    ids=["as text", "as an object"],
)
async def test_a_call_of_the_tool_hands_over(openai: Interview, arguments: Any) -> None:
    expected = Answer((), Wish("refund", "It is late."))

    assert expected == await openai.hears(completion(content=None, tool_calls=[call(arguments)]))


async def test_a_model_may_say_something_and_hand_over(openai: Interview) -> None:
    heard = await openai.hears(completion(content="Wait.", tool_calls=[call()]))

    assert Answer(("Wait.",), Wish("refund", "It is late.")) == heard


@pytest.mark.parametrize(
    "arguments",
    [
        '{"reason": "ref',
        "refund",
        "",
        "null",
        "[]",
        '{"reason": 7}',
        '{"reason": "\\ud800"}',
        '{"more": ' + "[" * 100_000,
        None,
        7,
        [],
        {},
        {"reason": 7},
    ],
    ids=lambda arguments: repr(arguments)[:20],
)
async def test_a_call_with_broken_arguments_hands_over_all_the_same(openai: Interview, arguments: Any) -> None:
    assert Answer((), Wish()) == await openai.hears(completion(content=None, tool_calls=[call(arguments)]))


@pytest.mark.parametrize("arguments", ['{"reason": "refund"}', {"reason": "refund"}], ids=["as text", "as an object"])
async def test_a_call_may_leave_out_the_summary(openai: Interview, arguments: Any) -> None:
    heard = await openai.hears(completion(content=None, tool_calls=[call(arguments)]))

    assert Answer((), Wish("refund")) == heard


async def test_a_call_may_have_no_arguments_at_all(openai: Interview) -> None:
    heard = await openai.hears(completion(tool_calls=[{"function": {"name": TOOL}}]))

    assert Answer((), Wish()) == heard


async def test_of_several_calls_the_first_of_ours_counts(openai: Interview) -> None:
    calls = [call("{}", "look_up"), {}, call('{"reason": "first"}'), call('{"reason": "second"}')]

    assert Answer((), Wish("first")) == await openai.hears(completion(content=None, tool_calls=calls))


async def test_a_tool_that_there_is_not_is_ignored(openai: Interview) -> None:
    assert Answer(("It left.",)) == await openai.hears(completion(content="It left.", tool_calls=[call("{}", "find")]))
    assert EMPTY_ANSWER == await openai.rejects(completion(content=None, tool_calls=[call("{}", "find")]))


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"choices": []},
        {"choices": None},
        {"choices": [{}]},
        {"choices": [{"text": "It left."}]},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": 7}}]},
        {"error": {"message": "model not found", "code": 404}},
    ],
    ids=str,
)
async def test_an_answer_in_another_form_is_invalid(openai: Interview, body: Any) -> None:
    """An error that comes with status 200 is one of them."""
    assert INVALID_ANSWER == await openai.rejects(body)
