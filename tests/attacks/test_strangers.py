"""Two shops that share everything but themselves: one phone, the same codes, one database. Neither sees the other."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agent import handoff
from app.actors import RUNNERS
from app.cli import handoff as handoff_command
from core.access import Principal
from core.errors import DomainError, NotFound
from core.tables import GLOBAL_TABLES
from core.work import open_work
from domain.catalog.schemas import NewProduct
from evals.stand_in.answers import calls, says
from evals.stand_in.server import AnthropicServer
from migrations.models import metadata
from tests.conftest import make_connection, make_workspace
from tests.domain.shop import fill, open_shop
from tests.mind.conftest import Customer
from tools import registry

MARK = "Zanzibar"
"""Stands in everything that the other shop and its customer have written."""

THEIRS = (
    NewProduct(code="HAR-1", name=f"Harina {MARK}", price=Decimal(77777), synonyms=("harina pan",)),
    NewProduct(code="ACE-1", name=f"Aceite {MARK}", price=Decimal(88888)),
)

LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_products", {"query": "harina"}),
    ("list_products", {"query": MARK}),
    ("send_catalog", {}),
    ("get_customer_context", {}),
    ("get_order_status", {"number": "1001"}),
    ("cancel_order", {"number": "1001", "reason": "x"}),
    ("add_item_to_draft", {"product": MARK, "quantity": 1}),
    ("add_item_to_draft", {"product": "HAR-1", "quantity": 1}),
    ("set_delivery_details", {"fulfilment": "pickup", "recipient_name": "Ana"}),
    ("register_payment", {"method": "transferencia", "reference": "99887766"}),
)


@pytest.fixture
async def theirs(database: str) -> Customer:
    """The other shop: its customer has an order, a draft, words and a person who attends them."""
    workspace = await make_workspace()
    shop = await open_shop(workspace.id, THEIRS)
    async with open_work(shop.principal) as work:
        for sku in shop.variants:
            await fill(work, shop, sku, 10)
    line = await make_connection(workspace)
    other = Customer(shop, line.id)
    await other.says(f"quiero 2 harina {MARK}, lo busco en la tienda a nombre de {MARK} Pérez")
    await other.says("sí")
    await other.says(f"quiero 3 aceite {MARK}")
    async with open_work(shop.principal) as work:
        assert await work.session.scalar(text("SELECT count(*) FROM orders WHERE status = 'confirmed'")) == 1
        await work.session.execute(text("UPDATE agent_sessions SET handoff_note = :note"), {"note": f"{MARK} prometido"})
    return other


async def _everything(workspace_id: UUID) -> str:
    """Every row of a workspace as text."""
    async with open_work(Principal.system(workspace_id)) as work:
        found = [
            str(tuple(row))
            for name in sorted(set(metadata.tables) - GLOBAL_TABLES)
            for row in await work.session.execute(text(f"SELECT row_to_json(t)::text FROM {name} t ORDER BY 1"))
        ]
    return "\n".join(found)


async def test_no_tool_and_no_prompt_shows_anything_of_the_other_shop(
    theirs: Customer, customer: Customer, model: AnthropicServer
) -> None:
    # Given a customer with the same phone in this shop, and a model that looks everywhere
    model.always(says("¿En qué te ayudo?"))
    for name, arguments in LOOKS:
        model.answers(calls((name, arguments)), says("¿En qué te ayudo?"))
        await customer.writes("¿qué hay?")
        await customer.is_answered()
    # Then every tool was offered or refused, and nothing that the model was shown is the other shop's
    assert {name for name, _ in LOOKS} <= {definition["name"] for definition in registry.schemas()}
    shown = json.dumps(model.bodies, ensure_ascii=False)
    ours = shown.replace(f'"query": "{MARK}"', "").replace(f'"product": "{MARK}"', "")
    assert "77.777" not in shown
    assert "88.888" not in shown
    assert "99887766" in shown
    assert MARK not in ours.replace(f"«{MARK}»", "").replace(f'"text": "{MARK}"', "").replace(f'"value": "{MARK}"', "")
    # And nothing of it is kept with us, in briefs, journal or thread
    kept = (await _everything(customer.shop.workspace_id)).replace(f'"query": "{MARK}"', "").replace(f'"query":"{MARK}"', "")
    assert f"Harina {MARK}" not in kept
    assert f"{MARK} prometido" not in kept
    assert f"{MARK} Pérez" not in kept
    assert str(theirs.shop.workspace_id) not in kept


@pytest.mark.parametrize("job", sorted(RUNNERS))
async def test_a_job_with_ids_of_another_workspace_changes_nothing(theirs: Customer, customer: Customer, job: str) -> None:
    # Given open work in the other shop
    await theirs.writes("hola de nuevo")
    async with open_work(theirs.shop.principal) as work:
        event = await work.session.scalar(text("SELECT id FROM notifications LIMIT 1"))
    ids = {
        "inbound.ingest": ("event_id", theirs.conversation_id),
        "conversation.turn": ("conversation_id", theirs.conversation_id),
        "message.deliver": ("conversation_id", theirs.conversation_id),
        "media.process": ("attachment_id", theirs.conversation_id),
        "notification.send": ("notification_id", event or theirs.conversation_id),
    }
    argument, value = ids[job]
    before = await _everything(theirs.shop.workspace_id)
    mine = await _everything(customer.shop.workspace_id)
    # When a job names it with our workspace
    with suppress(NotFound):
        await RUNNERS[job](workspace_id=str(customer.shop.workspace_id), **{argument: str(value)})
    # Then nothing has changed on either side
    assert await _everything(theirs.shop.workspace_id) == before
    assert await _everything(customer.shop.workspace_id) == mine


async def test_a_service_call_with_ids_of_another_workspace_finds_nothing(theirs: Customer, customer: Customer) -> None:
    before = await _everything(theirs.shop.workspace_id)
    async with open_work(customer.shop.principal) as work:
        for act in (handoff.take, handoff.release):
            with pytest.raises(DomainError):
                await act(work, theirs.conversation_id)
    assert await _everything(theirs.shop.workspace_id) == before


async def test_a_command_for_one_workspace_lists_only_its_own(theirs: Customer, customer: Customer) -> None:
    # Given both shops with a customer who waits for a person
    for each in (theirs, customer):
        await each.says("quiero hablar con una persona")
    async with open_work(customer.shop.principal) as work:
        slug = await work.session.scalar(text("SELECT slug FROM workspaces"))
    rows = await handoff_command._rows(slug)
    assert [row.conversation for row in rows] == [customer.conversation_id]
    everyone = {row.conversation for row in await handoff_command._rows(None)}
    assert everyone == {theirs.conversation_id, customer.conversation_id}
