"""Bringing what the ERP says of stock and sales into the ledger and the history, each thing that it said once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from core.work import Work
from domain.erp import repository
from domain.erp.kinds import RowStatus, Shared, Side
from domain.erp.models import ErpSale, ErpStock
from domain.erp.schemas import ErpSettings
from domain.sales import service as sales
from domain.stock import bulk as stock
from domain.stock.kinds import MovementType

SOURCE = "erp"
"""The source of movements and of lines of sales that follow from what the ERP said."""


async def apply_stock(work: Work, settings: ErpSettings, rows: Sequence[ErpStock]) -> None:
    """Count levels as the ERP says they were when it was read; what moved here since then stands."""
    if settings.right_about(Shared.STOCK) is Side.HOUSE:
        for row in rows:
            row.store_id, row.sync_status, row.problem = settings.stores.get(row.warehouse), RowStatus.SYNCED, None
        return
    variants = await repository.variants_of(work, rows[0].connection_id, {row.product for row in rows}) if rows else {}
    counted, lines = [], []
    for row in rows:
        if not _is_placed(settings, row, variants) or row.store_id is None:
            continue
        if row.on_hand < 0:
            row.sync_status, row.problem = RowStatus.FAILED, "erp_stock_negative"
            continue
        cause = (SOURCE, str(row.id), row.revision)
        counted.append(row)
        lines.append(
            stock.FileLine(
                row.store_id, variants[row.product], MovementType.COUNT, row.on_hand, "", row.last_synced_at, cause=cause
            )
        )
    for row, booked in zip(counted, await stock.book_lines(work, lines) if lines else [], strict=True):
        row.problem = booked.error
        row.sync_status = RowStatus.FAILED if booked.outcome is stock.Booking.FAILED else RowStatus.SYNCED


def _is_placed(settings: ErpSettings, row: ErpStock | ErpSale, variants: Mapping[str, UUID]) -> bool:
    """Whether a row is of a product and a store of the house; else it says what is missing."""
    row.store_id = settings.stores.get(row.warehouse)
    row.problem = None
    if row.product not in variants:
        row.sync_status = RowStatus.UNMATCHED
        return False
    if row.store_id is None:
        row.sync_status, row.problem = RowStatus.FAILED, "erp_warehouse_unmapped"
        return False
    return True


async def apply_sales(work: Work, settings: ErpSettings, rows: Sequence[ErpSale]) -> None:
    """Add lines of sales to the history. One that the ERP has changed takes the place of what it was; a cancelled one goes."""
    variants = await repository.variants_of(work, rows[0].connection_id, {row.product for row in rows}) if rows else {}
    sold, lines = [], []
    for row in rows:
        if row.sale_line_id is not None:
            await sales.take_back(work, row.sale_line_id)
            row.sale_line_id = None
        if row.is_cancelled:
            row.sync_status, row.problem = RowStatus.SYNCED, None
        elif not _is_placed(settings, row, variants) or row.store_id is None:
            continue
        elif row.quantity <= 0 or (row.price is not None and row.price < 0) or (row.total is not None and row.total < 0):
            row.sync_status, row.problem = RowStatus.FAILED, "erp_sale_not_positive"
        else:
            sold.append(row)
            digest = f"{row.id}/{row.revision}"
            made = (row.store_id, variants[row.product], row.sold_at, row.quantity, digest, row.price, row.total, row.folio)
            lines.append(sales.NewSaleLine(*made))
    for row, id in zip(sold, await sales.record(work, lines, source=SOURCE) if lines else [], strict=True):
        row.sale_line_id, row.sync_status, row.problem = id, RowStatus.SYNCED, None
