"""Buying: one draft at a time, packs that stay what they were, and goods that are taken in once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from core import events
from core.errors import NotPermitted
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.roles import Role, staff
from domain.purchasing import ordering, receiving, returning
from domain.purchasing import service as purchasing
from domain.purchasing.errors import (
    BelowMinimum,
    CostChanged,
    NothingOrdered,
    NotOrdered,
    OverDelivered,
    PurchaseOrderNotReady,
    ReturnExceedsReceipt,
)
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.schemas import (
    NewPurchase,
    NewReceipt,
    NewSupplierReturn,
    OrderLineInput,
    ReceiptLineInput,
    SupplierReturnLineInput,
)
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.errors import QuantityNotCountable, StockPromised
from domain.stock.kinds import MovementType
from domain.stock.schemas import HoldLine, StockLevel
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import ChangeSupplier, SupplierProductInput
from tests.factories.purchases import arrival, make_order, make_supplier
from tests.factories.shop import Shop, fill
from tests.factories.workspaces import settle


async def level(work: Work, shop: Shop, sku: str = "HAR-1") -> StockLevel:
    """The level of a product in the shop's store."""
    (found,) = [row for row in await stock.levels(work, shop.variants[sku]) if row.store_id == shop.store_id]
    return found


def exactly(*values: int | str) -> tuple[Decimal, ...]:
    """Quantities and amounts, written short."""
    return tuple(map(Decimal, values))


async def test_a_supplier_and_store_have_one_draft_and_a_proposal_sets_it(shop: Shop, work: Work) -> None:
    supplier = await make_supplier(work, shop)
    line = OrderLineInput(variant_id=shop.variants["HAR-1"], packs=Decimal(3))

    # When a planner runs twice
    drafts = []
    for _ in range(2):
        draft = await ordering.open_draft(work, supplier, shop.store_id)
        drafts.append(await ordering.set_lines(work, draft.id, [line]))

    # Then there is one draft with the same numbers, in the supplier's packs at their cost
    first, second = drafts
    assert (first.id, first.version) == (second.id, second.version)
    (ordered,) = second.lines
    assert (ordered.packs, ordered.pack_size, ordered.pack_cost, ordered.ordered) == exactly(3, 6, 10, 18)
    assert second.total == Decimal("30.00")
    emptied = await ordering.set_lines(work, second.id, [OrderLineInput(variant_id=line.variant_id, packs=Decimal(0))])
    assert emptied.lines == ()
    with pytest.raises(NothingOrdered):
        await ordering.submit(work, emptied.id)


async def test_three_packs_of_six_are_eighteen_pieces_however_they_are_told(shop: Shop) -> None:
    ways: tuple[dict[str, Decimal | int | str], ...] = ({"packs": 3}, {"quantity": 18})
    for told in ways:
        async with open_work(shop.principal) as work:
            supplier = await make_supplier(work, shop, name=str(told))
            order = await make_order(work, shop, supplier, HAR_1=3)
            # The pack changes after the order was sent, which keeps its own.
            other = SupplierProductInput(variant_id=shop.variants["HAR-1"], pack_size=Decimal(12), pack_cost=Decimal(20))
            await suppliers.set_product(work, supplier, other)
            before = (await level(work, shop)).on_hand if told == {"quantity": 18} else Decimal(0)

            await receiving.receive(work, order.id, arrival(shop, f"note {told}", "HAR-1", **told))

            after = await level(work, shop)
            received = await purchasing.get(work, order.id)
            assert (after.on_hand - before, after.unit_cost, after.last_cost) == exactly(18, "1.67", "1.67")
            assert received.status is PurchaseStatus.CLOSED
            assert received.lines[0].open == 0


