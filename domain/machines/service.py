"""The plant: sites, machines and sensors, and what happened to them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.language.folding import name_key
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.machines import repository, units
from domain.machines.errors import EventInFuture, MachineNotFound, NameTaken, SensorNotFound, SiteNotFound
from domain.machines.kinds import ROLE_UNITS, STATE_AFTER, MachineEventKind, MachineState, SensorRole
from domain.machines.models import Machine, MachineEvent, Sensor, SensorStatus, Site
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import (
    ChangeMachine,
    ChangeSensor,
    ChangeSite,
    Limits,
    MachineEventPage,
    MachineEventView,
    MachinePage,
    MachineView,
    NewMachine,
    NewMachineEvent,
    NewSensor,
    NewSite,
    SensorView,
    Signal,
    SiteView,
)

MOST_ITEMS = 100
AHEAD = timedelta(minutes=5)
"""By how much a clock may be ahead of ours."""

SILENT_AFTER = 3
"""After how many samples that did not come a sensor is silent, and a minute at least."""


async def list_sites(work: Work) -> list[SiteView]:
    """All sites by name."""
    work.require(MachinesPermission.READ)
    return [SiteView.model_validate(row) for row in await repository.sites(work)]


async def get_site(work: Work, site_id: UUID) -> SiteView:
    """One site; raises SiteNotFound."""
    work.require(MachinesPermission.READ)
    row = await repository.site(work, site_id)
    if row is None:
        raise SiteNotFound
    return SiteView.model_validate(row)


async def create_site(work: Work, command: NewSite) -> SiteView:
    """Open a site; raises NameTaken."""
    work.require(MachinesPermission.WRITE)
    fields = storable(command.model_dump())
    row = Site(
        workspace_id=work.workspace_id, id=new_id(), name_key=name_key(command.name), is_active=True, version=1, **fields
    )
    async with unique(work, NameTaken(value=command.name)):
        work.session.add(row)
    made = SiteView.model_validate(row)
    events.record(work, EventType.SITE_CREATED, subject=row.id, after=made.model_dump(mode="json"))
    return made


async def change_site(work: Work, site_id: UUID, command: ChangeSite, seen: int) -> SiteView:
    """Change what is set in the command; raises SiteNotFound, NameTaken and VersionConflict."""
    work.require(MachinesPermission.WRITE)
    row = await repository.site(work, site_id, locked=True)
    if row is None:
        raise SiteNotFound
    before = SiteView.model_validate(row).model_dump(mode="json")
    async with unique(work, NameTaken(value=command.name or row.name)):
        _apply(row, command.model_dump(exclude_unset=True), {"address", "latitude", "longitude"}, seen)
        row.name_key = name_key(row.name)
    after = SiteView.model_validate(row)
    events.record(work, EventType.SITE_CHANGED, subject=row.id, before=before, after=after.model_dump(mode="json"))
    return after


def _apply(row: Site | Machine | Sensor, changes: Mapping[str, Any], may_be_nothing: set[str], seen: int) -> None:
    """Set what is said on a row at the version that was seen; nothing is kept where nothing makes no sense."""
    if row.version != seen:
        raise VersionConflict(version=row.version)
    for name, value in storable(dict(changes)).items():
        if value is not None or name in may_be_nothing:
            setattr(row, name, value)
    row.version += 1


async def create_machine(work: Work, command: NewMachine) -> MachineView:
    """Register a machine; raises SiteNotFound and NameTaken."""
    work.require(MachinesPermission.WRITE)
    await get_site(work, command.site_id)
    row = Machine(
        workspace_id=work.workspace_id,
        id=new_id(),
        state=MachineState.IDLE,
        state_since=work.system_time,
        is_active=True,
        version=1,
        **storable(command.model_dump()),
    )
    async with unique(work, NameTaken(value=command.code)):
        work.session.add(row)
    made = MachineView.model_validate(row)
    events.record(work, EventType.MACHINE_CREATED, subject=row.id, after=made.model_dump(mode="json"))
    return made


async def change_machine(work: Work, machine_id: UUID, command: ChangeMachine, seen: int) -> MachineView:
    """Change what is set in the command; raises MachineNotFound, SiteNotFound and VersionConflict."""
    work.require(MachinesPermission.WRITE)
    row = await _locked(work, machine_id)
    if command.site_id is not None:
        await get_site(work, command.site_id)
    before = MachineView.model_validate(row).model_dump(mode="json")
    _apply(row, command.model_dump(exclude_unset=True), {"kind", "tool_grade"}, seen)
    await work.session.flush()
    after = MachineView.model_validate(row)
    events.record(work, EventType.MACHINE_CHANGED, subject=row.id, before=before, after=after.model_dump(mode="json"))
    return after


async def _locked(work: Work, machine_id: UUID) -> Machine:
    row = await repository.machine(work, machine_id, locked=True)
    if row is None:
        raise MachineNotFound
    return row


async def get_machine(work: Work, machine_id: UUID) -> MachineView:
    """One machine; raises MachineNotFound."""
    work.require(MachinesPermission.READ)
    row = await repository.machine(work, machine_id)
    if row is None:
        raise MachineNotFound
    return MachineView.model_validate(row)


async def find_machines(work: Work, said: str) -> list[MachineView]:
    """The machine with this code, or else those whose code or name holds the words; a few at most."""
    work.require(MachinesPermission.READ)
    words = storable(" ".join(said.split()))
    return [MachineView.model_validate(row) for row in await repository.find(work, words)] if words else []


async def list_machines(
    work: Work,
    *,
    search: str | None = None,
    site_id: UUID | None = None,
    state: MachineState | None = None,
    is_active: bool | None = None,
    after: UUID | None = None,
    limit: int = 20,
) -> MachinePage:
    """Machines by code; `search` is part of a code or name, `after` the cursor of the page before."""
    work.require(MachinesPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    last = await repository.machine(work, after) if after is not None else None
    rows = await repository.machines(
        work,
        search=storable(search) if search else None,
        site_id=site_id,
        state=state,
        is_active=is_active,
        after=last,
        limit=limit + 1,
    )
    items = tuple(MachineView.model_validate(row) for row in rows[:limit])
    return MachinePage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


async def list_sensors(work: Work, machine_id: UUID) -> list[SensorView]:
    """The sensors of a machine by code; raises MachineNotFound."""
    work.require(MachinesPermission.READ)
    await get_machine(work, machine_id)
    return [SensorView.model_validate(row) for row in await repository.sensors(work, [machine_id])]


async def sensors_of(work: Work, machine_ids: Collection[UUID]) -> list[SensorView]:
    """The sensors of some machines, each machine's by code."""
    work.require(MachinesPermission.READ)
    return [SensorView.model_validate(row) for row in await repository.sensors(work, machine_ids)]


