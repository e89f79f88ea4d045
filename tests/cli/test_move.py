"""`parley move`: everything arrives as it was, or nobody can mistake what arrived for everything."""

import asyncio
import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from parley import databases, wiring
from parley.actions.create_conversation import CreateConversation
from parley.core.people import Author
from parley.storage.moving import NAMES, Contents
from parley.storage.storing import TABLES
from tests.cli.conftest import Command
from tests.postgres import cluster
from tests.servers import Server, clean_environment, run_parley, sqlite_url, try_parley
from tests.stories.callers import CONVERSATIONS, sign_in, somebody

WITHIN_S = 30
SECRET = {"PARLEY_SECRET_KEY": "a secret"}
EDGES = [  # what a database might take for something else
    "INSERT INTO numbers VALUES ('largest', 9223372036854775807)",
    """INSERT INTO communities VALUES
        (4611686018427387904, 'Bob''s Büro', 'bob''s büro', 'c', 'b', 1, -1, 'automatic', 0)""",
    "INSERT INTO users (id, community_id, kind, created_at) VALUES ('nothing', 1, 'client', 0)",
    "INSERT INTO users VALUES ('all', 1, 'client', 0, '', 'É', 'é', ' spaces ', '\t')",
    "INSERT INTO teammates VALUES ('all', 1, 'agent', 'away', 0, 1, 7, NULL, NULL, NULL, NULL, 0)",
    "INSERT INTO teammates VALUES ('nothing', 1, 'admin', 'busy', 100, 0, 0, -1, -9, 0, 1, 3)",
    "INSERT INTO categories VALUES (9007199254740991, 1, 'Ordres ☕')",
    """INSERT INTO fields VALUES (1, 4611686018427387904, 'A', 'choice', 1, '["a","b"]'),
        (2, 1, 'B', 'text', 0, '[]')""",
    """INSERT INTO stays VALUES (1, 77, 1, 0, 1, 0.30000000000000004, 1e-300, 1.7976931348623157e308, 1, 'taken', 9),
        (1, 78, 1, 0, 1, 0.0, 0.1, 12345678901234567.0, NULL, NULL, NULL),
        (1, 79, 1, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL)""",
    "INSERT INTO traffic VALUES (1, 60, 4611686018427387904, 1, 2, 3, 4, 5, 6, -7)",
    """INSERT INTO messages VALUES (4611686018427387904, 1, 1, 'all', 1, '', -9, 9223372036854775807, 0),
        (4611686018427387905, 1, 1, 'all', 0, 'a\\b''c"d\r\n\u2028 🙂 \x7f', 0, 0, 1)""",
    """UPDATE conversations SET feedback_is_positive = id % 2, feedback_text = CASE id WHEN 3 THEN '' END,
        fields = '[[7,"x"]]' WHERE id IN (2, 3)""",
    "INSERT INTO answers VALUES (1, '🔑', 'POST', '/', x'00ff', 200, x'', 0, 1)",
    "INSERT INTO answers VALUES (1, '', '', '', x'', 0, x'00', 0, NULL)",
    """INSERT INTO bots VALUES
        (1, 'none', NULL, '', '[]', '[]', NULL, '[]', NULL, NULL, NULL, 0, 1),
        (4611686018427387904, 'openai', 1, 'Bye 🙂', '["nb"]', '["a''b"]', '', '["h"]', '', 'Be\r\nkind', x'00ff', -9,
        NULL)
    """,
    """INSERT INTO turns VALUES (1, 1, 9223372036854775807, '[[1,-9],[2,0]]', NULL, 0, NULL),
        (2, 1, 1, '[[1,0]]', 9223372036854775807, 7, '')""",
    """UPDATE conversations SET bot_messages = id, handover = CASE id WHEN 3 THEN '{"reason":"asked"}' END""",
    "INSERT INTO passwords VALUES ('all', 1, '$argon2id$v=19$''x', -9)",
    "INSERT INTO sessions VALUES ('00ff', 1, 'all', 0, 9223372036854775807, NULL), ('', 1, 'all', 0, 0, 1)",
    "INSERT INTO saved_replies VALUES (1, 1, 'all', 1, 'hello', 'a 🙂', -9, NULL), (2, 1, 'all', 0, '', '', 0, 1)",
    "INSERT INTO drafts VALUES (1, 'all', 1, '', 1, 0)",
    "INSERT INTO notes VALUES (4611686018427387904, 1, 1, 'all', 'a\r\n🙂', -9)",
    """UPDATE conversations SET assignment = '{"reason":"next"}' WHERE id = 3""",
    "INSERT INTO signing_keys VALUES (0, x'706c61696e3a00ff', 1, 2)",
]
BODY_BYTES = 3 * 1024 * 1024  # two such answers are more than a move holds in memory


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files with some of everything; the larger has more than goes in one batch."""
    folder = tmp_path_factory.mktemp("originals")
    run_parley("community", "add", "Acme", database=sqlite_url(folder / "small.db"))
    asyncio.run(_fill(sqlite_url(folder / "small.db"), range(5)))
    with closing(sqlite3.connect(folder / "small.db")) as connection, connection:
        for statement in EDGES:
            connection.execute(statement)
    shutil.copy(folder / "small.db", folder / "large.db")
    for first in (1_000, 2_000):
        asyncio.run(_fill(sqlite_url(folder / "large.db"), range(first, first + 600)))
    with closing(sqlite3.connect(folder / "large.db")) as connection, connection:
        for key in range(3):
            answer = (str(key), bytes([key]) * BODY_BYTES)
            connection.execute("INSERT INTO answers VALUES (1, ?, 'POST', '/', x'00', 200, ?, 5, NULL)", answer)
    return folder


async def _fill(url: str, numbers: range) -> None:
    async with wiring.opened(url) as parts:
        authors = [Author(email=f"{number}@example.com") for number in numbers]
        actions = [CreateConversation(community_id=1, by="test", author=author, message="Hello") for author in authors]
        await asyncio.gather(*map(parts.ledger.submit, actions))


@pytest.fixture
def file(originals: Path, tmp_path: Path) -> Path:
    """A copy of the small one for one test."""
    return Path(shutil.copy(originals / "small.db", tmp_path / "source.db"))


@pytest.fixture
def large_file(originals: Path, tmp_path: Path) -> Path:
    """A copy of the large one for one test."""
    return Path(shutil.copy(originals / "large.db", tmp_path / "large.db"))


@pytest.fixture
def server_url() -> str:
    """A new database on PostgreSQL."""
    return cluster().new_database()


def on_server(url: str, *statements: str) -> list[Any]:
    """Run statements by hand; what the last one finds."""

    async def run() -> list[Any]:
        async with connected(url) as connection:
            found: list[Any] = []
            for statement in statements:
                found = await connection.fetch(statement)
            return found

    return asyncio.run(run())


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    """A connection by hand."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in an order that does not depend on the database."""
    file = databases.sqlite_file(url)
    if file is None:
        found = {name: [tuple(row) for row in on_server(url, f"SELECT * FROM {name}")] for name in NAMES}  # noqa: S608
    else:
        with closing(sqlite3.connect(file.path)) as connection:
            found = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in NAMES}  # noqa: S608
    return {name: sorted(map(_plain, rows), key=repr) for name, rows in found.items()}


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """True and 1 are the same to SQLite."""
    return tuple(int(value) if isinstance(value, bool) else value for value in row)


