"""Replenishment: proposals set quantities, five plans are one draft, and what people change stays."""

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from core.errors import StoresOnly
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import ChangeWorkspace
from domain.purchasing import ordering
from domain.purchasing import service as purchasing
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.schemas import OrderLineInput, PurchaseOrderView
from domain.replenishment import service as replenishment
from domain.replenishment.errors import ProposalDecided
from domain.replenishment.kinds import STANDING, ProposalStatus
from domain.replenishment.schemas import ProposalView
from domain.routines.kinds import RoutineName
from domain.stock import service as stock
from domain.stock import transfers
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import NewSupplier, SupplierProductInput
from tests.factories.sales import sold
from tests.factories.shop import Shop, fill
from tests.foresight.conftest import Run
from tests.foresight.test_forecasts import limited
from tests.foresight.test_routines import waited_for

PLAN = RoutineName.REPLENISHMENT_PLAN


@pytest.fixture
async def mill(shop: Shop, run: Run) -> UUID:
    """A supplier of flour in sacks of twelve; five bags are sold a day, and three are left."""
    async with open_work(shop.principal) as work:
        await sold(work, shop, {"HAR-1": [5.0, 4.0, 6.0] * 40})
        supplier = await suppliers.create(work, NewSupplier(name="Molinos", lead_time_days=7))
        await set_source(work, shop, supplier.id)
        await fill(work, shop, "HAR-1", 3)
    await run(RoutineName.DEMAND_PROJECT)
    return supplier.id


async def set_source(work: Work, shop: Shop, supplier_id: UUID, cost: int = 120) -> None:
    product = SupplierProductInput(
        variant_id=shop.variants["HAR-1"], pack_size=Decimal(12), pack_cost=Decimal(cost), is_preferred=True
    )
    await suppliers.set_product(work, supplier_id, product)


async def proposals(shop: Shop, *statuses: ProposalStatus) -> list[ProposalView]:
    async with open_work(shop.principal) as work:
        found, _ = await replenishment.list_proposals(work, statuses=statuses or STANDING)
    return found


async def orders(shop: Shop) -> list[PurchaseOrderView]:
    async with open_work(shop.principal) as work:
        return list((await purchasing.list_orders(work)).items)


async def test_five_plans_leave_one_draft_with_the_same_numbers(shop: Shop, mill: UUID, run: Run) -> None:
    await run(PLAN)
    (first,), (draft,) = await proposals(shop), await orders(shop)
    for _ in range(4):
        await run(PLAN)
    (again,), (same,) = await proposals(shop), await orders(shop)
    assert (again.id, again.packs, again.why) == (first.id, first.packs, first.why)
    assert (same.id, same.status, same.version) == (draft.id, PurchaseStatus.DRAFT, draft.version)
    assert [(line.variant_id, line.packs) for line in same.lines] == [(shop.variants["HAR-1"], first.packs)]
    # Five a day for a week of delivery and one until the next order: some seventy, and what errors ask for.
    why = {name: Decimal(str(value)) for name, value in first.why.items() if name != "abc"}
    assert why["expected"] == pytest.approx(Decimal(70), abs=3)
    assert 70 <= why["level"] <= 100
    assert first.quantity >= why["level"] - 3
    assert first.cost == first.packs * 120


async def test_what_is_ordered_is_on_its_way_and_not_proposed_again(shop: Shop, mill: UUID, run: Run) -> None:
    await run(PLAN)
    (draft,) = await orders(shop)
    async with open_work(shop.principal) as work:
        await ordering.submit(work, draft.id)
    await run(PLAN)
    assert await proposals(shop) == []
    assert [one.status for one in await proposals(shop, ProposalStatus.PLACED)] == [ProposalStatus.PLACED]
    assert len(await orders(shop)) == 1


async def test_an_order_that_is_sent_while_a_plan_is_made_is_not_ordered_twice(shop: Shop, mill: UUID, run: Run) -> None:
    await run(PLAN)
    (draft,) = await orders(shop)
    async with open_work(shop.principal) as work:
        await ordering.submit(work, draft.id)
        plan = asyncio.create_task(run(PLAN))  # reads that nothing is on its way
        await waited_for(shop.principal, await work.session.scalar(text("SELECT pg_backend_pid()")))
    await plan
    assert [(one.id, one.status) for one in await orders(shop)] == [(draft.id, PurchaseStatus.SUBMITTED)]
    assert await proposals(shop) == []


