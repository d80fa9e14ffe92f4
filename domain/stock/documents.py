"""Goods that go out on a document other than an order: back to whoever they were bought from."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from core import events
from core.event_types import EventType
from core.work import Work
from domain.stock import repository
from domain.stock._ledger import Cause, move
from domain.stock.errors import NotInStore
from domain.stock.models import MovementType
from domain.stock.permissions import StockPermission
from domain.stock.quantities import require_quantities
from domain.stock.schemas import MovementView

SUPPLIER_RETURN = "supplier_return"
"""The source of movements that give goods back to a supplier; the reference is the return's id."""


async def send_back(
    work: Work, store_id: UUID, quantities: Mapping[UUID, Decimal], return_id: UUID, reason: str
) -> list[MovementView]:
    """Give goods back to their supplier; they leave at their average cost, whatever the supplier credits.

    The same return twice is one. Raises NotInStore, and StockPromised if less would be left than orders hold.
    """
    work.require(StockPermission.ADJUST)
    await require_quantities(work, quantities, sale=False)
    locked = await repository.lock_items(work, await repository.item_ids(work, store_id, quantities))
    if known := await repository.movements_of(work, SUPPLIER_RETURN, str(return_id)):
        return [MovementView.model_validate(row) for row in known]
    items = {item.variant_id: item for item in locked.values()}
    lines = []
    for number, (variant_id, quantity) in enumerate(quantities.items()):
        if variant_id not in items:
            raise NotInStore(variant_id=variant_id)
        cause = Cause(SUPPLIER_RETURN, str(return_id), number)
        lines.append(move(work, items[variant_id], MovementType.RETURN, -quantity, cause, reason=reason))
    await work.session.flush()
    for line in lines:
        after = {"movement_id": line.id, "delta": line.delta, "on_hand": line.quantity_after}
        before = {"on_hand": line.quantity_after - line.delta}
        events.record(work, EventType.STOCK_SENT_BACK, subject=line.stock_item_id, reason=reason, before=before, after=after)
    return [MovementView.model_validate(line) for line in lines]
