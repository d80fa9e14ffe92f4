"""Who sells the products of a list: many said at once, as a file from outside gives them, and taken back one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import events
from core.event_types import EventType
from core.language.folding import name_key
from core.tables import new_id
from core.work import Work
from domain.suppliers import repository
from domain.suppliers.models import SupplierProduct
from domain.suppliers.permissions import SuppliersPermission
from domain.suppliers.schemas import NewSupplier, SupplierProductView
from domain.suppliers.service import create, find


@dataclass(frozen=True)
class Sold:
    """That a supplier sells a product, a piece of it at this cost if the list says so."""

    supplier_id: UUID
    variant_id: UUID
    cost: Decimal | None


async def find_or_create(work: Work, names: Sequence[str], *, dry: bool = False) -> Mapping[str, UUID]:
    """The suppliers by the names that were asked for; new ones are made, as written first, for names that nobody has.

    A dry run gives ids that nobody has. Whoever may make no suppliers gets those that are there.
    """
    found = {name: supplier.id for name, supplier in (await find(work, names)).items()}
    if not work.principal.may(SuppliersPermission.WRITE):
        return found
    made: dict[str, UUID] = {}
    for name in [name for name in names if name not in found]:
        if name_key(name) not in made:
            made[name_key(name)] = new_id() if dry else (await create(work, NewSupplier(name=name))).id
        found[name] = made[name_key(name)]
    return found


async def sell(work: Work, said: Sequence[Sold], *, dry: bool = False) -> list[tuple[Decimal | None, bool] | None]:
    """Write down who sells what; of each that was new or changed its cost before, and whether it was known; else None.

    A cost is of a piece: what comes in packs of more keeps its cost, and one that is not said stays.
    """
    work.require(SuppliersPermission.WRITE)
    known = {(row.supplier_id, row.variant_id): row for row in await repository.lock_products(work, {_pair(x) for x in said})}
    results: list[tuple[Decimal | None, bool] | None] = []
    new: dict[tuple[UUID, UUID], dict[str, Any]] = {}
    told: list[events.Happening] = []
    for one in said:
        row = known.get(_pair(one))
        if row is None:
            results.append(None if _pair(one) in new else (None, False))
            new.setdefault(_pair(one), _fresh(work, one))
        elif one.cost is None or row.pack_size != 1 or row.pack_cost == one.cost:
            results.append(None)
        else:
            results.append((row.pack_cost, True))
            told.append(_told(row, one.cost))
            if not dry:
                row.pack_cost = one.cost
    if not dry:
        await work.session.flush()
        await repository.add_products(work, list(new.values()))
        told += [
            events.Happening(
                EventType.SUPPLIER_PRODUCT_SET,
                row["supplier_id"],
                None,
                SupplierProductView.model_validate(row).model_dump(mode="json"),
            )
            for row in new.values()
        ]
        await events.record_all(work, told)
    return results


def _pair(one: Sold) -> tuple[UUID, UUID]:
    return one.supplier_id, one.variant_id


def _fresh(work: Work, one: Sold) -> dict[str, Any]:
    return {
        "workspace_id": work.workspace_id, "id": new_id(), "supplier_id": one.supplier_id, "variant_id": one.variant_id,
        "supplier_sku": None, "pack_size": Decimal(1), "pack_name": None, "pack_cost": one.cost, "minimum_packs": Decimal(0),
        "is_preferred": False,
    }  # fmt: skip


def _told(row: SupplierProduct, cost: Decimal | None) -> events.Happening:
    before = SupplierProductView.model_validate(row)
    after = before.model_copy(update={"pack_cost": cost})
    views = [view.model_dump(mode="json") for view in (before, after)]
    return events.Happening(EventType.SUPPLIER_PRODUCT_SET, row.supplier_id, *views)


async def take_back(work: Work, said: Sold, before: Decimal | None, *, was_known: bool) -> bool:
    """Undo what `sell` did to one product, unless somebody has said otherwise since; whether it was undone."""
    work.require(SuppliersPermission.WRITE)
    rows = await repository.lock_products(work, {_pair(said)})
    if not rows or rows[0].pack_cost != said.cost or rows[0].pack_size != 1:
        return False
    if was_known:
        await events.record_all(work, [_told(rows[0], before)])
        rows[0].pack_cost = before
        await work.session.flush()
    else:
        await repository.remove_product(work, said.supplier_id, said.variant_id)
        told = {"variant_id": said.variant_id}
        events.record(work, EventType.SUPPLIER_PRODUCT_REMOVED, subject=said.supplier_id, before=told)
    return True
