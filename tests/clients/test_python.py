"""What openapi-python-client makes of our document."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.api.integrators import Integrator
from tests.clients.tools import HERE, run_python


@pytest.fixture(scope="module")
def generated(described: Path) -> Path:
    """The folder that the client was generated into. The generator finds nothing to warn of."""
    command = ["-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    done = run_python(
        *command, "--path", "openapi.json", "--output-path", str(described / "parley_client"), folder=described
    )

    assert done.returncode == 0, done.stdout + done.stderr
    return described


@pytest.fixture(scope="module")
def modules(generated: Path) -> list[str]:
    """The names of its modules."""
    files = sorted((generated / "parley_client").rglob("*.py"))
    return [".".join(file.relative_to(generated).with_suffix("").parts) for file in files]


def talk(generated: Path, shop: Integrator) -> Any:
    """What a program on the client got."""
    shutil.copy(HERE / "talk.py", generated)
    done = run_python("talk.py", shop.server.url, shop.tenant.client_id, shop.tenant.refresh_token, folder=generated)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_generated_client_has_every_operation(generated: Path) -> None:
    document = json.loads((generated / "openapi.json").read_bytes())
    operations = {
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation["operationId"])
        for methods in document["paths"].values()
        for operation in methods.values()
    }
    made = {file.stem for file in (generated / "parley_client" / "api" / "default").glob("[a-z]*.py")}

    assert operations == made


def test_every_module_of_the_generated_client_can_be_imported(generated: Path, modules: list[str]) -> None:
    done = run_python("-c", "\n".join(f"import {name}" for name in modules), folder=generated)

    assert (0, "") == (done.returncode, done.stderr)


def test_a_program_on_the_generated_client_signs_in_creates_and_writes(generated: Path, shop: Integrator) -> None:
    got = talk(generated, shop)
    kept = shop.get(got["made"]["id"], "?includeMessages=true&orderBy=creation_time_asc").data

    assert ["First", "Second"] == [message["message"] for message in kept["messages"]]
    assert kept == got["read"]
    assert kept["messages"] == got["made"]["messages"] + got["said"]


def test_a_repeat_with_the_same_key_gets_the_first_answer(generated: Path, shop: Integrator) -> None:
    got = talk(generated, shop)

    assert got["made"] == got["again"]
    assert 1 == shop.happened().count("conversation_created")


def test_a_refusal_reaches_the_program_with_its_details(generated: Path, shop: Integrator) -> None:
    refused = talk(generated, shop)["refused"]

    assert (None, 1001) == (refused["data"], refused["errorCode"])
    assert ["[0].author"] == [problem["path"] for problem in refused["errorDetails"]]
