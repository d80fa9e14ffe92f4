"""Very many arrivals that a file tells of: each of its rows once, in receipts of their documents; and taking rows back."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.purchasing import repository
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.receiving import RECEIPT
from domain.purchasing.returning import return_goods
from domain.purchasing.schemas import GoodsReceiptView, NewSupplierReturn, ReceiptLineView, SupplierReturnLineInput
from domain.stock import bulk as stock
from domain.stock import documents
from domain.stock.errors import StockPromised
from domain.stock.kinds import MovementType


@dataclass(frozen=True)
class Arrival:
    """What a row says: how many pieces of a product a supplier brought, by which document. `ref` is the row's digest."""

    supplier_id: UUID
    store_id: UUID
    variant_id: UUID
    quantity: Decimal
    ref: str
    unit_cost: Decimal | None = None
    document: str | None = None
    received_at: datetime | None = None


@dataclass
class _Receipt:
    """A receipt that begins, and the places of its rows among those of the file."""

    of: Arrival
    id: UUID = field(default_factory=new_id)
    places: list[int] = field(default_factory=list)
    variants: set[UUID] = field(default_factory=set)


async def take_in(work: Work, arrivals: Sequence[Arrival], *, dry: bool = False) -> list[stock.Booked]:
    """Take in goods that nobody had ordered here; what came of each row in its place. A dry run only says what would.

    Rows of one document are one receipt. It names each product once: a second row of the product begins another one.
    """
    work.require(PurchasesPermission.RECEIVE)
    standing = await repository.standing_refs(work, [arrival.ref for arrival in arrivals])
    receipts = _receipts(arrivals, standing)
    lines = {
        place: stock.FileLine(
            arrivals[place].store_id,
            arrivals[place].variant_id,
            MovementType.PURCHASE,
            arrivals[place].quantity,
            arrivals[place].ref,
            arrivals[place].received_at,
            arrivals[place].unit_cost,
            cause=(RECEIPT, str(receipt.id), position),
            reason=arrivals[place].document,
        )
        for receipt in receipts
        for position, place in enumerate(receipt.places)
    }
    places = sorted(lines)
    done = dict(zip(places, await stock.book_lines(work, [lines[place] for place in places], dry=dry), strict=True))
    if not dry:
        await _write(work, arrivals, receipts, done)
    of_place = {place: receipt for receipt in receipts for place in receipt.places}
    return [
        replace(done[place], after={**(done[place].after or {}), "receipt_id": of_place[place].id})
        if place in done
        else stock.Booked(stock.Booking.KNOWN)
        for place in range(len(arrivals))
    ]


def _receipts(arrivals: Sequence[Arrival], standing: set[str]) -> list[_Receipt]:
    found: dict[tuple[object, ...], list[_Receipt]] = {}
    for place, arrival in enumerate(arrivals):
        if arrival.ref in standing:
            continue
        standing.add(arrival.ref)
        document = (arrival.supplier_id, arrival.store_id, arrival.document, arrival.received_at)
        begun = found.setdefault(document, [])
        receipt = next((one for one in begun if arrival.variant_id not in one.variants), None)
        if receipt is None:
            receipt = _Receipt(arrival)
            begun.append(receipt)
        receipt.places.append(place)
        receipt.variants.add(arrival.variant_id)
    return [receipt for begun in found.values() for receipt in begun]


async def _write(
    work: Work, arrivals: Sequence[Arrival], receipts: Sequence[_Receipt], done: Mapping[int, stock.Booked]
) -> None:
    """Write the receipts of what was booked, and say of each that it was."""
    taken = [(one, [place for place in one.places if done[place].outcome is stock.Booking.BOOKED]) for one in receipts]
    taken = [(one, places) for one, places in taken if places]
    if not taken:
        return
    first = await documents.next_number(work, RECEIPT, len(taken))
    views = [
        GoodsReceiptView(
            id=one.id,
            number=first + offset,
            supplier_id=one.of.supplier_id,
            store_id=one.of.store_id,
            purchase_order_id=None,
            key=f"import:{one.id}",
            document=storable(one.of.document),
            reason=None,
            received_at=one.of.received_at or work.now,
            lines=tuple(_line(arrivals[place], done[place].value) for place in places),
        )
        for offset, (one, places) in enumerate(taken)
    ]
    heads = [
        {
            "workspace_id": work.workspace_id,
            **{name: getattr(view, name) for name in GoodsReceiptView.model_fields if name != "lines"},
            "digest": hashlib.sha256("|".join(arrivals[place].ref for place in places).encode()).hexdigest(),
        }
        for view, (_, places) in zip(views, taken, strict=True)
    ]
    lines = [
        {
            "workspace_id": work.workspace_id,
            "receipt_id": view.id,
            "position": position,
            "source_ref": arrivals[place].ref,
            **{name: getattr(line, name) for name in ReceiptLineView.model_fields},
        }
        for view, (_, places) in zip(views, taken, strict=True)
        for position, (place, line) in enumerate(zip(places, view.lines, strict=True))
    ]
    await repository.add_receipts(work, heads, lines)
    told = [view.model_dump(mode="json", exclude={"id", "key"}) for view in views]
    happenings = [
        events.Happening(EventType.GOODS_RECEIPT_BOOKED, view.id, None, after) for view, after in zip(views, told, strict=True)
    ]
    await events.record_all(work, happenings)


def _line(arrival: Arrival, value: Decimal) -> ReceiptLineView:
    return ReceiptLineView(
        id=new_id(),
        variant_id=arrival.variant_id,
        quantity=arrival.quantity,
        rejected=Decimal(0),
        reject_reason=None,
        returned=Decimal(0),
        value=value,
    )


class Undone(StrEnum):
    """What came of taking one row back."""

    REVERSED = "reversed"
    KEPT = "kept"
    FAILED = "failed"


async def take_back(work: Work, ref: str) -> Undone:
    """Give back what a row of a file had brought, so that the row may come again.

    It is kept if some of it went back already, or the level was counted or corrected since.
    """
    work.require(PurchasesPermission.RECEIVE)
    line = await repository.line_of_ref(work, ref)
    if line is None or line.returned > 0:
        return Undone.KEPT
    if await stock.was_counted_since(work, RECEIPT, str(line.receipt_id), line.position):
        return Undone.KEPT
    goes = SupplierReturnLineInput(variant_id=line.variant_id, quantity=line.quantity)
    command = NewSupplierReturn(key=f"import-undone:{line.id}", reason=stock.TAKEN_BACK, lines=(goes,))
    try:
        await return_goods(work, line.receipt_id, command)
    except StockPromised:
        return Undone.FAILED
    line.taken_back = True
    await work.session.flush()
    return Undone.REVERSED
