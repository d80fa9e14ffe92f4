"""Counting a store while it goes on selling.

Each entry keeps what the books said when it was made, so its difference stays true whatever is sold or comes afterwards.
Several people may count; where their differences disagree, somebody has to choose or count again.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core import events
from core.db import storable
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound, StoreNotFound
from domain.stock import _documents, repository
from domain.stock._ledger import Cause, move, require_free
from domain.stock.errors import CountNameMissing, CountNotFound, CountNotOpen, CountOutdated, CountsDiffer, ProductRepeated
from domain.stock.kinds import CountStatus, MovementType
from domain.stock.models import StockCount, StockCountEntry
from domain.stock.permissions import StockPermission
from domain.stock.quantities import require_quantities
from domain.stock.schemas import CountEntryView, CountLine, CountPage, CountView

COUNT = "count"
"""The source of movements that follow from a count; the reference is the count's id."""

MOST_ITEMS = 100


async def _view(work: Work, row: StockCount) -> CountView:
    await work.session.flush()
    entries = await _documents.count_entries(work, [row.id])
    shown = {name: getattr(row, name) for name in CountView.model_fields if name not in ("entries", "disputed")}
    told = [CountEntryView.model_validate(entry) for entry in entries]
    return CountView.model_validate(shown | {"entries": told, "disputed": _settled(entries)[1]})


def _settled(entries: Sequence[StockCountEntry]) -> tuple[dict[UUID, StockCountEntry], list[UUID]]:
    """The entry that holds for each product, and the products on which people do not agree.

    A person's newer entry replaces their older one. Entries agree when their differences do: the books may have moved
    between them.
    """
    newest: dict[UUID, dict[tuple[str, UUID | None], StockCountEntry]] = {}
    for entry in entries:
        newest.setdefault(entry.variant_id, {})[(entry.actor_kind, entry.actor_id)] = entry
    agreed: dict[UUID, StockCountEntry] = {}
    disputed = []
    chosen = {entry.variant_id: entry for entry in entries if entry.is_chosen}
    for variant_id, by_person in newest.items():
        found = list(by_person.values())
        if variant_id in chosen:
            agreed[variant_id] = chosen[variant_id]
        elif len({entry.counted - entry.expected for entry in found}) == 1:
            agreed[variant_id] = max(found, key=lambda entry: entry.sequence)
        else:
            disputed.append(variant_id)
    return agreed, disputed


async def _lock(work: Work, count_id: UUID, *, shared: bool = False) -> StockCount:
    row = await _documents.lock_count(work, count_id, shared=shared)
    if row is None:
        raise CountNotFound
    return row


async def open_count(work: Work, store_id: UUID, name: str) -> CountView:
    """Begin to count a store; raises CountNotOpen if a count of it is going on."""
    work.require(StockPermission.ADJUST)
    if not name.strip():
        raise CountNameMissing(field="name")
    if store_id not in {store.id for store in await catalog.stores(work)}:
        raise StoreNotFound(store=store_id)
    row = StockCount(
        workspace_id=work.workspace_id,
        id=new_id(),
        store_id=store_id,
        number=await _documents.next_number(work, "stock_count"),
        name=storable(name.strip())[:255],
        status=CountStatus.OPEN,
    )
    try:
        async with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError as error:
        going_on = await _documents.open_count(work, store_id)
        raise CountNotOpen(count_id=going_on.id if going_on else None) from error
    after = {"number": row.number, "store_id": store_id, "name": row.name}
    events.record(work, EventType.STOCK_COUNT_OPENED, subject=row.id, after=after)
    return await _view(work, row)


async def enter_counts(work: Work, count_id: UUID, lines: Sequence[CountLine]) -> CountView:
    """Say what lies on the shelf now, of some products. A person's newer entry replaces their older one."""
    work.require(StockPermission.COUNT)
    row = await _lock(work, count_id, shared=True)
    if row.status != CountStatus.OPEN:
        raise CountNotOpen(count_id=row.id)
    counted = {line.variant_id: line.counted for line in lines}
    if len(counted) != len(lines):
        raise ProductRepeated(field="lines")
    if missing := counted.keys() - (await catalog.variants(work, counted)).keys():
        raise ProductNotFound(sku=min(missing))
    await require_quantities(work, {id: quantity for id, quantity in counted.items() if quantity}, sale=False)
    books = await _documents.books(work, row.store_id, counted)
    for variant_id, quantity in sorted(counted.items()):
        expected, sequence = books.get(variant_id, (Decimal(0), 0))
        entry = StockCountEntry(
            workspace_id=work.workspace_id,
            id=new_id(),
            count_id=row.id,
            variant_id=variant_id,
            counted=quantity,
            expected=expected,
            ledger_sequence=sequence,
            counted_at=work.now,
            actor_kind=work.principal.kind,
            actor_id=work.principal.id,
            is_chosen=False,
        )
        await _documents.choose_entry(work, row.id, variant_id, None)
        work.session.add(entry)
        after = {"variant_id": variant_id, "counted": quantity, "expected": expected}
        events.record(work, EventType.STOCK_COUNT_ENTERED, subject=row.id, after=after)
    return await _view(work, row)


