"""`parley settings`, and which database a command opens."""

import json
from pathlib import Path

import pytest

from parley.settings import SETTINGS
from tests.cli.conftest import Command
from tests.servers import sqlite_url, try_parley

SECRET = "correct horse battery staple"
KEYS = ["name", "value", "source", "variable", "meaning"]


def test_every_setting_is_shown_with_its_value_its_source_and_its_meaning(
    parley: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_PORT", "8081")
    records = parley("settings", "--json").json()
    lines = parley("settings").out.splitlines()

    assert [KEYS] * len(SETTINGS) == [list(record) for record in records]
    assert [(setting.name, setting.variable, setting.meaning) for setting in SETTINGS] == [
        (record["name"], record["variable"], record["meaning"]) for record in records
    ]
    assert ("8081", "PARLEY_PORT") == next((row["value"], row["source"]) for row in records if row["name"] == "port")
    assert ("2048", "default") == next((row["value"], row["source"]) for row in records if row["name"] == "line")
    assert KEYS == lines[0].split()
    assert [setting.name for setting in SETTINGS] == [line.split()[0] for line in lines[1:]]
    assert all(setting.meaning in line for setting, line in zip(SETTINGS, lines[1:], strict=True))


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["for people", "for programs"])
def test_a_secret_is_shown_as_stars(tmp_path: Path, flags: tuple[str, ...]) -> None:
    file = tmp_path / "key"
    file.write_text(SECRET)
    shown = [
        try_parley("settings", *flags, env={"PARLEY_SECRET_KEY": SECRET}),
        try_parley("settings", *flags, env={"PARLEY_SECRET_KEY_FILE": str(file)}),
    ]

    assert [0, 0] == [ended.returncode for ended in shown]
    assert all("***" in ended.stdout for ended in shown)
    assert not any(SECRET in ended.stdout + ended.stderr for ended in shown)


@pytest.mark.parametrize("url", ["postgresql://alice:geheim@db.example/parley", "postgresql:///parley?password=geheim"])
def test_a_databases_password_is_shown_as_stars(parley: Command, url: str) -> None:
    shown = [parley("settings", *flags, "--database", url) for flags in ((), ("--json",))]

    assert all(url.replace("geheim", "***") in ended.out for ended in shown)


def test_settings_opens_no_database(parley: Command, tmp_path: Path) -> None:
    parley("settings")

    assert [] == list(tmp_path.iterdir())


def test_a_flag_goes_before_the_environment_before_the_file_before_the_users_own(
    parley: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "parley.toml"
    config.write_text(f'database = "{sqlite_url(tmp_path / "config.db")}"')
    parley("community", "add", "own")
    parley("community", "add", "config", "--config", str(config))
    monkeypatch.setenv("PARLEY_DATABASE", sqlite_url(tmp_path / "environment.db"))
    parley("community", "add", "environment", "--config", str(config))
    parley("community", "add", "flag", "--config", str(config), "--database", sqlite_url(tmp_path / "flag.db"))

    files = {name: tmp_path / f"{name}.db" for name in ("config", "environment", "flag")}
    files["own"] = tmp_path / "parley" / "parley.db"
    for name, file in files.items():
        listed = parley("community", "list", "--json", "--database", sqlite_url(file)).json()

        assert [name] == [community["name"] for community in listed]


def test_a_relative_path_is_where_the_command_stands(
    parley: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parley("migrate", "--database", "sqlite:///here%20and%20now.db")

    assert (tmp_path / "here and now.db").exists()


def test_the_config_file_is_named_in_the_environment_too(tmp_path: Path) -> None:
    config = tmp_path / "parley.toml"
    config.write_text("port = 8081")
    shown = try_parley("settings", "--json", env={"PARLEY_CONFIG": str(config)})
    port = next(row for row in json.loads(shown.stdout) if row["name"] == "port")

    assert ("8081", str(config)) == (port["value"], port["source"])
