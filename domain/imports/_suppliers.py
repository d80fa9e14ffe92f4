"""Suppliers that rows name: of products, who sells them and at what cost; of deliveries, who brought them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.work import Work
from domain.imports._rows import Result, number_of, text_of
from domain.imports.kinds import RowOutcome
from domain.imports.models import Import
from domain.imports.sheets.headings import Field
from domain.suppliers import bulk as suppliers

SOLD: Final = "supplier"
"""Under this name a row of products keeps what it said of its supplier."""


async def suppliers_of(work: Work, row: Import, results: Sequence[Result]) -> dict[int, UUID]:
    """The supplier of each row that names one, by its number; a row fails whose supplier is unknown and cannot be made."""
    named = {result.record.number: name for result in results if (name := text_of(result, Field.SUPPLIER))}
    if not named:
        return {}
    found = await suppliers.find_or_create(work, list(dict.fromkeys(named.values())), dry=row.is_dry_run)
    for result in results:
        name = named.get(result.record.number)
        if name is not None and name not in found:
            result.fail("supplier_unknown", Field.SUPPLIER)
    return {number: found[name] for number, name in named.items() if name in found}


async def note_who_sells(work: Work, row: Import, listed: Sequence[tuple[Result, UUID]]) -> None:
    """Write down who sells the products of rows that went in; a row that changed nothing else has changed this."""
    of_row = await suppliers_of(work, row, [result for result, _ in listed])
    named = [(result, variant_id) for result, variant_id in listed if result.record.number in of_row]
    if not named:
        return
    said = [
        suppliers.Sold(of_row[result.record.number], variant_id, number_of(result, Field.COST)) for result, variant_id in named
    ]
    for (result, _), one, before in zip(named, said, await suppliers.sell(work, said, dry=row.is_dry_run), strict=True):
        if before is None:
            continue
        cost, was_known = before
        kept = {"id": one.supplier_id, "variant_id": one.variant_id, "cost": one.cost, "before": cost, "was_known": was_known}
        result.after = {**(result.after or {}), SOLD: {"name": text_of(result, Field.SUPPLIER), **kept}}
        if result.outcome is RowOutcome.UNCHANGED:
            result.outcome = RowOutcome.UPDATED


async def forget_who_sells(work: Work, kept: Mapping[str, Any]) -> bool:
    """Take back what a row had said of its supplier; whether nobody has said otherwise since."""
    cost, before = (None if kept[name] is None else Decimal(str(kept[name])) for name in ("cost", "before"))
    said = suppliers.Sold(UUID(str(kept["id"])), UUID(str(kept["variant_id"])), cost)
    return await suppliers.take_back(work, said, before, was_known=bool(kept["was_known"]))
