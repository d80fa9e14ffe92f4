"""How turns end when much goes wrong: the doorbell, the clock, the deploy, and whoever takes over knows what was done."""

import asyncio
import random
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from agent import sessions, takeover
from agent.models import StepKind, TurnOutcome
from agent.thinking import Thought, think
from agent.turn import MOST_ATTEMPTS, finish, run_turn, take
from app.queue.actors import turns
from core import clock
from core.access import Principal
from core.errors import Abandoned
from core.settings import get_settings
from core.work import open_system_work, open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.conversations import service as conversations
from domain.orders import drafts
from domain.stock import holds
from domain.stock.errors import OutOfStock
from domain.stock.schemas import HoldLine
from tests.drain import drain
from tests.factories.customer import Customer, Query
from tools.definition import DEFINED

ORDER = "quiero 2 harina pan y un aceite mazeite, lo busco en la tienda a nombre de Ana Pérez"


async def _lease_runs_out(query: Query) -> None:
    await query("UPDATE agent_sessions SET lease_until = clock_timestamp() - interval '1 second' RETURNING id")


async def test_no_doorbell_is_lost_between_ingest_and_finish(customer: Customer, query: Query) -> None:
    # Given a customer who goes on writing while turns are taken, thought and finished
    await customer.writes("hola")
    chance = random.Random(7)

    async def write() -> None:
        for words in ("una harina pan", "un aceite mazeite", "¿qué más tienen?", "¿están abiertos?", "gracias"):
            await asyncio.sleep(chance.random() * 0.15)
            await customer.writes(words)

    async def answer() -> None:
        for _ in range(6):
            await run_turn(customer.shop.workspace_id, customer.conversation_id)

    await asyncio.gather(write(), answer(), answer())
    # When only those bells ring that were enqueued, and no sweep helps
    await drain()
    # Then every message is answered, and nothing waits
    assert await query("SELECT count(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL") == [(0,)]
    assert await query("SELECT count(*) FROM turns WHERE status = 'open'") == [(0,)]
    assert sorted(await query("SELECT sku FROM order_lines")) == [("ACE-1",), ("HAR-1",)]


async def test_a_turn_is_not_begun_before_it_is_due(customer: Customer, query: Query) -> None:
    await customer.writes("hola")
    await query("UPDATE agent_sessions SET turn_due_at = clock_timestamp() + interval '1 minute' RETURNING id")
    await customer.is_answered()
    assert await query("SELECT count(*) FROM turns") == [(0,)]
    await query("UPDATE agent_sessions SET turn_due_at = clock_timestamp() RETURNING id")
    await customer.is_answered()
    assert await query("SELECT status FROM turns") == [("finished",)]


