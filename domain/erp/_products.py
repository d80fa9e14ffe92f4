"""Bringing products of the ERP into the catalogue: finding what each is, and merging the fields that both have."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from core.language.folding import fold
from core.work import Work
from domain.catalog import bulk as catalog
from domain.erp import repository
from domain.erp.kinds import RowStatus, Shared, Side
from domain.erp.merging import merge
from domain.erp.models import ErpCustomer, ErpProduct
from domain.erp.records import ProductRecord
from domain.erp.schemas import ErpSettings

FIELDS: Final = (
    Shared.NAME,
    Shared.DESCRIPTION,
    Shared.CATEGORY,
    Shared.BRAND,
    Shared.PRICE,
    Shared.WHOLESALE_PRICE,
    Shared.COST,
    Shared.BARCODE,
)


async def apply(work: Work, settings: ErpSettings, rows: Sequence[ErpProduct]) -> None:
    """Bring products in; each row then says what came of it."""
    records = {row.id: ProductRecord.model_validate(row.record) for row in rows}
    others = await _find(work, rows, records)
    known = await catalog.values_of(work, [row.variant_id for row in rows if row.variant_id is not None])
    listed: list[tuple[ErpProduct, catalog.Listed]] = []
    for row in rows:
        record = records[row.id]
        if row.sync_status is RowStatus.IGNORED:
            continue
        if row.variant_id in known:
            sku, house = known[row.variant_id]
            listed.append((row, catalog.Listed(sku, _differing(settings, row, record, house))))
        elif settings.adds_products and record.is_active and row.id not in others:
            listed.append((row, catalog.Listed(row.code, _told(record))))
        else:
            row.sync_status, row.problem = RowStatus.UNMATCHED, "erp_variant_taken" if row.id in others else None
    await _write(work, listed)


async def add(work: Work, row: ErpProduct) -> None:
    """Make a product of one that the house lacks, whatever the connection says about such."""
    record = ProductRecord.model_validate(row.record)
    await _write(work, [(row, catalog.Listed(row.code, _told(record)))])


async def _find(work: Work, rows: Sequence[ErpProduct], records: dict[UUID, ProductRecord]) -> set[UUID]:
    """Say of rows that are of no variant yet which one they are: by the code, or else by the barcode, each variant once.

    The ids of those whose variant is another product of the ERP already.
    """
    open_rows = [row for row in rows if row.variant_id is None and row.sync_status is not RowStatus.IGNORED]
    if not open_rows:
        return set()
    barcodes = [barcode for row in open_rows if (barcode := records[row.id].barcode)]
    by_sku, by_barcode, _ = await catalog.find_variants(work, [row.code for row in open_rows], barcodes)
    found = {row.id: by_sku.get(row.code) or by_barcode.get(records[row.id].barcode or "") for row in open_rows}
    taken = await repository.taken(work, open_rows[0].connection_id, {id for id in found.values() if id is not None})
    for row in sorted(open_rows, key=lambda row: row.code not in by_sku):
        variant_id = found[row.id]
        if variant_id is not None and variant_id not in taken:
            row.variant_id = variant_id
            taken.add(variant_id)
    return {row.id for row in open_rows if row.variant_id is None and found[row.id] is not None}


def _told(record: ProductRecord) -> dict[str, Any]:
    """What a new product is made of; the unit of one that is there is the house's, as its stock is counted in it."""
    return {name: value for name in (*FIELDS, "unit") if (value := getattr(record, name)) is not None}


def _differing(settings: ErpSettings, row: ErpProduct, record: ProductRecord, house: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the house has to change; what both had changed is noted in the row."""
    base = ProductRecord.model_validate(row.applied) if row.applied else None
    values, row.conflicts = {}, []
    for field in FIELDS:
        erp = getattr(record, field)
        if field is Shared.CATEGORY and erp is not None and fold(erp) == fold(house[field] or ""):
            continue
        merged = note(settings, row, field, field, getattr(base, field, None), erp, house[field])
        if merged != house[field]:
            values[field.value] = merged
    return values


def note(
    settings: ErpSettings, row: "ErpProduct | ErpCustomer", field: Shared, name: str, base: Any, erp: Any, house: Any
) -> Any:
    """The merged value of a field; a conflict is written into the row."""
    right = settings.right_about(field)
    merged = merge(base, erp, house, right)
    if merged.is_conflict:
        taken = Side.ERP if merged.value == erp else Side.HOUSE
        row.conflicts = [*row.conflicts, {"field": name, "erp": str(erp), "house": str(house), "taken": taken.value}]
    return merged.value


async def _write(work: Work, listed: Sequence[tuple[ErpProduct, catalog.Listed]]) -> None:
    done = await catalog.upsert_products(work, [each for _, each in listed])
    for (row, _), made in zip(listed, done, strict=True):
        if made.error is not None:
            row.sync_status, row.problem = RowStatus.FAILED, made.error
            continue
        row.variant_id = made.variant_id
        row.sync_status, row.problem, row.applied = RowStatus.SYNCED, None, row.record
