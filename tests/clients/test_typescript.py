"""What openapi-typescript makes of our document."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.api.envelopes import without_request_id
from tests.api.integrators import Integrator
from tests.clients.tools import HERE, node_modules, run_node

STRICT = ["--strict", "--noEmit", "--noUnusedLocals", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"]
FOR_NODE = ["--target", "es2024", "--module", "nodenext", "--allowImportingTsExtensions", "--erasableSyntaxOnly"]
WRONG = {
    "sentiment.ts": ('sentiment: "question"', 'sentiment: "anger"'),
    "author.ts": ("author: john, sentiment", "sentiment"),
    "reply.ts": ("waitTime;", "waitTimes;"),
    "time.ts": ("creationTime: null", "creationTime: 0"),
}


@pytest.fixture(scope="module")
def generated(described: Path) -> Path:
    """The folder that the types were generated into, with a program that uses them."""
    done = run_node(
        node_modules() / "openapi-typescript/bin/cli.js", "openapi.json", "--output", "schema.ts", folder=described
    )

    assert done.returncode == 0, done.stdout + done.stderr
    (described / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "talk.ts", described)
    return described


def compiled(folder: Path, *names: str) -> list[str]:
    """The programs that the compiler finds fault with."""
    done = run_node(node_modules() / "typescript/bin/tsc", *STRICT, *FOR_NODE, *names, folder=folder)
    faulty = sorted({line.partition("(")[0] for line in done.stdout.splitlines() if "error TS" in line})
    assert (done.returncode == 0) == (faulty == []), done.stdout + done.stderr
    return faulty


def talk(generated: Path, shop: Integrator) -> Any:
    """What the program got."""
    done = run_node("talk.ts", shop.server.url, shop.token, folder=generated)
    assert (0, "") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


def test_a_program_on_the_generated_types_compiles(generated: Path) -> None:
    assert [] == compiled(generated, "talk.ts")


def test_programs_that_do_not_fit_the_types_do_not_compile(generated: Path) -> None:
    """A type that takes everything would let every program pass."""
    program = (generated / "talk.ts").read_text(encoding="utf-8")
    for name, (line, wrong) in WRONG.items():
        assert line in program
        (generated / name).write_text(program.replace(line, wrong), encoding="utf-8")

    assert sorted(WRONG) == compiled(generated, *WRONG)


def test_the_program_runs_on_node_as_it_is(generated: Path, shop: Integrator) -> None:
    got = talk(generated, shop)
    kept = shop.get(got["made"]["id"], "?includeMessages=true&orderBy=creation_time_asc").data

    assert kept["messages"] == got["made"]["messages"] + got["said"]
    assert (None, "client") == (got["place"], got["status"])
    unknown = got["made"]["id"] + 1
    assert shop.get(unknown).status == 404
    assert without_request_id(shop.get(unknown).json()) == without_request_id(got["refused"])
