"""What is documented exists, what exists is documented, and the examples do what they show."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec import inspect
from typer.main import get_command

import parley
from parley import settings
from parley.actions.housekeeping import ANSWERS_END, ANSWERS_KEPT
from parley.api import bodies, calls, connections, doorkeeper, lists, server
from parley.api import errors as edge_errors
from parley.api.happenings import OfConversation, ShownToTeam
from parley.api.openapi import ALL_ROUTES, describe
from parley.api.routes import Route
from parley.cli.app import app
from parley.core import conversations, fields, texts
from parley.core import errors as core_errors
from parley.core.errors import ParleyError
from parley.core.events import Happening
from parley.ledger import GROUP_LIMIT, LINE_LIMIT, PATIENCE
from parley.storage.postgres import reader, writer
from parley.storage.sqlite.connections import BUSY_MS
from tests.examples import LANGUAGES, DiffersError, Memory, Walk, commands_of
from tests.pages import REPOSITORY, Page, all_pages, code
from tests.servers import run_parley, sqlite_url

PAGES = all_pages()
RUN = [page for page in PAGES if any(block.language in {"console", "http"} for block in page.blocks)]
HTTP_PAGES = ("api", "agents", "administration")
COMMON_FLAGS = {"--help", "--database", "--config", "--json"}
FORGES = ("https://",)  # what a link out of the repository begins with


def by_name(page: Page) -> str:
    return page.name


# The examples


@pytest.mark.parametrize("page", RUN, ids=by_name)
def test_the_examples_do_what_the_page_shows(page: Page, tmp_path: Path) -> None:
    with Walk(tmp_path) as walk:
        walk.run(page)


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_block_is_of_a_known_kind(page: Page) -> None:
    assert set() == {block.language for block in page.blocks} - LANGUAGES


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_json_block_is_json(page: Page) -> None:
    for block in page.blocks:
        if block.language == "json":
            msgspec.json.decode(block.text)


def test_the_settings_file_shown_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = (block for block in Page.of("docs/operating.md").blocks if block.language == "toml")
    file = tmp_path / "parley.toml"
    file.write_text(block.text, encoding="utf-8")
    (tmp_path / "secret-key").write_text("a secret", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    loaded = settings.load({}, environ={}, config=file)

    assert set() == tomllib.loads(block.text).keys() - {setting.name for setting in settings.SETTINGS}
    assert "a secret" == loaded["secret-key"]


@pytest.mark.parametrize(
    ("shown", "actual"),
    [
        ("id  1", "id  2"),
        ("one\ntwo", "one\n2"),
        ("one", "one\ntwo"),
        ("0a9f1f4e-6f0e-4b5b-9d0c-3c8b6c2f7a11", "no GUID"),
        ("2026-09-01T09:56:39.084782+00:00", "2026-09-01T09:56:39Z"),
        ('{"a":1}', '{"a":1,"b":2}'),
        ('{"a":1,"b":2}', '{"b":2,"a":1}'),
        ('{"a":[1]}', '{"a":[1,2]}'),
        ('{"a":1}', '{"a":true}'),
        ('{"a":"x…"}', '{"a":"y"}'),
        ('{"a":null}', '{"a":"…"}'),
    ],
)
def test_an_example_that_shows_something_else_is_found(shown: str, actual: str) -> None:
    with pytest.raises(DiffersError):
        Memory().compare(shown, actual)


def test_a_value_of_the_page_means_the_same_throughout() -> None:
    memory = Memory()
    memory.compare('{"id":"0a9f1f4e-6f0e-4b5b-9d0c-3c8b6c2f7a11"}', '{"id":"11111111-2222-4333-8444-555555555555"}')

    assert "GET /11111111-2222-4333-8444-555555555555" == memory.real("GET /0a9f1f4e-6f0e-4b5b-9d0c-3c8b6c2f7a11")
    with pytest.raises(DiffersError):
        memory.compare("0a9f1f4e-6f0e-4b5b-9d0c-3c8b6c2f7a11", "99999999-2222-4333-8444-555555555555")


def test_a_line_of_three_dots_stands_for_any_lines() -> None:
    Memory().compare("first\n…\nlast", "first\none\ntwo\nlast\n")
    Memory().compare("…", "")


def test_a_command_goes_on_behind_a_backslash_and_inside_quotation_marks() -> None:
    text = "$ curl \\\n  -s\n$ parley version\nparley 0.1.0\n$ x 'a\nb'\n"

    assert [("curl    -s", ""), ("parley version", "parley 0.1.0"), ("x 'a\nb'", "")] == list(commands_of(text))


# The API


def routes_of() -> Iterator[tuple[Route, Page]]:
    """Every route with its section: teammates' have a page of their own."""
    pages = {name: Page.of(f"docs/{name}.md").sections(3) for name in HTTP_PAGES}
    for route in ALL_ROUTES:
        yield route, pages[page_of(route.path)][f"{route.method} {route.path}"]


