"""The inbox as a browser gets it: the page at every address, files kept for ever, and all of it in the wheel."""

import gzip
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.api import pages
from tests.servers import Reply, Server, sqlite_url

ROOT = Path(__file__).parent.parent.parent

built = pytest.mark.skipif(not (pages.BUILT / "index.html").exists(), reason="the inbox was not built: make inbox")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server."""
    with Server(sqlite_url(tmp_path_factory.mktemp("inbox") / "parley.db")) as running:
        yield running


def get(server: Server, path: str, **headers: str) -> Reply:
    """Ask as a browser does."""
    return server.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@built
@pytest.mark.parametrize("path", ["/inbox", "/inbox/", "/inbox/waiting/12", "/inbox/settings/bot", "/inbox/no/such"])
def test_every_address_of_the_inbox_is_the_page(server: Server, path: str) -> None:
    reply = get(server, path)

    assert (200, "text/html; charset=utf-8") == (reply.status, reply.headers["content-type"])
    assert b'<div id="app">' in reply.body
    assert "no-cache" == reply.headers["cache-control"]


@built
def test_the_page_runs_our_own_scripts_alone_and_in_no_frame(server: Server) -> None:
    reply = get(server, "/inbox")
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["content-security-policy"].split(";"))

    assert ("'self'", "'self' data:", "'none'", "'none'") == tuple(
        policy[name] for name in ("script-src", "img-src", "frame-ancestors", "default-src")
    )
    assert not re.search(rb"<script(?![^>]*\ssrc=)|<style|\son\w+=|style=", reply.body)


@built
def test_files_are_kept_for_ever_and_compressed(server: Server) -> None:
    names = re.findall(r'(?:src|href)="(/inbox/assets/[^"]+)"', get(server, "/inbox").body.decode())
    plain = [get(server, name) for name in names]
    zipped = [get(server, name, Accept_Encoding="gzip") for name in names]

    assert any(name.endswith(".js") for name in names)
    assert {"public, max-age=31536000, immutable"} == {reply.headers["cache-control"] for reply in plain}
    assert [reply.body for reply in plain] == [
        gzip.decompress(reply.body) if reply.headers["content-encoding"] else reply.body for reply in zipped
    ]


@built
@pytest.mark.parametrize("name", ["no-such.js", ".built", "index.html", "..%5Cpages.py"])
def test_there_is_no_other_file(server: Server, name: str) -> None:
    assert 404 == get(server, f"/inbox/assets/{name}").status


@built
def test_a_path_that_leads_elsewhere_is_the_page(server: Server) -> None:
    assert get(server, "/inbox").body == get(server, "/inbox/assets/..%2F..%2Fpages.py").body


@built
def test_the_wheel_has_the_inbox(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("parley/api/inbox/")}

    assert {f"parley/api/inbox/{name}" for name in pages.files(pages.BUILT) if not name.startswith(".")} <= inside


def test_an_inbox_that_was_not_built_says_so(tmp_path: Path) -> None:
    assert {} == pages.files(tmp_path)
    assert b"make inbox" in pages.MISSING