async def test_what_people_change_stays(shop: Shop, mill: UUID, run: Run) -> None:
    await run(PLAN)
    (one,) = await proposals(shop)
    async with open_work(shop.principal) as work:
        await replenishment.change(work, one.id, Decimal(3))
    await run(PLAN)
    (kept,), (draft,) = await proposals(shop), await orders(shop)
    assert (kept.status, int(kept.packs), kept.proposed) == (ProposalStatus.CHANGED, 3, one.packs)
    assert [line.packs for line in draft.lines] == [3]
    # In the draft itself as well
    async with open_work(shop.principal) as work:
        await ordering.set_lines(work, draft.id, [OrderLineInput(variant_id=shop.variants["HAR-1"], packs=Decimal(4))])
    await run(PLAN)
    (kept,), (draft,) = await proposals(shop), await orders(shop)
    assert [int(kept.packs), *(int(line.packs) for line in draft.lines)] == [4, 4]
    async with open_work(shop.principal) as work:
        assert (await replenishment.decisions(work)).changed == 1


async def test_who_takes_a_line_out_of_the_draft_does_not_want_it(shop: Shop, mill: UUID, run: Run) -> None:
    await run(PLAN)
    (draft,) = await orders(shop)
    async with open_work(shop.principal) as work:
        await ordering.set_lines(work, draft.id, [OrderLineInput(variant_id=shop.variants["HAR-1"], packs=Decimal(0))])
    await run(PLAN)
    assert await proposals(shop) == []
    assert [line for order in await orders(shop) for line in order.lines] == []


async def test_what_is_rejected_says_why_and_does_not_come_back(shop: Shop, mill: UUID, run: Run) -> None:
    await run(PLAN)
    (one,) = await proposals(shop)
    async with open_work(shop.principal) as work:
        await replenishment.reject(work, one.id, "we stop selling it")
    await run(PLAN)
    assert await proposals(shop) == []
    (draft,) = await orders(shop)
    assert draft.lines == ()
    async with open_work(shop.principal) as work:
        with pytest.raises(ProposalDecided):
            await replenishment.accept(work, one.id)


async def test_goods_of_another_store_come_first(shop: Shop, mill: UUID, run: Run) -> None:
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await sold(work, shop, {"HAR-1": [1.0] * 120}, store_id=branch)
        await stock.set_limits(work, branch, shop.variants["HAR-1"], Decimal(0), None)
        await work.session.execute(text("UPDATE stock_items SET on_hand = 60 WHERE store_id = :s"), {"s": branch})
    await run(RoutineName.DEMAND_PROJECT)
    await run(PLAN)
    moved, bought = sorted(await proposals(shop), key=lambda one: one.from_store_id is None)
    assert (moved.from_store_id, moved.store_id) == (branch, shop.store_id)
    assert moved.quantity + bought.quantity >= Decimal(str(bought.why["needed"]))
    assert bought.quantity < Decimal(str(bought.why["needed"]))
    async with open_work(shop.principal) as work:
        placed = await replenishment.accept(work, moved.id)
        assert placed.transfer_id is not None
        asked = await transfers.get_transfer(work, placed.transfer_id)
    assert [(line.variant_id, line.requested) for line in asked.lines] == [(shop.variants["HAR-1"], moved.packs)]
    await run(PLAN)  # what was asked for is on its way
    assert [one.from_store_id for one in await proposals(shop)] == [None]
    async with open_work(shop.principal) as work:
        assert (await replenishment.decisions(work)).placed == 1
    async with open_work(limited(shop, branch)) as work:
        assert (await replenishment.list_proposals(work))[0] == []
        assert (await replenishment.decisions(work)).placed == 0
        with pytest.raises(StoresOnly):
            await replenishment.classes(work)


async def test_a_shop_may_let_small_orders_be_sent_by_themselves(shop: Shop, mill: UUID, run: Run) -> None:
    async with open_work(shop.principal) as work:
        known = await accounts.get_workspace(work)
        replenishing = known.settings.replenishment.model_copy(update={"sends_up_to": Decimal(200)})
        settings = known.settings.model_copy(update={"replenishment": replenishing})
        await accounts.change_workspace(work, ChangeWorkspace(settings=settings), known.version)
    await run(PLAN)
    assert [one.status for one in await orders(shop)] == [PurchaseStatus.DRAFT]  # some eight sacks cost more
    async with open_work(shop.principal) as work:
        await set_source(work, shop, mill, cost=20)
    await run(PLAN)
    assert [one.status for one in await orders(shop)] == [PurchaseStatus.SUBMITTED]
    assert await proposals(shop) == []


async def test_products_have_their_class(shop: Shop, mill: UUID, run: Run) -> None:
    async with open_work(shop.principal) as work:
        await sold(work, shop, {"ACE-1": [0.0] * 60 + [1.0] + [0.0] * 30})
    await run(RoutineName.DEMAND_PROJECT)
    await run(PLAN)
    async with open_work(shop.principal) as work:
        found, _ = await replenishment.classes(work)
    assert [(one.variant_id, one.abc, one.xyz) for one in found] == [
        (shop.variants["HAR-1"], "a", "x"),
        (shop.variants["ACE-1"], "c", "z"),
    ]
    assert sum(one.share for one in found) == pytest.approx(1)
