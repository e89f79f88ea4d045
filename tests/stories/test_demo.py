"""What `make demo ONCE=1` shows."""

from tests.servers import free_port, try_parley


def test_the_demo_creates_the_published_conversation_and_ends() -> None:
    shown = try_parley("demo", "--once", "--port", str(free_port()))

    assert shown.returncode == 0, shown.stderr
    assert '"categoryId": 1505,\n}' in shown.stdout
    assert '"totalMessagesCount": 0' in shown.stdout
    assert "conversation_created" in shown.stdout
    assert "John is number 1" in shown.stdout
