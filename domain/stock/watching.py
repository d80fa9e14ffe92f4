"""Watching for what runs low: a level that falls below its minimum is told once, and again only after it was filled up.

Levels change in many ways, some of them in bulk; so the level itself says since when it is known to be low, and whoever
finds that it is not so any more, or not known yet, looks at it here.
"""

from uuid import UUID

from core import events
from core.event_types import EventType
from core.messages import quantity
from core.work import Work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.conversations import service as conversations
from domain.conversations.kinds import NoticeKind
from domain.stock import repository
from domain.stock.schemas import StockLevel
from domain.stock.service import severity


async def settle(work: Work, item_id: UUID) -> bool:
    """Tell that a level has become low, or note that it is not any more; whether there was anything to tell or note."""
    work.require_runtime()
    item = (await repository.lock_items(work, [item_id])).get(item_id)
    if item is None:
        return False
    level = StockLevel.model_validate(item)
    is_low = level.available < level.min_stock
    if is_low == (item.low_since is not None):
        return False
    item.low_since = work.now if is_low else None
    await work.session.flush()
    if not is_low:
        return True
    workspace = await accounts.get_workspace(work)
    variant = (await catalog.variants(work, [item.variant_id]))[item.variant_id]
    store = await catalog.get_store_by_id(work, item.store_id)
    after = {
        "sku": variant.sku,
        "variant_id": item.variant_id,
        "store_id": item.store_id,
        "on_hand": item.on_hand,
        "held": item.held,
        "available": level.available,
        "min_stock": item.min_stock,
        "severity": severity(level, workspace.settings),
    }
    events.record(work, EventType.STOCK_LOW, subject=item.id, after=after)
    await conversations.notify(
        work,
        NoticeKind.STOCK_LOW,
        dedupe_key=f"stock_low:{item.id}:{work.now.isoformat()}",
        subject_id=item.id,
        payload={
            "store_id": str(item.store_id),
            "store": store.name,
            "product": variant.name,
            "available": quantity(level.available, variant.unit, workspace.country, workspace.language),
        },
    )
    return True
