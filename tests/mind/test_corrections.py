"""Edits and deletions of what a customer wrote: the cart follows while nothing is confirmed, else staff are told."""

import pytest
from sqlalchemy import text

from agent import takeover
from agent.thinking import think
from agent.turn import finish
from core.work import open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.catalog import editing
from domain.catalog.kinds import ProductStatus
from domain.catalog.schemas import ChangeProduct
from domain.connections import service as connections
from domain.conversations import changes
from domain.conversations import service as conversations
from domain.conversations.content import Text
from tests.factories.customer import Customer, Query

LINES = "SELECT sku, quantity::int FROM order_lines ORDER BY sku"
ORDER = "quiero 2 harina pan y un aceite mazeite, lo busco en la tienda a nombre de Ana Pérez"


async def finishes(customer: Customer, turn: object, thought: object) -> object:
    async with open_work(customer.shop.principal) as work:
        return await finish(work, turn, thought)  # type: ignore[arg-type]  # whatever the test has claimed and thought


async def is_settled(customer: Customer, query: Query) -> bool:
    """Whether nothing waits for an answer and no turn is due."""
    waiting = await query("SELECT id FROM messages WHERE direction = 'in' AND handled_at IS NULL")
    return not waiting and await query("SELECT turn_due_at FROM agent_sessions") == [(None,)]


async def test_an_edit_before_the_turn_is_what_is_answered(customer: Customer, query: Query) -> None:
    message = await customer.writes("quiero 2 harina pan")
    await customer.edits(message, "quiero 3 harina pan")
    await customer.is_answered()

    assert await query(LINES) == [("HAR-1", 3)]
    assert len(await customer.reads()) == 1
    assert await query("SELECT content ->> 'text', revisions->0->'content'->>'text' FROM messages WHERE direction = 'in'") == [
        ("quiero 3 harina pan", "quiero 2 harina pan")
    ]


async def test_a_deletion_before_the_turn_leaves_nothing_to_answer(customer: Customer, query: Query) -> None:
    message = await customer.writes("quiero 2 harina pan")
    await customer.deletes(message)
    await customer.is_answered()

    assert await query("SELECT count(*) FROM orders") == [(0,)]
    assert await customer.reads() == []
    assert await is_settled(customer, query)


async def test_an_edit_while_nothing_was_done_is_thought_again(customer: Customer, query: Query) -> None:
    # Given a turn that was thought without effect
    message = await customer.writes("hola")
    turn = await customer.has_turn_taken()
    thought = await think(turn)
    # When its message is edited before it finishes
    await customer.edits(message, "quiero 3 harina pan")
    again = await finishes(customer, turn, thought)
    # Then it is thought again with the new words, and answered once
    assert again is not None
    assert await finishes(customer, again, await think(again)) is None  # type: ignore[arg-type]  # a claimed turn
    assert await query(LINES) == [("HAR-1", 3)]
    assert len(await customer.reads()) == 1
    assert await is_settled(customer, query)


async def test_a_deletion_while_nothing_was_done_ends_the_turn_without_a_word(customer: Customer, query: Query) -> None:
    message = await customer.writes("cuánto cuesta la harina pan?")
    turn = await customer.has_turn_taken()
    thought = await think(turn)
    await customer.deletes(message)

    assert await finishes(customer, turn, thought) is None
    assert await customer.reads() == []
    assert await query("SELECT status, outcome FROM turns") == [("finished", "taken_back")]
    assert await is_settled(customer, query)


async def test_an_edit_during_a_turn_with_effects_corrects_them_in_the_next(customer: Customer, query: Query) -> None:
    # Given a turn that has put two into the cart
    message = await customer.writes("quiero 2 harina pan")
    turn = await customer.has_turn_taken()
    thought = await think(turn)
    # When the words say three before it finishes
    await customer.edits(message, "quiero 3 harina pan")
    assert await finishes(customer, turn, thought) is None
    await customer.is_answered()
    # Then there are three, not five
    assert await query(LINES) == [("HAR-1", 3)]
    assert await is_settled(customer, query)


async def test_the_cart_follows_an_edit_of_what_was_answered(customer: Customer, query: Query) -> None:
    # Given a cart, and the summary of it
    await customer.says("quiero un aceite mazeite")
    message = await customer.writes("y 2 harina pan, lo busco en la tienda a nombre de Ana Pérez")
    await customer.is_answered()
    assert await query("SELECT status FROM orders") == [("awaiting_confirmation",)]
    # When the last words are edited
    await customer.edits(message, "y 3 harina pan, lo busco en la tienda a nombre de Luis Rojas")
    await customer.is_answered()
    # Then the order is what the words say now, under a summary of its own; what was said before them stands
    assert await query(LINES) == [("ACE-1", 1), ("HAR-1", 3)]
    assert await query("SELECT recipient_name FROM orders") == [("Luis Rojas",)]
    tokens = await query("SELECT o.confirmation_token, s.confirmation_token FROM orders o, agent_sessions s")
    assert tokens[0][0] == tokens[0][1] is not None
    assert await is_settled(customer, query)


