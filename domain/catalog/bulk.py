"""Many products at once, as a list from outside gives them: new ones are made, known ones changed where they differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core import events
from core.event_types import EventType
from core.language.folding import fold
from core.tables import new_id
from core.work import Work
from domain.catalog import _listing, _prices, _tree, repository
from domain.catalog._indexing import index_new, index_products
from domain.catalog.categories import create_category, root_path
from domain.catalog.errors import PathTooLong
from domain.catalog.kinds import PriceKind, ProductStatus
from domain.catalog.models import Product, ProductVariant
from domain.catalog.permissions import CatalogPermission
from domain.catalog.places import create_unit
from domain.catalog.schemas import NewCategory, NewUnit
from domain.catalog.search import Candidate

PIECE = "PZA"
"""The unit of what names none."""


class Outcome(StrEnum):
    """What came of one row."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True)
class Listed:
    """One product of a list: its code and the fields that the list gives, named as in `Product` and `ProductVariant`.

    `category` and `unit` are names. `is_numeric` says that the code stood in a cell that keeps no zeros in front.
    """

    code: str
    fields: Mapping[str, Any]
    is_numeric: bool = False


@dataclass(frozen=True)
class Upserted:
    """What came of one product, with the values that it had and has where they differ; `error` is a stable code."""

    outcome: Outcome
    product_id: UUID | None = None
    variant_id: UUID | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    error: str | None = None
    field: str | None = None
    found: str = ""


_OF_PRODUCT = frozenset({"name", "description", "brand", "model", "category_id"})
_OF_VARIANT = frozenset({"price", "wholesale_price", "cost", "barcode"})
_IN_SEARCH = frozenset({"name", "brand", "barcode"})


@dataclass
class _Catalogue:
    """What the rows of one chunk refer to, read at once."""

    variants: dict[str, tuple[ProductVariant, Product]]
    barcodes: dict[str, UUID]
    padded: dict[str, str]
    units: dict[str, str]
    categories: dict[str, UUID]
    put_away: frozenset[str]


@dataclass
class _Writing:
    """What a chunk writes: rows of products and their variants that are new, known ones of another name, prices, and events."""

    products: list[dict[str, Any]] = field(default_factory=list)
    variants: list[dict[str, Any]] = field(default_factory=list)
    renamed: list[tuple[Product, ProductVariant]] = field(default_factory=list)
    prices: list[_prices.Begun] = field(default_factory=list)
    happenings: list[events.Happening] = field(default_factory=list)


async def upsert_products(work: Work, rows: Sequence[Listed], *, dry: bool = False) -> list[Upserted]:
    """Make or change these products, each code once; what came of each in its place. A dry run only says what would."""
    work.require(CatalogPermission.WRITE)
    known = await _read(work, rows, lock=not dry)
    results: list[Upserted] = []
    writing = _Writing()
    for row in rows:
        fields = await _resolved(work, row, known, dry=dry)
        if isinstance(fields, Upserted):
            results.append(fields)
            continue
        found = known.variants.get(row.code) or known.variants.get(row.code.lower())
        made = _change(*found, fields, writing, dry=dry) if found else _insert(work, row, fields, writing)
        results.append(made)
        if made.variant_id is not None and fields.get("barcode"):
            known.barcodes[fields["barcode"]] = made.variant_id
    if not dry:
        await _write(work, writing)
    return results


async def _read(work: Work, rows: Sequence[Listed], *, lock: bool) -> _Catalogue:
    codes = [case for row in rows for case in repository.cases(row.code)]
    variants: dict[str, tuple[ProductVariant, Product]] = {}
    for variant, product in await _listing.with_products(work, codes, lock=lock):
        variants[variant.sku] = (variant, product)
        variants.setdefault(variant.sku.lower(), (variant, product))
    barcodes = [str(row.fields["barcode"]) for row in rows if row.fields.get("barcode")]
    units: dict[str, str] = {}
    for unit in await repository.units(work):
        for name in (*unit.aliases, unit.name, unit.code):
            units[fold(name)] = unit.code
    categories = await repository.categories(work)
    return _Catalogue(
        variants,
        await _listing.owners_of_barcodes(work, barcodes),
        await _padded(work, [row.code for row in rows if row.is_numeric and row.code not in variants]),
        units,
        {key: category.id for category in categories for key in (category.path, fold(category.name))},
        frozenset(key for category in await _tree.put_away(work) for key in (category.path, fold(category.name))),
    )


