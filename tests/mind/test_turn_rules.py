"""The rules of a turn under attack: zombies, lost commits, late words, poison, and whose voice it is."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from agent import sessions, takeover
from agent.fencing import fence
from agent.models import StepKind
from agent.thinking import Thought, think
from agent.turn import MOST_ATTEMPTS, finish, run_turn, take
from core import clock
from core.access import Principal
from core.errors import Abandoned, CommitOutcomeUnknown
from core.work import open_system_work, open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.conversations.content import Answer, Buttons, Cart, CartLine
from tests.factories.customer import Customer, Query

ORDER = "quiero 2 harina pan y un aceite mazeite, lo busco en la tienda a nombre de Ana Pérez"


async def test_a_zombie_worker_commits_nothing(customer: Customer, query: Query) -> None:
    # Given worker A with the lease of a turn, which stalls until its lease has run out
    await customer.writes("quiero 2 harina pan")
    stale = await customer.has_turn_taken()
    await query("UPDATE agent_sessions SET lease_until = clock_timestamp() - interval '1 second' RETURNING id")
    # And worker B, which finishes the turn
    await customer.is_answered()
    before = await query("SELECT sku, quantity FROM order_lines")
    # When A wakes up and goes on: whatever it would write is refused
    with pytest.raises(Abandoned):
        await think(stale)
    async with open_work(customer.shop.principal) as work:
        with pytest.raises(Abandoned):
            await fence(work, stale)
    async with open_work(customer.shop.principal) as work:
        with pytest.raises(Abandoned):
            await finish(work, stale, Thought(reply="hola"))
    # Then nothing has come of it
    assert await query("SELECT sku, quantity FROM order_lines") == before
    assert len(await customer.reads()) == 1


@pytest.mark.parametrize("lost", range(1, 9))
async def test_a_commit_whose_answer_is_lost_does_not_happen_twice(customer: Customer, query: Query, lost: int) -> None:
    # Given a connection that breaks right after one of the turn's commits
    await customer.writes("quiero 2 harina pan")
    commits = 0

    def break_once(_: Session) -> None:
        nonlocal commits
        commits += 1
        if commits == lost:
            raise ConnectionResetError("the server closed the connection")

    event.listen(Session, "after_commit", break_once)
    try:
        with suppress(CommitOutcomeUnknown):
            await customer.is_answered()
    finally:
        event.remove(Session, "after_commit", break_once)
    # When whatever was abandoned is taken up again
    await query("UPDATE agent_sessions SET lease_until = clock_timestamp() - interval '1 second' RETURNING id")
    await customer.is_answered()
    # Then the effect stands once, and the customer is told of it once
    assert await query("SELECT sku, quantity::int FROM order_lines") == [("HAR-1", 2)]
    assert [message.text.count("Harina P.A.N.") for message in await customer.reads() if message.text] == [1]


async def test_a_recorded_refusal_stays_a_refusal_on_resume(customer: Customer, query: Query) -> None:
    # Given a turn whose tool call was refused, and which died before it finished
    await customer.writes("dame 2 unicornios azules")
    turn = await customer.has_turn_taken()
    first = await think(turn)
    recorded = await query("SELECT step, ordinal, outcome, payload FROM journal_entries ORDER BY step, ordinal")
    # When it is resumed
    resumed = await customer.has_turn_resumed()
    again = await think(resumed)
    # Then nothing ran again and the words are the same
    assert again.reply == first.reply
    assert await query("SELECT step, ordinal, outcome, payload FROM journal_entries ORDER BY step, ordinal") == recorded


async def test_the_same_product_twice_in_one_message_is_counted_twice(customer: Customer, query: Query) -> None:
    await customer.writes("quiero 2 harina pan\nquiero 3 harina pan")
    await customer.is_answered()
    assert await query("SELECT sku, quantity::int FROM order_lines") == [("HAR-1", 5)]
    lines = "jsonb_array_length(payload->'data'->'lines')"
    assert await query(f"SELECT {lines} FROM journal_entries WHERE kind = '{StepKind.TOOL}' AND writes") == [(2,)]


async def test_a_message_that_commits_late_is_still_answered(customer: Customer, query: Query) -> None:
    # Given a message whose transaction is still open when a later one is answered
    await customer.writes("hola")
    await customer.is_answered()
    async with open_work(customer.shop.principal) as work:
        slow = asyncio.create_task(customer.writes("quiero 2 harina pan"))
        first = await customer.writes_in(work, "y un aceite mazeite")
    second = await slow
    # When the turns run
    await customer.is_answered()
    await customer.is_answered()
    # Then both are answered, each once
    handled = await query("SELECT id, handled_by FROM messages WHERE direction = 'in'")
    assert {row[1] for row in handled} == {"turn"}
    assert {first, second} <= {row[0] for row in handled}
    assert sorted(await query("SELECT sku, quantity::int FROM order_lines")) == [("ACE-1", 1), ("HAR-1", 2)]


async def test_words_during_thinking_are_thought_again_while_nothing_was_done(customer: Customer, query: Query) -> None:
    # Given a turn that has been thought without effect
    await customer.writes("hola")
    turn = await customer.has_turn_taken()
    thought = await think(turn)
    # When the customer writes before it finishes
    await customer.writes("quiero 2 harina pan")
    async with open_work(roles.agent_for(turn.workspace_id, turn.conversation.party_id)) as work:
        again = await finish(work, turn, thought)
    # Then it is thought again with both, and answered once
    assert again is not None
    assert again.generation == 1
    assert [message.text for message in again.frozen.messages] == ["hola", "quiero 2 harina pan"]
    async with open_work(customer.shop.principal) as work:
        assert await finish(work, again, await think(again)) is None
    assert len(await customer.reads()) == 1
    assert await query("SELECT quantity::int FROM order_lines") == [(2,)]


async def test_a_turn_with_effects_is_sent_and_the_rest_answered_next(customer: Customer, query: Query) -> None:
    await customer.writes("quiero 2 harina pan")
    turn = await customer.has_turn_taken()
    thought = await think(turn)
    await customer.writes("y un aceite mazeite")
    async with open_work(customer.shop.principal) as work:
        assert await finish(work, turn, thought) is None
        due = await work.session.scalar(text("SELECT turn_due_at FROM agent_sessions"))
    assert due is not None
    await customer.is_answered()
    assert sorted(await query("SELECT sku, quantity::int FROM order_lines")) == [("ACE-1", 1), ("HAR-1", 2)]


async def test_a_poisonous_turn_ends_with_a_person(customer: Customer, query: Query) -> None:
    # Given a turn that has killed its worker again and again
    await customer.writes("quiero 2 harina pan")
    for _ in range(MOST_ATTEMPTS):
        async with open_work(customer.shop.principal) as work:
            assert await take(work, customer.conversation_id) is not None
        await query("UPDATE agent_sessions SET lease_until = clock_timestamp() - interval '1 second' RETURNING id")
    # When it is taken once more
    await customer.is_answered()
    # Then a person is asked for, and the customer is told
    assert await query("SELECT reason FROM handoffs") == [("repeated_failure",)]
    assert await query("SELECT voice FROM conversations") == [("waiting",)]
    assert await query("SELECT status, outcome FROM turns") == [("finished", "poison")]
    assert (await customer.reads())[-1].text


async def test_leases_do_not_follow_the_shop_s_clock(customer: Customer) -> None:
    # Given a turn that is being thought
    await customer.writes("hola")
    await customer.has_turn_taken()
    # When business time jumps by a day
    async with open_system_work() as session:
        await clock.shift_by(session, timedelta(days=1))
    # Then the lease still holds, and the turn cannot be taken by another
    async with open_work(customer.shop.principal) as work:
        assert await take(work, customer.conversation_id) is None
        assert work.now - work.system_time > timedelta(hours=23)


async def _operator(customer: Customer) -> Principal:
    async with open_work(customer.shop.principal) as work:
        member = await accounts.add_member(work, "olga@shop.example", "Olga", Role.OPERATOR)
    return roles.staff(customer.shop.workspace_id, member.user_id, Role.OPERATOR)


async def test_a_takeover_stops_the_agent_s_acts_and_words(customer: Customer, query: Query) -> None:
    # Given an agent that is thinking about an order
    await customer.writes("quiero 2 harina pan")
    turn = await customer.has_turn_taken()
    # When an operator takes the conversation
    operator = await _operator(customer)
    async with open_work(operator) as work:
        await takeover.take(work, customer.conversation_id)
    # Then no tool of the agent has an effect any more, and nothing is said
    with pytest.raises(Abandoned):
        await think(turn)
    assert await query("SELECT count(*) FROM order_lines") == [(0,)]
    assert await customer.reads() == []
    # And after the release the words that were left open are not answered twice
    async with open_work(operator) as work:
        await takeover.release(work, customer.conversation_id, "le dije que mañana abrimos a las ocho")
    await customer.is_answered()
    assert await query("SELECT handled_by FROM messages WHERE direction = 'in'") == [("operator",)]


async def test_the_agent_s_farewell_goes_out_while_people_are_awaited(customer: Customer, query: Query) -> None:
    await customer.writes("quiero hablar con una persona")
    await customer.is_answered()
    assert await query("SELECT voice FROM conversations") == [("waiting",)]
    # The farewell carries the voice that is waiting, so the deliverer lets it out
    rows = await query(
        "SELECT m.status FROM messages m JOIN conversations c ON c.id = m.conversation_id "
        "WHERE m.direction = 'out' AND m.voice_epoch = c.voice_epoch"
    )
    assert rows
    assert {row[0] for row in rows} == {"queued"}
    # Until an operator comes: then what is unsent is cut off
    operator = await _operator(customer)
    async with open_work(operator) as work:
        await takeover.take(work, customer.conversation_id)
    assert {row[0] for row in await query("SELECT status FROM messages WHERE direction = 'out'")} == {"cancelled"}


async def test_what_customers_write_to_an_operator_starts_no_turn(customer: Customer, query: Query) -> None:
    await customer.writes("quiero hablar con una persona")
    await customer.is_answered()
    async with open_work(customer.shop.principal) as work:
        await customer.writes_in(work, "¿hay alguien?")
    await run_turn(customer.shop.workspace_id, customer.conversation_id)
    assert (await query("SELECT count(*) FROM turns"))[0] == (1,)
    assert (await query("SELECT count(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL"))[0] == (1,)


async def test_a_summary_that_a_later_call_made_void_is_not_sent(customer: Customer) -> None:
    # Given an order that was confirmed by nobody yet
    await customer.says(ORDER)
    # When one burst asks for the summary again and changes the order
    await customer.writes("mejor que sean 4 harinas")
    await customer.is_answered()
    # Then no button that is out confirms what was changed
    async with open_work(customer.shop.principal) as work:
        token = await work.session.scalar(text("SELECT confirmation_token FROM orders"))
        armed = await work.session.scalar(text("SELECT confirmation_token FROM agent_sessions"))
    buttons = [b.id for m in await customer.reads() if isinstance(m.content, Buttons) for b in m.content.buttons]
    assert token == armed
    assert [identifier for identifier in buttons if identifier == f"confirm:{token}"] == [f"confirm:{token}"] * (
        token is not None
    )


@pytest.mark.parametrize(
    "words",
    ["sí, espera, mejor 4 harinas", "¿cuánto era?", "sí pero quita el aceite", "no", "¿sí?"],
)
async def test_only_plain_assent_confirms(customer: Customer, query: Query, words: str) -> None:
    await customer.says(ORDER)
    assert await query("SELECT status FROM orders") == [("awaiting_confirmation",)]
    await customer.says(words)
    assert (await query("SELECT status FROM orders"))[0][0] != "confirmed"


async def test_a_yes_before_the_summary_was_sent_confirms_nothing(customer: Customer, query: Query) -> None:
    # Given a summary that is queued and has not left the house
    await customer.writes(ORDER)
    await customer.is_answered()
    # When a "sí" comes that cannot be an answer to it
    await customer.writes("sí")
    await customer.is_answered()
    # Then nothing is confirmed
    assert await query("SELECT status FROM orders") == [("awaiting_confirmation",)]


async def test_plain_assent_to_a_summary_that_arrived_confirms(customer: Customer, query: Query) -> None:
    await customer.says(ORDER)
    await customer.says("dale")
    assert await query("SELECT status FROM orders") == [("confirmed",)]


async def test_a_button_of_an_old_summary_confirms_nothing(customer: Customer, query: Query) -> None:
    await customer.says(ORDER)
    (old,) = [m.content.buttons[0].id for m in await customer.reads() if isinstance(m.content, Buttons)]
    await customer.says("mejor que sean 4 harinas")
    await customer.writes(Answer(via="button", id=old, title="Confirmar"))
    await customer.is_answered()
    assert (await query("SELECT status FROM orders"))[0][0] != "confirmed"


async def test_a_catalogue_cart_is_applied_inside_the_turn_with_our_prices(customer: Customer, query: Query) -> None:
    # Given a cart whose prices are the sender's own
    await customer.writes(Cart(items=(CartLine(sku="HAR-1", quantity=Decimal(2), price=Decimal(1), currency="VES"),)))
    # Then the ingest has touched no draft
    assert await query("SELECT count(*) FROM orders") == [(0,)]
    # And the turn takes it at our price
    await customer.is_answered()
    assert await query("SELECT sku, quantity::int, unit_price::int FROM order_lines") == [("HAR-1", 2, 25000)]


async def test_silence_ends_a_run_and_keeps_the_draft(customer: Customer, query: Query) -> None:
    # Given a held order that waits for its confirmation
    await customer.says(ORDER)
    assert await query("SELECT DISTINCT status FROM stock_holds") == [("active",)]
    # When the session times out
    async with open_system_work() as session:
        await clock.shift_by(session, timedelta(minutes=31))
    async with open_work(customer.shop.principal) as work:
        assert await sessions.expire(work, customer.conversation_id)
    # Then the stock is free again and the draft is kept
    assert await query("SELECT state FROM agent_sessions") == [("IDLE",)]
    assert ("active",) not in await query("SELECT DISTINCT status FROM stock_holds")
    assert await query("SELECT status FROM orders") == [("draft",)]
    assert len(await query("SELECT sku FROM order_lines")) == 2


async def test_silence_ends_nothing_while_a_message_is_open(customer: Customer) -> None:
    await customer.says(ORDER)
    await customer.writes("sí")
    async with open_system_work() as session:
        await clock.shift_by(session, timedelta(minutes=31))
    async with open_work(customer.shop.principal) as work:
        assert not await sessions.expire(work, customer.conversation_id)


async def test_a_summary_that_was_not_delivered_cannot_be_confirmed(customer: Customer, query: Query) -> None:
    # Given a summary that the provider reports as failed
    await customer.says(ORDER)
    await query("UPDATE messages SET status = 'failed' WHERE content ->> 'kind' = 'buttons' RETURNING id")
    # When the customer says yes to who knows what
    await customer.writes("sí")
    await customer.is_answered()
    # Then nothing is confirmed, and its stock is free or held for a new summary
    assert (await query("SELECT status FROM orders"))[0][0] != "confirmed"
    assert await query("SELECT count(*) FROM events WHERE type = 'order.confirmation_voided'") == [(1,)]


async def test_silence_keeps_what_is_open_about_the_draft_and_asks_it_again_with_it(customer: Customer, query: Query) -> None:
    # Given a draft and an open question about one more thing
    await customer.says("quiero un aceite mazeite")
    assert "¿Cuánto quieres" in await customer.says("y queso blanco")
    # When the session times out and the customer comes back with a greeting
    async with open_system_work() as session:
        await clock.shift_by(session, timedelta(minutes=31))
    async with open_work(customer.shop.principal) as work:
        assert await sessions.expire(work, customer.conversation_id)
    said = await customer.says("hola, buenas")
    # Then both are told: what the draft has, and what is still open
    assert "Aceite" in said
    assert "¿Cuánto quieres" in said
    # And the answer is one
    await customer.says("medio kilo")
    assert await query("SELECT sku, quantity::float FROM order_lines ORDER BY sku") == [("ACE-1", 1.0), ("QUE-1", 0.5)]


@pytest.mark.parametrize("is_placed", [False, True])
async def test_what_is_open_about_the_draft_outlives_a_person_and_not_the_draft(
    customer: Customer, query: Query, *, is_placed: bool
) -> None:
    # Given a draft with an open question, and a person who attends
    await customer.says("quiero un aceite mazeite")
    await customer.says("y queso blanco")
    operator = await _operator(customer)
    async with open_work(operator) as work:
        await takeover.take(work, customer.conversation_id)
    # When the conversation is given back, with the draft or without
    if is_placed:
        await query("UPDATE orders SET status = 'cancelled' RETURNING id")
    async with open_work(operator) as work:
        await takeover.release(work, customer.conversation_id)
    # Then the question stands exactly as long as the draft
    said = await customer.says("listo, eso es todo")
    assert ("¿Cuánto quieres" in said) is not is_placed
    assert await query("SELECT count(*) FROM messages WHERE content ->> 'kind' = 'buttons'") == [(0,)]
