"""Suppliers: who the shop buys from, on which terms, and what they sell."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.language.folding import name_key
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.suppliers import repository
from domain.suppliers._tax_ids import parse, written
from domain.suppliers.errors import (
    SupplierExists,
    SupplierInactive,
    SupplierNotFound,
    SupplierProductNotFound,
)
from domain.suppliers.models import Supplier, SupplierProduct
from domain.suppliers.permissions import SuppliersPermission
from domain.suppliers.schemas import (
    ChangeSupplier,
    NewSupplier,
    SupplierPage,
    SupplierProductInput,
    SupplierProductView,
    SupplierView,
    TaxId,
)

MOST_ITEMS = 100


def _view(row: Supplier) -> SupplierView:
    tax_id = None
    if row.tax_id is not None and row.tax_id_type is not None:
        tax_id = written(TaxId(country=row.country, type=row.tax_id_type, number=row.tax_id, is_checked=True))
    fields = {name: getattr(row, name) for name in SupplierView.model_fields if name != "tax_id_written"}
    return SupplierView.model_validate(fields | {"tax_id_written": tax_id})


async def check_tax_id(work: Work, typed: str, country: str | None = None) -> TaxId:
    """The normalised tax id of a country, by default the workspace's; raises TaxIdInvalid with what may have been meant."""
    work.require(SuppliersPermission.READ)
    return parse(country or (await accounts.get_workspace(work)).country, typed)


async def create(work: Work, command: NewSupplier) -> SupplierView:
    """Create a supplier; raises TaxIdInvalid, SupplierExists."""
    work.require(SuppliersPermission.WRITE)
    country = command.country or (await accounts.get_workspace(work)).country
    tax_id = parse(country, command.tax_id) if command.tax_id else None
    await _require_free(work, tax_id, None)
    fields = storable(command.model_dump(exclude={"country", "tax_id", "order_days"}))
    row = Supplier(
        workspace_id=work.workspace_id,
        id=new_id(),
        name_key=name_key(command.name),
        country=country,
        tax_id=tax_id.number if tax_id else None,
        tax_id_type=tax_id.type if tax_id else None,
        order_days=sorted(command.order_days),
        is_active=True,
        version=1,
        **fields,
    )
    async with unique(work, SupplierExists(name=command.name)):
        work.session.add(row)
    events.record(work, EventType.SUPPLIER_CREATED, subject=row.id, after=_told(row))
    return _view(row)


def _told(row: Supplier) -> dict[str, Any]:
    """What an event says of a supplier: what is on file, without how to reach a person."""
    return _view(row).model_dump(mode="json", exclude={"id", "contact_name", "email", "phone", "address", "notes"})


async def _require_free(work: Work, tax_id: TaxId | None, supplier_id: UUID | None) -> None:
    other = await repository.by_tax_id(work, tax_id.country, tax_id.number) if tax_id else None
    if other is not None and other.id != supplier_id:
        raise SupplierExists(name=other.name, supplier_id=other.id)


async def change(work: Work, supplier_id: UUID, command: ChangeSupplier, *, version: int | None = None) -> SupplierView:
    """Change what is set in the command; raises SupplierNotFound, TaxIdInvalid, SupplierExists, and VersionConflict if the
    supplier is not at `version` any more.
    """
    work.require(SuppliersPermission.WRITE)
    row = await repository.lock(work, supplier_id)
    if row is None:
        raise SupplierNotFound
    if version is not None and version != row.version:
        raise VersionConflict(version=row.version)
    before = _told(row)
    changes = storable(command.model_dump(exclude_unset=True))
    if command.name is None:
        changes.pop("name", None)
    if changes.keys() & {"country", "tax_id"}:
        country, typed = changes.pop("country", None) or row.country, changes.pop("tax_id", row.tax_id)
        tax_id = parse(country, typed) if typed else None
        await _require_free(work, tax_id, row.id)
        changes |= {
            "country": country,
            "tax_id": tax_id.number if tax_id else None,
            "tax_id_type": tax_id.type if tax_id else None,
        }
    if "order_days" in changes:
        changes["order_days"] = sorted(command.order_days or ())
    async with unique(work, SupplierExists(name=command.name or row.name)):
        for name, value in changes.items():
            if value is not None or name in _MAY_BE_NOTHING:
                setattr(row, name, value)
        row.name_key = name_key(row.name)
        row.version += 1
    events.record(work, EventType.SUPPLIER_CHANGED, subject=row.id, before=before, after=_told(row))
    return _view(row)


