"""The bodies of the baseline's requests and replies."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

_Name = Annotated[str, StringConstraints(max_length=200)]
_Email = Annotated[str, StringConstraints(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
_Url = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[^/\s]+")]
_Title = Annotated[str, StringConstraints(max_length=500)]
_FieldText = Annotated[str, StringConstraints(max_length=2000)]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True)


class UserValue(_Body):
    """The author of a request."""

    email: _Email
    name: _Name | None = None
    image: _Url | None = None


class FieldText(_Body):
    """A custom field and its value."""

    id: int
    value: _FieldText


class NewConversation(_Body):
    """The body of a create."""

    author: UserValue
    category_id: int | None = None
    fields: list[FieldText] = []
    is_bot_enabled: bool = False
    sentiment: Literal["question", "praise", "suggestion", "complaint"] | None = None
    title: _Title | None = None
    url: _Url | None = None


class UserReply(_Body):
    """A user."""

    custom_identifier: str | None = None
    email: str
    id: str
    image: str | None
    is_bot: bool = False
    name: str | None
    status: str


class PlaceReply(_Body):
    """A place in the queue."""

    position: int
    wait_time: int | None = None


class ConversationReply(_Body):
    """A conversation."""

    author: UserReply
    creation_time: dt.datetime
    feedback: None = None
    fields: list[FieldText]
    id: int
    initial_page_url: str | None
    is_closed: bool = False
    is_takeover_enabled: bool = True
    last_modified_time: dt.datetime
    latest_page_url: str | None
    messages: list[None] = []
    queue_position_info: PlaceReply
    total_messages_count: int = 0


class Envelope(_Body):
    """Every successful reply."""

    data: ConversationReply
    error_code: int = -1
    error_text: str | None = None
