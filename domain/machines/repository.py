"""SQL of sites, machines, sensors and what happened to them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import or_, select, true

from core.paging import part
from core.work import Work, own
from domain.machines.kinds import MachineState
from domain.machines.models import Machine, MachineEvent, Sensor, SensorStatus, Site


async def sites(work: Work) -> Sequence[Site]:
    """All sites by name."""
    return (await work.session.scalars(select(Site).where(own(Site, work)).order_by(Site.name_key, Site.id))).all()


async def site(work: Work, site_id: UUID, *, locked: bool = False) -> Site | None:
    """One site."""
    query = select(Site).where(own(Site, work), Site.id == site_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def machine(work: Work, machine_id: UUID, *, locked: bool = False) -> Machine | None:
    """One machine."""
    query = select(Machine).where(own(Machine, work), Machine.id == machine_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def find(work: Work, said: str) -> Sequence[Machine]:
    """Active machines whose code is what is said, or else those whose code or name has it in it; a few at most."""
    active = select(Machine).where(own(Machine, work), Machine.is_active)
    exact = (await work.session.scalars(active.where(Machine.code == said.upper()))).all()
    if exact:
        return exact
    like = or_(Machine.code.icontains(said, autoescape=True), Machine.name.icontains(said, autoescape=True))
    return (await work.session.scalars(active.where(like).order_by(Machine.code).limit(6))).all()


async def in_use(work: Work, codes: Collection[str], limit: int) -> Sequence[Machine]:
    """Active machines by code: those with these codes, or all for none."""
    query = select(Machine).where(own(Machine, work), Machine.is_active, Machine.code.in_(codes) if codes else true())
    return (await work.session.scalars(query.order_by(Machine.code).limit(limit))).all()


async def machines(
    work: Work,
    *,
    search: str | None,
    site_id: UUID | None,
    state: MachineState | None,
    is_active: bool | None,
    after: Machine | None,
    limit: int,
) -> Sequence[Machine]:
    """Machines by code behind one of them."""
    query = select(Machine).where(
        own(Machine, work),
        true() if site_id is None else Machine.site_id == site_id,
        true() if state is None else Machine.state == state,
        true() if is_active is None else Machine.is_active.is_(is_active),
    )
    if search:
        named = (Machine.code.icontains(search, autoescape=True), Machine.name.icontains(search, autoescape=True))
        query = query.where(or_(*named))
    place = None if after is None else (after.code,)
    return (await work.session.scalars(part(query, [Machine.code], place, limit))).all()


async def sensors(work: Work, machine_ids: Collection[UUID]) -> Sequence[Sensor]:
    """The sensors of machines by code, also those that are out of use."""
    query = select(Sensor).where(own(Sensor, work), Sensor.machine_id.in_(machine_ids))
    return (await work.session.scalars(query.order_by(Sensor.machine_id, Sensor.code))).all()


async def sensor(work: Work, machine_id: UUID, sensor_id: UUID, *, locked: bool = False) -> Sensor | None:
    """One sensor of a machine."""
    query = select(Sensor).where(own(Sensor, work), Sensor.machine_id == machine_id, Sensor.id == sensor_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def statuses(work: Work, sensor_ids: Collection[UUID]) -> dict[UUID, SensorStatus]:
    """What sensors said last, by their ids, read afresh."""
    query = select(SensorStatus).where(own(SensorStatus, work), SensorStatus.sensor_id.in_(sensor_ids))
    fresh = query.execution_options(populate_existing=True)
    return {row.sensor_id: row for row in await work.session.scalars(fresh)}


async def events(work: Work, machine_id: UUID, before: UUID | None, limit: int) -> Sequence[MachineEvent]:
    """What happened to a machine, the newest first, from behind one of these."""
    last = await work.session.get(MachineEvent, (work.workspace_id, before)) if before is not None else None
    query = select(MachineEvent).where(own(MachineEvent, work), MachineEvent.machine_id == machine_id)
    place = None if last is None else (last.at, last.id)
    return (await work.session.scalars(part(query, [MachineEvent.at, MachineEvent.id], place, limit, falls=True))).all()