async def _padded(work: Work, codes: Sequence[str]) -> dict[str, str]:
    """Known codes that are these with zeros in front, which a cell for numbers has lost."""
    if not codes:
        return {}
    lengths = range(1, 14)
    wanted = {code.zfill(length): code for code in codes for length in lengths if length > len(code)}
    return {wanted[sku]: sku for sku in await _listing.known_skus(work, wanted)}


async def _resolved(work: Work, row: Listed, known: _Catalogue, *, dry: bool) -> dict[str, Any] | Upserted:
    """The row's fields with the unit's code and the category's id, or why they cannot be had."""
    fields = dict(row.fields)
    if row.code in known.padded:
        return Upserted(Outcome.FAILED, error="code_zeros_lost", field="code", found=known.padded[row.code])
    if (unit := fields.pop("unit", None)) is not None:
        if fold(str(unit)) not in known.units:
            return Upserted(
                Outcome.FAILED, error="unit_unknown", field="unit", found=", ".join(sorted(set(known.units.values())))
            )
        fields["unit"] = known.units[fold(str(unit))]
    barcode = fields.get("barcode")
    owner = known.barcodes.get(str(barcode)) if barcode else None
    found = known.variants.get(row.code) or known.variants.get(row.code.lower())
    if owner is not None and (found is None or found[0].id != owner):
        return Upserted(Outcome.FAILED, error="barcode_taken", field="barcode")
    if (category := fields.pop("category", None)) is not None:
        placed = await _category(work, str(category), known, dry=dry)
        if isinstance(placed, Upserted):
            return placed
        fields["category_id"] = placed
    return fields


async def _category(work: Work, name: str, known: _Catalogue, *, dry: bool) -> UUID | Upserted:
    """The category of this name or path; one that is made lies at the root. Or why there is none for the row."""
    try:
        path = root_path(name)
    except PathTooLong:
        return Upserted(Outcome.FAILED, error="text_too_long", field="category")
    # What would have the same path is the same: "Lácteos" and "LÁCTEOS.".
    keys = [name, fold(name), *([path] if path else [])]
    found = next((known.categories[key] for key in keys if key in known.categories), None)
    if found is not None:
        return found
    if path is None or known.put_away.intersection(keys):
        return Upserted(Outcome.FAILED, error="category_put_away" if path else "category_unnamed", field="category")
    made = new_id() if dry else (await create_category(work, NewCategory(name=name))).id
    known.categories |= {path: made, fold(name): made}
    return made


def _insert(work: Work, row: Listed, fields: dict[str, Any], writing: _Writing) -> Upserted:
    if not fields.get("name"):
        return Upserted(Outcome.FAILED, error="name_missing", field="name")
    price = fields.get("price") or Decimal(0)
    # What has no price yet cannot be sold; it waits as a draft.
    status = ProductStatus.ACTIVE if price > 0 else ProductStatus.DRAFT
    product = {
        "workspace_id": work.workspace_id, "id": new_id(), "code": row.code, "unit": fields.get("unit", PIECE),
        "status": status.value, **{name: fields.get(name) for name in sorted(_OF_PRODUCT)},
    }  # fmt: skip
    variant = {
        "workspace_id": work.workspace_id, "id": new_id(), "product_id": product["id"], "sku": row.code, "label": "",
        "is_default": True, "is_active": True, "position": 0, **{name: fields.get(name) for name in sorted(_OF_VARIANT)},
        "price": price,
    }  # fmt: skip
    writing.products.append(product)
    writing.variants.append(variant)
    writing.prices += (begun for begun in _prices_of(variant["id"], variant) if begun.amount is not None)
    told = {"code": row.code, "name": product["name"], "price": price, "status": status.value}
    writing.happenings.append(events.Happening(EventType.PRODUCT_CREATED, product["id"], None, told))
    return Upserted(Outcome.INSERTED, product["id"], variant["id"], None, {"code": row.code, "status": status.value, **fields})


