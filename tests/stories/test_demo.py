"""What `make demo` shows, and how it ends."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import clean_environment, free_port, try_parley


def test_the_demo_creates_the_published_conversation_and_ends() -> None:
    shown = try_parley("demo", "--once", "--port", str(free_port()))

    assert shown.returncode == 0, shown.stderr
    assert '"categoryId": 1505,\n}' in shown.stdout
    assert '"totalMessagesCount": 0' in shown.stdout
    assert "conversation_created" in shown.stdout
    assert "John is number 1" in shown.stdout


def test_the_demo_takes_the_next_port_when_its_own_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = try_parley("demo", "--once", "--port", str(port))

    assert shown.returncode == 0, shown.stderr
    assert f"Port {port} is taken" in shown.stdout


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_demo_stays_until_it_is_told_to_end_and_leaves_nothing(tmp_path: Path, how: signal.Signals) -> None:
    """Neither its file nor its server."""
    command = [sys.executable, "-m", "parley", "demo", "--port", str(free_port())]
    environment = clean_environment({"TMPDIR": str(tmp_path)})
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        url = next(line for line in demo.stdout if "until you press Ctrl-C" in line).split()[4]
        demo.send_signal(how)
        demo.stdout.read()  # ends when the demo and its server have ended

    assert 0 == demo.returncode
    assert [] == list(tmp_path.iterdir())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])))
