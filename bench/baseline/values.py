"""The bodies of the baseline's requests and replies."""

import datetime as dt
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

T = TypeVar("T")

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


class NewMessage(_Body):
    """One element of the body of an add."""

    author: UserValue
    message: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
    creation_time: AwareDatetime | None = None
    is_by_team: bool | None = None


class UserReply(_Body):
    """A user."""

    custom_identifier: str | None = None
    email: str
    id: str
    image: str | None
    is_bot: bool = False
    name: str | None
    status: str


class MessageReply(_Body):
    """A message."""

    author: UserReply
    creation_time: dt.datetime
    id: int
    last_modified_time: dt.datetime
    message: str


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
    messages: list[MessageReply] = []
    queue_position_info: PlaceReply
    total_messages_count: int = 0


class Envelope(_Body, Generic[T]):
    """Every successful reply."""

    data: T
    error_code: int = -1
    error_text: str | None = None
