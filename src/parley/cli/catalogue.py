"""`parley category` and `parley field`: what a community asks of its conversations."""

from typing import Annotated, Any

import typer

from parley.cli.frame import (
    BY,
    CommunityName,
    Config,
    Database,
    Json,
    checked,
    checked_name,
    find_community,
    print_many,
    print_one,
    run,
)
from parley.core.fields import Category, Field, FieldType, check_choices

categories = typer.Typer(help="Categories that conversations are sorted into.", no_args_is_help=True)
fields = typer.Typer(help="Custom fields of conversations.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 200 characters")]
Id = Annotated[
    int | None,
    typer.Option("--id", min=1, max=2**53 - 1, help="An id that is free on this server", show_default=False),
]


@categories.command("add")
def add_category(
    community: CommunityName,
    name: Name,
    *,
    id: Id = None,  # noqa: A002 - the promised flag
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a category."""
    from parley.actions.catalogue import AddCategory

    wished = checked_name(name)

    async def work(parts: Any) -> Category:
        found = await find_community(parts, community)
        added: Category = await parts.ledger.submit(AddCategory(community_id=found.id, name=wished, id=id, by=BY))
        return added

    print_one(_category(run(database, config, work)), as_json=as_json)


@categories.command("list")
def list_categories(
    community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """List the categories."""

    async def work(parts: Any) -> list[Category]:
        found: list[Category] = await parts.reader.categories((await find_community(parts, community)).id)
        return found

    records = [_category(category) for category in run(database, config, work)]
    print_many(records, ("id", "name"), as_json=as_json, empty="This community has no categories.")


@fields.command("add")
def add_field(
    community: CommunityName,
    name: Name,
    *,
    type: Annotated[FieldType, typer.Option(help="What kind of text the field takes")],  # noqa: A002 - the promised flag
    required: Annotated[bool, typer.Option("--required", help="Every new conversation must have a value")] = False,
    choice: Annotated[
        list[str] | None,
        typer.Option("--choice", metavar="V", help="A value of type choice; repeat it", show_default=False),
    ] = None,
    id: Id = None,  # noqa: A002 - the promised flag
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a custom field."""
    from parley.actions.catalogue import AddField

    wished = checked_name(name)
    choices = tuple(choice or ())
    checked(lambda problems: check_choices(type, choices, "--choice", problems))

    async def work(parts: Any) -> Field:
        found = await find_community(parts, community)
        added: Field = await parts.ledger.submit(
            AddField(
                community_id=found.id,
                name=wished,
                type=type,
                is_required=required,
                choices=choices,
                id=id,
                by=BY,
            )
        )
        return added

    print_one(_field(run(database, config, work)), as_json=as_json)


@fields.command("list")
def list_fields(
    community: CommunityName, *, database: Database = None, config: Config = None, as_json: Json = False
) -> None:
    """List the custom fields."""

    async def work(parts: Any) -> list[Field]:
        found: list[Field] = await parts.reader.fields((await find_community(parts, community)).id)
        return found

    records = [_field(field) for field in run(database, config, work)]
    columns = ("id", "name", "type", "isRequired", "choices")
    print_many(records, columns, as_json=as_json, empty="This community has no custom fields.")


def _category(category: Category) -> dict[str, Any]:
    return {"id": category.id, "name": category.name}


def _field(field: Field) -> dict[str, Any]:
    return {
        "id": field.id,
        "name": field.name,
        "type": field.type.value,
        "isRequired": field.is_required,
        "choices": list(field.choices),
    }
