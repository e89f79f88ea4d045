"""What is refused: with one line that names what is wrong, 2 for wrong arguments and 1 for the rest."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.servers import sqlite_url, try_parley

WRONG = [
    ("nonsense", "nonsense"),
    ("community nonsense", "nonsense"),
    ("community add", "NAME"),
    ("community add Acme Bob", "Bob"),
    ("community add Acme --colour blue", "--colour"),
    ("community list --database", "--database"),
    ("version now", "now"),
    ("token add Acme", "NAME"),
    ("token add Acme App --scope root", "--scope"),
    ("token revoke Acme", "NAME"),
    ("key rotate Acme", "Acme"),
    ("category add Acme", "NAME"),
    ("category add Acme Sales --id 0", "--id"),
    ("category add Acme Sales --id -1", "--id"),
    ("category add Acme Sales --id x", "--id"),
    ("category add Acme Sales --id 9007199254740992", "--id"),
    ("field add Acme Size", "--type"),
    ("field add Acme Size --type colour", "--type"),
    ("field add Acme Size --type text --id 1.5", "--id"),
    ("teammate add Acme --name Alice", "--email"),
    ("teammate add Acme --email a@b.example", "--name"),
    ("teammate add Acme --name Alice --email a@b.example --role boss", "--role"),
    ("teammate status Acme a@b.example asleep", "STATUS"),
    ("teammate status Acme a@b.example online --seats 101", "--seats"),
    ("teammate disable Acme", "EMAIL"),
    ("serve --port x", "--port"),
    ("serve --line many", "--line"),
    ("community add 123", "NAME"),
    ("community add ٤٢", "NAME"),
    ("community add {blank}", "NAME"),
    ("community add {long}", "NAME"),
    ("community add {two_lines}", "NAME"),
    ("token add Acme {blank}", "NAME"),
    ("token add Acme {long}", "NAME"),
    ("category add Acme {blank}", "NAME"),
    ("field add Acme Size --type choice", "--choice"),
    ("field add Acme Size --type text --choice S", "--choice"),
    ("field add Acme Size --type choice --choice S --choice S", "--choice"),
    ("field add Acme {two_lines} --type text", "NAME"),
    ("teammate add Acme --name Alice --email alice", "--email"),
    ("teammate add Acme --name {blank} --email a@b.example", "--name"),
    ("teammate add Acme --name Alice --email {blank}", "--email"),
    ("serve --port 70000", "--port"),
    ("serve --port -1", "--port"),
    ("serve --workers 2", "--workers"),
    ("serve --line 0", "--line"),
    ("serve --log-level loud", "--log-level"),
    ("serve --prefix api", "--prefix"),
    ("serve --cors-origin shop.example", "--cors-origin"),
    ("serve --public-url chat.example", "--public-url"),
    ("migrate --database nonsense", "'nonsense'"),
    ("migrate --database {blank}", "--database"),
    ("migrate --database sqlite://parley.db", "sqlite:///"),
    ("migrate --database mysql://localhost/parley", "mysql"),
]
REFUSED = [
    ("community add acme", "acme"),
    ("token list Bob", "Bob"),
    ("token list 2", "'2'"),
    ("token list 0", "'0'"),
    ("token list 99999999999999999999", "'99999999999999999999'"),
    ("token list {blank}", "' '"),
    ("token add Acme DEFAULT", "DEFAULT"),
    ("token revoke Acme absent", "absent"),
    ("category add Acme Again --id 1505", "1505"),
    ("category list Bob", "Bob"),
    ("field add Bob Size --type text", "Bob"),
    ("teammate disable Acme nobody@b.example", "nobody@b.example"),
    ("teammate status Acme nobody@b.example online", "nobody@b.example"),
    ("verify --database sqlite:///absent.db", "absent.db"),
    ("settings --config absent.toml", "absent.toml"),
    ("migrate --database postgresql://nobody:geheim@127.0.0.1:1/parley", "cannot be reached"),
]
ODD = {"{blank}": " ", "{long}": "x" * 201, "{two_lines}": "one\ntwo"}


def words(line: str) -> list[str]:
    """A command line's arguments; words in braces stand for what cannot be seen."""
    return [ODD.get(word, word) for word in line.split()]


@pytest.mark.parametrize(("line", "named"), WRONG)
def test_wrong_arguments_end_with_2(parley: Command, line: str, named: str) -> None:
    ended = parley(*words(line))

    assert named in ended.refusal
    assert 2 == ended.code


@pytest.mark.parametrize(("line", "named"), REFUSED)
def test_what_is_refused_ends_with_1(parley: Command, line: str, named: str) -> None:
    parley("community", "add", "Acme")
    parley("category", "add", "Acme", "Support", "--id", "1505")
    ended = parley(*words(line))

    assert named in ended.refusal
    assert "geheim" not in ended.refusal
    assert 1 == ended.code


def test_a_refusal_prints_no_json(parley: Command) -> None:
    assert "Bob" in parley("token", "list", "Bob", "--json").refusal


@pytest.mark.parametrize(("arguments", "code"), [(("token", "list", "Bob"), 1), (("token", "list"), 2)])
def test_a_refusal_as_a_process_of_its_own(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    ended = try_parley(*arguments, database=sqlite_url(tmp_path / "any.db"))

    assert (code, "") == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith("parley: ")
    assert 1 == ended.stderr.count("\n")


def test_what_a_refused_command_would_have_added_is_not_there(parley: Command) -> None:
    parley("community", "add", "Acme")
    parley("field", "add", "Acme", "Size", "--type", "choice")
    parley("teammate", "add", "Acme", "--name", "Alice", "--email", "alice")

    assert [] == parley("field", "list", "Acme", "--json").json()
    assert [] == parley("teammate", "list", "Acme", "--json").json()