async def choose_count(work: Work, count_id: UUID, entry_id: UUID) -> CountView:
    """Decide which of several entries of a product holds, until somebody counts it again."""
    work.require(StockPermission.ADJUST)
    row = await _lock(work, count_id)
    if row.status != CountStatus.OPEN:
        raise CountNotOpen(count_id=row.id)
    entry = next((entry for entry in await _documents.count_entries(work, [row.id]) if entry.id == entry_id), None)
    if entry is None:
        raise CountNotFound
    await _documents.choose_entry(work, row.id, entry.variant_id, entry.id)
    after = {"variant_id": entry.variant_id, "counted": entry.counted}
    events.record(work, EventType.STOCK_COUNT_CHOSEN, subject=row.id, after=after)
    return await _view(work, row)


async def apply_count(work: Work, count_id: UUID) -> CountView:
    """Book what the count found: all of it, once. What nobody counted stays as it is.

    Raises CountsDiffer, CountOutdated, and StockPromised where less would be left than orders hold; then nothing is booked.
    """
    work.require(StockPermission.ADJUST)
    row = await _lock(work, count_id)
    if row.status == CountStatus.APPLIED:
        return await _view(work, row)
    if row.status != CountStatus.OPEN:
        raise CountNotOpen(count_id=row.id)
    agreed, disputed = _settled(await _documents.count_entries(work, [row.id]))
    if disputed:
        raise CountsDiffer(variants=tuple(disputed))
    await repository.ensure_items(work, row.store_id, agreed)
    items = await repository.lock_items(work, await repository.item_ids(work, row.store_id, agreed))
    corrected = await _documents.newest_corrections(work, items)
    outdated = tuple(id for id, entry in agreed.items() if corrected.get(id, 0) > entry.ledger_sequence)
    if outdated:
        raise CountOutdated(variants=outdated)
    require_free((item, agreed[item.variant_id].expected - agreed[item.variant_id].counted) for item in items.values())
    lines = []
    for number, item in enumerate(sorted(items.values(), key=lambda item: item.id)):
        entry = agreed[item.variant_id]
        delta, cause = entry.counted - entry.expected, Cause(COUNT, str(row.id), number)
        lines.append(move(work, item, MovementType.COUNT, delta, cause, counted=entry.counted, reason=row.name))
    row.status, row.ended_at = CountStatus.APPLIED, work.now
    await work.session.flush()
    for line in lines:
        after = {"movement_id": line.id, "delta": line.delta, "on_hand": line.quantity_after}
        before = {"on_hand": line.quantity_after - line.delta}
        events.record(work, EventType.STOCK_COUNTED, subject=line.stock_item_id, reason=row.name, before=before, after=after)
    differences = {str(line.variant_id): line.delta for line in lines if line.delta}
    events.record(work, EventType.STOCK_COUNT_APPLIED, subject=row.id, after={"differences": differences})
    return await _view(work, row)


async def cancel_count(work: Work, count_id: UUID, reason: str) -> CountView:
    """Give a count up; nothing of it is booked. Once more changes nothing."""
    work.require(StockPermission.ADJUST)
    row = await _lock(work, count_id)
    if row.status == CountStatus.APPLIED:
        raise CountNotOpen(count_id=row.id)
    if row.status == CountStatus.OPEN:
        row.status, row.ended_at = CountStatus.CANCELLED, work.now
        events.record(work, EventType.STOCK_COUNT_CANCELLED, subject=row.id, reason=reason, after={"status": row.status})
    return await _view(work, row)


async def get_count(work: Work, count_id: UUID) -> CountView:
    """One count."""
    work.require(StockPermission.READ)
    row = await _documents.count(work, count_id)
    if row is None:
        raise CountNotFound
    return await _view(work, row)


async def list_counts(work: Work, *, store_id: UUID | None = None, before: int | None = None, limit: int = 20) -> CountPage:
    """Counts, newest first; `before` is the cursor of the page before."""
    work.require(StockPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await _documents.counts(work, store_id=store_id, before=before, limit=limit + 1)
    items = tuple([await _view(work, row) for row in rows[:limit]])
    return CountPage(items=items, next_cursor=items[-1].number if len(rows) > limit else None)
