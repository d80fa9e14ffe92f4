"""What has happened in a demo shop: it was done by the services, so the books are right, and it is done once."""

from decimal import Decimal

import pytest

from app.demo import life, seed
from app.demo.schemas import DemoShop, demo_shops
from core.access import Principal
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.conversations import desk
from domain.conversations.schemas import DeskFilter, Queue
from domain.customers import service as customers
from domain.orders import service as orders
from domain.orders.kinds import OrderStatus
from domain.payments import service as payments
from domain.payments.kinds import PaymentState
from domain.payments.schemas import PaymentFilter
from domain.statistics import service as statistics
from domain.statistics.schemas import PeriodName
from domain.stock import service as stock
from sandbox.infobip import store
from sandbox.infobip.history import remember

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("plan", demo_shops(), ids=lambda plan: plan.workspace.slug)
async def test_a_demo_shop_has_a_life_of_its_own_once(database: str, plan: DemoShop) -> None:
    # Given a shop that was just made
    assert plan.life is not None
    await seed.make(plan)
    workspace = next(each for each in await accounts.list_workspaces() if each.slug == plan.workspace.slug)
    system = Principal.system(workspace.id)

    # When it is livened twice
    first, second = await life.liven(plan, workspace.id, remember), await life.liven(plan, workspace.id, remember)

    # Then that was done once, and the stock agrees with its ledger
    assert (first, second) == (True, False)
    async with open_work(system) as work:
        assert await stock.reconcile(work) == []
        empty = {sku for sku, level in (await _levels(work, plan)).items() if level == 0}
        assert empty == set(plan.sold_out[plan.workspace.settings.default_store or ""])

        # And the weeks have orders that came to an end, takings, and somebody who changed their mind
        found = (await orders.list_orders(work, limit=100)).items
        statuses = [each.status for each in found]
        assert len(found) >= 20
        assert statuses.count(OrderStatus.DELIVERED) > len(found) / 2
        assert {OrderStatus.CONFIRMED, OrderStatus.DELIVERED} <= set(statuses)
        month = await statistics.period_of(work, PeriodName.LAST_30_DAYS)
        takings = (await statistics.measure(work, "takings", month)).values[0].value
        assert takings is not None
        assert takings > 0

        # And today people wait for staff, payments for their verification, as the file says
        talks = plan.life.talks
        waiting = (await desk.list_conversations(work, DeskFilter(queue=Queue.WAITING), limit=50)).items
        assert {each.contact.name for each in waiting} == {each.by for each in talks if each.wants and not each.replied}
        claimed = (await payments.list_payments(work, PaymentFilter(status=PaymentState.CLAIMED), limit=50)).items
        assert len(claimed) == sum(each.pays is not None for each in talks)

        # And nothing of it goes out any more: phones have all that was said, and their windows are open
        for entry in (await desk.list_conversations(work, DeskFilter(queue=Queue.ALL), limit=50)).items:
            thread = await desk.list_messages(work, entry.id, limit=50)
            assert {each.status for each in thread.items if each.direction == "out"} <= {"read"}
            written = (await customers.contact(work, entry.contact.contact_address_id)).address
            phone = await store.find_phone(work, entry.connection_id, written)
            assert phone is not None
            assert phone.last_inbound_at is not None
            assert phone.last_n == len(thread.items)


async def _levels(work: Work, plan: DemoShop) -> dict[str, Decimal]:
    """What can be sold of each variant in the store from which the shop sells."""
    variants = await catalog.variants_by_sku(work, [sku for _, _, product in plan.numbered for sku in plan.skus(product)])
    store = next(each for each in await catalog.stores(work) if each.code == plan.workspace.settings.default_store)
    levels = await stock.available(work, [each.variant_id for each in variants.values()], store.id)
    return {sku: levels[each.variant_id].available for sku, each in variants.items()}
