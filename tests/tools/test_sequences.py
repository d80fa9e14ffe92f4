"""Whatever tools are called in whatever order, the order adds up, holds match it, and nothing is sold twice."""

from collections import Counter as Tally
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from core.errors import DomainError
from core.work import open_work
from domain.conversations.states import State
from domain.orders import confirmation
from domain.orders import service as orders
from domain.orders.kinds import OPEN, PLACED, OrderStatus, PaymentStatus
from domain.orders.schemas import OrderView
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.kinds import HoldStatus
from tests.factories.chat import Chat, chat_of, later, reprice
from tests.factories.counter import Counter, agreed
from tests.factories.shop import Shop, fill
from tests.properties import examples

SKUS = ("HAR-1", "ACE-1", "QUE-1")

skus = st.sampled_from(SKUS)
steps = st.one_of(
    st.tuples(st.just("add_item_to_draft"), st.fixed_dictionaries({"product": skus, "quantity": st.integers(1, 4)})),
    st.tuples(
        st.just("add_item_to_draft"),
        st.fixed_dictionaries({"product": skus, "quantity": st.integers(1, 2), "order": st.sampled_from(["new", "1001"])}),
    ),
    st.tuples(
        st.just("swap_item_in_draft"),
        st.fixed_dictionaries({"product": skus, "replacement": skus, "quantity": st.integers(1, 2)}),
    ),
    st.tuples(st.just("choose_payment_method"), st.just({"method": "efectivo"})),
    st.tuples(st.just("change_item_in_draft"), st.fixed_dictionaries({"product": skus, "quantity": st.integers(0, 5)})),
    st.tuples(st.just("set_delivery_details"), st.just({"fulfilment": "delivery", "address": "Calle Real, casa azul"})),
    st.tuples(st.just("set_delivery_details"), st.just({"fulfilment": "pickup"})),
    st.tuples(st.just("request_confirmation"), st.just({})),
    st.tuples(st.just("reserve_stock"), st.just({})),
    st.tuples(st.just("confirm_order"), st.just({})),
    st.tuples(st.just("clear_draft"), st.just({})),
    st.tuples(st.just("cancel_order"), st.just({})),
    st.tuples(st.just("register_payment"), st.fixed_dictionaries({"method": st.just("efectivo")})),
    st.tuples(st.just("world:reprice"), st.fixed_dictionaries({"sku": skus, "price": st.integers(1, 99_999)})),
    st.tuples(st.just("world:expire"), st.just({})),
    st.tuples(st.just("world:silence"), st.just({})),
)


async def world(counter: Counter, event: str, arguments: dict[str, object]) -> None:
    """What happens to a shop while a customer thinks."""
    shop = counter.chat.shop
    if event == "world:reprice":
        await reprice(shop, str(arguments["sku"]), Decimal(str(arguments["price"])))
    elif event == "world:expire":
        await later(timedelta(minutes=31))
        async with open_work(shop.principal) as work:
            await holds.expire_due(work)
    else:
        async with open_work(shop.principal) as work:
            if await confirmation.release_for_timeout(work, counter.chat.conversation_id):
                counter.state = State.IDLE


async def call(counter: Counter, name: str, arguments: dict[str, object], tokens: list[str]) -> None:
    """One step; a confirmation is tried with the newest token that was ever given, good or stale."""
    if name == "confirm_order":
        if not tokens:
            return
        arguments = {"token": tokens[-1]}
        await agreed(counter, tokens[-1])
    try:
        outcome = await counter(name, **arguments)
    except DomainError:
        return
    if outcome.data.get("token"):
        tokens.append(str(outcome.data["token"]))


async def assert_books_hold(chat: Chat, stocked: dict[str, Decimal]) -> None:
    """Assert what must be true between any two transactions."""
    shop = chat.shop
    async with open_work(shop.principal) as work:
        assert await stock.reconcile(work) == []
        found = (await orders.list_orders(work, limit=100)).items
        for order in found:
            assert order.subtotal == sum((line.total for line in order.lines), Decimal(0))
            assert order.total == order.subtotal + order.delivery_fee
            held = {
                hold.variant_id: hold.quantity
                for hold in await holds.holds_of(work, order.id)
                if hold.status is HoldStatus.ACTIVE
            }
            placed = next((one for one in found if one.id == order.amends_order_id), None)
            check_holds(order, held, placed)
        drafts = Tally(order.conversation_id for order in found if order.status in OPEN)
        assert max(drafts.values(), default=0) <= 1
        for sku, variant_id in shop.variants.items():
            sold = sum((quantity_of(order, variant_id) for order in found if order.status in PLACED), Decimal(0))
            level = (await stock.available(work, [variant_id]))[variant_id]
            assert level.on_hand == stocked.get(sku, Decimal(0)) - sold
            assert level.available >= 0


def check_holds(order: OrderView, held: dict[UUID, Decimal], placed: OrderView | None) -> None:
    """Holds are the lines or part of them (a sweep may have ended some), and a placed or dead order has none.

    Those of an amendment are what it wants beyond the placed order.

    A claimed payment keeps what was held when it was claimed, whatever changes in the draft, until staff decide.
    """
    if order.status not in OPEN:
        assert held == {}
    elif order.payment_status is PaymentStatus.UNPAID or order.status is OrderStatus.AWAITING_CONFIRMATION:
        had = {variant_id: quantity_of(placed, variant_id) if placed is not None else Decimal(0) for variant_id in held}
        assert all(quantity_of(order, variant_id) - had[variant_id] == quantity for variant_id, quantity in held.items())
    assert (order.number is not None) == (order.status in PLACED or order.confirmed_at is not None)
    assert (order.status is OrderStatus.AWAITING_CONFIRMATION) <= (order.confirmation_token is not None)


def quantity_of(order: OrderView, variant_id: UUID) -> Decimal:
    line = order.line(variant_id)
    return line.quantity if line is not None else Decimal(0)


@examples(12, suppress=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow))
@given(script=st.lists(steps, min_size=4, max_size=14))
@example(
    script=[  # once the gate refused what is said of cash for an order that still is to be confirmed
        ("add_item_to_draft", {"product": "HAR-1", "quantity": 1}),
        ("set_delivery_details", {"fulfilment": "pickup"}),
        ("request_confirmation", {}),
        ("register_payment", {"method": "efectivo"}),
    ]
)
async def test_any_sequence_of_tools_keeps_the_books_right(
    shop: Shop, chat: Chat, script: list[tuple[str, dict[str, object]]]
) -> None:
    # Given a new customer in a shop with some goods
    async with open_work(shop.principal) as work:
        stocked = {
            sku: sum((level.on_hand for level in await stock.levels(work, variant_id)), Decimal(0))
            for sku, variant_id in shop.variants.items()
        }
        placed = [one for one in (await orders.list_orders(work, limit=100)).items if one.status in PLACED]
    for sku, variant_id in shop.variants.items():
        stocked[sku] += sum((quantity_of(order, variant_id) for order in placed), Decimal(0))
    async with open_work(shop.principal) as work:
        for sku in SKUS:
            await fill(work, shop, sku, 3)
            stocked[sku] += 3
    counter, tokens = Counter(await chat_of(shop, chat.connection_id)), list[str]()

    # When anything happens in any order
    for name, arguments in script:
        if name.startswith("world:"):
            await world(counter, name, arguments)
        else:
            await call(counter, name, arguments, tokens)

        # Then the books are right after each step
        await assert_books_hold(counter.chat, stocked)
