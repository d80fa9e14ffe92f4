"""Races through whole turns on a real Postgres: for the last unit, for the lease, for the voice, for the yes."""

import asyncio
import random
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text

from agent import takeover
from agent.turn import run_turn
from channels import registry
from core.work import open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from domain.conversations.models import DeliveryAttempt
from tests.factories.chat import reprice
from tests.factories.customer import Customer, Query
from tests.factories.provider import accepted
from tests.factories.shop import Shop, fill, open_shop
from tests.factories.threads import opened

CHATS = 5
ORDER = "quiero una harina pan, la busco en la tienda a nombre de Ana Pérez"


@pytest.fixture
async def scarce(workspace: WorkspaceView) -> Shop:
    """A shop with one bag of flour left."""
    opened_shop = await open_shop(workspace.id)
    async with open_work(opened_shop.principal) as work:
        await fill(work, opened_shop, "HAR-1", 1)
        await fill(work, opened_shop, "ACE-1", 10)
    return opened_shop


async def test_many_chats_race_for_the_last_unit_and_one_gets_it(
    scarce: Shop, connection: ConnectionSummary, query: Query
) -> None:
    # Given many customers who want the same last bag at the same moment
    chats = [Customer(scarce, connection.id, phone=f"58414555010{number}") for number in range(CHATS)]
    for chat in chats:
        await chat.writes(ORDER)
    # When their turns are thought side by side, and everybody says yes to whatever they were told
    await asyncio.gather(*(chat.is_answered() for chat in chats))
    await chats[0].reads()
    for chat in chats:
        await chat.writes("sí")
    await asyncio.gather(*(chat.is_answered() for chat in chats))
    # Then one has bought it, the shelf is empty, and the books are right
    placed = await query("SELECT conversation_id FROM orders WHERE status = 'confirmed'")
    assert len(placed) == 1
    assert await query("SELECT on_hand::int, held::int FROM stock_items ORDER BY on_hand LIMIT 1") == [(0, 0)]
    # And the others were told that there is none, and never that they have it
    for chat in chats:
        said = "\n".join(message.text or "" for message in await chat.reads())
        if chat.conversation_id == placed[0][0]:
            assert "1001" in said
        else:
            assert "1001" not in said
            assert "Harina P.A.N." in said
            assert any(word in said.lower() for word in ("agotad", "no queda", "no hay", "sin existencia", "disponible")), said


async def test_two_workers_on_one_conversation_do_its_work_once(customer: Customer, query: Query) -> None:
    await customer.writes("quiero 2 harina pan")
    await asyncio.gather(*(run_turn(customer.shop.workspace_id, customer.conversation_id) for _ in range(4)))
    assert await query("SELECT sku, quantity::int FROM order_lines") == [("HAR-1", 2)]
    assert await query("SELECT count(*), max(attempts) FROM turns") == [(1, 1)]
    assert len(await customer.reads()) == 1


@pytest.mark.parametrize("seed", range(3))
async def test_a_change_that_races_with_the_yes_is_never_confirmed_unseen(customer: Customer, query: Query, seed: int) -> None:
    # Given a summary of two bags, and a yes that is being thought
    await customer.says("quiero 2 harina pan, lo busco en la tienda a nombre de Ana Pérez")
    await customer.writes("sí")
    chance = random.Random(seed)

    async def change() -> None:
        await asyncio.sleep(chance.random() * 0.3)
        await customer.writes("mejor que sean 4 harinas")

    # When the correction comes at any moment of it
    await asyncio.gather(customer.is_answered(), change())
    await customer.is_answered()
    # Then either two were bought before it came, or nothing was; four are bought by nobody
    states = await query(
        "SELECT o.status, l.quantity::int FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.status = 'confirmed'"
    )
    assert states in ([], [("confirmed", 2)])
    changed_at, bought_at = (
        await query(
            "SELECT (SELECT max(created_at) FROM messages WHERE direction = 'in'),"
            " (SELECT min(created_at) FROM order_status_history WHERE to_status = 'confirmed')"
        )
    )[0]
    assert bought_at is None or bought_at < changed_at


async def test_a_price_that_changes_between_summary_and_yes_is_shown_first(customer: Customer, query: Query) -> None:
    await customer.says("quiero 2 harina pan, lo busco en la tienda a nombre de Ana Pérez")
    await reprice(customer.shop, "HAR-1", 31000)
    await customer.says("sí")
    assert await query("SELECT status, total FROM orders") == [("awaiting_confirmation", Decimal("62000.00"))]
    assert any("62.000" in (message.text or "") for message in await customer.reads() if message.content.kind == "buttons")
    await customer.says("sí")
    assert await query("SELECT status, total FROM orders") == [("confirmed", Decimal("62000.00"))]


@pytest.mark.parametrize("seed", range(4))
async def test_no_send_of_the_agent_begins_after_a_takeover(workspace: WorkspaceView, seed: int) -> None:
    # Given an agent with much to say
    chance = random.Random(seed)
    async with opened(workspace, *[accepted()] * 20) as thread:
        await thread.queue(*(f"mensaje {letter}" for letter in "abcdefghijkl"))
        async with open_work(thread.principal) as work:
            member = await accounts.add_member(work, f"olga{seed}@shop.example", "Olga", Role.OPERATOR)
        operator = roles.staff(workspace.id, member.user_id, Role.OPERATOR)

        async def take() -> int:
            await asyncio.sleep(chance.random() * 0.3)
            async with open_work(operator) as work:
                await takeover.take(work, thread.conversation_id)
                return await work.session.scalar(select(func.count()).select_from(DeliveryAttempt)) or 0

        # When an operator takes the conversation at any moment of it
        _, _, begun = await asyncio.gather(thread.deliver(), thread.deliver(), take())
        await thread.deliver()
        # Then no try began after it, what was begun ended, and the rest was cut off
        async with open_work(thread.principal) as work:
            assert await work.session.scalar(select(func.count()).select_from(DeliveryAttempt)) == begun
            assert await work.session.scalar(text("SELECT count(*) FROM messages WHERE status IN ('queued', 'sending')")) == 0
        assert len(thread.provider.received) == begun
        assert (await thread.statuses()).count("cancelled") == 12 - begun
    await registry.close()
