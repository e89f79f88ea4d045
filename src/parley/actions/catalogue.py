"""Add categories and custom fields."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core.errors import ConflictError
from parley.core.events import CategoryAdded, FieldAdded
from parley.core.fields import Category, Field, FieldType
from parley.ports import Need


class AddCategory(msgspec.Struct, frozen=True, kw_only=True):
    """A new category. Refused with ConflictError when the wished id is taken anywhere on the server."""

    community_id: int
    name: str
    by: str
    id: int | None = None

    def needs(self, need: Need) -> None:
        """The community and whether the wished id is free."""
        need.communities.add(self.community_id)
        if self.id is not None:
            need.categories.add(self.id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Category:
        """Add it and raise the catalogue's version."""
        draft.community(self.community_id)
        if self.id is not None and draft.category_is_taken(self.id):
            msg = f"The category id {self.id} is taken."
            raise ConflictError(msg)
        category = Category(_number(draft, "category", self.id), self.community_id, self.name)
        draft.put_category(category)
        _raise_version(draft, self.community_id)
        draft.record(CategoryAdded(category), community_id=self.community_id, by=self.by, at=now)
        return category


class AddField(msgspec.Struct, frozen=True, kw_only=True):
    """A new custom field. Refused with ConflictError when the wished id is taken anywhere on the server."""

    community_id: int
    name: str
    type: FieldType
    by: str
    is_required: bool = False
    choices: tuple[str, ...] = ()
    id: int | None = None

    def needs(self, need: Need) -> None:
        """The community and whether the wished id is free."""
        need.communities.add(self.community_id)
        if self.id is not None:
            need.fields.add(self.id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Field:
        """Add it and raise the catalogue's version."""
        draft.community(self.community_id)
        if self.id is not None and draft.field_is_taken(self.id):
            msg = f"The field id {self.id} is taken."
            raise ConflictError(msg)
        field = Field(
            id=_number(draft, "field", self.id),
            community_id=self.community_id,
            name=self.name,
            type=self.type,
            is_required=self.is_required,
            choices=self.choices,
        )
        draft.put_field(field)
        _raise_version(draft, self.community_id)
        draft.record(FieldAdded(field), community_id=self.community_id, by=self.by, at=now)
        return field


def _number(draft: Draft, kind: str, wished: int | None) -> int:
    """The wished id, or the next of the counter, which is kept above all wished ones so that it never meets one."""
    if wished is None:
        return draft.next_number(kind)
    draft.raise_number(kind, wished)
    return wished


def _raise_version(draft: Draft, community_id: int) -> None:
    community = draft.community(community_id)
    version = community.catalogue_version + 1
    draft.put_community(msgspec.structs.replace(community, catalogue_version=version))
