"""What a teammate writes after closing reaches the client by e-mail: real servers on both sides, real sockets."""

import asyncio
from pathlib import Path

import pytest

from parley.core.people import Role
from tests.api.chats import begin
from tests.api.desks import hire
from tests.api.inside import until
from tests.api.integrators import Integrator, join
from tests.mail.receiving import MailServer, receiving
from tests.servers import Server, sqlite_url

SENDER = "Shop <help@shop.example>"


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_what_is_written_after_closing_is_mailed_once(tmp_path: Path, how: str) -> None:
    """Also when the server ended meanwhile: what is owed is a row."""
    mails = MailServer()
    async with receiving(mails):
        env = {"PARLEY_SMTP_URL": f"smtp://localhost:{mails.port}"}
        with Server(sqlite_url(tmp_path / "mail.db"), env=env) as server:
            shop = await asyncio.to_thread(join, server)
            number = await asyncio.to_thread(close_and_write, shop, "It is on its way after all.")
            await until(lambda: len(mails.letters) == 1)
            mails.answers = lambda _: "451 later"
            await asyncio.to_thread(write, shop, number, "It has arrived.")
            await until(lambda: mails.tries == 2)
            (server.kill if how == "killed" else server.stop)()
            mails.answers = lambda _: "250 OK"
            server.start()
            assert 2 == await asyncio.to_thread(mailed, shop, number)

    first = mails.letters[0]
    told = (first["From"], first["To"].addresses[0].addr_spec, first["Subject"])
    assert (SENDER, "john@dow.com", "Re: Late parcel") == told
    assert b"It is on its way after all." in first.as_bytes()


def close_and_write(shop: Integrator, text: str) -> int:
    """A conversation that an agent closed before writing once more."""
    admin = hire(shop, name="Ada", role=Role.ADMIN)
    admin.ask("PUT", "/admin/mail", {"sender": SENDER})
    chat = begin(shop, message="Where is it?", title="Late parcel")
    admin.do(f"/conversations/{chat.id}/replies", {"message": "Not mailed: it is open."})
    admin.do(f"/conversations/{chat.id}/notes", {"message": "Never mailed."})
    admin.do(f"/conversations/{chat.id}/close")
    admin.do(f"/conversations/{chat.id}/replies", {"message": text})
    return chat.id


def write(shop: Integrator, number: int, text: str) -> None:
    """Another message of the team."""
    hire(shop, name="Bo").do(f"/conversations/{number}/replies", {"message": text})


def mailed(shop: Integrator, number: int) -> int:
    """How many mails of the conversation the team is told of."""
    return len(hire(shop, name="Cy").get(f"/conversations/{number}")["mail"])
