"""A bot behind chat completions, as OpenAI, vLLM, llama.cpp and Ollama serve them.

The model sees the system prompt, what was said, and one tool: to hand over to a human.
"""

import re
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from parley.actions.bots import Wish
from parley.bots.asking import (
    EMPTY_ANSWER,
    UNREADABLE,
    Answer,
    Asked,
    AskError,
    Connector,
    Question,
    Said,
    bearer,
    invalid,
)
from parley.core.bots import Bot

PATH = "/chat/completions"
TOOL = "hand_over_to_human"
PROMPT = (
    "You answer the customers of {community} in a chat. Be brief, friendly and truthful, in the customer's language. "
    f"When you do not know, or the customer wants a person, call {TOOL}."
)
_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": TOOL,
            "description": "Hand the conversation over to a human colleague, who goes on from here.",
            "parameters": {
                "type": "object",
                "properties": {
                    "reason": {"type": "string", "description": "Why, in a few words, for the colleague."},
                    "summary": {"type": "string", "description": "What was said and what the customer needs."},
                },
                "required": ["reason", "summary"],
            },
        },
    }
]
# Local models show their thoughts when not told otherwise; some templates open them for the model, and a model that is
# cut short never closes them.
_THOUGHTS = re.compile(r"\A(?:(?:(?!<think>).)*|\s*<think>.*?)</think>|\A\s*<think>.*", re.DOTALL)

_encode = msgspec.json.Encoder().encode


class Part(msgspec.Struct, frozen=True):
    """A part of a message in parts."""

    text: str = ""


class Function(msgspec.Struct, frozen=True):
    """What is called, with what; servers send the arguments as text, and some as an object."""

    name: str = ""
    arguments: Any = None


class ToolCall(msgspec.Struct, frozen=True):
    """A call of a tool."""

    function: Function = Function()


class Spoken(msgspec.Struct, frozen=True):
    """The model's message."""

    content: str | list[Part] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(msgspec.Struct, frozen=True):
    """One of the answers; only one is asked for."""

    message: Spoken


class Completion(msgspec.Struct, frozen=True):
    """The body of an answer."""

    choices: list[Choice]


_decode = msgspec.json.Decoder(Completion).decode
_decode_wish = msgspec.json.Decoder(Wish).decode


def ask(bot: Bot, question: Question, key: bytes | None, _now: datetime) -> Asked:
    """The request. What one side said in a row is one message, for some models insist on turns."""
    system = bot.prompt or PROMPT.format(community=question.community_name)
    said = groupby((*question.history, *question.messages), key=_role)
    body: dict[str, Any] = {
        "messages": [
            {"role": "system", "content": system},
            *({"role": role, "content": "\n\n".join(message.text for message, _ in each)} for role, each in said),
        ],
        "tools": _TOOLS,
        "stream": False,
    }
    if bot.model is not None:
        body["model"] = bot.model
    return Asked(f"{(bot.url or '').rstrip('/')}{PATH}", _encode(body), bearer(key))


def read(body: bytes) -> Answer:
    """What the model says, and a wish when it called the tool, however badly."""
    try:
        completion = _decode(body)
    except UNREADABLE:
        raise invalid("a chat completion") from None
    if not completion.choices:
        raise invalid("a chat completion with a choice")
    spoken = completion.choices[0].message
    text = _THOUGHTS.sub("", _content(spoken), count=1).strip()
    wishes = [_wish(call.function.arguments) for call in spoken.tool_calls or () if call.function.name == TOOL]
    if not text and not wishes:
        msg = "The model said nothing and called no tool that it has."
        raise AskError(EMPTY_ANSWER, msg)
    return Answer((text,) if text else (), wishes[0] if wishes else None)


def _role(said: Said) -> str:
    return "assistant" if said[0].is_team else "user"


def _content(spoken: Spoken) -> str:
    if isinstance(spoken.content, list):
        return "".join(part.text for part in spoken.content)
    return spoken.content or spoken.refusal or ""


def _wish(arguments: Any) -> Wish:
    """Broken arguments still are a wish."""
    try:
        return _decode_wish(arguments) if isinstance(arguments, str) else msgspec.convert(arguments or {}, Wish)
    except (*UNREADABLE, UnicodeEncodeError):
        return Wish()


CONNECTOR = Connector(ask, read)