def page_of(path: str) -> str:
    """The page that shows what stands at a path."""
    if path.startswith("/agents/admin/"):
        return "administration"
    return "agents" if path.startswith("/agents/") else "api"


def test_every_route_has_its_section_and_no_other() -> None:
    headings = [title for name in HTTP_PAGES for _, title in Page.of(f"docs/{name}.md").headings]
    shown = [title for title in headings if re.match(r"[A-Z]+ /", title)]

    assert sorted(f"{route.method} {route.path}" for route in ALL_ROUTES) == sorted(shown)


def test_every_route_has_an_example_in_its_section() -> None:
    for route, section in routes_of():
        path = re.sub(r"\{\w+\}", r"[\\w-]+", re.escape(route.path).replace(r"\{", "{").replace(r"\}", "}"))
        examples = [block.text for block in section.blocks]

        assert any(re.match(rf"{route.method} {path}[?\n]", text) for text in examples), route.path


def test_every_member_of_a_query_is_documented() -> None:
    for route, section in routes_of():
        if route.query:
            shown = section.table("query").column("query")

            assert [member.name for member in route.query] == [code(name) for name in shown]


def test_every_object_is_documented_member_by_member() -> None:
    objects: dict[str, Page] = {}
    for name in HTTP_PAGES:
        objects |= Page.of(f"docs/{name}.md").sections(2)["Objects"].sections(3)
    schemas = dict(describe()["components"]["schemas"])
    for kind in get_args(ShownToTeam):  # these have a page of their own
        del schemas[kind.__name__]

    assert schemas.keys() == objects.keys()
    for name, schema in schemas.items():
        if "properties" in schema:
            shown = [code(member) for member in objects[name].table("member").column("member")]
            assert list(schema["properties"]) == shown, name
        else:
            assert set(schema["enum"]) == set(objects[name].spans)


def test_every_event_of_the_stream_is_documented_member_by_member() -> None:
    shown = {code(row[0]): row[1] for row in Page.of("docs/stream.md").table("`type`").rows}
    always = [field.encode_name for field in msgspec.structs.fields(OfConversation)]
    members = {
        str(kind.__struct_config__.tag): [name for name in members_of(kind) if name not in always]
        for kind in get_args(ShownToTeam)
    }

    assert members == {name: [code(span) for span in re.findall(r"`\w+`", words)] for name, words in shown.items()}
    assert ["seq", "time", "conversationId", "epoch"] == always


def test_every_size_is_the_one_in_the_code() -> None:
    sizes = {
        "body, in bytes": bodies.BODY_LIMIT,
        "`message`": texts.MESSAGE_LIMIT,
        "`title`": texts.TITLE_LIMIT,
        "`url`, `image`": texts.URL_LIMIT,
        "`name`": texts.NAME_LIMIT,
        "`email`": texts.EMAIL_LIMIT,
        "`customIdentifier`": texts.IDENTIFIER_LIMIT,
        "a custom field's `value`": texts.FIELD_VALUE_LIMIT,
        "feedback's `text`": texts.FEEDBACK_LIMIT,
        "custom fields in one call": fields.FIELDS_LIMIT,
        "messages in one call or reply": conversations.MESSAGES_LIMIT,
        "items of a page": lists.TAKE_LIMIT,
        "faults named in one reply": core_errors.PROBLEMS_LIMIT,
        "`Idempotency-Key`": calls.KEY_LIMIT,
    }
    table = Page.of("docs/api.md").table("what", "at most")

    assert {what: f"{limit:,}" for what, limit in sizes.items()} == {row[0]: row[1] for row in table.rows}