def _change(variant: ProductVariant, product: Product, fields: dict[str, Any], writing: _Writing, *, dry: bool) -> Upserted:
    if "price" in fields and fields["price"] <= 0:
        return Upserted(Outcome.FAILED, product.id, error="price_missing", field="price")
    if "unit" in fields and fields.pop("unit") != product.unit:
        return Upserted(Outcome.FAILED, product.id, error="unit_differs", field="unit", found=product.unit)
    # A list names a variant that is no product's default by its SKU; the names of its product are not the list's to change.
    own = [(variant, _OF_VARIANT), *([(product, _OF_PRODUCT)] if variant.is_default else [])]
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for target, names in own:
        for name in names & fields.keys():
            if getattr(target, name) != fields[name]:
                before[name], after[name] = getattr(target, name), fields[name]
                if not dry:
                    setattr(target, name, fields[name])
    if not after:
        return Upserted(Outcome.UNCHANGED, product.id, variant.id)
    if not dry:
        product.version += 1
    if after.keys() & _IN_SEARCH:
        writing.renamed.append((product, variant))
    writing.prices += _prices_of(variant.id, after)
    writing.happenings += _changes(product, variant.sku, before, after)
    return Upserted(Outcome.UPDATED, product.id, variant.id, {"sku": variant.sku, **before}, {"sku": variant.sku, **after})


def _prices_of(variant_id: UUID, values: Mapping[str, Any]) -> Iterator[_prices.Begun]:
    for name, kind in (("price", PriceKind.RETAIL), ("wholesale_price", PriceKind.WHOLESALE)):
        if name in values:
            yield _prices.Begun(variant_id, kind, values[name])


