"""Whoever has had an order brought before does not have to say again where to."""

from domain.customers import service as customers
from tests.factories.chat import STREET, open_chat
from tests.factories.counter import Counter, spoken
from tests.factories.shop import Shop


async def test_the_saved_address_is_taken_where_nobody_says_another(counter: Counter) -> None:
    # Given a customer whose last order was brought somewhere
    async with counter.chat.work() as work:
        await customers.save_address(work, counter.chat.customer_id, "Calle Real, casa azul")
    # When they want the next one brought too
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    noted = await counter("set_delivery_details", fulfilment="delivery")
    # Then it goes there, and they are told so
    assert noted.data["missing"] == []
    assert "Calle Real, casa azul" in spoken(noted)
    assert "de siempre" in spoken(noted)
    # And another one counts as soon as it is given
    moved = await counter("set_delivery_details", fulfilment="delivery", address=STREET)
    assert STREET in spoken(moved)
    assert "de siempre" not in spoken(moved)
    kept = await counter("set_delivery_details", fulfilment="delivery")
    assert "Calle Real" not in spoken(kept)


async def test_a_saved_address_is_nobody_elses_and_not_for_what_is_fetched(counter: Counter, shop: Shop) -> None:
    other = await open_chat(shop, counter.chat.connection_id)
    async with other.work() as work:
        await customers.save_address(work, other.customer_id, "Calle Ajena, casa 1")
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    brought = await counter("set_delivery_details", fulfilment="delivery")
    assert brought.data["missing"] == ["address"]
    fetched = await counter("set_delivery_details", fulfilment="pickup")
    assert "Calle" not in spoken(fetched)
