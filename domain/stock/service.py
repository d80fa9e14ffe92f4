"""Stock: levels, availability, and everything that changes them by hand; promises to orders live in `holds`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from core import events
from core.errors import DomainError
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceSettings
from domain.catalog import service as catalog
from domain.catalog.errors import StoreNotFound
from domain.stock import repository
from domain.stock._ledger import Cause, move
from domain.stock.errors import LimitsCrossed, ProductRepeated, ReasonMissing
from domain.stock.kinds import MovementType
from domain.stock.models import StockItem, StockMovement
from domain.stock.permissions import StockPermission
from domain.stock.quantities import require_quantities
from domain.stock.schemas import Adjustment, Availability, Discrepancy, HoldLine, LowStock, MovementView, StockLevel

MANUAL = "manual"
"""The source of movements that a person made without a document."""

MOST_LINES = 100


async def available(work: Work, variant_ids: Iterable[UUID], store_id: UUID | None = None) -> dict[UUID, Availability]:
    """What can be sold now, in one store or in all together; a variant without stock has zeros.

    A promise whose time is over does not count: whoever asks for the stock gets it.
    """
    work.require(StockPermission.READ)
    wanted = list(dict.fromkeys(variant_ids))
    nothing = Decimal(0)
    found = {
        variant_id: Availability(
            variant_id=variant_id, on_hand=on_hand, held=held - overdue, available=on_hand - held + overdue
        )
        for variant_id, on_hand, held, overdue in await repository.levels(work, wanted, store_id)
    }
    empty = {"on_hand": nothing, "held": nothing, "available": nothing}
    return {id: found.get(id) or Availability(variant_id=id, **empty) for id in wanted}


async def levels(work: Work, variant_id: UUID) -> list[StockLevel]:
    """The levels of a variant in all stores that keep it."""
    work.require(StockPermission.READ)
    return [StockLevel.model_validate(row) for row in await repository.items_of_variant(work, variant_id)]


async def lock_level(work: Work, store_id: UUID, variant_id: UUID) -> StockLevel:
    """A level that nobody else changes until the end of this work, for whoever is about to correct it."""
    work.require(StockPermission.ADJUST)
    return StockLevel.model_validate((await _lock(work, store_id, [variant_id]))[variant_id])


async def list_levels(
    work: Work,
    *,
    store_id: UUID | None = None,
    variant_ids: Iterable[UUID] | None = None,
    is_low: bool = False,
    after: tuple[UUID, UUID] | None = None,
    limit: int = 20,
) -> tuple[list[StockLevel], tuple[UUID, UUID] | None]:
    """Levels of some stores and products, or those below their minimum, and the place (variant, store) of the next page."""
    work.require(StockPermission.READ)
    limit = max(1, min(limit, MOST_LINES))
    rows = await repository.page_of_items(
        work, store_id=store_id, variant_ids=variant_ids, is_low=is_low, after=after, limit=limit + 1
    )
    found = [StockLevel.model_validate(row) for row in rows[:limit]]
    return found, (found[-1].variant_id, found[-1].store_id) if len(rows) > limit else None


async def movements(
    work: Work,
    *,
    variant_id: UUID | None = None,
    store_id: UUID | None = None,
    types: Sequence[MovementType] | None = None,
    before: int | None = None,
    limit: int = 20,
) -> list[MovementView]:
    """The ledger, newest first; `before` is the `sequence` of the last line of the page before."""
    work.require(StockPermission.READ)
    rows = await repository.history(work, variant_id, store_id, types, before, max(1, min(limit, MOST_LINES)))
    return [MovementView.model_validate(row) for row in rows]


async def _lock(work: Work, store_id: UUID, variant_ids: Iterable[UUID]) -> dict[UUID, StockItem]:
    wanted = list(variant_ids)
    await repository.ensure_items(work, store_id, wanted)
    items = await repository.lock_items(work, await repository.item_ids(work, store_id, wanted))
    return {item.variant_id: item for item in items.values()}


async def _written_before(work: Work, source: str, ref: str) -> list[MovementView]:
    return [MovementView.model_validate(row) for row in await repository.movements_of(work, source, ref)]


async def _written(work: Work, lines: Sequence[StockMovement], type: EventType, reason: str | None) -> list[MovementView]:
    await work.session.flush()
    for line in lines:
        change = {"movement_id": line.id, "delta": line.delta, "on_hand": line.quantity_after}
        before = {"on_hand": line.quantity_after - line.delta}
        events.record(work, type, subject=line.stock_item_id, reason=reason, before=before, after=change)
    return [MovementView.model_validate(line) for line in lines]


async def adjust(
    work: Work,
    store_id: UUID,
    variant_id: UUID,
    delta: Decimal,
    reason: str,
    *,
    source: str = MANUAL,
    source_ref: str | None = None,
) -> MovementView:
    """Correct a level by hand with a reason: breakage, loss, a find.

    The same `source_ref` twice is one correction. Raises StockPromised if less would be left than orders hold.
    """
    work.require(StockPermission.ADJUST)
    if not reason.strip():
        raise ReasonMissing(field="reason")
    await require_quantities(work, {variant_id: abs(delta)}, sale=False)
    items = await _lock(work, store_id, [variant_id])
    ref = source_ref or str(new_id())
    if known := await _written_before(work, source, ref):
        return known[0]
    line = move(work, items[variant_id], MovementType.ADJUSTMENT, delta, Cause(source, ref), reason=reason.strip())
    return (await _written(work, [line], EventType.STOCK_ADJUSTED, reason))[0]


async def adjust_each(work: Work, rows: Sequence[Adjustment]) -> list[DomainError | None]:
    """Make those corrections that can be made, each by itself; why not, in the place of each."""
    work.require(StockPermission.ADJUST)
    own = work.principal.stores
    stores = {store.id for store in await catalog.all_stores(work) if own is None or store.id in own}
    results: list[DomainError | None] = [None] * len(rows)
    # Levels are locked in one order, whatever the order of the rows: two such requests never wait for one another.
    for place in sorted(range(len(rows)), key=lambda place: (rows[place].store_id, rows[place].variant_id)):
        row = rows[place]
        if row.store_id not in stores:
            results[place] = StoreNotFound()
            continue
        try:
            async with work.session.begin_nested():
                await adjust(work, row.store_id, row.variant_id, row.delta, row.reason)
        except DomainError as error:
            results[place] = error
    return results


async def receive(
    work: Work,
    store_id: UUID,
    lines: Sequence[HoldLine],
    *,
    values: Mapping[UUID, Decimal] | None = None,
    source: str = MANUAL,
    source_ref: str | None = None,
    reason: str | None = None,
    occurred_at: datetime | None = None,
) -> list[MovementView]:
    """Book a delivery of goods into a store. The same `source_ref` twice is one delivery.

    `values` say what a line's goods have cost altogether, which enters the average; without it they cost the average.
    """
    work.require(StockPermission.ADJUST)
    quantities = {line.variant_id: line.quantity for line in lines}
    if len(quantities) != len(lines):
        raise ProductRepeated(field="lines")
    await require_quantities(work, quantities, sale=False)
    items = await _lock(work, store_id, quantities)
    ref = source_ref or str(new_id())
    if known := await _written_before(work, source, ref):
        return known
    written = []
    for number, (variant_id, quantity) in enumerate(quantities.items()):
        item, value = items[variant_id], (values or {}).get(variant_id)
        cause = Cause(source, ref, number)
        line = move(work, item, MovementType.PURCHASE, quantity, cause, reason=reason, value=value, occurred_at=occurred_at)
        if value is not None:
            item.last_cost = line.unit_cost
        written.append(line)
    return await _written(work, written, EventType.STOCK_RECEIVED, reason)


async def count(
    work: Work,
    store_id: UUID,
    variant_id: UUID,
    counted: Decimal,
    *,
    reason: str | None = None,
    period: tuple[date, date] | None = None,
    occurred_at: datetime | None = None,
    source_ref: str | None = None,
) -> MovementView:
    """Book what was counted on the shelf. Raises StockPromised if that is less than orders hold."""
    work.require(StockPermission.ADJUST)
    if counted != 0:
        await require_quantities(work, {variant_id: counted}, sale=False)
    items = await _lock(work, store_id, [variant_id])
    ref = source_ref or str(new_id())
    if known := await _written_before(work, "count", ref):
        return known[0]
    item = items[variant_id]
    line = move(
        work,
        item,
        MovementType.COUNT,
        counted - item.on_hand,
        Cause("count", ref),
        counted=counted,
        reason=reason,
        period=period,
        occurred_at=occurred_at,
    )
    return (await _written(work, [line], EventType.STOCK_COUNTED, reason))[0]


async def set_limits(
    work: Work, store_id: UUID, variant_id: UUID, min_stock: Decimal, max_stock: Decimal | None = None
) -> StockLevel:
    """Set the level below which stock is low, and the one that is enough."""
    work.require(StockPermission.ADJUST)
    if min_stock < 0 or (max_stock is not None and max_stock < min_stock):
        raise LimitsCrossed(field="max_stock")
    item = (await _lock(work, store_id, [variant_id]))[variant_id]
    before = {"min_stock": item.min_stock, "max_stock": item.max_stock}
    item.min_stock, item.max_stock = min_stock, max_stock
    after = {"min_stock": min_stock, "max_stock": max_stock}
    events.record(work, EventType.STOCK_LIMITS_CHANGED, subject=item.id, before=before, after=after)
    await work.session.flush()
    return StockLevel.model_validate(item)


async def low_stock(work: Work, store_id: UUID | None = None) -> list[LowStock]:
    """Levels with less available than their minimum; critical when nothing or next to nothing is left."""
    work.require(StockPermission.READ)
    settings = (await accounts.get_workspace(work)).settings
    levels = [StockLevel.model_validate(row) for row in await repository.low_items(work, store_id)]
    return [LowStock(**level.model_dump(), severity=severity(level, settings)) for level in levels]


def severity(level: StockLevel, settings: WorkspaceSettings) -> Literal["warning", "critical"]:
    """How bad it is that a level lies below its minimum."""
    is_critical = level.available <= level.min_stock * settings.low_stock_critical_percent / 100
    return "critical" if is_critical else "warning"


async def reconcile(work: Work) -> list[Discrepancy]:
    """Levels that their ledger or their holds do not explain; there are none unless someone wrote past this module."""
    work.require(StockPermission.READ)
    return [
        Discrepancy(
            stock_item_id=item.id,
            store_id=item.store_id,
            variant_id=item.variant_id,
            on_hand=item.on_hand,
            ledger=ledger,
            value=item.value,
            ledger_value=ledger_value,
            held=item.held,
            holds=holds,
        )
        for item, ledger, ledger_value, holds in await repository.unexplained(work)
    ]
