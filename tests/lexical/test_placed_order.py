"""What customers say of an order that is placed, and of paying for one: real database, real tools, real gate."""

from decimal import Decimal

import pytest

from core.work import open_work
from domain.conversations.content import Answer
from domain.orders import fulfilment
from evals.capturing import capture
from tests.factories.chat import settle_on
from tests.factories.customer import Customer, Query
from tests.mind.conftest import customer, query, shop

__all__ = ["customer", "query", "shop"]

LINES = "SELECT sku, quantity::int FROM order_lines WHERE order_id = (SELECT id FROM orders WHERE number = 1001) ORDER BY sku"
AMENDMENTS = "SELECT status FROM orders WHERE amends_order_id IS NOT NULL ORDER BY created_at"


async def has_ordered(customer: Customer) -> None:
    """A placed order of two of flour and one of oil, to be fetched."""
    await settle_on(customer.shop)
    await customer.says("quiero 2 harina pan y un aceite mazeite")
    await customer.says("lo retiro en la tienda, a nombre de Ana Rojas")
    await customer.says("sí, confirmo")


async def presses_confirm(customer: Customer, query: Query) -> str:
    [(token,)] = await query("SELECT confirmation_token FROM agent_sessions")
    await customer.writes(Answer(via="button", id=f"confirm:{token}", title="Confirmar"))
    await customer.is_answered()
    return (await customer.reads())[-1].text or ""


async def test_an_address_after_the_order_is_a_change_of_it_that_is_to_be_confirmed(customer: Customer, query: Query) -> None:
    await has_ordered(customer)
    said = await customer.says("la dirección es Av. Santa Fe 999")
    assert "1001" in said
    assert "Santa Fe 999" in said
    assert await query("SELECT fulfilment FROM orders WHERE number = 1001") == [("pickup",)]
    done = await presses_confirm(customer, query)
    assert "1001" in done
    assert await query("SELECT fulfilment, address->>'text' FROM orders WHERE number = 1001") == [
        ("delivery", "Av. Santa Fe 999")
    ]
    assert await query(AMENDMENTS) == [("applied",)]


async def test_one_more_of_it_is_added_to_the_placed_order(customer: Customer, query: Query) -> None:
    await has_ordered(customer)
    assert "1001" in await customer.says("agregale 1 harina pan más")
    assert await query(LINES) == [("ACE-1", 1), ("HAR-1", 2)]
    await presses_confirm(customer, query)
    assert await query(LINES) == [("ACE-1", 1), ("HAR-1", 3)]
    assert await query("SELECT count(*) FROM orders WHERE number IS NOT NULL") == [(1,)]
    # Then staff are told of it, once, and a capture of the conversation has one order
    told = "SELECT n.payload->>'number', o.number FROM notifications n JOIN orders o ON o.id = n.subject_id"
    assert await query(f"{told} WHERE n.kind = 'order_amended'") == [("1001", 1001)]
    async with open_work(customer.shop.principal) as work:
        captured = await capture(work, customer.conversation_id, "amended")
    assert [order.lines for order in captured.effects.orders] == [{"ACE-1": Decimal(1), "HAR-1": Decimal(3)}]


async def test_one_of_two_is_taken_out_of_the_placed_order(customer: Customer, query: Query) -> None:
    await has_ordered(customer)
    await customer.says("sacale una harina pan")
    await presses_confirm(customer, query)
    assert await query(LINES) == [("ACE-1", 1), ("HAR-1", 1)]


@pytest.mark.parametrize(("answer", "numbers"), [("al mismo", 1), ("uno nuevo", 2)])
async def test_what_may_be_for_the_order_or_a_new_one_is_asked(
    customer: Customer, query: Query, answer: str, numbers: int
) -> None:
    await has_ordered(customer)
    asked = await customer.says("quiero 1 kilo de queso blanco")
    assert "?" in asked
    assert "1001" in asked
    assert await query("SELECT count(*) FROM orders") == [(1,)]
    said = await customer.says(answer)
    assert "1001" in said
    assert await query("SELECT count(*) FROM orders WHERE amends_order_id IS NULL") == [(numbers,)]
    assert len(await query(AMENDMENTS)) == 2 - numbers


