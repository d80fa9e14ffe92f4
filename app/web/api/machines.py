"""Machines: sites, machines and sensors, what happened to them, and what was measured."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import AwareDatetime

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.machines import intake, risk, series
from domain.machines import service as machines
from domain.machines.intake_schemas import QuarantineView, ReleaseView
from domain.machines.kinds import MachineState, RollupLevel, Verdict
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import (
    BaselineView,
    ChangeMachine,
    ChangeSensor,
    ChangeSite,
    ConditionView,
    MachineEventView,
    MachineView,
    NewBaseline,
    NewMachine,
    NewMachineEvent,
    NewSensor,
    NewSite,
    RiskView,
    SensorView,
    Series,
    Signal,
    SiteView,
)

router = noun("machines")

Reader = Annotated[Principal, may(MachinesPermission.READ)]
Writer = Annotated[Write, may_write(MachinesPermission.WRITE)]
Keeper = Annotated[Write, may_write(MachinesPermission.OPERATE)]


@router.get("/sites")
async def list_sites(caller: Reader) -> Page[SiteView]:
    """List the sites by name."""
    async with open_work(caller) as work:
        return Page(data=await machines.list_sites(work), has_more=False, next_cursor=None)


@router.post("/sites", status_code=201)
async def create_site(write: Writer, body: NewSite, response: Response) -> SiteView:
    """Open a site."""
    made = await write.once(SiteView, lambda work: machines.create_site(work, body))
    tell(response, made.version)
    return made


@router.get("/sites/{site_id}")
async def get_site(caller: Reader, site_id: UUID, response: Response) -> SiteView:
    """Show a site."""
    async with open_work(caller) as work:
        found = await machines.get_site(work, site_id)
    tell(response, found.version)
    return found


@router.patch("/sites/{site_id}")
async def change_site(write: Writer, seen: SeenVersion, site_id: UUID, body: ChangeSite, response: Response) -> SiteView:
    """Change a site; only what is said is changed."""
    changed = await write.once(SiteView, lambda work: machines.change_site(work, site_id, body, seen))
    tell(response, changed.version)
    return changed


@router.get("/machines")
async def list_(
    caller: Reader,
    paging: Paged,
    search: Annotated[str | None, Query(max_length=100, description="Part of a code or a name.")] = None,
    site_id: UUID | None = None,
    state: MachineState | None = None,
    is_active: bool | None = None,
) -> Page[MachineView]:
    """List machines by code."""
    async with open_work(caller) as work:
        found = await machines.list_machines(
            work, search=search, site_id=site_id, state=state, is_active=is_active, after=paging.id, limit=paging.limit
        )
    return paging.page(found.items, found.next_cursor)


@router.post("/machines", status_code=201)
async def create(write: Writer, body: NewMachine, response: Response) -> MachineView:
    """Register a machine."""
    made = await write.once(MachineView, lambda work: machines.create_machine(work, body))
    tell(response, made.version)
    return made


@router.get("/machines/{machine_id}")
async def get(caller: Reader, machine_id: UUID, response: Response) -> MachineView:
    """Show a machine."""
    async with open_work(caller) as work:
        found = await machines.get_machine(work, machine_id)
    tell(response, found.version)
    return found


@router.patch("/machines/{machine_id}")
async def change(write: Writer, seen: SeenVersion, machine_id: UUID, body: ChangeMachine, response: Response) -> MachineView:
    """Change a machine; only what is said is changed."""
    changed = await write.once(MachineView, lambda work: machines.change_machine(work, machine_id, body, seen))
    tell(response, changed.version)
    return changed


@router.get("/machines/{machine_id}/sensors")
async def list_sensors(caller: Reader, machine_id: UUID) -> Page[SensorView]:
    """List the sensors of a machine by code."""
    async with open_work(caller) as work:
        return Page(data=await machines.list_sensors(work, machine_id), has_more=False, next_cursor=None)


@router.post("/machines/{machine_id}/sensors", status_code=201)
async def create_sensor(write: Writer, machine_id: UUID, body: NewSensor, response: Response) -> SensorView:
    """Register a sensor."""
    made = await write.once(SensorView, lambda work: machines.create_sensor(work, machine_id, body))
    tell(response, made.version)
    return made


@router.get("/machines/{machine_id}/sensors/{sensor_id}")
async def get_sensor(caller: Reader, machine_id: UUID, sensor_id: UUID, response: Response) -> SensorView:
    """Show a sensor."""
    async with open_work(caller) as work:
        found = await machines.get_sensor(work, machine_id, sensor_id)
    tell(response, found.version)
    return found


@router.patch("/machines/{machine_id}/sensors/{sensor_id}")
async def change_sensor(
    write: Writer, seen: SeenVersion, machine_id: UUID, sensor_id: UUID, body: ChangeSensor, response: Response
) -> SensorView:
    """Change a sensor; its limits are given whole."""
    changed = await write.once(SensorView, lambda work: machines.change_sensor(work, machine_id, sensor_id, body, seen))
    tell(response, changed.version)
    return changed


@router.get("/machines/{machine_id}/events")
async def list_events(caller: Reader, machine_id: UUID, paging: Paged) -> Page[MachineEventView]:
    """List what happened to a machine, the newest first."""
    async with open_work(caller) as work:
        found = await machines.list_events(work, machine_id, before=paging.id, limit=paging.limit)
    return paging.page(found.items, found.next_cursor)


@router.post("/machines/{machine_id}/events", status_code=201)
async def note_event(write: Keeper, machine_id: UUID, body: NewMachineEvent) -> MachineEventView:
    """Note what happened to a machine, or what was done to it."""
    return await write.once(MachineEventView, lambda work: machines.note_event(work, machine_id, body))


@router.get("/machines/{machine_id}/signals")
async def signals(caller: Reader, machine_id: UUID) -> Page[Signal]:
    """Show what each sensor of a machine said last."""
    async with open_work(caller) as work:
        return Page(data=await machines.signals(work, machine_id), has_more=False, next_cursor=None)


@router.get("/machines/{machine_id}/sensors/{sensor_id}/series")
async def get_series(
    caller: Reader,
    machine_id: UUID,
    sensor_id: UUID,
    since: AwareDatetime,
    until: AwareDatetime,
    level: Annotated[RollupLevel | None, Query(description="The finest that there is room for, unless it is said.")] = None,
) -> Series:
    """Show what a sensor said in a span; where it said nothing, a point of no readings stands."""
    async with open_work(caller) as work:
        return await series.read(work, machine_id, sensor_id, since, until, level)


@router.get("/machines/{machine_id}/risk")
async def get_risk(caller: Reader, machine_id: UUID) -> RiskView:
    """Show how a machine is, since when, and why."""
    async with open_work(caller) as work:
        return await risk.of_machine(work, machine_id)


@router.get("/machines/{machine_id}/predictions")
async def list_predictions(caller: Reader, machine_id: UUID, paging: Paged) -> Page[RiskView]:
    """List how a machine was judged, the newest first; each holds until the next."""
    async with open_work(caller) as work:
        found = await risk.predictions(work, machine_id, before=paging.id, limit=paging.limit)
    return paging.page(found.items, found.next_cursor)


@router.get("/machines/{machine_id}/baselines")
async def list_baselines(caller: Reader, machine_id: UUID) -> Page[BaselineView]:
    """List the spans with which a machine was or may be compared, the newest first."""
    async with open_work(caller) as work:
        return Page(data=await risk.baselines(work, machine_id), has_more=False, next_cursor=None)


@router.post("/machines/{machine_id}/baselines", status_code=201)
async def offer_baseline(write: Writer, machine_id: UUID, body: NewBaseline) -> BaselineView:
    """Offer a span in which a machine was well."""
    return await write.once(BaselineView, lambda work: risk.offer_baseline(work, machine_id, body))


@router.post("/machines/{machine_id}/baselines/{baseline_id}/promote")
async def promote_baseline(write: Writer, machine_id: UUID, baseline_id: UUID) -> BaselineView:
    """Compare a machine with a span from now on, and with no other."""
    return await write.once(BaselineView, lambda work: risk.promote_baseline(work, machine_id, baseline_id))


@router.get("/machine-conditions")
async def list_conditions(
    caller: Reader, paging: Paged, machine_id: UUID | None = None, is_open: bool | None = None
) -> Page[ConditionView]:
    """List what holds of machines or held for a while, the newest first; alerts tell people of it."""
    async with open_work(caller) as work:
        found = await risk.conditions(work, machine_id=machine_id, is_open=is_open, before=paging.id, limit=paging.limit)
    return paging.page(found.items, found.next_cursor)


@router.get("/quarantine")
async def list_quarantined(caller: Reader, paging: Paged, reason: Verdict | None = None) -> Page[QuarantineView]:
    """List readings that could not be stored, the newest first."""
    async with open_work(caller) as work:
        found = await intake.quarantined(work, reason=reason, before=paging.id, limit=paging.limit)
    return paging.page(found.items, found.next_cursor)


@router.post("/quarantine/release")
async def release(write: Keeper) -> ReleaseView:
    """Look again at readings whose sensor was unknown or has other limits now."""
    return await write.once(ReleaseView, intake.release)
