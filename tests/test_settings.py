"""Where a setting's value comes from, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from parley.cli.app import app
from parley.settings import SETTINGS, SettingError, load

SECRET = "correct horse battery staple"


def written(folder: Path, text: str) -> Path:
    """A settings file."""
    path = folder / "parley.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(environ: dict[str, str] | None = None, *, config: Path | None = None, **flags: Any) -> str:
    """The sentence with which these settings are refused."""
    with pytest.raises(SettingError) as refused:
        load(flags, environ=environ or {}, config=config)
    return refused.value.text


def test_a_flag_goes_before_the_environment_before_the_file_before_the_default(tmp_path: Path) -> None:
    environ = {"PARLEY_PORT": "2", "PARLEY_HOST": "::1"}
    found = load({"port": 1}, environ=environ, config=written(tmp_path, 'port = 3\nhost = "::2"\nline = 3'))

    assert {"port": (1, "--port"), "host": ("::1", "PARLEY_HOST")} == {
        name: (found.values[name].value, found.values[name].source) for name in ("port", "host")
    }
    assert (3, str(tmp_path / "parley.toml")) == (found.values["line"].value, found.values["line"].source)
    assert ("info", "default") == (found.values["log-level"].value, found.values["log-level"].source)


def test_the_file_is_named_by_a_flag_or_else_by_the_environment(tmp_path: Path) -> None:
    named = written(tmp_path, "port = 3")
    other = tmp_path / "other.toml"
    other.write_text("port = 4")

    assert 3 == load({}, environ={"PARLEY_CONFIG": str(named)})["port"]
    assert 4 == load({}, environ={"PARLEY_CONFIG": str(named)}, config=other)["port"]


def test_without_a_database_it_is_a_file_in_the_users_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    found = load({}, environ={})

    assert f"sqlite:///{tmp_path / 'parley' / 'parley.db'}" == found.database
    assert "default" == found.values["database"].source


def test_a_variable_that_is_empty_is_not_set() -> None:
    found = load({}, environ={"PARLEY_PORT": "", "PARLEY_SECRET_KEY": "", "PARLEY_CONFIG": ""})

    assert (8080, None) == (found["port"], found["secret-key"])


def test_in_the_file_a_name_has_hyphens_or_underscores(tmp_path: Path) -> None:
    assert "debug" == load({}, environ={}, config=written(tmp_path, 'log_level = "debug"'))["log-level"]
    assert "error" == load({}, environ={}, config=written(tmp_path, 'log-level = "error"'))["log-level"]


@pytest.mark.parametrize(
    "given", ['"https://a.example, https://b.example"', '["https://a.example", "https://b.example"]']
)
def test_several_origins_are_a_list_or_a_text_with_commas(tmp_path: Path, given: str) -> None:
    found = load({}, environ={}, config=written(tmp_path, f"cors-origin = {given}"))

    assert ("https://a.example", "https://b.example") == found["cors-origin"]
    assert "https://a.example, https://b.example" == found.values["cors-origin"].shown


@pytest.mark.parametrize(
    ("given", "public_url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"PARLEY_HOST": "::1", "PARLEY_PORT": "81"}, "http://[::1]:81"),
        ({"PARLEY_PUBLIC_URL": "https://chat.example/"}, "https://chat.example"),
        ({"PARLEY_PUBLIC_URL": "https://example.org/chat", "PARLEY_PORT": "81"}, "https://example.org/chat"),
    ],
)
def test_the_public_address_is_where_it_listens_unless_it_is_told(given: dict[str, str], public_url: str) -> None:
    assert public_url == load({}, environ=given).public_url


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    assert "prot" in refusal(config=written(tmp_path, "prot = 80"))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("port = true", "port"),
        ("port = 80.0", "port"),
        ("port = [80]", "port"),
        ('port = "eighty"', "port"),
        ("port = 65536", "port"),
        ("port = -1", "port"),
        ("workers = 0", "workers"),
        ("connections = 0", "connections"),
        ("host = 127", "host"),
        ('host = ""', "host"),
        ('database = ["a"]', "database"),
        ('database = " "', "database"),
        ('log-level = "loud"', "log-level"),
        ('log-level = "DEBUG"', "log-level"),
        ('prefix = "api"', "prefix"),
        ('prefix = "/api/"', "prefix"),
        ('public-url = "chat.example"', "public-url"),
        ("public-url = 5", "public-url"),
        ("cors-origin = 5", "cors-origin"),
        ("cors-origin = [5]", "cors-origin"),
        ("cors-origin = { a = 1 }", "cors-origin"),
        ('cors-origin = "shop.example"', "cors-origin"),
        ('cors-origin = ""', "cors-origin"),
        ("secret-key = 5", "secret-key"),
        ('secret-key = ""', "secret-key"),
        ('secret-key-file = ""', "secret-key-file"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(tmp_path: Path, line: str, name: str) -> None:
    said = refusal(config=written(tmp_path, line))

    assert f"{tmp_path / 'parley.toml'}: {name} must " in said
    assert said.endswith(".")


@pytest.mark.parametrize("given", ["0x50", "80.0", "8_0", "٨٠", "+80", "eighty", "-1", "70000"])
def test_a_port_in_the_environment_is_a_plain_number(given: str) -> None:
    assert refusal({"PARLEY_PORT": given}).startswith("PARLEY_PORT: port must be a whole number from 0 to 65535")


@pytest.mark.parametrize("text", ["port =", "[port", "\x00"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, text: str) -> None:
    assert "is not TOML" in refusal(config=written(tmp_path, text))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "parley.toml"
    path.write_bytes(b'host = "\xff"')

    assert "is not TOML" in refusal(config=path)


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    assert f"The settings file {tmp_path / name} cannot be read" in refusal(config=tmp_path / name)


def test_the_secret_key_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    found = load({}, environ={"PARLEY_SECRET_KEY_FILE": str(file)})

    assert SECRET == found["secret-key"]
    assert ("***", "PARLEY_SECRET_KEY_FILE") == (found.values["secret-key"].shown, found.values["secret-key"].source)


def test_a_secret_key_and_a_file_for_it_are_refused_together(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("another")
    said = refusal({"PARLEY_SECRET_KEY": SECRET}, config=written(tmp_path, f'secret-key-file = "{file}"'))

    assert "PARLEY_SECRET_KEY" in said
    assert str(tmp_path / "parley.toml") in said
    assert SECRET not in said


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"], ids=["absent", "empty", "blank", "not UTF-8"])
def test_a_secret_key_file_without_a_key_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    said = refusal({"PARLEY_SECRET_KEY_FILE": str(file)})

    assert said.startswith("PARLEY_SECRET_KEY_FILE: the file ")
    assert str(file) in said


def test_every_setting_has_a_meaning_a_variable_and_is_a_flag_of_serve_unless_it_is_a_secret() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    flags = {flag for parameter in group.commands["serve"].params for flag in parameter.opts}

    assert all(setting.meaning for setting in SETTINGS)
    assert [setting.variable for setting in SETTINGS] == [
        "PARLEY_" + setting.name.upper().replace("-", "_") for setting in SETTINGS
    ]
    assert {
        f"--{setting.name}" for setting in SETTINGS if setting.name not in {"secret-key", "secret-key-file", "smtp-url"}
    } | {
        "--config",
    } == flags
