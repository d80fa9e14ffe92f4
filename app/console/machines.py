"""Machines: the plant at a glance, and one machine with what it says now, how it is, why, and what was done to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from app.console import deeds, filters, forms, machine_models
from app.console.catalogue import MACHINES
from app.console.rendering import Drawn, Speech, drawn, page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.charts import Chart, Limit
from core.charts import Series as Line
from core.work import Work, open_work
from domain.emissions import instant
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import Instant
from domain.machines import risk, series, words
from domain.machines import service as machines
from domain.machines.kinds import MachineEventKind, MachineState, ModelKind, RiskLevel
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import (
    BaselineView,
    MachineEventView,
    MachineView,
    NewBaseline,
    NewMachine,
    NewMachineEvent,
    NewSensor,
    NewSite,
    Point,
    Reason,
    SensorView,
    Series,
    SiteView,
)

router = APIRouter(prefix="/console/@{workspace}/machines")

Reader = Annotated[Visit, may(MACHINES.permission)]
Keeper = Annotated[Visit, may(MachinesPermission.OPERATE)]
Writer = Annotated[Visit, may(MachinesPermission.WRITE)]

RISK_TONES: Final = {RiskLevel.LOW: "good", RiskLevel.ELEVATED: "warn", RiskLevel.HIGH: "bad", RiskLevel.UNKNOWN: ""}
STATE_TONES: Final = {MachineState.RUNNING: "good", MachineState.DEGRADED: "warn", MachineState.FAILED: "bad"}
SPANS: Final = {"1": timedelta(hours=1), "24": timedelta(hours=24), "168": timedelta(days=7), "720": timedelta(days=30)}
_POINTS: Final = 240
"""A chart has no more points than a screen shows."""

_RECENT: Final = 8
_MAP: Final = (640.0, 260.0, 48.0)
"""Width, height and margin of the map of sites."""


class _Hours(BaseModel):
    """The last hours, of which a baseline is made."""

    hours: int = Field(24, ge=2, le=720)


@dataclass(frozen=True, slots=True)
class Spot:
    """A site on the map, and the worst risk of a machine there."""

    site: SiteView
    x: float
    y: float
    tone: str


@router.get("")
async def show(
    request: Request,
    visit: Reader,
    paging: Paged,
    search: filters.Words = "",
    state: filters.Word = "",
    site: filters.Word = "",
) -> Response:
    """Show the plant: its sites on a map, and its machines by code with how each is."""
    after = UUID(paging.place) if paging.place else None
    chosen = filters.chosen(MachineState, state)
    async with open_work(visit.principal) as work:
        found = await machines.list_machines(
            work, search=search or None, state=chosen, site_id=filters.identified(site), after=after, limit=paging.limit
        )
        risks = await risk.of_machines(work, [each.id for each in found.items])
        sites = await machines.list_sites(work)
        worst = _worst(found.items, {each: view.level for each, view in risks.items()})
    return page(
        request,
        "machines.html",
        visit,
        current=MACHINES,
        paged=paging.page(found.items, str(found.next_cursor) if found.next_cursor else None),
        risks=risks,
        reasons={each: _why(visit, view.reasons[0]) for each, view in risks.items() if view.reasons},
        sites={each.id: each for each in sites},
        spots=_spots([each for each in sites if each.is_active], worst),
        frame=_MAP,
        states=list(MachineState),
        chosen=chosen,
        site=filters.identified(site),
        search=search,
        query=filters.query({"search": search, "state": state, "site": site}),
        is_first=paging.place is None,
        risk_tones=RISK_TONES,
        state_tones=STATE_TONES,
        may_write=visit.principal.may(MachinesPermission.WRITE),
    )


def _worst(items: Sequence[MachineView], levels: dict[UUID, RiskLevel]) -> dict[UUID, str]:
    order = list(RISK_TONES)
    tones: dict[UUID, str] = {}
    for level in sorted(order, key=[RiskLevel.UNKNOWN, RiskLevel.LOW, RiskLevel.ELEVATED, RiskLevel.HIGH].index):
        tones |= {each.site_id: RISK_TONES[level] for each in items if levels[each.id] is level}
    return tones


def _spots(sites: Sequence[SiteView], tones: dict[UUID, str]) -> list[Spot]:
    """Sites where they lie to one another: north is up, and the map is as large as they are apart."""
    placed = [
        (each, each.latitude, each.longitude) for each in sites if each.latitude is not None and each.longitude is not None
    ]
    if not placed:
        return []
    width, height, margin = _MAP
    south, north = min(lat for _, lat, _ in placed), max(lat for _, lat, _ in placed)
    west, east = min(long for _, _, long in placed), max(long for _, _, long in placed)
    scale = min((width - 2 * margin) / max(east - west, 0.01), (height - 2 * margin) / max(north - south, 0.01))
    left, top = (width - (east - west) * scale) / 2, (height - (north - south) * scale) / 2
    return [
        Spot(each, round(left + (long - west) * scale, 1), round(top + (north - lat) * scale, 1), tones.get(each.id, ""))
        for each, lat, long in placed
    ]


def _why(visit: Visit, reason: Reason) -> str:
    return words.said(reason, visit.manners.language, visit.workspace.country)


@router.post("/sites")
async def create_site(request: Request, visit: Writer) -> Response:
    """Open a site."""
    command = await forms.part(request, NewSite)
    await deeds.once(request, visit, SiteView, lambda work: machines.create_site(work, command))
    return RedirectResponse(visit.at("machines"), 303)


@router.post("")
async def create(request: Request, visit: Writer) -> Response:
    """Register a machine."""
    command = await forms.part(request, NewMachine)
    made = await deeds.once(request, visit, MachineView, lambda work: machines.create_machine(work, command))
    return RedirectResponse(visit.at(f"machines/{made.id}"), 303)


@router.get("/{machine_id}")
async def show_machine(
    request: Request,
    visit: Reader,
    machine_id: UUID,
    sensor: filters.Word = "",
    hours: filters.Word = "24",
    said: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show a machine: its signals now and over time, how it is and why, its history, and what was done to it."""
    async with open_work(visit.principal) as work:
        machine = await machines.get_machine(work, machine_id)
        signals = await machines.signals(work, machine_id)
        view = await risk.of_machine(work, machine_id)
        events = (await machines.list_events(work, machine_id, limit=_RECENT)).items
        history = (await risk.predictions(work, machine_id, limit=_RECENT)).items
        baselines = await risk.baselines(work, machine_id)
        models = await machine_models.of_machine(visit, work, machine)
        chosen = next((each.sensor for each in signals if each.sensor.code == sensor), signals[0].sensor if signals else None)
        span = SPANS.get(hours, SPANS["24"])
        found = await _read(work, chosen, span) if chosen is not None else None
        emits = await _emits(visit, work, machine_id)
        now = work.system_time
    return page(
        request,
        "machine.html",
        visit,
        current=MACHINES,
        machine=machine,
        signals=signals,
        emits=emits,
        figure=words.figure,
        view=view,
        reasons=[(reason, _why(visit, reason)) for reason in view.reasons],
        events=events,
        history=[(each, [_why(visit, reason) for reason in each.reasons]) for each in history],
        baselines=baselines,
        models=models,
        foretold=machine_models.foretold(visit, view),
        model_kinds=list(ModelKind),
        sensor=chosen,
        hours=hours if hours in SPANS else "24",
        spans=list(SPANS),
        chart=_drawn(visit, chosen, found) if chosen is not None and found is not None and found.points else None,
        kinds=list(MachineEventKind),
        now=now,
        said=said,
        risk_tones=RISK_TONES,
        state_tones=STATE_TONES,
        may_note=visit.principal.may(MachinesPermission.OPERATE),
        may_write=visit.principal.may(MachinesPermission.WRITE),
    )


