"""Getting in for the first time and after a password was forgotten, by links that are mailed, without telling who is known."""

import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select, text

from app.queue.actors import mails as actor
from app.queue.jobs import SWEEPS
from app.queue.sweeps import unhandled
from connectors.mail import open_post
from connectors.mail.mailbox import Mailbox
from core.settings import Environment, Settings, get_settings
from core.work import open_identity_work
from domain.accounts import mails
from domain.accounts.models import Mail
from tests.factories.staff import PASSWORD, make_person, sign_in

ANA = {"email": "ana@shop.test", "password": PASSWORD, "firstName": "Ana", "lastName": "Paz"}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings, with a mailbox of the test's own."""
    monkeypatch.setenv("NEXOVA_DATA_DIR", str(tmp_path))
    get_settings.cache_clear()
    return get_settings()


async def deliver() -> None:
    """Do what relay and worker do with the mails that wait."""
    sweep = next(sweep for sweep in SWEEPS if sweep.job == "mail.send")
    for found in await unhandled(sweep):
        await actor.send(**found.ring.arguments)


async def received(address: str) -> list[str]:
    """The texts of the mails that an address got, the newest first."""
    await deliver()
    letters = await Mailbox(get_settings().data_dir).letters()
    return [letter.text for letter in letters if letter.address == address]


def link_in(letter: str) -> str:
    found = re.search(r"#(nxl_\S+)", letter)
    assert found is not None, letter
    return found[1]


async def states() -> list[tuple[str, int]]:
    async with open_identity_work() as work:
        rows = await work.session.execute(select(Mail.status, Mail.attempts).order_by(Mail.id))
        return [(row.status, row.attempts) for row in rows]