def test_how_long_an_answer_is_kept_is_the_code_s() -> None:
    kept, end = (int(time.total_seconds() // 3600) for time in (ANSWERS_KEPT, ANSWERS_END))

    assert f"for at least {kept} hours, and never\n  after {end}" in Page.of("docs/api.md").text


# Errors


def public_errors() -> Iterator[type[ParleyError]]:
    """Every error that a caller can meet: those of the core and of the HTTP edge."""
    for room in (core_errors, edge_errors):
        for kind in vars(room).values():
            is_error = isinstance(kind, type) and issubclass(kind, ParleyError)
            if is_error and kind is not ParleyError and kind.__module__ == room.__name__:
                yield kind


def test_every_error_code_is_documented_and_no_other() -> None:
    table = Page.of("docs/errors.md").table("errorCode", "status", "class", "when", "what to do")
    shown = [(int(row[0]), int(row[1]), code(row[2])) for row in table.rows]
    status = {
        kind: next(edge_errors.STATUS[base] for base in kind.__mro__ if base in edge_errors.STATUS)
        for kind in public_errors()
    }

    assert sorted((kind.code, status[kind], kind.__name__) for kind in public_errors()) == shown


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in public_errors()]

    assert sorted(set(codes)) == sorted(codes)


# Settings and limits


def test_every_setting_is_documented_and_no_other() -> None:
    flags = {flag for parameter in commands()["parley serve"].params for flag in parameter.opts}
    table = Page.of("docs/operating.md").table("setting", "variable", "flag", "default")
    expected = [
        (setting.name, setting.variable, f"--{setting.name}" if f"--{setting.name}" in flags else "–")
        for setting in settings.SETTINGS
    ]

    assert expected == [(code(row[0]), code(row[1]), code(row[2])) for row in table.rows]


def test_every_default_is_the_one_in_the_code() -> None:
    table = Page.of("docs/operating.md").table("setting", "variable", "flag", "default")
    words = {None: "none", (): "none", "": "empty"}
    for row, setting in zip(table.rows, settings.SETTINGS, strict=True):
        if setting.name != settings.DATABASE:
            assert words.get(setting.default, f"`{setting.default}`") == row[3], setting.name


def test_every_limit_is_the_one_in_the_code() -> None:
    limits = {
        "writes waiting, whole server (`line`)": LINE_LIMIT,
        "writes committed together": GROUP_LIMIT,
        "seconds a write may wait in the line": PATIENCE.total_seconds(),
        "seconds another process may hold SQLite's write lock": BUSY_MS / 1000,
        "open connections (`connections`)": connections.CONNECTIONS_LIMIT,
        "connections the system holds before they are taken": server.BACKLOG,
        "bytes of a request's line and headers": connections.HEAD_LIMIT,
        "seconds for a request's line and headers": connections.HEAD_WITHIN_S,
        "seconds for a request's body": connections.BODY_WITHIN_S,
        "seconds an idle connection is kept": server.KEEP_ALIVE_S,
        "bytes of a body": bodies.BODY_LIMIT,
        "access tokens remembered as verified": doorkeeper.REMEMBERED,
        "seconds requests under way have when stopping": server.DRAIN_S,
    }
    rows = {row[0]: row[1] for row in Page.of("docs/operating.md").table("limit", "value").rows}
    rows.pop("writes waiting, one community")

    assert {what: f"{limit:,.0f}" for what, limit in limits.items()} == rows


def test_a_pooler_is_told_of_every_setting_of_our_sessions() -> None:
    (block,) = (block for block in Page.of("docs/operating.md").blocks if "ignore_startup_parameters" in block.text)
    named = set(re.findall(r"\w+", block.text.partition("ignore_startup_parameters")[2]))

    assert {"application_name"} == (writer.SETTINGS.keys() | reader.SETTINGS.keys()) - named
    assert named <= writer.SETTINGS.keys() | reader.SETTINGS.keys()


def test_every_log_line_is_documented_and_no_other() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "src").rglob("*.py"))
    written = {(event, level) for level, event in re.findall(r'\blog\.(\w+)\(\s*"(\w+)"', sources)}
    table = Page.of("docs/operating.md").table("event", "level")

    assert written == {(code(row[0]), row[1]) for row in table.rows}


