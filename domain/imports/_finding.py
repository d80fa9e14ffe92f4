"""Finding one import: its row, locked for whoever goes on with it, its store, and what all that change one agree on."""

from datetime import timedelta
from uuid import UUID

from core.access import Permission
from core.work import Work
from domain.accounts.permissions import WorkspacePermission
from domain.catalog import service as catalog
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import StoreView
from domain.imports import repository
from domain.imports.errors import ImportNotFound
from domain.imports.kinds import ImportStatus
from domain.imports.models import Import
from domain.imports.permissions import ImportsPermission
from domain.purchasing.permissions import PurchasesPermission
from domain.sales.permissions import SalesPermission
from domain.stock.permissions import StockPermission
from domain.suppliers.permissions import SuppliersPermission

APPLY_JOB = "import.apply"
RUNNING = (ImportStatus.PENDING, ImportStatus.PROCESSING, ImportStatus.UNDOING)
PATIENCE = timedelta(seconds=60)
"""A worker that has not come further for so long is taken for dead, and another one goes on."""

_RIGHTS: tuple[Permission, ...] = (
    CatalogPermission.READ,
    CatalogPermission.WRITE,
    ImportsPermission.WRITE,
    PurchasesPermission.RECEIVE,
    SalesPermission.WRITE,
    StockPermission.ADJUST,
    StockPermission.READ,
    SuppliersPermission.READ,
    SuppliersPermission.WRITE,
    WorkspacePermission.READ,
)


def rights_of(work: Work) -> list[str]:
    """What an import may need, as far as whoever brings the file may do it."""
    return [right.value for right in _RIGHTS if work.principal.may(right)]


def stores_of(work: Work) -> list[str] | None:
    """The stores in which whoever brings the file works, None for all."""
    return None if work.principal.stores is None else sorted(map(str, work.principal.stores))


def works_in(row: Import, store_id: UUID) -> bool:
    """Whether whoever brought the file works in a store."""
    return row.stores is None or str(store_id) in row.stores


async def locked(work: Work, id: UUID) -> Import:
    """The row, locked against other workers; raises ImportNotFound."""
    row = await repository.find(work, id, lock=True)
    if row is None:
        raise ImportNotFound
    return row


async def store_of(work: Work, row: Import) -> StoreView | None:
    """The store that an import is for."""
    return await catalog.get_store_by_id(work, row.store_id) if row.store_id else None
