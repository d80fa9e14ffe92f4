"""Writing units and stores."""

from uuid import UUID

from core import events
from core.errors import NotPermitted
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.catalog import repository
from domain.catalog.errors import CodeTaken, PositionIncomplete, StoreNotFound
from domain.catalog.models import Store, Unit
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import ChangeStore, NewStore, NewUnit, StoreView, UnitView


async def create_unit(work: Work, command: NewUnit) -> UnitView:
    """Create a unit of sale."""
    work.require(CatalogPermission.WRITE)
    row = Unit(workspace_id=work.workspace_id, id=new_id(), **command.model_dump(mode="json"))
    async with unique(work, CodeTaken(value=command.code)):
        work.session.add(row)
    events.record(work, EventType.UNIT_CREATED, subject=row.id, after=command.model_dump(mode="json"))
    return UnitView.model_validate(row)


def _require_whole_position(row: Store) -> None:
    if (row.latitude is None) != (row.longitude is None):
        raise PositionIncomplete(field="longitude")


async def create_store(work: Work, command: NewStore) -> StoreView:
    """Create a store; whoever works in some stores only opens no others."""
    work.require(CatalogPermission.WRITE)
    if work.principal.stores is not None:
        raise NotPermitted(permission=CatalogPermission.WRITE)
    row = Store(workspace_id=work.workspace_id, id=new_id(), is_active=True, version=1, **command.model_dump())
    _require_whole_position(row)
    async with unique(work, CodeTaken(value=command.code)):
        work.session.add(row)
    events.record(work, EventType.STORE_CREATED, subject=row.id, after=command.model_dump(mode="json"))
    return StoreView.model_validate(row)


async def change_store(work: Work, store_id: UUID, command: ChangeStore, seen: int) -> StoreView:
    """Change what is set in the command; raises StoreNotFound and VersionConflict."""
    work.require(CatalogPermission.WRITE)
    row = await _locked(work, store_id, seen)
    changes = command.model_dump(exclude_unset=True)
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    _require_whole_position(row)
    row.version += 1
    events.record(work, EventType.STORE_CHANGED, subject=row.id, before=before, after=changes)
    await work.session.flush()
    return StoreView.model_validate(row)


async def set_store_active(work: Work, store_id: UUID, is_active: bool, seen: int) -> StoreView:
    """Open a store or close it; `domain.stock.closing` looks first whether goods lie in it."""
    work.require(CatalogPermission.WRITE)
    row = await _locked(work, store_id, seen)
    before, row.is_active = row.is_active, is_active
    row.version += 1
    events.record(work, EventType.STORE_CHANGED, subject=row.id, before={"is_active": before}, after={"is_active": is_active})
    await work.session.flush()
    return StoreView.model_validate(row)


async def _locked(work: Work, store_id: UUID, seen: int) -> Store:
    own = work.principal.stores
    row = await repository.lock_store(work, store_id) if own is None or store_id in own else None
    if row is None:
        raise StoreNotFound(store=store_id)
    if row.version != seen:
        raise VersionConflict(version=row.version)
    return row