async def test_the_cents_of_many_arrivals_add_up_to_those_of_the_order(shop: Shop, work: Work) -> None:
    order = await make_order(work, shop, await make_supplier(work, shop), HAR_1=3)
    for number, pieces in enumerate((7, 1, 1, 9)):
        view = await receiving.receive(work, order.id, arrival(shop, f"note {number}", quantity=pieces))
        assert view.lines[0].quantity == pieces

    assert (await level(work, shop)).value == Decimal("30.00")
    assert (await purchasing.get(work, order.id)).status is PurchaseStatus.CLOSED
    assert await stock.reconcile(work) == []


async def test_the_same_arrival_twice_is_one_and_another_one_under_its_key_is_refused(shop: Shop, work: Work) -> None:
    order = await make_order(work, shop, await make_supplier(work, shop), HAR_1=3)
    first = await receiving.receive(work, order.id, arrival(shop, "guide 7", packs=1))
    again = await receiving.receive(work, order.id, arrival(shop, "guide 7", packs=1))

    assert again == first
    assert (await level(work, shop)).on_hand == 6
    with pytest.raises(KeyReused):
        await receiving.receive(work, order.id, arrival(shop, "guide 7", packs=2))


async def test_what_is_refused_at_the_door_is_received_and_never_on_the_shelf(shop: Shop, work: Work) -> None:
    order = await make_order(work, shop, await make_supplier(work, shop), HAR_1=2)
    came = arrival(shop, "guide 1", packs=2, rejected=5, reject_reason="wet")
    receipt = await receiving.receive(work, order.id, came)

    line = (await purchasing.get(work, order.id)).lines[0]
    assert (line.received, line.rejected, line.accepted, line.open) == exactly(12, 5, 7, 5)
    assert ((await level(work, shop)).on_hand, receipt.lines[0].value) == exactly(7, "11.67")

    # What goes back later leaves what was received as it was
    back = NewSupplierReturn(
        key="back 1", reason="weevils", lines=(SupplierReturnLineInput(variant_id=shop.variants["HAR-1"], quantity=Decimal(3)),)
    )
    returned = await returning.return_goods(work, receipt.id, back)
    assert await returning.return_goods(work, receipt.id, back) == returned
    line = (await purchasing.get(work, order.id)).lines[0]
    assert (line.received, line.rejected, line.returned, line.open) == exactly(12, 5, 3, 5)
    assert (await level(work, shop)).on_hand == 4
    with pytest.raises(ReturnExceedsReceipt):
        await returning.return_goods(
            work,
            receipt.id,
            back.model_copy(
                update={
                    "key": "back 2",
                    "lines": (SupplierReturnLineInput(variant_id=shop.variants["HAR-1"], quantity=Decimal(5)),),
                }
            ),
        )


async def test_goods_go_back_at_the_average_and_are_credited_at_their_price(shop: Shop, work: Work) -> None:
    # Given flour that was bought dear, and then cheap
    supplier = await make_supplier(work, shop, cost="60.00")
    dear = await receiving.receive(work, (await make_order(work, shop, supplier, HAR_1=1)).id, arrival(shop, "a", packs=1))
    cheap = NewPurchase(
        key="b",
        supplier_id=supplier,
        store_id=shop.store_id,
        lines=(ReceiptLineInput(variant_id=shop.variants["HAR-1"], packs=Decimal(1), pack_cost=Decimal(12)),),
    )
    await receiving.buy(work, cheap)
    assert ((await level(work, shop)).unit_cost, (await level(work, shop)).last_cost) == exactly(6, 2)

    # When half of the dear ones go back
    flour = SupplierReturnLineInput(variant_id=shop.variants["HAR-1"], quantity=Decimal(3))
    returned = await returning.return_goods(work, dear.id, NewSupplierReturn(key="r", reason="broken", lines=(flour,)))

    # Then the supplier owes what they had cost, and the books of the stock stay whole
    (line,) = returned.lines
    assert (line.credit, line.value) == (Decimal("30.00"), Decimal("18.00"))
    after = await level(work, shop)
    assert (after.on_hand, after.value, after.unit_cost) == exactly(9, "54.00", "6.00")
    movements = await stock.movements(work, types=[MovementType.RETURN])
    assert [(move.delta, move.value) for move in movements] == [exactly(-3, "-18.00")]
    assert await stock.reconcile(work) == []