_MAY_BE_NOTHING = frozenset(
    {"tax_id", "tax_id_type", "contact_name", "email", "phone", "address", "lead_time_days", "payment_terms", "notes"}
)
"""What a supplier may be without: setting it to nothing empties it, and of anything else keeps it."""


async def get(work: Work, supplier_id: UUID) -> SupplierView:
    """One supplier."""
    work.require(SuppliersPermission.READ)
    row = await repository.get(work, supplier_id)
    if row is None:
        raise SupplierNotFound
    return _view(row)


async def require_active(work: Work, supplier_id: UUID) -> SupplierView:
    """One supplier of whom is bought; raises SupplierNotFound, SupplierInactive."""
    work.require(SuppliersPermission.READ)
    found = await get(work, supplier_id)
    if not found.is_active:
        raise SupplierInactive(name=found.name)
    return found


async def views(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, SupplierView]:
    """The suppliers with these ids."""
    work.require(SuppliersPermission.READ)
    return {row.id: _view(row) for row in await repository.by_ids(work, ids)}


async def find(work: Work, names: Iterable[str]) -> Mapping[str, SupplierView]:
    """The suppliers with these names, by the name that was asked for; case and accents do not matter."""
    work.require(SuppliersPermission.READ)
    keys = {name: name_key(name) for name in names}
    found = {row.name_key: _view(row) for row in await repository.by_keys(work, keys.values())}
    return {name: found[key] for name, key in keys.items() if key in found}


async def list_suppliers(
    work: Work, *, search: str | None = None, is_active: bool | None = None, after: UUID | None = None, limit: int = 20
) -> SupplierPage:
    """Suppliers by name; `search` is part of a name or of a tax id, `after` the cursor of the page before."""
    work.require(SuppliersPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    last = await repository.get(work, after) if after is not None else None
    key = name_key(storable(search)) if search else None
    rows = await repository.page(work, search=key, is_active=is_active, after=last, limit=limit + 1)
    items = tuple(_view(row) for row in rows[:limit])
    return SupplierPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


async def set_product(work: Work, supplier_id: UUID, command: SupplierProductInput) -> SupplierProductView:
    """Say what a supplier sells, in which packs and at what cost; again replaces it, and a preference moves."""
    work.require(SuppliersPermission.WRITE)
    if await repository.lock(work, supplier_id) is None:
        raise SupplierNotFound
    if command.variant_id not in await catalog.variants(work, [command.variant_id]):
        raise ProductNotFound(sku=command.variant_id)
    row = await repository.product(work, supplier_id, command.variant_id)
    before = _product_view(row).model_dump(mode="json") if row is not None else None
    if command.is_preferred:
        await repository.prefer_nobody(work, command.variant_id)
    if row is None:
        row = SupplierProduct(workspace_id=work.workspace_id, id=new_id(), supplier_id=supplier_id)
    for name, value in storable(command.model_dump()).items():
        setattr(row, name, value)
    work.session.add(row)
    await work.session.flush()
    after = _product_view(row).model_dump(mode="json")
    events.record(work, EventType.SUPPLIER_PRODUCT_SET, subject=supplier_id, before=before, after=after)
    return _product_view(row)


def _product_view(row: SupplierProduct) -> SupplierProductView:
    return SupplierProductView.model_validate(row)


async def remove_product(work: Work, supplier_id: UUID, variant_id: UUID) -> None:
    """The supplier sells this no more; raises SupplierProductNotFound."""
    work.require(SuppliersPermission.WRITE)
    if not await repository.remove_product(work, supplier_id, variant_id):
        raise SupplierProductNotFound
    events.record(work, EventType.SUPPLIER_PRODUCT_REMOVED, subject=supplier_id, before={"variant_id": variant_id})


async def products(work: Work, supplier_id: UUID) -> list[SupplierProductView]:
    """What a supplier sells."""
    work.require(SuppliersPermission.READ)
    return [_product_view(row) for row in await repository.products_of(work, supplier_id)]


async def sources(work: Work, variant_ids: Iterable[UUID]) -> Mapping[UUID, list[SupplierProductView]]:
    """Who sells each of these variants, the preferred supplier first."""
    work.require(SuppliersPermission.READ)
    found: dict[UUID, list[SupplierProductView]] = {}
    for row in await repository.sources_of(work, variant_ids):
        found.setdefault(row.variant_id, []).append(_product_view(row))
    return found