async def get_sensor(work: Work, machine_id: UUID, sensor_id: UUID) -> SensorView:
    """One sensor of a machine; raises SensorNotFound."""
    work.require(MachinesPermission.READ)
    row = await repository.sensor(work, machine_id, sensor_id)
    if row is None:
        raise SensorNotFound
    return SensorView.model_validate(row)


async def find_sensor(work: Work, sensor_id: UUID) -> SensorView:
    """A sensor of whichever machine; raises SensorNotFound."""
    work.require(MachinesPermission.READ)
    row = await work.session.get(Sensor, (work.workspace_id, sensor_id))
    if row is None:
        raise SensorNotFound
    return SensorView.model_validate(row)


async def create_sensor(work: Work, machine_id: UUID, command: NewSensor) -> SensorView:
    """Register a sensor; raises MachineNotFound, UnitUnknown, UnitsDiffer, LimitsDisordered and NameTaken."""
    work.require(MachinesPermission.WRITE)
    await _locked(work, machine_id)
    command.limits.require_ordered()
    _require_unit(command.unit, command.role)
    row = Sensor(
        workspace_id=work.workspace_id,
        id=new_id(),
        machine_id=machine_id,
        is_active=True,
        version=1,
        **command.limits.model_dump(),
        **storable(command.model_dump(exclude={"limits"})),
    )
    async with unique(work, NameTaken(value=command.code)):
        work.session.add(row)
    made = SensorView.model_validate(row)
    events.record(work, EventType.SENSOR_CREATED, subject=row.id, after=made.model_dump(mode="json"))
    return made