# Events


def test_every_event_type_is_documented_and_no_other() -> None:
    page = Page.of("docs/events.md")
    shown = [title for level, title in page.headings if level == 3 and title.islower()]
    tags = [str(kind.__struct_config__.tag) for kind in get_args(Happening)]

    assert sorted(tags) == sorted(shown)


@pytest.mark.parametrize("kind", get_args(Happening), ids=lambda kind: str(kind.__name__))
def test_every_member_of_a_payload_is_documented(kind: Any) -> None:
    section = Page.of("docs/events.md").sections(3)[str(kind.__struct_config__.tag)]

    assert members_of(kind) == shown_members(section)


def test_every_value_in_a_payload_is_documented_member_by_member() -> None:
    sections = Page.of("docs/events.md").sections(2)["Values in payloads"].sections(3)
    values = {kind.__name__: kind for event in get_args(Happening) for kind in values_in(event)}

    assert values.keys() == sections.keys()
    for name, kind in values.items():
        assert members_of(kind) == shown_members(sections[name]), name


def test_members_that_a_payload_leaves_out_are_marked() -> None:
    sections = Page.of("docs/events.md").sections(3)
    kinds = {kind for event in get_args(Happening) for kind in (event, *values_in(event))}
    for kind in kinds:
        title = kind.__name__ if kind.__struct_config__.tag is None else str(kind.__struct_config__.tag)
        rows = sections[title].table("member", "holds").rows
        left_out = {
            field.encode_name
            for field in msgspec.structs.fields(kind)
            if kind.__struct_config__.omit_defaults and not field.required
        }
        assert left_out == {code(row[0]) for row in rows if "If not" in row[1]}, title


def members_of(kind: Any) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def shown_members(section: Page) -> list[str]:
    return [code(member) for member in section.table("member", "holds").column("member")]


def values_in(kind: Any) -> Iterator[Any]:
    """The structs that a struct holds, and those in them."""
    for field in msgspec.structs.fields(kind):
        for inner in parts_of(inspect.type_info(field.type)):
            yield inner
            yield from values_in(inner)


def parts_of(wanted: inspect.Type) -> Iterator[Any]:
    match wanted:
        case inspect.StructType(cls=cls):
            yield cls
        case inspect.UnionType(types=types):
            for kind in types:
                yield from parts_of(kind)
        case inspect.VarTupleType(item_type=item):
            yield from parts_of(item)
        case _:
            pass


# Commands