async def _read(work: Work, sensor: SensorView, span: timedelta) -> Series:
    until = work.system_time
    return await series.read(work, sensor.machine_id, sensor.id, until - span, until)


def _drawn(visit: Visit, sensor: SensorView, found: Series) -> Drawn:
    say = Speech(visit.manners.language)
    zone = ZoneInfo(visit.workspace.timezone)
    step = max(1, -(-len(found.points) // _POINTS))
    points = [_together(found.points[start : start + step]) for start in range(0, len(found.points), step)]
    form = "HH:mm" if found.until - found.since <= timedelta(days=1) else "d MMM HH:mm"
    known = [point.mean for point in points if point.mean is not None]

    def number(value: float) -> str:
        return f"{say.number(words.figure(value), visit.workspace.country)} {sensor.unit}"

    bad = {"alarm_low": sensor.alarm_low, "alarm_high": sensor.alarm_high}
    warn = {"warn_low": sensor.warn_low, "warn_high": sensor.warn_high}
    limits = [Limit(say(f"machine.{name}"), value, "bad") for name, value in bad.items() if value is not None]
    limits += [Limit(say(f"machine.{name}"), value, "warn") for name, value in warn.items() if value is not None]
    summary = say("machine.chart", low=number(min(known)), high=number(max(known)), last=number(known[-1])) if known else ""
    chart = Chart(
        title=f"{sensor.name} ({sensor.unit})",
        summary=summary,
        labels=[say.moment(point.at, str(zone), form) for point in points],
        series=[Line(sensor.name, [point.mean for point in points])],
        said=number,
        limits=limits,
    )
    return drawn(chart)


def _together(points: Sequence[Point]) -> Point:
    """Several points as one: the mean of all their readings; a gap where none has any."""
    known = [each for each in points if each.count]
    count = sum(each.count for each in known)
    mean = sum((each.mean or 0.0) * each.count for each in known) / count if count else None
    return Point(at=points[0].at, count=count, mean=mean, low=None, high=None)


async def _emits(visit: Visit, work: Work, machine_id: UUID) -> list[Instant]:
    """What a machine emits at this moment, for whoever may know it."""
    if not visit.principal.may(EmissionsPermission.READ):
        return []
    return [one for one in await instant.of_machines(work, [machine_id]) if one.co2e is not None]


@router.get("/{machine_id}/signals")
async def show_signals(request: Request, visit: Reader, machine_id: UUID) -> Response:
    """What the sensors say now: the part of the page that is asked for again and again."""
    async with open_work(visit.principal) as work:
        machine = await machines.get_machine(work, machine_id)
        signals = await machines.signals(work, machine_id)
        emits = await _emits(visit, work, machine_id)
    return page(request, "_signals.html", visit, machine=machine, signals=signals, figure=words.figure, emits=emits)


@router.post("/{machine_id}/sensors")
async def create_sensor(request: Request, visit: Writer, machine_id: UUID) -> Response:
    """Register a sensor; its limits stand in the form as fields of their own."""
    form = await request.form()
    names = ("low", "warn_low", "warn_high", "alarm_low", "alarm_high", "high")
    limits = {name: str(form[name]) for name in names if form.get(name)}
    command = await forms.part(request, NewSensor, limits=limits)
    await deeds.once(request, visit, SensorView, lambda work: machines.create_sensor(work, machine_id, command))
    return RedirectResponse(visit.at(f"machines/{machine_id}?said=saved"), 303)


@router.post("/{machine_id}/events")
async def note_event(request: Request, visit: Keeper, machine_id: UUID) -> Response:
    """Note what happened to a machine, or what was done to it."""
    command = await forms.part(request, NewMachineEvent)
    await deeds.once(request, visit, MachineEventView, lambda work: machines.note_event(work, machine_id, command))
    return RedirectResponse(visit.at(f"machines/{machine_id}?said=saved"), 303)


@router.post("/{machine_id}/baselines")
async def offer_baseline(request: Request, visit: Writer, machine_id: UUID) -> Response:
    """Offer the last hours, in which the machine was well."""
    hours = (await forms.part(request, _Hours)).hours

    async def act(work: Work) -> BaselineView:
        until = work.system_time
        return await risk.offer_baseline(work, machine_id, NewBaseline(since=until - timedelta(hours=hours), until=until))

    await deeds.once(request, visit, BaselineView, act)
    return RedirectResponse(visit.at(f"machines/{machine_id}?said=saved"), 303)


@router.post("/{machine_id}/baselines/{baseline_id}/promote")
async def promote_baseline(request: Request, visit: Writer, machine_id: UUID, baseline_id: UUID) -> Response:
    """Compare the machine with a span from now on."""
    await deeds.once(request, visit, BaselineView, lambda work: risk.promote_baseline(work, machine_id, baseline_id))
    return RedirectResponse(visit.at(f"machines/{machine_id}?said=saved"), 303)
