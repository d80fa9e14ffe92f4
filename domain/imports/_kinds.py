"""Applying rows, kind by kind: products to the catalogue, counts and purchases to the ledger, sales to their history."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.work import Work
from domain.catalog import bulk as catalog
from domain.imports import repository
from domain.imports._rows import (
    Places,
    Result,
    digest_of,
    moment_of,
    number_of,
    open_results,
    store_of,
    text_of,
    unit_amount,
)
from domain.imports._suppliers import SOLD, forget_who_sells, note_who_sells, suppliers_of
from domain.imports.kinds import RowOutcome, UndoOutcome
from domain.imports.models import Import, ImportRow
from domain.imports.sheets.headings import Field, FileType
from domain.purchasing import bulk as purchasing
from domain.sales import service as sales
from domain.stock import bulk as stock
from domain.stock.kinds import MovementType

_PRODUCT_FIELDS: Final = {
    Field.NAME: "name", Field.DESCRIPTION: "description", Field.CATEGORY: "category", Field.BRAND: "brand",
    Field.MODEL: "model", Field.UNIT: "unit", Field.PRICE: "price",
    Field.WHOLESALE_PRICE: "wholesale_price", Field.COST: "cost", Field.BARCODE: "barcode",
}  # fmt: skip
_FIELDS_BY_NAME: Final = {name: field for field, name in _PRODUCT_FIELDS.items()} | {"code": Field.CODE}


async def apply_products(work: Work, row: Import, results: Sequence[Result], places: Places) -> None:
    """Make and change products; the same code twice in a file must say the same twice."""
    for result in open_results(results):
        code = text_of(result, Field.CODE)
        if code is None:
            result.fail("code_missing", Field.CODE)
            continue
        result.key = code.lower()
        result.digest = digest_of(*sorted((str(name), str(value)) for name, value in result.record.values.items()))
    fresh = await _first_of_each(work, row, open_results(results))
    listed = [
        catalog.Listed(
            str(result.record.values[Field.CODE]),
            {name: result.record.values[field] for field, name in _PRODUCT_FIELDS.items() if field in result.record.values},
            result.record.is_numeric_code,
        )
        for result in fresh
    ]
    listed_variants: list[tuple[Result, UUID]] = []
    for result, made in zip(fresh, await catalog.upsert_products(work, listed, dry=row.is_dry_run), strict=True):
        result.subject_id, result.before, result.after = made.product_id, made.before, made.after
        if made.error is not None:
            result.fail(made.error, _FIELDS_BY_NAME.get(made.field or ""), made.found)
        else:
            result.outcome = RowOutcome(made.outcome.value)
            if made.variant_id is not None:
                listed_variants.append((result, made.variant_id))
    await note_who_sells(work, row, listed_variants)


async def _first_of_each(work: Work, row: Import, results: Sequence[Result]) -> list[Result]:
    """The rows that are the first about their key. Another one that says the same changes nothing; else it fails."""
    seen = await repository.seen_keys(work, row.id, [result.key for result in results if result.key])
    first: dict[str, Result] = {}
    for result in results:
        key = str(result.key)
        said = seen[key][0] if key in seen else first[key].digest if key in first else None
        if said is None:
            first[key] = result
        elif said != result.digest:
            result.fail("code_repeated", Field.CODE)
    return list(first.values())


async def _find_variants(work: Work, results: Sequence[Result]) -> dict[int, UUID]:
    """The variant of each row by its number; a row whose product is unknown fails."""
    codes = [code for result in results if (code := text_of(result, Field.CODE))]
    barcodes = [code for result in results if (code := text_of(result, Field.BARCODE))]
    numeric = [code for result in results if result.record.is_numeric_code and (code := text_of(result, Field.CODE))]
    by_sku, by_barcode, padded = await catalog.find_variants(work, codes, barcodes, numeric)
    found: dict[int, UUID] = {}
    for result in results:
        code, barcode = text_of(result, Field.CODE), text_of(result, Field.BARCODE)
        variant_id = by_sku.get(code or "") or by_barcode.get(barcode or "")
        if variant_id is not None:
            found[result.record.number] = variant_id
        elif code is None and barcode is None:
            result.fail("code_missing", Field.CODE)
        elif code in padded:
            result.fail("code_zeros_lost", Field.CODE, padded[code])
        else:
            result.fail("product_unknown", Field.CODE if code else Field.BARCODE)
    return found


async def apply_counts(work: Work, row: Import, results: Sequence[Result], places: Places) -> None:
    """Set levels to what was counted. A blank cell was not counted; one place counted twice must be equal."""
    found = await _find_variants(work, open_results(results))
    lines: dict[int, stock.FileLine] = {}
    for result in open_results(results):
        store_id, at = store_of(result, places), moment_of(result, places, at_end=True)
        if store_id is None or result.outcome is RowOutcome.FAILED:
            continue
        variant_id, counted = found[result.record.number], number_of(result, Field.COUNTED)
        least, most = number_of(result, Field.MIN_STOCK), number_of(result, Field.MAX_STOCK)
        result.key = f"{store_id}/{variant_id}/{result.record.values.get(Field.DATE, '')}"
        result.digest = digest_of(counted, least, most)
        # A count without a day is of its file: the same file says the same, another one counts anew.
        day = result.record.values.get(Field.DATE) or row.sha256
        ref = digest_of("count", store_id, variant_id, day, counted, least, most)
        lines[result.record.number] = stock.FileLine(
            store_id, variant_id, MovementType.COUNT, counted, ref, at, min_stock=least, max_stock=most
        )
    await _book(work, row, await _first_of_each(work, row, open_results(results)), lines)


async def apply_purchases(work: Work, row: Import, results: Sequence[Result], places: Places) -> None:
    """Book deliveries with their costs, each line once, whichever file brings it."""
    found = await _find_variants(work, open_results(results))
    lines: dict[int, stock.FileLine] = {}
    for result in open_results(results):
        store_id, at, quantity = store_of(result, places), moment_of(result, places), _quantity(result)
        if store_id is None or quantity is None or result.outcome is RowOutcome.FAILED:
            continue
        variant_id, cost = found[result.record.number], unit_amount(result, Field.COST, quantity)
        day = result.record.values.get(Field.DATE) or ("" if text_of(result, Field.DOCUMENT) else row.sha256)
        result.key = digest_of(
            "purchase",
            store_id,
            variant_id,
            day,
            text_of(result, Field.DOCUMENT),
            text_of(result, Field.SUPPLIER),
            quantity,
            cost,
        )
        lines[result.record.number] = stock.FileLine(
            store_id, variant_id, MovementType.PURCHASE, quantity, result.key, at, unit_cost=cost
        )
    open_ones = open_results(results)
    refs = await _numbered(work, row, open_ones)
    of_row = await suppliers_of(work, row, open_ones)
    ordered = [result for result in open_results(open_ones) if result.record.number in of_row]
    arrivals = [_arrival(of_row[n], lines[n], refs[n], text_of(x, Field.DOCUMENT)) for x in ordered for n in [x.record.number]]
    _tell(ordered, await purchasing.take_in(work, arrivals, dry=row.is_dry_run) if arrivals else [], is_new=True)
    # Goods that nobody is said to have brought have no document.
    loose = {number: _with_ref(line, refs[number]) for number, line in lines.items() if number not in of_row}
    await _book(work, row, [result for result in open_results(open_ones) if result.record.number in loose], loose)


def _arrival(supplier_id: UUID, line: stock.FileLine, ref: str, document: str | None) -> purchasing.Arrival:
    quantity = line.quantity or Decimal(0)
    return purchasing.Arrival(
        supplier_id, line.store_id, line.variant_id, quantity, ref, line.unit_cost, document, line.occurred_at
    )


def _with_ref(line: stock.FileLine, ref: str) -> stock.FileLine:
    return stock.FileLine(line.store_id, line.variant_id, line.type, line.quantity, ref, line.occurred_at, line.unit_cost)


def _quantity(result: Result) -> Decimal | None:
    quantity = number_of(result, Field.QUANTITY)
    if not quantity:
        result.fail("quantity_missing", Field.QUANTITY)
        return None
    return quantity


async def _numbered(work: Work, row: Import, results: Sequence[Result]) -> dict[int, str]:
    """The digest of each row with its place among the equal ones of the file: two equal sales of one day are two."""
    seen = await repository.seen_keys(work, row.id, [str(result.key) for result in results])
    counts = {key: count for key, (_, count) in seen.items()}
    numbered = {}
    for result in results:
        key = str(result.key)
        numbered[result.record.number] = result.digest = digest_of(key, counts.get(key, 0))
        counts[key] = counts.get(key, 0) + 1
    return numbered


async def _book(work: Work, row: Import, results: Sequence[Result], lines: Mapping[int, stock.FileLine]) -> None:
    ordered = [result for result in results if result.record.number in lines]
    booked = await stock.book_lines(work, [lines[result.record.number] for result in ordered], dry=row.is_dry_run)
    _tell(ordered, booked, is_new=any(line.type is MovementType.PURCHASE for line in lines.values()))


def _tell(results: Sequence[Result], booked: Sequence[stock.Booked], *, is_new: bool) -> None:
    """Let rows say what came of their lines, each at its place; what comes in is new, and a level is changed."""
    for result, made in zip(results, booked, strict=True):
        result.subject_id, result.before, result.after = made.item_id, made.before, made.after
        if made.outcome is stock.Booking.FAILED:
            result.fail(str(made.error), None, made.found)
        elif made.outcome is stock.Booking.BOOKED:
            result.outcome = RowOutcome.INSERTED if is_new else RowOutcome.UPDATED


async def apply_sales(work: Work, row: Import, results: Sequence[Result], places: Places) -> None:
    """Add lines of sales to the history, each once, whichever file brings it; stock does not move."""
    found = await _find_variants(work, open_results(results))
    lines: dict[int, sales.NewSaleLine] = {}
    for result in open_results(results):
        store_id, at, quantity = store_of(result, places), moment_of(result, places), _quantity(result)
        if at is None and result.outcome is not RowOutcome.FAILED:
            result.fail("date_missing", Field.DATE)
        if store_id is None or at is None or quantity is None or result.outcome is RowOutcome.FAILED:
            continue
        variant_id, document = found[result.record.number], text_of(result, Field.DOCUMENT)
        price, total = unit_amount(result, Field.PRICE, quantity), number_of(result, Field.TOTAL)
        result.key = digest_of("sale", store_id, variant_id, at, document, quantity, price, total)
        lines[result.record.number] = sales.NewSaleLine(store_id, variant_id, at, quantity, result.key, price, total, document)
    open_ones = open_results(results)
    numbered = await _numbered(work, row, open_ones)
    new = [_with_digest(lines[result.record.number], numbered[result.record.number]) for result in open_ones]
    for result, id in zip(open_ones, await sales.record(work, new, dry=row.is_dry_run), strict=True):
        result.subject_id = id
        result.outcome = RowOutcome.UNCHANGED if id is None else RowOutcome.INSERTED


def _with_digest(line: sales.NewSaleLine, digest: str) -> sales.NewSaleLine:
    return sales.NewSaleLine(
        line.store_id, line.variant_id, line.sold_at, line.quantity, digest, line.unit_price, line.total, line.document
    )


Apply = Callable[[Work, Import, Sequence[Result], Places], Awaitable[None]]

APPLY: Final[Mapping[FileType, Apply]] = {
    FileType.PRODUCTS: apply_products,
    FileType.INVENTORY: apply_counts,
    FileType.PURCHASES: apply_purchases,
    FileType.SALES: apply_sales,
}


async def take_back(work: Work, kind: FileType, row: ImportRow) -> UndoOutcome:
    """Undo one row, unless what it changed was changed again since."""
    assert row.subject_id is not None, "a row that changed something says what"
    if kind is FileType.SALES:
        return UndoOutcome.REVERSED if await sales.take_back(work, row.subject_id) else UndoOutcome.KEPT
    before, after = dict(row.before or {}), dict(row.after or {})
    if kind is FileType.PRODUCTS:
        return await _take_back_product(work, row, after)
    if "receipt_id" in after:
        return UndoOutcome((await purchasing.take_back(work, str(row.digest))).value)
    return UndoOutcome(await stock.take_back_line(work, row.subject_id, before, after))


async def _take_back_product(work: Work, row: ImportRow, after: dict[str, Any]) -> UndoOutcome:
    """Undo what a row did to a product and to who sells it. What is kept of one of both makes the row a kept one."""
    assert row.subject_id is not None, "a row that changed something says what"
    sold = after.pop(SOLD, None)
    is_forgotten = sold is None or await forget_who_sells(work, sold)
    outcome = UndoOutcome.REVERSED
    if after:
        outcome = UndoOutcome((await catalog.take_back_product(work, row.subject_id, row.before, after)).value)
    return outcome if is_forgotten or outcome is UndoOutcome.FAILED else UndoOutcome.KEPT
