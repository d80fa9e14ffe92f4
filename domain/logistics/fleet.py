"""Vehicles and their drivers."""

import itertools
from collections.abc import Collection
from typing import Final
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.catalog import service as catalog
from domain.logistics import repository
from domain.logistics.errors import HoursRefused, VehicleNameTaken, VehicleNotFound
from domain.logistics.models import Vehicle
from domain.logistics.permissions import LogisticsPermission
from domain.logistics.schemas import ChangeVehicle, NewVehicle, VehicleView

MOST_ITEMS: Final = 100
_MAY_BE_EMPTIED: Final = frozenset({"driver_phone", "capacity_kg", "most_stops", "break_starts_at", "break_ends_at"})


async def list_vehicles(
    work: Work, store_id: UUID | None = None, after: UUID | None = None, limit: int = 20
) -> tuple[list[VehicleView], UUID | None]:
    """Vehicles, the newest first, and the place of the next page."""
    work.require(LogisticsPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.vehicles(work, store_id, after, limit + 1)
    views = [VehicleView.model_validate(row) for row in rows[:limit]]
    return views, views[-1].id if len(rows) > limit else None


async def vehicles_of(work: Work, vehicle_ids: Collection[UUID]) -> dict[UUID, VehicleView]:
    """Vehicles by their ids, also those that are out of use."""
    work.require(LogisticsPermission.READ)
    return {row.id: VehicleView.model_validate(row) for row in await repository.vehicles_of(work, vehicle_ids)}


async def create_vehicle(work: Work, command: NewVehicle) -> VehicleView:
    """Tell of a vehicle; raises StoreNotFound, VehicleNameTaken and HoursRefused."""
    work.require(LogisticsPermission.PLAN)
    await catalog.get_store_by_id(work, command.store_id)
    fields = storable(command.model_dump())
    row = Vehicle(workspace_id=work.workspace_id, id=new_id(), is_active=True, version=1, **fields)
    _require_hours(row)
    async with unique(work, VehicleNameTaken(value=command.name)):
        work.session.add(row)
    events.record(work, EventType.VEHICLE_CREATED, subject=row.id, after=_said(row))
    return VehicleView.model_validate(row)


async def change_vehicle(work: Work, vehicle_id: UUID, command: ChangeVehicle, seen: int) -> VehicleView:
    """Change what is said; raises VehicleNotFound, VehicleNameTaken, HoursRefused and VersionConflict."""
    work.require(LogisticsPermission.PLAN)
    row = await repository.vehicle(work, vehicle_id, locked=True)
    if row is None:
        raise VehicleNotFound
    if row.version != seen:
        raise VersionConflict(version=row.version)
    before = _said(row)
    async with unique(work, VehicleNameTaken(value=command.name or row.name)):
        for name, value in storable(command.model_dump(exclude_unset=True)).items():
            if value is not None or name in _MAY_BE_EMPTIED:
                setattr(row, name, value)
        _require_hours(row)
        row.version += 1
    events.record(work, EventType.VEHICLE_CHANGED, subject=row.id, before=before, after=_said(row))
    return VehicleView.model_validate(row)


def _require_hours(row: Vehicle) -> None:
    times = [row.starts_at, row.break_starts_at, row.break_ends_at, row.ends_at]
    if (row.break_starts_at is None) != (row.break_ends_at is None):
        raise HoursRefused
    known = [each for each in times if each is not None]
    if any(each.tzinfo is not None for each in known) or any(before >= after for before, after in itertools.pairwise(known)):
        raise HoursRefused


def _said(row: Vehicle) -> dict[str, object]:
    """What the stream of events is told; a telephone stands in no event."""
    return VehicleView.model_validate(row).model_dump(mode="json", exclude={"driver_phone"})
