"""Add and change categories and custom fields."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import fields
from parley.core.errors import ConflictError, NotFoundError, Problems
from parley.core.events import CategoryAdded, CategoryChanged, FieldAdded, FieldChanged
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


class ChangeCategory(msgspec.Struct, frozen=True, kw_only=True):
    """Give a category another name. Refused with NotFoundError: this community has no such category."""

    community_id: int
    category_id: int
    name: str
    by: str

    def needs(self, need: Need) -> None:
        """The community with its catalogue."""
        need.communities.add(self.community_id)
        need.catalogues.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Category:
        """Change it; already so is fine and records nothing."""
        draft.community(self.community_id)
        found = draft.catalogue(self.community_id).categories.get(self.category_id)
        if found is None:
            msg = f"There is no category {self.category_id}."
            raise NotFoundError(msg)
        changed = msgspec.structs.replace(found, name=self.name)
        if changed != found:
            draft.put_category(changed)
            _raise_version(draft, self.community_id)
            draft.record(CategoryChanged(changed), community_id=self.community_id, by=self.by, at=now)
        return changed


class ChangeField(msgspec.Struct, frozen=True, kw_only=True):
    """Give a custom field another name, require it or not, or give it more choices; None changes nothing.

    Whatever conversations hold stays legal: the type never changes, and choices are only added. One that becomes
    required is asked of new conversations alone. Refused with NotFoundError (this community has no such field) and
    InvalidError (choices that go, or that do not go with the type).
    """

    community_id: int
    field_id: int
    by: str
    name: str | None = None
    is_required: bool | None = None
    choices: tuple[str, ...] | None = None

    def needs(self, need: Need) -> None:
        """The community with its catalogue."""
        need.communities.add(self.community_id)
        need.catalogues.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Field:
        """Change it; already so is fine and records nothing."""
        draft.community(self.community_id)
        found = draft.catalogue(self.community_id).fields.get(self.field_id)
        if found is None:
            msg = f"There is no field {self.field_id}."
            raise NotFoundError(msg)
        changed = self._changed(found)
        if changed != found:
            draft.put_field(changed)
            _raise_version(draft, self.community_id)
            draft.record(FieldChanged(changed), community_id=self.community_id, by=self.by, at=now)
        return changed

    def _changed(self, field: Field) -> Field:
        problems = Problems()
        if self.choices is not None:
            field = fields.change_choices(field, self.choices, "choices", problems)
        problems.refuse_if_any()
        return msgspec.structs.replace(
            field,
            name=field.name if self.name is None else self.name,
            is_required=field.is_required if self.is_required is None else self.is_required,
        )


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
