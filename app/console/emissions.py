"""Emissions: what a period comes to by scope and month, what is told of sources, factors by name, and reports."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms
from app.console.catalogue import EMISSIONS
from app.console.rendering import Drawn, Speech, drawn, page
from app.console.visits import Visit, may
from app.web.api.emissions import get_report_file
from core import charts, messages
from core.charts import Chart, Series
from core.work import Work, open_work
from domain.emissions import instant, outlook, recording, reports, totals
from domain.emissions import service as emissions
from domain.emissions.kinds import Grouping, Meaning, ReportFormat, ReportLanguage, SourceKind
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import (
    POTENTIALS,
    EmissionSourceView,
    FactorView,
    NewEmissionFactor,
    NewEmissionSource,
    NewRecord,
    NewReport,
    Outlook,
    Period,
    Recalculate,
    Recalculated,
    RecordView,
    ReportView,
    Totals,
    Withdraw,
)
from domain.machines import service as machines
from domain.machines import words
from domain.machines.permissions import MachinesPermission

router = APIRouter(prefix="/console/@{workspace}/emissions")

Reader = Annotated[Visit, may(EMISSIONS.permission)]
Writer = Annotated[Visit, may(EmissionsPermission.WRITE)]
Manager = Annotated[Visit, may(EmissionsPermission.MANAGE)]

_RECENT: Final = 20
_TYPED: Final = (SourceKind.MANUAL, SourceKind.METER)


@router.get("")
async def show(
    request: Request,
    visit: Reader,
    year: filters.Word = "",
    by: filters.Word = "",
    factor: filters.Words = "",
    said: filters.Word = "",
) -> Response:
    """Show a year: totals by scope, by month and by what is chosen; sources, the newest records, factors and reports."""
    grouping = filters.chosen(Grouping, by) or Grouping.SOURCE
    async with open_work(visit.principal) as work:
        today = work.now.astimezone(visit.workspace.zone).date()
        of = int(year) if year.isascii() and year.isdigit() and 1990 <= int(year) <= today.year else today.year
        first, last = date(of, 1, 1), date(of, 12, 31)
        whole = await totals.of(work, first, last)
        months = await totals.of(work, first, last, Grouping.MONTH)
        parts = await totals.of(work, first, last, grouping)
        sources, _ = await emissions.list_sources(work, is_active=True, limit=emissions.MOST_ITEMS)
        records, _ = await recording.list_records(work, first=first, last=last, limit=_RECENT)
        told_of = await emissions.get_sources(work, {one.source_id for one in records})
        known, _ = await emissions.list_factors(work, search=factor, limit=_RECENT) if factor else ([], None)
        made, _ = await reports.list_reports(work, limit=_RECENT)
        now = await instant.of_machines(work)
        ahead = await outlook.of_year(work) if of == today.year else None
        choices = await _choices(visit, work, sources)

    def word(key: str) -> str:
        return messages.text(f"emissions.{key}", visit.manners.language)

    return page(
        request,
        "emissions.html",
        visit,
        current=EMISSIONS,
        year=of,
        years=range(today.year, today.year - 6, -1),
        first=first,
        last=min(last, today),
        whole=whole,
        parts=parts,
        groupings=[each for each in Grouping if each is not Grouping.SCOPE],
        chart=_drawn(visit, months, word, ahead) if months.rows else None,
        now=now,
        ahead=ahead,
        today=today,
        sources=told_of,
        records=records,
        factor=factor,
        factors=known,
        reports=made,
        word=word,
        tonnes=_tonnes,
        figure=words.figure,
        tenth=Decimal("0.1"),
        said=said,
        may_write=visit.principal.may(EmissionsPermission.WRITE),
        may_manage=visit.principal.may(EmissionsPermission.MANAGE),
        choices=choices,
    )


async def _choices(visit: Visit, work: Work, sources: Sequence[EmissionSourceView]) -> dict[str, list[tuple[object, str]]]:
    """What the forms of the page let somebody choose among."""
    say = Speech(visit.manners.language)
    found: dict[str, list[tuple[object, str]]] = {
        "kinds": [(each.value, say(f"emissions.kind.{each}")) for each in _TYPED],
        "typed": [(one.id, f"{one.name} ({one.unit})") for one in sources if one.kind in _TYPED],
        "collected": [(one.id, one.name) for one in sources if one.kind in recording.COLLECTED],
        "meanings": [(each.value, say(f"emissions.meaning.{each}")) for each in Meaning],
        "potentials": [(each.value, each.value) for each in POTENTIALS],
        "formats": [(each.value, each.value.upper()) for each in ReportFormat],
        "languages": [(each.value, each.value.upper()) for each in ReportLanguage],
        "machines": [],
        "sensors": [],
    }
    if visit.principal.may(EmissionsPermission.WRITE) and visit.principal.may(MachinesPermission.READ):
        every = {one.id: one for one in (await machines.list_machines(work, is_active=True, limit=machines.MOST_ITEMS)).items}
        found["machines"] = [(one.id, f"{one.code} {one.name}") for one in every.values()]
        found["sensors"] = [
            (one.id, f"{every[one.machine_id].code}: {one.name} ({one.unit})") for one in await machines.sensors_of(work, every)
        ]
    return found


def _tonnes(kilograms: Decimal) -> Decimal:
    return (kilograms / 1_000).quantize(Decimal("0.001"))


def _drawn(visit: Visit, months: Totals, word: Callable[[str], str], ahead: Outlook | None) -> Drawn:
    """The months of the year that have any, a set of bars for each scope, and what is expected of the months to come."""
    say = Speech(visit.manners.language)
    guesses = {
        f"{one.month:%Y-%m}": float(_tonnes(one.expected))
        for one in (ahead.months if ahead is not None else ())
        if one.expected is not None
    }
    keys = sorted({row.key or "" for row in months.rows} | guesses.keys())
    values = {(row.key, row.scope): float(_tonnes(row.co2e)) for row in months.rows}
    chart = Chart(
        title=word("by.month"),
        summary=word("chart"),
        labels=keys,
        series=[
            Series(word(f"scope.{scope}"), [values.get((key, scope), 0.0) for key in keys])
            for scope in sorted({row.scope for row in months.rows})
        ]
        + ([Series(say("emissions.expected"), [guesses.get(key, 0.0) for key in keys])] if guesses else []),
        said=lambda value: f"{say.number(Decimal(f'{value:.4g}'), visit.workspace.country)} t",
    )
    return drawn(chart, charts.bars)


@router.post("/sources")
async def create_source(request: Request, visit: Writer) -> Response:
    """Tell of a source."""
    command = await forms.part(request, NewEmissionSource)
    await deeds.once(request, visit, EmissionSourceView, lambda work: emissions.create_source(work, command))
    return RedirectResponse(visit.at("emissions?said=saved"), 303)


@router.post("/measured")
async def create_measured(request: Request, visit: Writer) -> Response:
    """Tell of a source that a sensor measures."""
    chosen = filters.identified(str((await request.form()).get("sensor_id", ""))) or UUID(int=0)
    async with open_work(visit.principal) as work:
        sensor = await machines.find_sensor(work, chosen)
    command = await forms.part(request, NewEmissionSource, kind=SourceKind.TELEMETRY, machine_id=sensor.machine_id)
    await deeds.once(request, visit, EmissionSourceView, lambda work: emissions.create_source(work, command))
    return RedirectResponse(visit.at("emissions?said=saved"), 303)


@router.post("/collected")
async def collect(request: Request, visit: Writer) -> Response:
    """Add up the readings or purchases of a source over some days."""
    source = filters.identified(str((await request.form()).get("source_id", ""))) or UUID(int=0)
    command = await forms.part(request, Period)
    await deeds.once(request, visit, RecordView, lambda work: recording.collect(work, source, command))
    return RedirectResponse(visit.at(f"emissions?said=saved&year={command.first_day.year}"), 303)


@router.post("/records/{record_id}/withdraw")
async def withdraw(request: Request, visit: Writer, record_id: UUID) -> Response:
    """Let a record count no more."""
    reason = (await forms.part(request, Withdraw)).reason
    done = await deeds.once(request, visit, RecordView, lambda work: recording.withdraw(work, record_id, reason))
    return RedirectResponse(visit.at(f"emissions?said=withdrawn&year={done.first_day.year}"), 303)


@router.post("/factors")
async def add_factor(request: Request, visit: Manager) -> Response:
    """Add a factor of the workspace's own, as CO2e."""
    command = await forms.part(request, NewEmissionFactor)
    await deeds.once(request, visit, FactorView, lambda work: emissions.add_factor(work, command))
    return RedirectResponse(visit.at("emissions?said=saved"), 303)