def program(*arguments: str) -> list[str]:
    """A command as a process of its own."""
    return [sys.executable, "-m", "parley", *arguments]


def move(parley: Command, source: str, target: str) -> dict[str, int]:
    """Move; the rows of each table."""
    moved = parley("move", "--from", source, "--to", target, "--json").json()
    assert ["tables"] == list(moved)
    tables: dict[str, int] = moved["tables"]
    return tables


def refused(parley: Command, source: str, target: str) -> str:
    """The sentence that a move is refused with."""
    ended = parley("move", "--from", source, "--to", target)
    assert 1 == ended.code
    return ended.refusal


# What arrives


def test_every_value_arrives_there_and_back(parley: Command, large_file: Path, server_url: str, tmp_path: Path) -> None:
    before = contents(sqlite_url(large_file))
    there = move(parley, sqlite_url(large_file), server_url)
    on_server(server_url, "UPDATE stays SET p10 = '-0' WHERE p10 = 0")  # equal, and SQLite does not know it
    back = move(parley, server_url, sqlite_url(tmp_path / "back.db"))

    assert {name: len(rows) for name, rows in before.items()} == there == back
    assert before == contents(server_url)
    assert before == contents(sqlite_url(tmp_path / "back.db"))
    assert before == contents(sqlite_url(large_file))


