"""Logs tell what happened and to which ids; never what customers wrote, their numbers, or secrets."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import observability
from core.access import Principal
from core.settings import Settings
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from tests.drain import drain
from tests.factories.customer import Customer
from tests.factories.provider import accepted, scripted
from tests.factories.shop import Shop
from tests.mind.conftest import shop

__all__ = ["shop"]

WORDS = "quiero 2 harina pan para Eleuterio"
PHONE = "584141112233"
NAME = "Eleuterio"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process of the house writes to its log, at the most talkative level."""
    before, level = logging.root.handlers[:], logging.root.level
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("LOG_FORMAT", "json")
    observability.configure_logging(Settings(), "test")
    sink = io.StringIO()
    handler = logging.root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(sink)
    yield sink
    logging.root.handlers[:] = before
    logging.root.setLevel(level)
    structlog.reset_defaults()


class Numbered(BaseModel):
    """Something that refuses words."""

    quantity: int


async def test_a_whole_conversation_leaves_no_word_and_no_number_in_the_log(
    shop: Shop, connection: ConnectionSummary, written: io.StringIO
) -> None:
    # Given a log at its most talkative, and a customer who orders and is answered over the line
    async with scripted(*[accepted()] * 10) as provider:
        customer = Customer(shop, connection.id)
        async with open_work(customer.shop.principal) as work:
            await work.session.execute(text("UPDATE connections SET base_url = :url"), {"url": provider.base_url})
        await customer.writes(WORDS)
        await drain()
        assert provider.received
    said = written.getvalue()
    # Then it tells that a turn ended and a message went out, and nothing of what was said
    assert "turn.finished" in said
    assert "message.tried" in said
    for secret in (NAME, "harina", "Harina", PHONE, "key-of-tests", "secret-of-tests"):
        assert secret not in said, secret


async def test_errors_of_libraries_do_not_quote_customers(workspace: WorkspaceView, written: io.StringIO) -> None:
    log = observability.log("test")
    # Given what validators and Postgres say about a customer's words
    try:
        Numbered.model_validate({"quantity": f"{NAME}, +{PHONE}"})
    except ValueError:
        log.exception("reading.failed")
        logging.getLogger("library").exception("it failed")
    insert = text("INSERT INTO customers (workspace_id, id, name, phone) VALUES (:w, :w, :n, :p)")
    values = {"w": workspace.id, "n": NAME, "p": PHONE}
    async with open_work(Principal.system(workspace.id)) as work:
        await work.session.execute(insert, values)
        with pytest.raises(DBAPIError) as refused:
            await work.session.execute(insert, values)
        await work.session.rollback()
    log.error("writing.failed", error=str(refused.value), exc_info=refused.value)
    said = written.getvalue()
    # Then the log says what failed, and not with what
    assert "reading.failed" in said
    assert "Numbered" in said
    assert "writing.failed" in said
    assert NAME not in said
    assert PHONE not in said