def commands() -> dict[str, Any]:
    """Every command by its words."""

    def walk(command: Any, words: str) -> Iterator[tuple[str, Any]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield words, command
            return
        for name, each in inner.items():
            yield from walk(each, f"{words} {name}")

    return dict(walk(get_command(app), "parley"))


def flags_of(command: Any) -> set[str]:
    return {flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")}


def test_every_command_has_its_section_and_no_other() -> None:
    sections = Page.of("docs/commands.md").sections(3)

    assert commands().keys() == sections.keys()


@pytest.mark.parametrize("words", commands())
def test_every_flag_and_argument_of_a_command_is_documented(words: str) -> None:
    command = commands()[words]
    section = Page.of("docs/commands.md").sections(3)[words]
    usage = next((span for span in section.spans if span.startswith(words)), words)
    arguments = [parameter.metavar for parameter in command.params if not parameter.opts[0].startswith("--")]

    assert flags_of(command) - COMMON_FLAGS == set(re.findall(r"--[a-z-]+", usage))
    assert arguments == re.findall(r"\b[A-Z]+\b", re.sub(r"--\S+( [A-Z]+)?", "", usage))


@pytest.mark.parametrize("words", commands())
def test_every_command_has_an_example_also_with_json(words: str) -> None:
    text = "".join(block.text for block in Page.of("docs/commands.md").sections(3)[words].blocks)
    examples = [line for line in text.splitlines() if f"{words} " in f"{line} "]

    assert examples
    if "--json" in flags_of(commands()[words]):
        assert any("--json" in line for line in examples)


def test_every_check_of_verify_is_documented_and_no_other(tmp_path: Path) -> None:
    database = sqlite_url(tmp_path / "parley.db")
    run_parley("migrate", database=database)
    checks = [finding["check"] for finding in json.loads(run_parley("verify", "--json", database=database))]
    table = Page.of("docs/commands.md").sections(3)["parley verify"].table("check", "holds when")

    assert sorted(checks) == sorted(map(code, table.column("check")))


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_no_page_names_a_command_or_a_flag_that_does_not_exist(page: Page) -> None:
    known = commands()
    shown = [span for span in page.spans if re.match(r"parley [a-z]", span)]
    shown += re.findall(r"^(?:\$ )?(parley [a-z].*)", "\n".join(block.text for block in page.blocks), re.MULTILINE)
    for line in shown:
        found = [words for words in known if f"{line} ".startswith(f"{words} ")]
        families = {words.rsplit(" ", 1)[0] for words in known}
        if not found and re.sub(r" --help$", "", line) in families:
            continue
        assert found, f"{page.name}: {line}"
        flags = set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", line))
        assert flags <= flags_of(known[found[0]]) | {"--help"}, f"{page.name}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_no_page_names_a_variable_that_does_not_exist(page: Page) -> None:
    known = {setting.variable for setting in settings.SETTINGS} | {"PARLEY_CONFIG"}

    assert set() == set(re.findall(r"PARLEY_[A-Z_]+", page.text)) - known


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_no_page_names_a_task_that_make_does_not_have(page: Page) -> None:
    known = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lines = [*page.spans, *(line.removeprefix("$ ") for block in page.blocks for line in block.text.splitlines())]

    assert set() == {found[1] for line in lines if (found := re.match(r"make ([a-z]+)", line))} - known


# The pages themselves


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_link_leads_somewhere(page: Page) -> None:
    for link in page.links:
        if link.startswith(FORGES):
            continue
        path, _, anchor = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path

        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in Page.of(str(target.relative_to(REPOSITORY))).anchors, f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_file_of_the_source_that_a_page_names_exists(page: Page) -> None:
    named = [span for span in page.spans if re.fullmatch(r"(src|docs|requirements|tools|bench)/[\w./-]+", span)]

    assert [] == [name for name in named if not (REPOSITORY / name).exists() and "NNNN" not in name]


def test_every_page_of_docs_is_in_the_index() -> None:
    index = Page.of("docs/README.md")
    linked = {(index.path.parent / link.partition("#")[0]).resolve() for link in index.links}

    assert set() == {page.path for page in PAGES if page.path.parent.name in {"docs", "decisions"}} - linked - {
        index.path
    }


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (REPOSITORY / "docs/decisions").glob("*.md"))

    assert [f"{number:04}" for number in range(1, len(names) + 1)] == [name[:4] for name in names]


@pytest.mark.parametrize("page", [page for page in PAGES if page.path.parent.name == "decisions"], ids=by_name)
def test_a_decision_says_what_led_to_it_what_follows_and_what_was_measured(page: Page) -> None:
    title, *rest = page.headings

    assert title[1].startswith(f"{page.path.name[:4]} · ")
    assert ["Context", "Decision", "Consequences", "Measured"] == [name for level, name in rest if level == 2]


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = Page.of("docs/decisions/0004-parts-chosen.md").table("part", "for", "why this one", "instead of")
    names = {re.split(r"[<>=]", requirement)[0] for requirement in project["dependencies"]}

    assert names | {"sqlite3"} == {code(part) for part in table.column("part")}


def test_the_readme_is_short_and_has_room_for_the_figures() -> None:
    text = Page.of("README.md").text

    assert len(text.splitlines()) < 120
    assert 0 < text.index("<!-- figures -->") < text.index("<!-- /figures -->")


def test_the_page_on_scaling_has_room_for_the_figures() -> None:
    text = Page.of("docs/scaling.md").text

    assert 0 < text.index("<!-- figures -->") < text.index("<!-- /figures -->")


def test_the_version_shown_is_this_one() -> None:
    shown = re.findall(r"[Pp]arley (\d+\.\d+\.\d+)", "".join(page.text for page in PAGES))

    assert {parley.__version__} == set(shown)