def _changes(product: Product, sku: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[events.Happening]:
    if "price" in after:
        was, told = {"sku": sku, "price": before["price"]}, {"sku": sku, "price": after["price"]}
        yield events.Happening(EventType.PRODUCT_REPRICED, product.id, was, told)
    rest = sorted(after.keys() - {"price"})
    if rest:
        was, told = {name: before[name] for name in rest}, {name: after[name] for name in rest}
        yield events.Happening(EventType.PRODUCT_CHANGED, product.id, was, told)


async def _write(work: Work, writing: _Writing) -> None:
    """Write new products after their units, and file the words of all that are new or have another name."""
    needs_piece = any(product["unit"] == PIECE for product in writing.products)
    if needs_piece and PIECE not in {unit.code for unit in await repository.units(work)}:
        await create_unit(work, NewUnit(code=PIECE, name="pieza", precision=0))
    await work.session.flush()
    await _listing.add(work, writing.products, writing.variants)
    # The time is taken after the locks were had.
    await _prices.write_all(work, writing.prices, await _prices.now(work))
    await events.record_all(work, writing.happenings)
    candidates = {
        variant["id"]: Candidate(
            variant["sku"], product["name"], product["brand"] or "", (variant["barcode"],) if variant["barcode"] else ()
        )
        for product, variant in zip(writing.products, writing.variants, strict=True)
    }
    if candidates:
        await index_new(work, candidates)
    if writing.renamed:
        others = await repository.synonyms_of(work, [product.id for product, _ in writing.renamed])
        synonyms = {product.code: others.get(product.id, ()) for product, _ in writing.renamed}
        renamed = {product.id: product for product, _ in writing.renamed}
        await index_products(work, renamed.values(), [variant for _, variant in writing.renamed], synonyms)


async def values_of(work: Work, variant_ids: Sequence[UUID]) -> dict[UUID, tuple[str, dict[str, Any]]]:
    """The SKU of variants and what a list may say of them, with the names of categories; locked, as they will be changed."""
    work.require(CatalogPermission.WRITE)
    found: dict[UUID, tuple[str, dict[str, Any]]] = {}
    if not variant_ids:
        return found
    names = {category.id: category.name for category in await repository.categories(work)}
    for variant, product in await _listing.with_products(work, await _listing.skus_of(work, variant_ids), lock=True):
        values = {name: getattr(product, name) for name in _OF_PRODUCT - {"category_id"}}
        values |= {name: getattr(variant, name) for name in _OF_VARIANT}
        # What has no price yet costs nothing there.
        values["price"] = variant.price or None
        values["category"] = names.get(product.category_id) if product.category_id else None
        found[variant.id] = (variant.sku, values)
    return found


class Undone(StrEnum):
    """What came of taking one row back."""

    REVERSED = "reversed"
    KEPT = "kept"
    FAILED = "failed"


async def take_back_product(work: Work, product_id: UUID, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Undone:
    """Undo what `upsert_products` did to one product, unless somebody has changed the same values since.

    A product that was made goes away; one that orders or stock refer to by now is archived instead.
    """
    work.require(CatalogPermission.WRITE)
    product = await _listing.lock_by_id(work, product_id)
    if product is None:
        return Undone.KEPT
    variants = await repository.variant_rows_of(work, product_id)
    sku = str(after.get("sku") or after.get("code"))
    variant = next((row for row in variants if row.sku == sku), None)
    if variant is None or product.status == ProductStatus.ARCHIVED:
        return Undone.KEPT
    current = {
        name: getattr(variant if name in _OF_VARIANT else product, name) for name in after if name in _OF_VARIANT | _OF_PRODUCT
    }
    if any(not _same(current[name], after[name]) for name in current):
        return Undone.KEPT
    if before is None:
        return await _remove(work, product, variants)
    events_before = {name: current[name] for name in before if name != "sku"}
    restored = {name: _typed(name, before[name]) for name in before if name != "sku"}
    for name, value in restored.items():
        setattr(variant if name in _OF_VARIANT else product, name, value)
    product.version += 1
    await work.session.flush()
    await _prices.write_all(work, _prices_of(variant.id, restored), await _prices.now(work))
    await events.record_all(work, list(_changes(product, sku, events_before, restored)))
    names = await repository.synonyms_of(work, [product.id])
    await index_products(work, [product], variants, {product.code: names.get(product.id, ())})
    return Undone.REVERSED


def _same(current: object, stored: object) -> bool:
    """Whether a value is the one that was stored as JSON."""
    if isinstance(current, Decimal) and stored is not None:
        return current == Decimal(str(stored))
    return stored is None if current is None else str(current) == str(stored)


def _typed(name: str, stored: object) -> object:
    if stored is None or name not in {"price", "wholesale_price", "cost", "category_id"}:
        return stored
    return UUID(str(stored)) if name == "category_id" else Decimal(str(stored))


async def _remove(work: Work, product: Product, variants: Sequence[ProductVariant]) -> Undone:
    if len(variants) > 1:
        return Undone.KEPT
    told = {"code": product.code, "name": product.name, "status": product.status}
    try:
        async with work.session.begin_nested():
            await work.session.delete(product)
            await work.session.flush()
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != "23503":
            raise
        await work.session.refresh(product)
        product.status, product.version = ProductStatus.ARCHIVED, product.version + 1
    events.record(
        work, EventType.PRODUCT_CHANGED, subject=product.id, before=told, after={"status": ProductStatus.ARCHIVED.value}
    )
    return Undone.REVERSED


async def export_page(work: Work, after: str | None, limit: int) -> list[dict[str, Any]]:
    """A page of the catalogue as a list for a file, by SKU, behind the SKU of the page before."""
    work.require(CatalogPermission.READ)
    return await _listing.page(work, after, limit)


async def find_variants(
    work: Work, codes: Sequence[str], barcodes: Sequence[str], numeric: Sequence[str] = ()
) -> tuple[dict[str, UUID], dict[str, UUID], dict[str, str]]:
    """The variants with these SKUs, in whatever case, and barcodes; and the known SKUs that numeric codes lost zeros of."""
    work.require(CatalogPermission.READ)
    cases = [case for code in codes for case in repository.cases(code)]
    by_sku, by_barcode = await _listing.variant_ids(work, cases, barcodes)
    found = {code: by_sku[case] for code in codes for case in (*repository.cases(code), code) if case in by_sku}
    return found, by_barcode, await _padded(work, [code for code in numeric if code not in found])
