"""No statement reads a whole table, however empty or full it is: the shape of the SQL decides (design §1)."""

import ast
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

import parley.storage
from parley.actions.conversations import CloseConversation
from parley.storage import queries, storing
from parley.storage.sqlite import reader, steps, texts, writer
from tests.builders import SHOP, author, create
from tests.ledger.books import opened
from tests.storage.databases import SqliteDatabase

HOME = Path(parley.storage.__file__).parent
WORDS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b")
NOTHING = {str(number): 0 for number in range(1, 10)}  # parameters, whose values a plan does not depend on

# Statements that may read all of a table, and why.
WHOLE = {
    "NUMBERS": "some counters, and a group needs most of them",
    "COMMUNITIES": "the command that lists them all",
    "ALL_ENDPOINTS": "the process that sends looks after them all, and reads them when it starts or one changes",
    "ALL_BOTS": "the process that tends them looks after them all, and reads them when it starts or one changes",
    "LEASES": "one for each endpoint",
    "SIGNING_KEYS": "one for each rotation",
    "VERSION": "one row for each step of the schema",
    "VERSIONS_KEPT": "SQLite's own list of tables",
}
# Statements that may sort what they found, and why that is little.
SORTED = {
    "LIST": "a page of each of four states",
    "VIEW_OPEN": "a page of each of three states",
    "VIEW_ALL": "a page of each of four states",
    "NOTES": "the notes of one conversation",
    "hits": "a thousand of each kind at most",
    "REPLIES": "a thousand at most",
    "standings": "a team, into as many heaps as there are ways to stand",
    "CREDENTIALS": "the communities where one e-mail is a teammate's",
    "forget_sessions": "one key, so the index is in order already",
    "TEAMMATES": "a team",
    "TOKENS": "a community's integrators",
    "forget_answers": "one key, so the index is in order already",
    "forget_attempts": "as above",
    "forget_deliveries": "as above",
}
# Files whose statements are read by nobody who waits for an answer, or are none.
ASIDE = {
    "auditing.py": "verify reads everything, and says so",
    "rebuilding.py": "so it does here",
    "sqlite/auditing.py": "as above",
    "moving.py": "everything is moved",
    "sqlite/moving.py": "everything is moved",
    "sqlite/copying.py": "everything is copied",
    "sqlite/connections.py": "opening a file",
}
# Statements put together in functions, which are explained as they come out.
IN_FUNCTIONS = {("sqlite/steps.py", "insert"), ("sqlite/steps.py", "as_one")}
# And the one that marks a step of the schema as taken.
STEP_TAKEN = ("sqlite/writer.py", "SqliteStorage")

# What no test has the time to make in the proper way, a thousand of each.
_NUMBERS = "WITH RECURSIVE n (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM n WHERE n < 1100)"
MANY = [
    f"INSERT INTO {table} {_NUMBERS} SELECT {values} FROM n"  # noqa: S608 - our own names
    for table, values in {
        "waiting_blocks": "n % 20, 1, n, 1",
        "refresh_tokens": "n, n % 20, n, n, 'chat', CAST(n AS BLOB), n, NULL, NULL",
        "answers": "n % 20, n, 'POST', '/', x'00', 200, x'00', n, NULL",
        "categories": "n, n % 20, n",
        "fields": "n, n % 20, n, 'text', 0, '[]'",
        "queue_checkpoints": "n % 20, n, n, 0, 0, 0",
        "communities": "n, n, n, n, n, 1, n, 'manual', 0",
        "tallies": "n, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0, 0",
        "traffic": "n % 20, 1, n, 0, 0, 0, 0, 0, 0, 0",
        "signing_keys": "n, x'00', n, n",
        "endpoints": "n, n % 20, n, '', '', x'', x'', NULL, NULL, n, n, 'enabled', NULL, NULL, 0, NULL, NULL, n, NULL",
        "deliveries": "n, n % 20, n, n, n % 90, n, 'due', n, '', n, 0, 0, NULL, NULL, NULL",
        "attempts": "n, 1, n % 20, n, n, n, n, 200, NULL, x'00'",
        "leases": "n, n, n",
        "bots": "n, 'webhook', n, '', '[]', '[]', n, '[]', NULL, NULL, x'00', n, NULL",
        "turns": "n, n % 20, 1, '[]', n, 0, NULL",
        "passwords": "n, n % 20, n, n",
        "sessions": "n, n % 20, n, n, n, NULL",
        "saved_replies": "n, n % 20, n, 1, n, n, n, NULL",
        "drafts": "n, n, n % 20, n, 0, n",
        "notes": "n, n % 20, n, n, n, n",
        "senders": "n, n, n, n, n, NULL",
        "mails": "n, n % 20, n % 90, n, n, n, n, 'waiting', n % 2, 0, NULL, NULL, NULL",
    }.items()
]

