"""Many counts and deliveries at once, as a file from outside gives them, and taking them back one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from core import events
from core.event_types import EventType
from core.work import Work
from domain.catalog import service as catalog
from domain.stock import _filelines, repository
from domain.stock._ledger import Cause, book, move
from domain.stock.errors import StockPromised, StockTooLarge
from domain.stock.kinds import MovementType
from domain.stock.models import StockItem
from domain.stock.permissions import StockPermission
from domain.stock.schemas import cents

IMPORTED = "import"
"""The source of movements that a file brought; the reference is the row's own digest, the line how often it was undone."""

TAKEN_BACK = "import_undone"
"""The source of movements that take an imported one back, under the same reference and line."""


_EVENTS = {MovementType.COUNT: EventType.STOCK_COUNTED, MovementType.PURCHASE: EventType.STOCK_RECEIVED}


class Booking(StrEnum):
    """What came of one line."""

    BOOKED = "booked"
    KNOWN = "known"
    """The same line was booked before, or the level is what was counted."""
    FAILED = "failed"


@dataclass(frozen=True)
class FileLine:
    """One count or delivery of a file. `ref` is the digest by which the same line is known again.

    `occurred_at` is None for a count of just now; an older count is of what lay there then. A line of a document has a
    `cause` of its own (source, reference, line), and whoever writes the document knows which lines were there before.
    """

    store_id: UUID
    variant_id: UUID
    type: MovementType
    quantity: Decimal | None
    ref: str
    occurred_at: datetime | None = None
    unit_cost: Decimal | None = None
    min_stock: Decimal | None = None
    max_stock: Decimal | None = None
    cause: tuple[str, str, int] | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Booked:
    """What came of one line: its level, and the values before and after."""

    outcome: Booking
    item_id: UUID | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    error: str | None = None
    found: str = ""
    value: Decimal = Decimal(0)
    """What the goods that came or went have cost."""


async def book_lines(work: Work, lines: Sequence[FileLine], *, dry: bool = False) -> list[Booked]:
    """Book counts and deliveries, each digest once; what came of each in its place. A dry run only says what would."""
    work.require(StockPermission.ADJUST)
    rules = await catalog.sale_rules(work, {line.variant_id for line in lines})
    items = await _items(work, lines, dry=dry)
    times, live = await _filelines.times_booked(work, IMPORTED, TAKEN_BACK, [line.ref for line in lines])
    results, written = [], []
    later = await _filelines.moved_since(work, [(items[_place(x)].id, x.occurred_at) for x in lines if x.occurred_at])
    for line in lines:
        item, rule = items[_place(line)], rules.get(line.variant_id)
        grain = Decimal(1).scaleb(-rule.precision) if rule else Decimal(1)
        if line.cause is None and line.ref in live:
            results.append(Booked(Booking.KNOWN, item.id))
        elif line.quantity is not None and line.quantity % grain:
            results.append(Booked(Booking.FAILED, item.id, error="quantity_not_countable", found=rule.unit if rule else ""))
        else:
            moved = later.get((item.id, line.occurred_at), Decimal(0)) if line.occurred_at else Decimal(0)
            cause = Cause(*line.cause) if line.cause else Cause(IMPORTED, line.ref, times.get(line.ref, 0))
            result, movement = _book(work, item, line, cause, moved)
            results.append(result)
            live.add(line.ref)
            if movement is not None:
                written.append((line, movement))
    if not dry:
        changed = {result.item_id for result in results if result.outcome is Booking.BOOKED}
        levels = [item for item in items.values() if item.id in changed]
        await _filelines.write(work, levels, [movement for _, movement in written])
        await events.record_all(work, [_happening(_EVENTS[line.type], movement) for line, movement in written])
    return results


def _place(line: FileLine) -> tuple[UUID, UUID]:
    return line.store_id, line.variant_id


async def _items(work: Work, lines: Sequence[FileLine], *, dry: bool) -> dict[tuple[UUID, UUID], StockItem]:
    """The levels of all lines, locked in id order; a dry run works on copies that nobody keeps."""
    places: dict[UUID, set[UUID]] = {}
    for line in lines:
        places.setdefault(line.store_id, set()).add(line.variant_id)
    ids: list[UUID] = []
    for store_id, variant_ids in places.items():
        if not dry:
            await repository.ensure_items(work, store_id, sorted(variant_ids))
        ids += await repository.item_ids(work, store_id, variant_ids)
    found = {(item.store_id, item.variant_id): item for item in (await repository.lock_items(work, ids)).values()}
    # What they become is written at once for all of them, and of a dry run not at all.
    for item in found.values():
        work.session.expunge(item)
    if not dry:
        return found
    return {_place(line): found.get(_place(line)) or _nothing(work, line) for line in lines}