async def test_an_edit_that_names_no_delivery_any_more_takes_it_back(customer: Customer, query: Query) -> None:
    message = await customer.writes("quiero 2 harina pan, lo busco en la tienda")
    await customer.is_answered()
    await customer.edits(message, "quiero 2 harina pan")
    await customer.is_answered()

    assert await query(LINES) == [("HAR-1", 2)]
    assert await query("SELECT fulfilment FROM orders") == [(None,)]


async def test_a_way_to_pay_that_is_taken_back_is_forgotten(customer: Customer, query: Query) -> None:
    # Given a draft, and a way to pay it that is named and taken back
    await customer.says("quiero 2 harina pan")
    message = await customer.writes("voy a pagar en efectivo")
    await customer.is_answered()
    assert await query("SELECT payment_method FROM orders") == [("efectivo",)]
    await customer.deletes(message)
    await customer.is_answered()
    # Then the draft is as it was
    assert await query("SELECT payment_method FROM orders") == [(None,)]
    assert await query(LINES) == [("HAR-1", 2)]
    assert await is_settled(customer, query)


async def test_the_cart_follows_a_deletion_and_the_customer_is_told(customer: Customer, query: Query) -> None:
    await customer.says("quiero un aceite mazeite")
    message = await customer.writes("y 2 harina pan")
    await customer.is_answered()
    await customer.deletes(message)
    await customer.is_answered()

    assert await query(LINES) == [("ACE-1", 1)]
    assert (await customer.reads())[-1].text == (
        "Como borraste «y 2 harina pan», quité de tu pedido lo que había anotado por ese mensaje. "
        "Ahora llevas: 1 × Aceite Mazeite 1 L."
    )
    assert await is_settled(customer, query)


@pytest.mark.parametrize("deletes", [False, True])
async def test_what_is_no_longer_sold_when_words_are_taken_back_is_told(
    customer: Customer, query: Query, deletes: bool
) -> None:
    # Given two products, of which the first is taken off sale after the second was asked for
    await customer.says("quiero un aceite mazeite")
    message = await customer.writes("y 2 harina pan")
    await customer.is_answered()
    async with open_work(customer.shop.principal) as work:
        await editing.change_product(work, "ACE-1", ChangeProduct(status=ProductStatus.ARCHIVED))

    # When the second is taken back, or made three
    await (customer.deletes(message) if deletes else customer.edits(message, "y 3 harina pan"))
    await customer.is_answered()

    # Then the first, which cannot be put back, is named
    assert await query(LINES) == ([] if deletes else [("HAR-1", 3)])
    said = [one.text for one in await customer.reads()]
    assert "Ya no puedo venderte esto, y por eso no está en tu pedido: Aceite Mazeite 1 L." in said


async def test_of_a_burst_only_the_deleted_words_are_taken_back(customer: Customer, query: Query) -> None:
    await customer.writes("quiero un aceite mazeite")
    second = await customer.writes("y 2 harina pan")
    await customer.is_answered()
    assert await query(LINES) == [("ACE-1", 1), ("HAR-1", 2)]

    await customer.deletes(second)
    await customer.is_answered()

    assert await query(LINES) == [("ACE-1", 1)]
    assert await is_settled(customer, query)


@pytest.mark.parametrize("deletes", [False, True])
async def test_a_change_of_a_placed_order_that_is_taken_back_leaves_the_order_whole(
    customer: Customer, query: Query, deletes: bool
) -> None:
    # Given a placed order, and a change of it that waits for its yes
    await customer.says(ORDER)
    await customer.reads()
    await customer.says("sí")
    message = await customer.writes("sácale una harina pan")
    await customer.is_answered()
    assert await query("SELECT count(*) FROM orders WHERE amends_order_id IS NOT NULL AND status <> 'cancelled'") == [(1,)]
    # When its words are taken back
    await (customer.deletes(message) if deletes else customer.edits(message, "gracias"))
    await customer.is_answered()
    # Then no change is open, which would have begun from nothing and emptied the order
    assert await query("SELECT status FROM orders WHERE amends_order_id IS NOT NULL") == [("cancelled",)]
    placed = "SELECT l.sku, l.quantity::int FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.number IS NOT NULL"
    assert await query(f"{placed} ORDER BY l.sku") == [("ACE-1", 1), ("HAR-1", 2)]
    if deletes:
        assert ((await customer.reads())[-1].text or "").endswith("Tu pedido 1001 queda igual.")
    assert await is_settled(customer, query)