def _require_unit(unit: str, role: SensorRole) -> None:
    units.require_known(unit)
    if role in ROLE_UNITS:
        units.convert(0.0, unit, ROLE_UNITS[role])


async def change_sensor(work: Work, machine_id: UUID, sensor_id: UUID, command: ChangeSensor, seen: int) -> SensorView:
    """Change what is set in the command; raises SensorNotFound, UnitsDiffer, LimitsDisordered and VersionConflict."""
    work.require(MachinesPermission.WRITE)
    row = await repository.sensor(work, machine_id, sensor_id, locked=True)
    if row is None:
        raise SensorNotFound
    before = SensorView.model_validate(row).model_dump(mode="json")
    changes = command.model_dump(exclude_unset=True, exclude={"limits"})
    if command.limits is not None:
        command.limits.require_ordered()
        changes |= command.limits.model_dump()
    if command.role is not None:
        _require_unit(row.unit, command.role)
    _apply(row, changes, set(Limits.model_fields), seen)
    await work.session.flush()
    after = SensorView.model_validate(row)
    events.record(work, EventType.SENSOR_CHANGED, subject=row.id, before=before, after=after.model_dump(mode="json"))
    return after


async def signals(work: Work, machine_id: UUID) -> list[Signal]:
    """What each sensor in use of a machine said last; raises MachineNotFound."""
    work.require(MachinesPermission.READ)
    await get_machine(work, machine_id)
    rows = [row for row in await repository.sensors(work, [machine_id]) if row.is_active]
    known = await repository.statuses(work, [row.id for row in rows])
    return [_signal(SensorView.model_validate(row), known.get(row.id), work.system_time) for row in rows]


def is_silent(sampling_seconds: float, status: SensorStatus | None, now: datetime) -> bool:
    """Whether a sensor should have said something since it said something last."""
    patience = timedelta(seconds=max(60.0, SILENT_AFTER * sampling_seconds))
    return status is None or status.last_at is None or now - status.last_at > patience


def _signal(sensor: SensorView, status: SensorStatus | None, now: datetime) -> Signal:
    return Signal(
        sensor=sensor,
        last_at=status.last_at if status else None,
        last_value=status.last_value if status else None,
        is_silent=is_silent(sensor.sampling_seconds, status, now),
        stored=status.stored if status else 0,
        late=status.late if status else 0,
        duplicates=status.duplicates if status else 0,
    )


async def note_event(work: Work, machine_id: UUID, command: NewMachineEvent) -> MachineEventView:
    """Note what happened to a machine, which may change its state; raises MachineNotFound and EventInFuture.

    One that happened before the machine came into its state is history only.
    """
    work.require(MachinesPermission.OPERATE)
    row = await _locked(work, machine_id)
    at = command.at or work.system_time
    if at > work.system_time + AHEAD:
        raise EventInFuture
    made = add_event(work, row, command.kind, at, command.note)
    await work.session.flush()
    return MachineEventView.model_validate(made)


def add_event(work: Work, row: Machine, kind: MachineEventKind, at: datetime, note: str | None) -> MachineEvent:
    """Write down what happened to a machine that is locked, and move it on if that was the last that happened."""
    work.require(MachinesPermission.OPERATE)
    made = MachineEvent(
        workspace_id=work.workspace_id,
        id=new_id(),
        machine_id=row.id,
        kind=kind,
        at=at,
        note=storable(note),
        actor_kind=work.principal.kind,
        actor_id=work.principal.id,
    )
    work.session.add(made)
    before = {"state": row.state}
    if kind in STATE_AFTER and at >= row.state_since:
        row.state, row.state_since = STATE_AFTER[kind], at
    after = {"state": row.state, "kind": kind, "at": at.isoformat()}
    events.record(work, EventType.MACHINE_NOTED, subject=row.id, before=before, after=after)
    return made


async def list_events(work: Work, machine_id: UUID, *, before: UUID | None = None, limit: int = 20) -> MachineEventPage:
    """What happened to a machine, the newest first; raises MachineNotFound."""
    work.require(MachinesPermission.READ)
    await get_machine(work, machine_id)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.events(work, machine_id, before, limit + 1)
    items = tuple(MachineEventView.model_validate(row) for row in rows[:limit])
    return MachineEventPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)