def test_every_column_of_every_table_is_moved(parley: Command, tmp_path: Path) -> None:
    """A new table or column that `storing.TABLES` does not know would stay behind, unnoticed by any checksum.

    What is searched is not moved: the target makes its own index as the rows come.
    """
    parley("migrate", "--database", sqlite_url(tmp_path / "new.db"))
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        columns = {
            name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
            for name in tables - {"schema_steps"}
            if not name.startswith("found_")
        }

    assert columns == {
        contents.name: {column.strip() for column in contents.columns.split(",")} for contents in map(Contents, TABLES)
    }


def test_what_is_printed_for_people(parley: Command, file: Path, tmp_path: Path) -> None:
    shown = parley("move", "--from", sqlite_url(file), "--to", sqlite_url(tmp_path / "target.db"))

    assert (0, "") == (shown.code, shown.err)
    assert ["table", "rows"] == shown.out.splitlines()[0].split()
    assert shown.out.splitlines()[-1].startswith("Moved and compared: ")


def test_a_terminal_gets_a_progress_bar(file: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        with os.fdopen(theirs, "wb") as end:
            done = subprocess.run(
                program("move", "--from", sqlite_url(file), "--to", sqlite_url(tmp_path / "target.db")),
                env=clean_environment({"TERM": "xterm", "COLUMNS": "80"}),
                stdout=subprocess.PIPE,
                stderr=end,
                timeout=WITHIN_S,
                check=True,
            )
        shown = terminal.read(65_536).decode()

    assert b"Moved and compared" in done.stdout
    assert "Copying" in shown


# What goes on


def test_a_server_on_the_target_goes_on_where_the_other_stopped(tmp_path: Path, server_url: str) -> None:
    """Tokens, signing keys, stored answers and every counter; the keys are encrypted, and the move needs no secret."""
    source = sqlite_url(tmp_path / "source.db")
    with Server(source, env=SECRET) as server:
        tenant, token = sign_in(server, "Acme")
        body = {**somebody(), "message": "Hello"}
        first = server.request("POST", CONVERSATIONS, body, token=token, headers={"Idempotency-Key": "k"})
        second = server.request("POST", CONVERSATIONS, somebody(), token=token).data
    moved = json.loads(run_parley("move", "--from", source, "--to", server_url, "--json"))["tables"]
    sealed = [row["sealed"] for row in on_server(server_url, "SELECT sealed FROM signing_keys")]
    locked_out = try_parley("serve", "--port", "0", database=server_url)
    with Server(server_url, env=SECRET) as server:
        repeat = server.request("POST", CONVERSATIONS, body, token=token, headers={"Idempotency-Key": "k"})
        third = server.request("POST", CONVERSATIONS, somebody(), token=server.token(tenant)).data
        verified = try_parley("verify", database=server_url)
    events = on_server(server_url, "SELECT number, seq FROM events WHERE seq IS NOT NULL ORDER BY number")

    assert (2, 1) == (moved["conversations"], moved["messages"])
    assert [True] == [key.startswith(b"fernet:") for key in sealed]
    assert "PARLEY_SECRET_KEY" in locked_out.stderr
    assert ("true", first.body) == (repeat.headers["Idempotent-Replayed"], repeat.body)
    assert [second["id"] + 1, 3] == [third["id"], third["queuePositionInfo"]["position"]]
    assert list(range(1, len(events) + 1)) == [event["seq"] for event in events]
    assert 0 == verified.returncode, verified.stdout


def test_a_server_goes_on_after_the_way_back_to_a_file(parley: Command, tmp_path: Path, server_url: str) -> None:
    target = sqlite_url(tmp_path / "target.db")
    with Server(server_url) as server:
        tenant, token = sign_in(server, "Acme")
        first = server.request("POST", CONVERSATIONS, somebody(), token=token).data
    move(parley, server_url, target)
    with Server(target) as server:
        second = server.request("POST", CONVERSATIONS, somebody(), token=server.token(tenant)).data

    assert first["id"] + 1 == second["id"]
    assert 0 == parley("verify", "--database", target).code
    assert 0o600 == (tmp_path / "target.db").stat().st_mode & 0o777


def test_what_a_killed_server_had_answered_is_moved_too(parley: Command, tmp_path: Path, server_url: str) -> None:
    source = tmp_path / "source.db"
    with Server(sqlite_url(source)) as server:
        _, token = sign_in(server, "Acme")
        for _ in range(3):
            server.request("POST", CONVERSATIONS, somebody(), token=token)
        server.kill()
    has_log = Path(f"{source}-wal").exists()
    moved = move(parley, sqlite_url(source), server_url)

    assert has_log
    assert 3 == moved["conversations"]
    assert 0 == parley("verify", "--database", server_url).code


# Interruption


NOTIFY = """CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('began', ''); RETURN NULL; END $$"""
HOLD = """CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$"""
AT = "CREATE TRIGGER {0} BEFORE INSERT ON {1} FOR EACH STATEMENT EXECUTE FUNCTION {0}()"


@contextmanager
def halfway(source: str, target: str) -> Iterator[subprocess.Popen[str]]:
    """A move that has stored conversations, and comes no further than the messages until the block ends."""
    run_parley("migrate", database=target)
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(target))
        for statement in (NOTIFY, HOLD, AT.format("tell", "conversations"), AT.format("hold", "messages")):
            runner.run(connection.execute(statement))
        began = asyncio.Event()
        runner.run(connection.add_listener("began", lambda *_: began.set()))
        runner.run(connection.execute("SELECT pg_advisory_lock(7)"))
        with subprocess.Popen(
            program("move", "--from", source, "--to", target),
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            runner.run(asyncio.wait_for(began.wait(), WITHIN_S))
            yield process
        runner.run(connection.execute("SELECT pg_advisory_unlock(7)"))
        runner.run(connection.execute("DROP FUNCTION tell CASCADE; DROP FUNCTION hold CASCADE"))
        runner.run(connection.close())


def test_a_move_that_was_killed_is_begun_anew(parley: Command, large_file: Path, server_url: str) -> None:
    source = sqlite_url(large_file)
    with halfway(source, server_url) as process:
        process.kill()
    ((half,),) = on_server(server_url, "SELECT count(*) FROM conversations")
    served = try_parley("serve", "--port", "0", database=server_url)
    asked = parley("community", "list", "--database", server_url)
    move(parley, source, server_url)

    assert half in {1_000, 1_205}
    assert (1, "") == (served.returncode, served.stdout)
    assert "A move into this database was not finished." in served.stderr
    assert "A move into this database was not finished." in asked.refusal
    assert contents(source) == contents(server_url)


def test_a_move_whose_connection_broke_is_begun_anew(parley: Command, file: Path, server_url: str) -> None:
    source = sqlite_url(file)
    with halfway(source, server_url) as process:
        on_server(
            server_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'parley move' AND datname = current_database()",
        )
        _, said = process.communicate(timeout=WITHIN_S)
    move(parley, source, server_url)

    assert 1 == process.returncode
    assert said.startswith("parley: The connection to PostgreSQL broke")
    assert 1 == said.count("\n")
    assert contents(source) == contents(server_url)


def test_a_half_filled_file_is_begun_anew_too(parley: Command, file: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.db"
    move(parley, sqlite_url(file), sqlite_url(target))
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.execute("INSERT INTO schema_steps VALUES (999999999, 'move', '')")
        connection.execute("DELETE FROM messages")
    asked = parley("community", "list", "--database", sqlite_url(target))
    move(parley, sqlite_url(file), sqlite_url(target))

    assert "was not finished" in asked.refusal
    assert contents(sqlite_url(file)) == contents(sqlite_url(target))
    assert 0 == parley("community", "list", "--database", sqlite_url(target)).code


def test_nobody_comes_in_between_while_it_moves(parley: Command, file: Path, server_url: str, tmp_path: Path) -> None:
    source, another = sqlite_url(file), sqlite_url(Path(shutil.copy(file, tmp_path / "another.db")))
    with halfway(source, server_url) as process:
        with closing(sqlite3.connect(file, timeout=0)) as connection, pytest.raises(sqlite3.OperationalError) as locked:
            connection.execute("SELECT 1 FROM users")
        served = try_parley("serve", "--port", "0", database=server_url)
        moved = refused(parley, another, server_url)
        process.kill()

    assert "SQLITE_BUSY" == locked.value.sqlite_errorname
    assert "was not finished" in served.stderr
    assert "The database is in use" in moved


# What goes wrong on the way


CHANGES = {
    "messages": "NEW.text := upper(NEW.text)",
    "fields": "NEW.is_required := NOT NEW.is_required",
    "signing_keys": "NEW.sealed := NEW.sealed || '\\x00'::bytea",
    "stays": "NEW.p50 := NEW.p50 * (1 + 2e-16)",
    "users": "NEW.image := coalesce(NEW.image, '')",
    "numbers": "NEW.last := NEW.last - 1",
    "events": "IF NEW.number = 7 THEN RETURN NULL; END IF",
}


@contextmanager
def tampering(url: str, table: str, change: str) -> Iterator[None]:
    """A target that stores something else than what it is given."""
    on_server(
        url,
        f"""CREATE FUNCTION tamper() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN {change}; RETURN NEW; END $$""",
        f"CREATE TRIGGER tamper BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION tamper()",
    )
    yield
    on_server(url, "DROP FUNCTION tamper CASCADE")


@pytest.mark.parametrize("table", CHANGES)
def test_a_target_that_differs_is_found_and_serves_nobody(
    parley: Command, file: Path, server_url: str, table: str
) -> None:
    parley("migrate", "--database", server_url)
    with tampering(server_url, table, CHANGES[table]):
        said = refused(parley, sqlite_url(file), server_url)
    asked = parley("community", "list", "--database", server_url)

    assert said.startswith("The move went wrong: the target")
    assert f" in {table}" in said
    assert "was not finished" in asked.refusal


def test_a_row_that_the_target_refuses_is_told(parley: Command, file: Path, server_url: str) -> None:
    parley("migrate", "--database", server_url)
    on_server(server_url, "ALTER TABLE messages ADD CONSTRAINT no_hello CHECK (text NOT LIKE 'Hello%')")

    assert "The target refuses a row: no_hello." == refused(parley, sqlite_url(file), server_url)

    on_server(server_url, "ALTER TABLE messages DROP CONSTRAINT no_hello")
    move(parley, sqlite_url(file), server_url)

    assert contents(sqlite_url(file)) == contents(server_url)


def test_neither_yes_nor_no_is_not_moved_as_either(parley: Command, file: Path, server_url: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE conversations SET feedback_is_positive = 2 WHERE id = 2")

    assert "A row of conversations has 2 where" in refused(parley, sqlite_url(file), server_url)


# What is refused before anything is written


def test_a_target_with_data_is_refused_and_left_as_it_is(
    parley: Command, file: Path, server_url: str, tmp_path: Path
) -> None:
    for target in (server_url, sqlite_url(tmp_path / "taken.db")):
        parley("community", "add", "Bob", "--database", target)
        before = contents(target)
        said = refused(parley, sqlite_url(file), target)

        assert "not empty: it has rows in " in said
        assert before == contents(target)


def test_a_target_of_something_else_is_refused(parley: Command, file: Path, server_url: str, tmp_path: Path) -> None:
    on_server(server_url, "CREATE TABLE letters (text TEXT)")
    with closing(sqlite3.connect(tmp_path / "letters.db")) as connection:
        connection.execute("CREATE TABLE letters (text)")
    for target in (server_url, sqlite_url(tmp_path / "letters.db")):
        assert "the table letters, which is not Parley's" in refused(parley, sqlite_url(file), target)
    assert [(1,)] == [
        tuple(row) for row in on_server(server_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    ]


def test_a_target_of_a_newer_parley_is_refused(parley: Command, file: Path, server_url: str) -> None:
    parley("migrate", "--database", server_url)
    on_server(server_url, "INSERT INTO schema_steps VALUES (9999, 'later', now())")

    assert "schema version 9999" in refused(parley, sqlite_url(file), server_url)


def test_a_source_that_a_server_uses_is_refused(parley: Command, file: Path, server_url: str) -> None:
    target = cluster().new_database()
    for source in (sqlite_url(file), server_url):
        with Server(source) as server:
            said = refused(parley, source, target)
            health = server.request("GET", "/health/ready")

        assert "The database is in use: stop the server" in said
        assert 200 == health.status
    assert [] == on_server(target, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "SELECT 1 FROM users"])
def test_a_source_that_another_program_has_open_is_refused(
    parley: Command, file: Path, server_url: str, begin: str
) -> None:
    """A connection that only reads might write the next moment."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(begin)
        said = refused(parley, sqlite_url(file), server_url)

    assert "The database is in use" in said
    assert str(file) in said


def test_a_target_that_a_server_uses_is_refused(parley: Command, file: Path, server_url: str) -> None:
    with Server(server_url):
        said = refused(parley, sqlite_url(file), server_url)

    assert "The database is in use" in said


def test_a_database_is_not_moved_onto_itself(parley: Command, file: Path) -> None:
    before = contents(sqlite_url(file))

    assert "in use" in refused(parley, sqlite_url(file), sqlite_url(file))
    assert before == contents(sqlite_url(file))


def test_a_source_that_is_not_there_or_not_ours_is_refused(parley: Command, server_url: str, tmp_path: Path) -> None:
    absent, strange, newer = (tmp_path / name for name in ("absent.db", "strange.db", "newer.db"))
    strange.touch()
    parley("migrate", "--database", sqlite_url(newer))
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("INSERT INTO schema_steps VALUES (9999, 'later', '2031-01-01')")

    assert "absent.db does not exist" in refused(parley, sqlite_url(absent), server_url)
    assert "parley migrate" in refused(parley, sqlite_url(strange), server_url)
    assert "schema version 9999" in refused(parley, sqlite_url(newer), server_url)
    assert not absent.exists()
    assert [] == on_server(server_url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")


def test_a_server_that_cannot_be_reached_is_told(parley: Command, file: Path) -> None:
    assert "cannot be reached" in refused(parley, sqlite_url(file), "postgresql://127.0.0.1:1/parley")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--from", "sqlite:///a.db"), "--to"),
        (("--to", "sqlite:///a.db"), "--from"),
        (("--from", "a.db", "--to", "sqlite:///b.db"), "'a.db'"),
        (("--from", "sqlite:///a.db", "--to", "mysql://b"), "'mysql://b'"),
    ],
)
def test_arguments_that_name_no_database_end_with_2(parley: Command, arguments: tuple[str, ...], named: str) -> None:
    ended = parley("move", *arguments)

    assert named in ended.refusal
    assert 2 == ended.code