async def test_a_turn_resumes_as_it_was_after_its_own_effects_and_a_deploy(
    customer: Customer, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a turn that has placed the order, which moves the session on, and died before it finished
    await customer.says(ORDER)
    await customer.writes("dale")
    turn = await customer.has_turn_taken()
    first = await think(turn)
    assert await query("SELECT state FROM agent_sessions") == [("DONE",)]
    steps = await query("SELECT count(*) FROM journal_entries")
    # When a new version without that tool, with another model, takes it up
    monkeypatch.delitem(DEFINED, "confirm_order")
    monkeypatch.setenv("LLM_MODELS", "anthropic:claude-sonnet-5-5")
    get_settings.cache_clear()
    again = await customer.has_turn_resumed()
    second = await think(again)
    monkeypatch.undo()
    get_settings.cache_clear()
    # Then it says the same, and nothing was thought or done again
    assert second.reply == first.reply
    assert second.failure is None
    assert await query("SELECT count(*) FROM journal_entries") == steps
    assert await query(f"SELECT count(*) FROM journal_entries WHERE kind = '{StepKind.TOOL}' AND outcome <> 'value'") == [(0,)]


async def _taker(customer: Customer) -> Principal:
    async with open_work(customer.shop.principal) as work:
        member = await accounts.add_member(work, "olga@shop.example", "Olga", Role.OPERATOR)
    return roles.staff(customer.shop.workspace_id, member.user_id, Role.OPERATOR)


async def test_whoever_takes_over_is_told_what_was_done_and_what_is_on_its_way(customer: Customer, query: Query) -> None:
    # Given words that are being sent and words that wait, and an agent that has just changed the order
    await customer.writes("hola")
    await customer.is_answered()
    await query("UPDATE messages SET status = 'sending' WHERE direction = 'out' RETURNING id")
    await customer.writes("¿tienen aceite mazeite?")
    await customer.is_answered()
    await customer.writes("quiero 2 harina pan")
    turn = await customer.has_turn_taken()
    await think(turn)
    # When an operator takes the conversation
    async with open_work(await _taker(customer)) as work:
        taken = await takeover.take(work, customer.conversation_id)
    # Then they know what the customer was not told
    assert any("Harina P.A.N." in words for words in taken.done)
    assert len(taken.in_flight) == 1
    assert any("Mazeite" in words for words in taken.cancelled)
    assert await query("SELECT status FROM messages WHERE direction = 'out' ORDER BY position") == [
        ("sending",),
        *[("cancelled",)] * len(taken.cancelled),
    ]


async def test_a_turn_that_cannot_be_read_any_more_brings_a_person(customer: Customer, query: Query) -> None:
    # Given an open turn whose frozen inputs no version can read
    await customer.writes("hola")
    async with open_work(customer.shop.principal) as work:
        assert await take(work, customer.conversation_id) is not None
    await query("UPDATE turns SET frozen = '{}' RETURNING id")
    # When workers try again and again
    for _ in range(3):
        await query(
            "UPDATE agent_sessions SET lease_until = clock_timestamp() - interval '1 second', turn_due_at = NULL RETURNING id"
        )
        await customer.is_answered()
    # Then a person is asked for, the customer is told, and nothing turns in circles
    assert await query("SELECT reason FROM handoffs") == [("repeated_failure",)]
    assert await query("SELECT status, outcome FROM turns") == [("finished", "given_up")]
    assert len(await customer.reads()) == 1
    assert await query("SELECT turn_due_at, lease_until FROM agent_sessions") == [(None, None)]


async def test_a_line_whose_secret_cannot_be_opened_holds_no_turn_up(customer: Customer, query: Query) -> None:
    # Given a line that no sign of presence can be shown on
    await customer.writes("hola")
    await query("UPDATE connections SET credentials = 'sealed with a key of another house' RETURNING id")
    await query("UPDATE agent_sessions SET turn_due_at = NULL RETURNING id")
    await turns.run(str(customer.shop.workspace_id), str(customer.conversation_id))
    assert await query("SELECT outcome FROM turns") == [("answered",)]


async def test_a_turn_that_cannot_be_finished_brings_a_person(customer: Customer, query: Query) -> None:
    # Given a turn whose end has failed as often as its beginning
    await customer.writes("quiero 2 harina pan")
    async with open_work(customer.shop.principal) as work:
        assert await take(work, customer.conversation_id) is not None
    await query(f"UPDATE turns SET attempts = {MOST_ATTEMPTS + 2} RETURNING id")
    await _lease_runs_out(query)
    await customer.is_answered()
    assert await query("SELECT reason FROM handoffs") == [("repeated_failure",)]
    assert await query("SELECT voice FROM conversations") == [("waiting",)]
    assert await query("SELECT status, outcome FROM turns") == [("finished", "given_up")]
    assert (await customer.reads())[-1].text


async def test_the_next_turn_knows_which_words_may_not_have_arrived(customer: Customer, query: Query) -> None:
    await customer.says("hola")
    await query("UPDATE messages SET status = 'unconfirmed' WHERE direction = 'out' RETURNING id")
    await customer.writes("¿hay alguien?")
    turn = await customer.has_turn_taken()
    assert any("may not have reached the customer" in note for note in turn.frozen.brief.notes)


async def test_the_token_of_an_unconfirmed_summary_is_void(customer: Customer, query: Query) -> None:
    await customer.says(ORDER)
    [(token,)] = await query("SELECT confirmation_token FROM orders")
    await query("UPDATE messages SET status = 'unconfirmed' WHERE content ->> 'kind' = 'buttons' RETURNING id")
    await customer.says("sí")
    assert token not in {row[0] for row in await query("SELECT confirmation_token FROM orders")}
    assert (await query("SELECT status FROM orders"))[0][0] != "confirmed"


async def test_a_yes_in_the_last_second_keeps_its_goods_while_it_is_thought(customer: Customer, query: Query) -> None:
    # Given goods that are held for half an hour, and a yes a second before its end
    await customer.says("quiero 10 harina pan, lo busco en la tienda a nombre de Ana Pérez")
    async with open_work(customer.shop.principal) as work:
        left = await work.session.scalar(text("SELECT min(expires_at) FROM stock_holds WHERE status = 'active'")) - work.now
    async with open_system_work() as session:
        await clock.shift_by(session, left - timedelta(seconds=1))
    await customer.writes("sí")
    turn = await customer.has_turn_taken()
    # When it is thought past that end, while the sweep runs and another order wants the same goods
    async with open_system_work() as session:
        await clock.shift_by(session, timedelta(seconds=30))
    async with open_work(customer.shop.principal) as work:
        assert await holds.expire_due(work) == []
        assert not await sessions.expire(work, customer.conversation_id)
    other = Customer(customer.shop, customer.connection_id, phone="584249990011")
    await other.writes("quiero 1 harina pan")
    await other.is_answered()
    async with open_work(customer.shop.principal) as work:
        customer_id = (await conversations.get(work, other.conversation_id)).party_id
        draft = await drafts.start_draft(work, conversation_id=other.conversation_id, customer_id=customer_id)
        wanted = HoldLine(variant_id=customer.shop.variants["HAR-1"], quantity=Decimal(1))
        with pytest.raises(OutOfStock):
            await holds.hold(work, draft.id, customer.shop.store_id, [wanted], work.now + timedelta(minutes=5))
    # Then the order is placed
    thought = await think(turn)
    async with open_work(roles.agent_for(turn.workspace_id, turn.conversation.party_id)) as work:
        await finish(work, turn, thought)
    assert ("confirmed",) in await query("SELECT status FROM orders")
    assert await query("SELECT on_hand::int, held::int FROM stock_items ORDER BY on_hand LIMIT 1") == [(0, 0)]


@pytest.mark.parametrize("state", ["HANDOFF", "EXECUTING"])
async def test_silence_ends_nothing_while_a_person_attends_or_an_order_is_placed(
    customer: Customer, query: Query, state: str
) -> None:
    await customer.says(ORDER)
    await query(f"UPDATE agent_sessions SET state = '{state}' RETURNING id")
    async with open_system_work() as session:
        await clock.shift_by(session, timedelta(minutes=31))
    async with open_work(customer.shop.principal) as work:
        assert not await sessions.expire(work, customer.conversation_id)
    assert await query("SELECT state FROM agent_sessions") == [(state,)]
    assert await query("SELECT DISTINCT status FROM stock_holds") == [("active",)]


async def test_deeds_are_told_before_the_farewell(customer: Customer, query: Query) -> None:
    # Given a turn with an effect that is the third to fail
    await customer.writes("quiero 2 harina pan")
    await query("UPDATE agent_sessions SET failures = 2 RETURNING id")
    turn = await customer.has_turn_taken()
    thought = await think(turn)
    # When its reply may not go out
    async with open_work(customer.shop.principal) as work:
        failed = type(thought)(reply=None, failure=TurnOutcome.MODEL_FAILED)
        await finish(work, turn, failed)
    # Then the customer reads first what was done, and then that a person comes
    said = [message.text or "" for message in await customer.reads()]
    assert "Harina P.A.N." in said[0]
    assert len(said) == 2
    assert await query("SELECT reason FROM handoffs") == [("repeated_failure",)]


async def test_a_list_of_products_without_a_category_goes_out(customer: Customer, query: Query) -> None:
    await customer.says("mándame el catálogo")
    assert [message.content.kind for message in await customer.reads()] == ["text", "choices"]
    assert await query("SELECT outcome FROM turns") == [("answered",)]


async def test_a_zombie_that_wakes_in_the_middle_of_another_s_turn_does_nothing(customer: Customer, query: Query) -> None:
    # Given worker A with a lease that ran out, and worker B that has taken the same turn up
    await customer.writes("quiero 2 harina pan")
    async with open_work(customer.shop.principal) as work:
        stale = await take(work, customer.conversation_id)
    await _lease_runs_out(query)
    async with open_work(customer.shop.principal) as work:
        held = await take(work, customer.conversation_id)
    assert stale is not None
    assert held is not None
    # When A wakes up while B has not finished
    with pytest.raises(Abandoned):
        await think(stale)
    async with open_work(roles.agent_for(stale.workspace_id, stale.conversation.party_id)) as work:
        with pytest.raises(Abandoned):
            await finish(work, stale, Thought(reply="hola"))
    # Then it has recorded, done and said nothing
    assert await query("SELECT count(*) FROM journal_entries") == [(0,)]
    assert await query("SELECT count(*) FROM order_lines") == [(0,)]
    assert await query("SELECT count(*) FROM messages WHERE direction = 'out'") == [(0,)]