async def test_an_account_exists_once_its_link_is_opened_with_the_password_that_was_chosen(api: httpx.AsyncClient) -> None:
    asked = await api.post("/api/v1/auth/register", json=ANA)
    assert (asked.status_code, asked.json()) == (202, {"status": "accepted"})
    assert (await sign_in(api, ANA["email"])).status_code == 401
    token = link_in((await received(ANA["email"]))[0])
    other = await api.post("/api/v1/auth/confirm", json={"token": token, "password": "another password"})
    assert (other.status_code, other.json()["code"]) == (401, "wrong_credentials")
    opened = await api.post("/api/v1/auth/confirm", json={"token": token, "password": PASSWORD})
    assert opened.status_code == 200
    shown = await api.get("/api/v1/auth/me", headers={"authorization": f"Bearer {opened.json()['access_token']}"})
    assert (shown.json()["name"], shown.json()["email_verified"]) == ("Ana Paz", True)
    again = await api.post("/api/v1/auth/confirm", json={"token": token, "password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (400, "link_refused")


async def test_registering_an_address_that_is_taken_is_answered_the_same_and_told_to_its_owner(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    taken = await api.post("/api/v1/auth/register", json={**ANA, "email": person.email, "password": "a new password"})
    fresh = await api.post("/api/v1/auth/register", json=ANA)
    assert (taken.status_code, taken.json()) == (fresh.status_code, fresh.json())
    assert "#nxl_" not in (await received(person.email))[0]
    assert (await sign_in(api, person.email)).status_code == 200


async def test_asking_to_reset_does_the_same_for_every_address(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    rows = []
    for email in (person.email, "nobody@shop.test"):
        answer = await api.post("/api/v1/auth/forgot-password", json={"email": email})
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
        async with open_identity_work() as work:
            counts = {
                table: await work.session.scalar(text(f"SELECT count(*) FROM {table}"))
                for table in ("mails", "one_time_tokens", "identity_events", "users")
            }
        rows.append(counts)
    # Each request has left one mail to be written and one line of the trail, and no token yet
    assert rows[1]["mails"] == rows[0]["mails"] + 1 == 2
    assert rows[1]["identity_events"] == rows[0]["identity_events"] + 1
    assert rows[1]["one_time_tokens"] == rows[0]["one_time_tokens"] == 0
    assert await received("nobody@shop.test") == []
    assert len(await received(person.email)) == 1
    assert [status for status, _ in await states()] == ["sent", "dropped"]


async def test_a_new_password_ends_every_session_and_its_link_counts_once(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    for _ in range(2):
        await api.post("/api/v1/auth/forgot-password", json={"email": person.email})
    newest, older = await received(person.email)

    async def reset(letter: str) -> int:
        body = {"token": link_in(letter), "password": "a quite new one"}
        return (await api.post("/api/v1/auth/reset-password", json=body)).status_code

    assert await reset(older) == 400
    assert await reset(newest) == 204
    assert await reset(newest) == 400
    assert (await api.get("/api/v1/auth/me", headers=person.headers)).status_code == 401
    assert (await sign_in(api, person.email)).status_code == 401
    assert (await sign_in(api, person.email, "a quite new one")).status_code == 200
    assert person.email in (await received(person.email))[0]


async def test_a_link_is_too_old_after_its_time(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    await api.post("/api/v1/auth/forgot-password", json={"email": person.email})
    token = link_in((await received(person.email))[0])
    async with open_identity_work() as work:
        await work.session.execute(text("UPDATE one_time_tokens SET expires_at = clock_timestamp()"))
    answer = await api.post("/api/v1/auth/reset-password", json={"token": token, "password": "a quite new one"})
    assert (answer.status_code, answer.json()["code"]) == (400, "link_refused")


async def test_whoever_knows_the_password_may_change_it(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    body = {"password": "wrong", "new_password": "a quite new one"}
    assert (await api.post("/api/v1/auth/password", headers=person.headers, json=body)).status_code == 401
    body["password"] = PASSWORD
    assert (await api.post("/api/v1/auth/password", headers=person.headers, json=body)).status_code == 204
    assert (await api.get("/api/v1/auth/me", headers=person.headers)).status_code == 401
    assert (await sign_in(api, person.email, "a quite new one")).status_code == 200


async def test_the_mailbox_page_shows_mails_and_runs_nothing_that_stands_in_them(api: httpx.AsyncClient) -> None:
    await api.post("/api/v1/auth/register", json={**ANA, "email": "a&b@shop.test"})
    await deliver()
    page = await api.get("/dev/mailbox")
    assert page.status_code == 200
    assert "a&amp;b@shop.test" in page.text


async def test_a_mail_is_not_sent_twice_whatever_happens(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    await api.post("/api/v1/auth/forgot-password", json={"email": person.email})
    async with open_identity_work() as work:
        mail_id: UUID = (await work.session.scalars(select(Mail.id))).one()
    # Given a sender that died after it had claimed the mail
    assert await mails.take(mail_id) is not None
    assert await mails.take(mail_id) is None
    async with open_identity_work() as work:
        await work.session.execute(text("UPDATE mails SET lease_until = clock_timestamp() - interval '1 second'"))
    # Then nobody sends it again
    assert await received(person.email) == []
    assert [status for status, _ in await states()] == ["unconfirmed"]


class Server:
    """A mail server that answers as it is told, and keeps what it took."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.taken: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer


@pytest.fixture
async def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A real mail server, which the settings name."""
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{controller.port}")
    get_settings.cache_clear()
    yield handler
    controller.stop()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def _due_again() -> None:
    async with open_identity_work() as work:
        await work.session.execute(text("UPDATE mails SET next_try_at = clock_timestamp() WHERE status = 'queued'"))


async def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(api: httpx.AsyncClient, server: Server) -> None:
    person = await make_person(api)
    await api.post("/api/v1/auth/forgot-password", json={"email": person.email}, headers={"accept-language": "es"})
    server.answers = ["451 later", "250 OK"]
    await deliver()
    assert await states() == [("queued", 1)]
    await deliver()
    assert await states() == [("queued", 1)]  # it is not due yet
    await _due_again()
    await deliver()
    assert await states() == [("sent", 2)]
    assert [envelope.rcpt_tos for envelope in server.taken] == [[person.email]]
    content: Any = server.taken[0].content
    assert b"Subject: =?utf-8?q?" in content or b"Subject: Elige una" in content
    await api.post("/api/v1/auth/forgot-password", json={"email": person.email})
    server.answers = ["550 never"]
    await deliver()
    assert (await states())[1] == ("failed", 1)


async def test_production_without_a_server_sends_nothing_and_says_why(api: httpx.AsyncClient, settings: Settings) -> None:
    assert open_post(settings.model_copy(update={"environment": Environment.PRODUCTION})) is None