async def test_an_order_that_is_packed_is_not_changed_and_a_person_is_offered(customer: Customer, query: Query) -> None:
    await has_ordered(customer)
    [(order_id,)] = await query("SELECT id FROM orders WHERE number = 1001")
    async with open_work(customer.shop.principal) as work:
        await fulfilment.mark_packed(work, order_id)
    assert "persona" in await customer.says("la dirección es Av. Santa Fe 999")
    assert await query("SELECT count(*) FROM orders") == [(1,)]


async def test_the_change_is_dropped_by_its_button(customer: Customer, query: Query) -> None:
    await has_ordered(customer)
    await customer.says("sacale una harina pan")
    [(token,)] = await query("SELECT confirmation_token FROM agent_sessions")
    await customer.writes(Answer(via="button", id=f"cancel:{token}", title="Dejarlo como está"))
    await customer.is_answered()
    assert "1001" in ((await customer.reads())[-1].text or "")
    assert await query("SELECT status FROM orders WHERE number = 1001") == [("confirmed",)]
    assert await query(LINES) == [("ACE-1", 1), ("HAR-1", 2)]


async def test_the_amount_that_is_said_is_the_amount_that_is_claimed(customer: Customer, query: Query) -> None:
    await has_ordered(customer)
    said = await customer.says("ya transferí 3000, referencia 77001122334")
    assert await query("SELECT amount, reference FROM payments") == [(Decimal("3000.00"), "77001122334")]
    assert "3.000" in said
    assert "92.000" in said


async def test_a_payment_told_before_the_yes_is_kept_and_is_the_orders_when_it_comes(customer: Customer, query: Query) -> None:
    # Given a cart that is not confirmed
    await settle_on(customer.shop)
    await customer.says("quiero 2 harina pan")

    # When the customer has paid already
    said = await customer.says("ya te transferí los 5000, comprobante 99001234")
    assert await query("SELECT amount, reference, order_id FROM payments") == [(Decimal("5000.00"), "99001234", None)]
    assert "?" in said

    # Then it is tied to the order, and what is left to pay is told
    await customer.says("lo retiro en la tienda, a nombre de Ana Rojas")
    placed = await customer.says("sí, confirmo")
    assert "45.000" in placed
    [(order_id,)] = await query("SELECT order_id FROM payments")
    assert order_id is not None


async def test_a_way_to_pay_named_under_the_summary_is_noted(customer: Customer, query: Query) -> None:
    await settle_on(customer.shop)
    await customer.says("quiero 2 harina pan")
    await customer.says("lo retiro en la tienda, a nombre de Ana Rojas")
    said = await customer.says("efectivo")
    assert "Efectivo" in said
    assert await query("SELECT payment_method, status FROM orders") == [("efectivo", "awaiting_confirmation")]
    await customer.says("sí, confirmo")
    assert await query("SELECT status, payment_status FROM orders") == [("confirmed", "unpaid")]


async def test_a_part_of_a_line_is_swapped_and_the_rest_stays(customer: Customer, query: Query) -> None:
    await customer.says("quiero 2 harina pan")
    said = await customer.says("cambiá una harina pan por un aceite mazeite")
    assert await query("SELECT sku, quantity::int FROM order_lines ORDER BY sku") == [("ACE-1", 1), ("HAR-1", 1)]
    assert "vacío" not in said


async def test_a_sum_that_is_told_is_that_of_the_quantity_beside_it(customer: Customer) -> None:
    await customer.says("quiero 2 harina pan")
    said = await customer.says("agrega 3 harina pan y 1 aceite mazeite")
    assert "3 × Harina P.A.N. Blanca: " not in said
    assert "125.000" in said


@pytest.mark.parametrize(
    "words", ["cancela el pedido 1038", "cancela el 1038", "cancela el pedido 1001", "¿cómo va el pedido 1038?"]
)
async def test_the_number_of_an_order_is_no_payment(customer: Customer, query: Query, words: str) -> None:
    await has_ordered(customer)

    assert "1001" in await customer.says(words)
    assert await query("SELECT count(*) FROM payments") == [(0,)]
    assert await query("SELECT status FROM orders") == [("confirmed",)]
