"""A whole sale with the lexical model on the real turn: real database, real tools, real gate."""

from decimal import Decimal

import pytest

from domain.accounts.zones import DeliveryZone
from tests.factories.chat import settle_on
from tests.factories.customer import Customer, Query
from tests.mind.conftest import customer, query, shop

__all__ = ["customer", "query", "shop"]


async def test_a_customer_orders_from_greeting_to_payment(customer: Customer, query: Query) -> None:
    # When the customer greets, the shop greets back
    assert "Hola" in await customer.says("hola buenas")

    # When they order, the lines are in the draft
    await customer.says("quiero 2 harina pan y un aceite mazeite")
    assert await query("SELECT sku, quantity::int FROM order_lines ORDER BY sku") == [("ACE-1", 1), ("HAR-1", 2)]

    # When they correct themselves, the draft follows
    await customer.says("mejor que sean 3 harinas y quita el aceite")
    assert await query("SELECT sku, quantity::int FROM order_lines") == [("HAR-1", 3)]

    # When they are done, what is missing is asked for, and given
    asked = await customer.says("eso es todo")
    assert "?" in asked
    await customer.says("me lo llevas a la calle Sucre, casa 14, a nombre de Ana Rojas")
    for detail in ("Ana Rojas", "0414-1112233"):
        if not (await query("SELECT 1 FROM agent_sessions WHERE state = 'AWAITING_CONFIRMATION'")):
            await customer.says(detail)
    assert await query("SELECT state FROM agent_sessions") == [("AWAITING_CONFIRMATION",)]

    # When they agree, the order is placed
    assert "{" not in await customer.says("sí, confirmo")
    orders = await query("SELECT status, number FROM orders")
    assert orders[0][0] == "confirmed"

    # When they say how they paid, the payment is claimed
    await customer.says("ya pagué en efectivo")
    assert (await query("SELECT count(*) FROM payments"))[0][0] == 1

    # And the status can be asked for
    assert str(orders[0][1]) in await customer.says("cómo va mi pedido?")


async def test_weighed_goods_are_ordered_in_grams(customer: Customer, query: Query) -> None:
    await customer.says("dame 250 gramos de queso blanco")
    assert await query("SELECT quantity FROM order_lines") == [(Decimal("0.250"),)]


async def test_a_missing_quantity_is_asked_and_answered(customer: Customer, query: Query) -> None:
    await customer.says("quiero queso blanco")
    await customer.says("kilo y medio")
    assert await query("SELECT quantity FROM order_lines") == [(Decimal("1.500"),)]


async def test_the_price_of_a_thing_is_told_and_the_thing_then_ordered(customer: Customer, query: Query) -> None:
    told = await customer.says("a cómo está el aceite?")
    assert "45" in told
    await customer.says("dame 2")
    assert await query("SELECT sku, quantity::int FROM order_lines") == [("ACE-1", 2)]


@pytest.mark.parametrize("said", ["asdf qwer", "👍", "...", "???", "cuéntame un chiste", "no", "sí", "2"])
async def test_whatever_is_said_is_answered(customer: Customer, said: str) -> None:
    assert await customer.says(said)


async def test_what_a_delivery_costs_is_told_by_zone(customer: Customer) -> None:
    zones = [DeliveryZone(name=name, fee=Decimal(fee)) for name, fee in (("Chacao", 3000), ("Palermo", 4000))]
    await settle_on(customer.shop, delivery_zones=[zone.model_dump(mode="json") for zone in zones])

    told = await customer.says("¿cuánto cuesta el envío?")

    assert "3.000,00 (Chacao)" in told
    assert "4.000,00 (Palermo)" in told