@pytest.mark.parametrize("deletes", [False, True])
async def test_after_other_changes_the_customer_is_asked_and_nothing_is_changed(
    customer: Customer, query: Query, deletes: bool
) -> None:
    first = await customer.writes("quiero 2 harina pan")
    await customer.is_answered()
    await customer.says("y un aceite mazeite")
    before = await query(LINES)

    await (customer.deletes(first) if deletes else customer.edits(first, "quiero 3 harina pan"))
    await customer.is_answered()

    said = (await customer.reads())[-1].text or ""
    assert await query(LINES) == before
    assert said.endswith("Ahora llevas: 2 × Harina P.A.N. Blanca, 1 × Aceite Mazeite 1 L. ¿Qué le cambio?")
    assert "«quiero 2 harina pan»" in said
    assert await is_settled(customer, query)


@pytest.mark.parametrize("deletes", [False, True])
@pytest.mark.parametrize("which", ["the order", "the yes"])
async def test_what_is_confirmed_stays_and_staff_are_told(customer: Customer, query: Query, which: str, deletes: bool) -> None:
    # Given a confirmed order
    order = await customer.writes(ORDER)
    await customer.is_answered()
    await customer.reads()
    yes = await customer.writes("sí")
    await customer.is_answered()
    assert await query("SELECT status FROM orders") == [("confirmed",)]
    # When the words that made it are edited or deleted
    message = order if which == "the order" else yes
    await (customer.deletes(message) if deletes else customer.edits(message, "mejor 5 harina pan"))
    await customer.is_answered()
    # Then the order stands, the customer hears it, and staff know
    assert await query("SELECT status FROM orders") == [("confirmed",)]
    assert await query(LINES) == [("ACE-1", 1), ("HAR-1", 2)]
    assert "ya estaba hecho y no lo toqué" in ((await customer.reads())[-1].text or "")
    assert await query("SELECT kind, subject_id FROM notifications WHERE kind = 'changed_after_the_deed'") == [
        ("changed_after_the_deed", message)
    ]
    assert await is_settled(customer, query)


async def test_a_way_to_pay_of_a_placed_order_is_no_draft_to_bring_back(customer: Customer, query: Query) -> None:
    # Given a placed order that is to be paid in cash, and a new one that was begun after that was said
    await customer.says(ORDER)
    await customer.says("sí")
    message = await customer.writes("voy a pagar en efectivo")
    await customer.is_answered()
    assert await query("SELECT status, payment_method FROM orders") == [("confirmed", "efectivo")]
    await query("UPDATE orders SET packed_at = now() RETURNING id")
    await customer.says("quiero un aceite mazeite")
    assert await query("SELECT count(*) FROM orders") == [(2,)]

    # When the words that named the way to pay are deleted
    await customer.deletes(message)
    await customer.is_answered()

    # Then nothing is undone, and staff hear of it
    assert await query("SELECT payment_method FROM orders WHERE status = 'confirmed'") == [("efectivo",)]
    assert await query("SELECT kind, subject_id FROM notifications WHERE kind = 'changed_after_the_deed'") == [
        ("changed_after_the_deed", message)
    ]


async def test_a_question_that_is_edited_is_answered_anew(customer: Customer, query: Query) -> None:
    message = await customer.writes("cuánto cuesta la harina pan?")
    await customer.is_answered()
    await customer.edits(message, "cuánto cuesta el aceite mazeite?")
    await customer.is_answered()

    assert "Aceite Mazeite 1 L" in ((await customer.reads())[-1].text or "")
    assert await is_settled(customer, query)


async def test_an_edit_under_a_yes_that_is_being_thought_confirms_nothing(customer: Customer, query: Query) -> None:
    # Given a yes whose turn is taken
    await customer.says(ORDER)
    yes = await customer.writes("sí")
    turn = await customer.has_turn_taken()
    # When it is taken back before it has confirmed
    await customer.edits(yes, "no, espera")
    await finishes(customer, turn, await think(turn))
    # Then nothing is confirmed
    assert (await query("SELECT status FROM orders"))[0][0] != "confirmed"


async def test_a_no_that_is_edited_into_a_yes_is_asked_about_once_more(customer: Customer, query: Query) -> None:
    await customer.says(ORDER)
    message = await customer.writes("mmm a ver")
    await customer.edits(message, "sí")
    await customer.is_answered()

    assert await query("SELECT status FROM orders") == [("awaiting_confirmation",)]