def _nothing(work: Work, line: FileLine) -> StockItem:
    zero = Decimal(0)
    return StockItem(
        workspace_id=work.workspace_id, id=line.variant_id, store_id=line.store_id, variant_id=line.variant_id,
        on_hand=zero, held=zero, min_stock=zero, unit_cost=zero, value=zero,
    )  # fmt: skip


def _book(
    work: Work, item: StockItem, line: FileLine, cause: Cause, moved_since: Decimal
) -> tuple[Booked, Mapping[str, Any] | None]:
    before = {"on_hand": item.on_hand, "unit_cost": item.unit_cost, "min_stock": item.min_stock, "max_stock": item.max_stock}
    is_count = line.type is MovementType.COUNT
    quantity = line.quantity
    delta = Decimal(0) if quantity is None else quantity - (item.on_hand - moved_since) if is_count else quantity
    least = line.min_stock if line.min_stock is not None else item.min_stock
    most = line.max_stock if line.max_stock is not None else item.max_stock
    if most is not None and most < least:
        return Booked(Booking.FAILED, item.id, error="limits_crossed"), None
    movement = None
    if delta:
        try:
            movement = book(
                work,
                item,
                line.type,
                delta,
                cause,
                reason=line.reason,
                counted=quantity if is_count else None,
                value=cents(line.unit_cost * delta) if line.unit_cost is not None and not is_count else None,
                occurred_at=line.occurred_at,
            )
        except StockPromised:
            return Booked(Booking.FAILED, item.id, error="stock_promised", found=str(item.held)), None
        except StockTooLarge as error:
            return Booked(Booking.FAILED, item.id, error=error.code), None
    item.min_stock, item.max_stock = least, most
    if movement is not None and line.unit_cost is not None and not is_count:
        item.last_cost = movement["unit_cost"]
    after = {"on_hand": item.on_hand, "unit_cost": item.unit_cost, "min_stock": item.min_stock, "max_stock": item.max_stock}
    changed = {name for name in after if after[name] != before[name]}
    if not changed:
        return Booked(Booking.KNOWN, item.id), None
    told: dict[str, Any] = {name: after[name] for name in changed}
    if movement is not None:
        told |= {"delta": delta, "ref": cause.ref, "line": cause.line}
    value = movement["value"] if movement is not None else Decimal(0)
    return Booked(Booking.BOOKED, item.id, {name: before[name] for name in changed}, told, value=value), movement


def _happening(type: EventType, movement: Mapping[str, Any]) -> events.Happening:
    delta, on_hand = movement["delta"], movement["quantity_after"]
    after = {"movement_id": movement["id"], "delta": delta, "on_hand": on_hand}
    return events.Happening(type, movement["stock_item_id"], {"on_hand": on_hand - delta}, after)


async def take_back_line(work: Work, item_id: UUID, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Undo one imported line: `reversed`, `kept` because it was counted or corrected since, `failed` if too little is left."""
    work.require(StockPermission.ADJUST)
    item = (await repository.lock_items(work, [item_id])).get(item_id)
    if item is None:
        return "kept"
    movement = None
    if "delta" in after:
        booked = await _filelines.movement_of(work, IMPORTED, str(after["ref"]), int(after["line"]))
        if booked is None or await _filelines.was_counted_since(work, booked):
            return "kept"
        try:
            cause = Cause(TAKEN_BACK, booked.source_ref, booked.line)
            movement = move(work, item, MovementType.ADJUSTMENT, -booked.delta, cause, reason=TAKEN_BACK)
        except StockPromised:
            return "failed"
    for name in ("min_stock", "max_stock"):
        if name in before and str(getattr(item, name)) == str(after[name]):
            setattr(item, name, None if before[name] is None else Decimal(str(before[name])))
    await work.session.flush()
    if movement is not None:
        on_hand, change = movement.quantity_after, {"movement_id": movement.id, "delta": movement.delta}
        events.record(
            work,
            EventType.STOCK_ADJUSTED,
            subject=item.id,
            before={"on_hand": on_hand - movement.delta},
            after={**change, "on_hand": on_hand},
        )
    return "reversed"


async def was_counted_since(work: Work, source: str, ref: str, line: int) -> bool:
    """Whether somebody counted or corrected the level after goods had come by this cause."""
    work.require(StockPermission.READ)
    booked = await _filelines.movement_of(work, source, ref, line)
    return booked is not None and await _filelines.was_counted_since(work, booked)


async def levels_page(work: Work, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """A page of all levels as a list for a file, by id, behind the id of the page before."""
    work.require(StockPermission.READ)
    return await _filelines.levels_page(work, after, limit)


async def movements_page(work: Work, after: int | None, limit: int) -> list[dict[str, Any]]:
    """A page of the ledger as a list for a file, in the order in which it was written, behind a `sequence`."""
    work.require(StockPermission.READ)
    return await _filelines.movements_page(work, after, limit)