@router.post("/calculated")
async def recalculate(request: Request, visit: Manager) -> Response:
    """Calculate everything anew."""
    command = await forms.part(request, Recalculate)
    await deeds.once(request, visit, Recalculated, lambda work: recording.recalculate(work, command))
    return RedirectResponse(visit.at("emissions?said=calculated"), 303)


@router.post("/records")
async def add_record(request: Request, visit: Writer) -> Response:
    """Record how much a source used."""
    source = filters.identified(str((await request.form()).get("source_id", ""))) or UUID(int=0)
    command = await forms.part(request, NewRecord)
    await deeds.once(request, visit, RecordView, lambda work: recording.add(work, source, command))
    return RedirectResponse(visit.at(f"emissions?said=saved&year={command.first_day.year}"), 303)


@router.post("/reports")
async def ask_for_report(request: Request, visit: Writer) -> Response:
    """Have a report made."""
    command = await forms.part(request, NewReport)
    await deeds.once(request, visit, ReportView, lambda work: reports.ask(work, command))
    return RedirectResponse(visit.at("emissions?said=asked"), 303)


@router.get("/reports/{report_id}")
async def get_report(request: Request, visit: Reader, report_id: UUID) -> Response:
    """Download a report."""
    return await get_report_file(visit.principal, request, report_id)