FRAGMENTS = re.compile(r"_[A-Z]")  # constants that are only parts of statements


def statements() -> dict[str, str]:
    """Every statement of the writer and the readers, by name."""
    found = {name: text for module in (queries, storing, reader, writer) for name, text in constants(module)}
    found |= msgspec.structs.asdict(texts.TEXTS)
    for table in storing.TABLES:
        name = table.into.split()[0]
        for size in steps.CHUNKS:
            found[f"{name} × {size}"] = steps.insert(table.into, table.tail, len(table.types), size)
    return found


def constants(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if isinstance(value, str) and WORDS.match(value) and not FRAGMENTS.match(name):
            yield name, value


async def database(kind: str, folder: Path) -> Path:
    """A database without rows, with some thousand, or with SQLite's own statistics of these."""
    database = SqliteDatabase(folder)
    async with opened(database) as books:
        if kind != "empty":
            await books.add_communities()
            people = [author(email=f"{number}@x", identifier=str(number)) for number in range(700)]
            await books.together([create(author=person, message="Hi") for person in people])
            closing = [CloseConversation(community_id=SHOP, conversation_id=number, by="x") for number in range(1, 300)]
            await books.together(closing)
    await database.close()
    for statement in () if kind == "empty" else MANY:
        database.execute(statement)
    if kind == "analysed":
        database.execute("ANALYZE")
    return database.path


@pytest.mark.parametrize("kind", ["empty", "full", "analysed"])
async def test_no_statement_reads_a_whole_table_or_sorts_one(kind: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(await database(kind, tmp_path))
    found = {}
    for name, text in statements().items():
        for form in forms(connection, text):
            offences = list(offending(connection, name, form))
            if offences:
                found[name] = offences
    connection.close()

    assert {} == found


def forms(connection: sqlite3.Connection, text: str) -> Iterator[str]:
    """The statement as it is, and a query also as one JSON value, as it is run for many rows."""
    yield text
    if text.lstrip().startswith("SELECT"):
        width = len(connection.execute(text, NOTHING).description)
        yield steps.as_one(text, width)


def offending(connection: sqlite3.Connection, name: str, text: str) -> Iterator[str]:
    """The lines of the plan that read all of a table, or sort, without being among those that may."""
    parameters = NOTHING if "$1" in text or "?" not in text else (None,) * text.count("?")
    for *_, line in connection.execute(f"EXPLAIN QUERY PLAN {text}", parameters):
        scanned = re.match(r"SCAN (\w+)", line)
        if scanned and not is_harmless(scanned[1], line, text) and name not in WHOLE:
            yield line
        if "TEMP B-TREE" in line and name not in SORTED:
            yield line


def is_harmless(scanned: str, line: str, text: str) -> bool:
    """Whether what is scanned are the keys that were handed in, or what a part of the statement found."""
    is_a_part = re.search(rf"\)\s+(AS\s+)?{scanned}\b|\b{scanned}\s*(\([^)]*\)\s*)?AS\s*(MATERIALIZED\s*)?\(", text)
    return "VIRTUAL TABLE" in line or "CONSTANT ROW" in line or is_a_part is not None


def test_what_may_read_or_sort_a_whole_table_is_still_there() -> None:
    assert set() == (WHOLE.keys() | SORTED.keys()) - statements().keys()


def test_a_statement_that_reads_a_whole_table_is_found() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, thing TEXT)")
    plans = {
        text: list(offending(connection, "new", text))
        for text in (
            "SELECT * FROM things WHERE thing = $1",
            "SELECT t.id FROM json_each($1) k JOIN things t ON t.thing = k.value",
            "SELECT * FROM things WHERE id > $1 ORDER BY thing",
            "SELECT * FROM things WHERE id = $1",
        )
    }
    connection.close()

    assert [1, 1, 1, 0] == [len(lines) for lines in plans.values()], plans


def test_every_statement_is_among_those_explained() -> None:
    """A new one stands where `statements` finds it, or its file or function is named above with the reason."""
    assert set() == set(written()) - IN_FUNCTIONS - {STEP_TAKEN}


def written() -> Iterator[tuple[str, str]]:
    """The files and names where SQL is written that is not among the explained."""
    explained = {*statements(), "TEXTS"}
    for path in [*HOME.glob("*.py"), *(HOME / "sqlite").glob("*.py")]:
        file = str(path.relative_to(HOME))
        for top in ast.parse(path.read_text(encoding="utf-8")).body if file not in ASIDE else ():
            name = name_of(top)
            if name not in explained and not FRAGMENTS.match(name) and any(map(is_sql, ast.walk(top))):
                yield file, name


def name_of(top: ast.stmt) -> str:
    match top:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case _:
            return type(top).__name__


def is_sql(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and WORDS.match(node.value) is not None