async def test_changes_that_come_twice_late_or_for_what_is_not_known_do_no_harm(customer: Customer, query: Query) -> None:
    # Given an edit that came twice, and one that is older than it
    message = await customer.writes("quiero 2 harina pan")
    async with open_work(customer.shop.principal) as work:
        reference = await work.session.scalar(text("SELECT provider_message_id FROM messages"))
        older = customer.change(work, reference, "quiero 9 harina pan")
    first, again = await customer.edits(message, "quiero 3 harina pan"), await customer.edits(message, "quiero 3 harina pan")
    async with open_work(customer.shop.principal) as work:
        line = await connections.get(work, customer.connection_id)
        late = await changes.change(work, line, older)
    await customer.is_answered()

    assert [first.outcome, again.outcome, late.outcome] == ["edited", "repeated", "repeated"]
    assert await query(LINES) == [("HAR-1", 3)]

    # When an edit and a deletion overtake their messages
    async with open_work(customer.shop.principal) as work:
        unknown = await changes.change(work, line, customer.change(work, "wamid.early", "y un aceite mazeite"))
        gone = await changes.change(work, line, customer.change(work, "wamid.gone", None))
    assert [unknown.outcome, unknown.needs_answer, gone.outcome, gone.needs_answer] == ["received", True, "forgotten", False]

    # Then the edit is the message, the deleted one is never answered, and their originals count as repetitions
    for original in ("wamid.early", "wamid.gone"):
        async with open_work(customer.shop.principal) as work:
            edit = customer.change(work, original, "quiero 7 harina pan")
            said = {"provider_message_id": original, "content": Text(text="quiero 7 harina pan")}
            received = await conversations.receive(work, line, edit.model_copy(update=said))
        assert not received.created
    await query("UPDATE agent_sessions SET turn_due_at = clock_timestamp() RETURNING id")
    await customer.is_answered()
    assert await query(LINES) == [("ACE-1", 1), ("HAR-1", 3)]


async def test_nobody_changes_another_customers_message(customer: Customer, query: Query) -> None:
    message = await customer.writes("quiero 2 harina pan")
    stranger = Customer(customer.shop, customer.connection_id, phone="584149998877")

    changed = await stranger.edits(message, "quiero 9 harina pan")

    assert changed.outcome == "elsewhere"
    assert await query("SELECT content ->> 'text' FROM messages") == [("quiero 2 harina pan",)]
    assert await query("SELECT kind FROM notifications") == []


@pytest.mark.parametrize("deletes", [False, True])
async def test_a_change_from_another_address_of_the_customer_is_told_to_staff(
    customer: Customer, query: Query, deletes: bool
) -> None:
    # Given a customer with two addresses, who wrote from the first
    message = await customer.writes("quiero 2 harina pan")
    second = Customer(customer.shop, customer.connection_id, phone="584149998877")
    await second.writes("hola")
    first = f"SELECT customer_id FROM conversations WHERE id = '{customer.conversation_id}'"
    await query(f"UPDATE conversations SET customer_id = ({first}) WHERE id = '{second.conversation_id}' RETURNING id")

    # When a change of that message comes from the second, twice
    changed = [await (second.deletes(message) if deletes else second.edits(message, "quiero 9")) for _ in range(2)]

    # Then nothing changes, it does not pass for a repetition, and staff are told
    assert {one.outcome for one in changed} == {"elsewhere"}
    assert await query(f"SELECT content ->> 'text' FROM messages WHERE id = '{message}'") == [("quiero 2 harina pan",)]
    told = await query("SELECT DISTINCT kind, subject_id, payload ->> 'elsewhere' FROM notifications")
    assert told == [("customer_deleted" if deletes else "customer_edited", message, "true")]


async def test_whoever_attends_a_conversation_is_told_of_an_edit(customer: Customer, query: Query) -> None:
    # Given a message that an operator attends
    message = await customer.writes("quiero 2 harina pan")
    async with open_work(customer.shop.principal) as work:
        member = await accounts.add_member(work, "olga@shop.example", "Olga", Role.OPERATOR)
    async with open_work(roles.staff(customer.shop.workspace_id, member.user_id, Role.OPERATOR)) as work:
        await takeover.take(work, customer.conversation_id)

    # When it is edited
    changed = await customer.edits(message, "quiero 3 harina pan")

    # Then the thread shows it and the operator is told; no turn begins
    assert not changed.needs_answer
    assert await query("SELECT kind, subject_id FROM notifications WHERE kind = 'customer_edited'") == [
        ("customer_edited", message)
    ]
    assert await query("SELECT content ->> 'text' FROM messages WHERE direction = 'in'") == [("quiero 3 harina pan",)]
