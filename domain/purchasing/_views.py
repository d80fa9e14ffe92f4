"""Putting rows of purchases into views."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core.work import Work
from domain.purchasing import repository
from domain.purchasing.models import GoodsReceipt, PurchaseOrder, PurchaseOrderLine, SupplierReturn
from domain.purchasing.schemas import (
    Command,
    GoodsReceiptView,
    PurchaseOrderLineView,
    PurchaseOrderView,
    ReceiptLineView,
    SupplierReturnLineView,
    SupplierReturnView,
)
from domain.stock.schemas import cents


def total(lines: Sequence[PurchaseOrderLine]) -> Decimal:
    """What the lines with a known cost come to."""
    return sum((cents(line.packs * line.pack_cost) for line in lines if line.pack_cost is not None), Decimal(0))


async def order_views(work: Work, rows: Sequence[PurchaseOrder]) -> list[PurchaseOrderView]:
    """Purchase orders with their lines."""
    lines: dict[UUID, list[PurchaseOrderLine]] = {row.id: [] for row in rows}
    for line in await repository.lines_of(work, lines):
        lines[line.purchase_order_id].append(line)
    computed = ("lines", "total")
    return [
        PurchaseOrderView.model_validate(
            {name: getattr(row, name) for name in PurchaseOrderView.model_fields if name not in computed}
            | {"lines": [PurchaseOrderLineView.model_validate(x) for x in lines[row.id]], "total": total(lines[row.id])}
        )
        for row in rows
    ]


async def receipt_views(work: Work, rows: Sequence[GoodsReceipt]) -> list[GoodsReceiptView]:
    """Receipts with their lines."""
    lines: dict[UUID, list[ReceiptLineView]] = {row.id: [] for row in rows}
    for line in await repository.receipt_lines(work, lines):
        lines[line.receipt_id].append(ReceiptLineView.model_validate(line))
    return [
        GoodsReceiptView.model_validate(
            {name: getattr(row, name) for name in GoodsReceiptView.model_fields if name != "lines"} | {"lines": lines[row.id]}
        )
        for row in rows
    ]


async def return_views(work: Work, rows: Sequence[SupplierReturn]) -> list[SupplierReturnView]:
    """Returns to suppliers with their lines."""
    lines: dict[UUID, list[SupplierReturnLineView]] = {row.id: [] for row in rows}
    for line in await repository.return_lines(work, lines):
        lines[line.return_id].append(SupplierReturnLineView.model_validate(line))
    fields = [name for name in SupplierReturnView.model_fields if name != "lines"]
    return [
        SupplierReturnView.model_validate({name: getattr(row, name) for name in fields} | {"lines": lines[row.id]})
        for row in rows
    ]


def digest(command: Command, *about: UUID) -> str:
    """What a command asks, in short: whether a key comes again with the same request."""
    told = "|".join([command.model_dump_json(), *map(str, about)])
    return hashlib.sha256(told.encode()).hexdigest()