async def test_goods_that_orders_hold_do_not_go_back(shop: Shop, work: Work) -> None:
    order = await make_order(work, shop, await make_supplier(work, shop), HAR_1=1)
    receipt = await receiving.receive(work, order.id, arrival(shop, "a", packs=1))
    flour = shop.variants["HAR-1"]
    line = HoldLine(variant_id=flour, quantity=Decimal(4))
    await holds.hold(work, new_id(), shop.store_id, [line], work.now + timedelta(hours=1))
    back = NewSupplierReturn(key="r", reason="broken", lines=(SupplierReturnLineInput(variant_id=flour, quantity=Decimal(3)),))

    with pytest.raises(StockPromised):
        await returning.return_goods(work, receipt.id, back)


@pytest.mark.parametrize(("tolerance", "accepted", "refused"), [(0, 18, 1), (10, 19, 1)])
async def test_more_than_was_ordered_is_asked_about_over_all_arrivals_together(
    shop: Shop, work: Work, tolerance: int, accepted: int, refused: int
) -> None:
    settings = (await accounts.get_workspace(work)).settings.model_copy(update={"over_delivery_percent": tolerance})
    await settle(work, settings)
    supplier = await make_supplier(work, shop)
    await suppliers.set_product(work, supplier, SupplierProductInput(variant_id=shop.variants["ACE-1"], pack_cost=Decimal(30)))
    order = await make_order(work, shop, supplier, HAR_1=3, ACE_1=1)
    await receiving.receive(work, order.id, arrival(shop, "a", quantity=accepted - 7))
    await receiving.receive(work, order.id, arrival(shop, "b", quantity=7))

    with pytest.raises(OverDelivered):
        await receiving.receive(work, order.id, arrival(shop, "c", quantity=refused))
    assert (await level(work, shop)).on_hand == accepted
    gift = arrival(shop, "c", quantity=refused).model_copy(update={"over_delivery_reason": "a gift"})
    assert (await receiving.receive(work, order.id, gift)).reason == "a gift"
    assert (await purchasing.get(work, order.id)).status is PurchaseStatus.PARTLY_RECEIVED


async def test_a_cost_far_from_what_was_agreed_is_asked_about(shop: Shop, work: Work) -> None:
    order = await make_order(work, shop, await make_supplier(work, shop), HAR_1=3)
    await receiving.receive(work, order.id, arrival(shop, "a", packs=1, pack_cost="11.00"))

    with pytest.raises(CostChanged):
        await receiving.receive(work, order.id, arrival(shop, "b", packs=1, pack_cost="11.01"))

    dearer = arrival(shop, "b", packs=1, pack_cost="13.00").model_copy(update={"cost_reason": "new price list"})
    await receiving.receive(work, order.id, dearer)
    assert (await level(work, shop)).value == Decimal("24.00")


async def test_what_a_supplier_takes_at_least_is_asked_about(shop: Shop, work: Work) -> None:
    supplier = await make_supplier(work, shop)
    await suppliers.change(work, supplier, ChangeSupplier(minimum_order=Decimal(50)))
    with pytest.raises(BelowMinimum):
        await make_order(work, shop, supplier, HAR_1=3)

    draft = await ordering.open_draft(work, supplier, shop.store_id)
    sent = await ordering.submit(work, draft.id, below_minimum_reason="agreed by telephone")
    assert await ordering.submit(work, draft.id) == sent
    assert sent.expected_on is not None


async def test_an_order_is_cancelled_before_anything_came_and_closed_after(shop: Shop, work: Work) -> None:
    supplier = await make_supplier(work, shop)
    order = await make_order(work, shop, supplier, HAR_1=3)
    await receiving.receive(work, order.id, arrival(shop, "a", packs=1))
    with pytest.raises(PurchaseOrderNotReady):
        await ordering.cancel(work, order.id, "too late")
    closed = await ordering.close(work, order.id, "they have no more")
    assert await ordering.close(work, order.id, "again") == closed
    assert (closed.status, closed.end_reason) == (PurchaseStatus.CLOSED, "they have no more")
    assert closed.lines[0].open == 12
    with pytest.raises(PurchaseOrderNotReady):
        await receiving.receive(work, order.id, arrival(shop, "b", packs=1))

    other = await make_order(work, shop, supplier, HAR_1=1)
    assert (await ordering.cancel(work, other.id, "not needed")).status is PurchaseStatus.CANCELLED
    with pytest.raises(PurchaseOrderNotReady):
        await receiving.receive(work, other.id, arrival(shop, "c", packs=1))
    numbers = [row.number for row in (await purchasing.list_orders(work)).items]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 2


async def test_half_a_piece_is_neither_ordered_nor_taken_in(shop: Shop, work: Work) -> None:
    supplier = await make_supplier(work, shop)
    draft = await ordering.open_draft(work, supplier, shop.store_id)
    with pytest.raises(QuantityNotCountable):
        await ordering.set_lines(
            work, draft.id, [OrderLineInput(variant_id=shop.variants["ACE-1"], packs=Decimal("0.5"), pack_size=Decimal(1))]
        )
    order = await make_order(work, shop, supplier, HAR_1=1)
    with pytest.raises(QuantityNotCountable):
        await receiving.receive(work, order.id, arrival(shop, "a", quantity="1.5"))
    with pytest.raises(NotOrdered):
        await receiving.receive(work, order.id, arrival(shop, "a", sku="QUE-1", quantity=1))
    with pytest.raises(ValidationError):
        ReceiptLineInput(variant_id=shop.variants["HAR-1"], packs=Decimal(1), quantity=Decimal(6))


async def test_what_an_operator_and_a_supervisor_may_do(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        supplier = await make_supplier(work, shop)
        order = await make_order(work, shop, supplier, HAR_1=1)
    async with open_work(staff(shop.workspace_id, new_id(), Role.OPERATOR)) as work:
        with pytest.raises(NotPermitted):
            await receiving.receive(work, order.id, arrival(shop, "a", packs=1))
    supervisor = staff(shop.workspace_id, new_id(), Role.INVENTORY_SUPERVISOR)
    async with open_work(supervisor) as work:
        await receiving.receive(work, order.id, arrival(shop, "a", packs=1))

    # Then every step is told in the stream, with who took it
    async with open_work(shop.principal) as work:
        told = {event.type: event for event in await events.page(work, limit=200)}
    assert {"purchase_order.drafted", "purchase_order.submitted", "purchase_order.closed"} <= told.keys()
    assert told["goods_receipt.booked"].actor_id == supervisor.id
    assert told["goods_receipt.booked"].after is not None
    assert told["goods_receipt.booked"].after["lines"][0]["quantity"] == "6.000"


async def test_what_nobody_knows_the_cost_of_costs_the_average(shop: Shop, work: Work) -> None:
    await fill(work, shop, "ACE-1", 1)
    supplier = await make_supplier(work, shop)
    flour = ReceiptLineInput(variant_id=shop.variants["HAR-1"], packs=Decimal(2))
    oil = ReceiptLineInput(variant_id=shop.variants["ACE-1"], quantity=Decimal(1))
    bought = NewPurchase(key="k", supplier_id=supplier, store_id=shop.store_id, lines=(flour, oil))
    await receiving.buy(work, bought)
    assert (await receiving.buy(work, bought)).number == 1

    assert (await level(work, shop, "HAR-1")).value == Decimal("20.00")
    assert (await level(work, shop, "ACE-1")).last_cost is None
    with pytest.raises(KeyReused):
        await receiving.buy(work, NewPurchase.model_validate(bought.model_dump() | {"document": "F-2"}))
    with pytest.raises(ValidationError):
        NewReceipt(key="k", lines=())
