"""Emissions: sources and what they used, factors, boundaries, what all of it comes to, and reports."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.web import files
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.emissions import instant, outlook, platforms, recording, reports, totals
from domain.emissions import service as emissions
from domain.emissions.errors import EmissionReportNotFound, EvidenceNotFound
from domain.emissions.kinds import Grouping
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import (
    ChangeEmissionSource,
    ChangeInventory,
    EmissionSourceView,
    FactorView,
    Instant,
    InventoryView,
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
from domain.imports.sheets.writing import CsvFile

router = noun("emissions")

Reader = Annotated[Principal, may(EmissionsPermission.READ)]
Writer = Annotated[Write, may_write(EmissionsPermission.WRITE)]
Manager = Annotated[Write, may_write(EmissionsPermission.MANAGE)]

MOST_BYTES: Final = 10 * 1024 * 1024
"""Of an evidence file."""

WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

EVIDENCE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/emissions/inventory")
async def get_inventory(caller: Reader, response: Response) -> InventoryView:
    """Show the boundaries, and by which potentials all is calculated."""
    async with open_work(caller) as work:
        found = await emissions.get_inventory(work)
    tell(response, found.version)
    return found


@router.patch("/emissions/inventory")
async def change_inventory(write: Manager, seen: SeenVersion, body: ChangeInventory, response: Response) -> InventoryView:
    """Change the boundaries; only what is said is changed."""
    changed = await write.once(InventoryView, lambda work: emissions.change_inventory(work, body, seen))
    tell(response, changed.version)
    return changed


@router.post("/emissions/recalculate")
async def recalculate(write: Manager, body: Recalculate) -> Recalculated:
    """Calculate every record anew; older figures stay."""
    return await write.once(Recalculated, lambda work: recording.recalculate(work, body))


@router.get("/emissions/totals")
async def get_totals(
    caller: Reader,
    first_day: date,
    last_day: date,
    by: Grouping = Grouping.SCOPE,
    site_id: UUID | None = None,
    machine_id: UUID | None = None,
    variant_id: UUID | None = None,
) -> Totals:
    """Add up the emissions of a period, by scope and by what is asked for."""
    async with open_work(caller) as work:
        return await totals.of(work, first_day, last_day, by, site_id=site_id, machine_id=machine_id, variant_id=variant_id)


@router.get("/emissions/now")
async def get_now(caller: Reader, machine_id: UUID | None = None) -> Page[Instant]:
    """Tell what machines emit at this moment, by the newest readings."""
    async with open_work(caller) as work:
        found = await instant.of_machines(work, None if machine_id is None else [machine_id])
    return Page(data=found, has_more=False, next_cursor=None)


@router.get("/emissions/outlook")
async def get_outlook(caller: Reader, machine_id: UUID | None = None) -> Outlook:
    """Tell what this year comes to if it goes on."""
    async with open_work(caller) as work:
        return await outlook.of_year(work, machine_id)


@router.get(
    "/emissions/export",
    response_class=StreamingResponse,
    response_model=None,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export(caller: Reader, first_day: date, last_day: date) -> StreamingResponse:
    """Write the records of a period to a CSV, in the shape that docs/emissions.md tells for ESG platforms."""
    async with open_work(caller) as work:
        rows = await platforms.lines(work, first_day, last_day)
    sheet = CsvFile(platforms.COLUMNS)
    name = f"emissions-{first_day.isoformat()}-{last_day.isoformat()}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    return StreamingResponse(iter((sheet.head, sheet.lines(rows))), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/emissions/factors")
async def list_factors(
    caller: Reader,
    paging: Paged,
    search: Annotated[str, Query(max_length=100, description="Words of the activity, or another name of it.")] = "",
    country: Annotated[str | None, Query(pattern=r"^(?:[A-Z]{2}|\*)$")] = None,
    scope: Annotated[int | None, Query(ge=1, le=3)] = None,
    own: bool = False,
) -> Page[FactorView]:
    """List factors, the workspace's own first."""
    async with open_work(caller) as work:
        found, after = await emissions.list_factors(
            work, search=search, country=country, scope=scope, own_only=own, after=paging.number or 0, limit=paging.limit
        )
    return paging.page(found, after)


@router.post("/emissions/factors", status_code=201)
async def add_factor(write: Manager, body: NewEmissionFactor) -> FactorView:
    """Add a factor of one's own. It is never changed: a new year is a new factor."""
    return await write.once(FactorView, lambda work: emissions.add_factor(work, body))


@router.get("/emissions/factors/{factor_id}")
async def get_factor(caller: Reader, factor_id: Annotated[str, Path(max_length=200)]) -> FactorView:
    """Show a factor."""
    async with open_work(caller) as work:
        return await emissions.get_factor(work, factor_id)


@router.get("/emissions/sources")
async def list_sources(
    caller: Reader,
    paging: Paged,
    search: Annotated[str | None, Query(max_length=100, description="Part of a name.")] = None,
    is_active: bool | None = None,
) -> Page[EmissionSourceView]:
    """List sources by name."""
    async with open_work(caller) as work:
        found, next_place = await emissions.list_sources(
            work, search=search, is_active=is_active, after=paging.id, limit=paging.limit
        )
    return paging.page(found, next_place)


@router.post("/emissions/sources", status_code=201)
async def create_source(write: Writer, body: NewEmissionSource, response: Response) -> EmissionSourceView:
    """Tell of something that emits."""
    made = await write.once(EmissionSourceView, lambda work: emissions.create_source(work, body))
    tell(response, made.version)
    return made


@router.get("/emissions/sources/{source_id}")
async def get_source(caller: Reader, source_id: UUID, response: Response) -> EmissionSourceView:
    """Show a source."""
    async with open_work(caller) as work:
        found = await emissions.get_source(work, source_id)
    tell(response, found.version)
    return found


@router.patch("/emissions/sources/{source_id}")
async def change_source(
    write: Writer, seen: SeenVersion, source_id: UUID, body: ChangeEmissionSource, response: Response
) -> EmissionSourceView:
    """Change a source; only what is said is changed."""
    changed = await write.once(EmissionSourceView, lambda work: emissions.change_source(work, source_id, body, seen))
    tell(response, changed.version)
    return changed


@router.post("/emissions/sources/{source_id}/records", status_code=201)
async def add_record(write: Writer, source_id: UUID, body: NewRecord) -> RecordView:
    """Record how much a source used over some days."""
    return await write.once(RecordView, lambda work: recording.add(work, source_id, body))


@router.post("/emissions/sources/{source_id}/collect", status_code=201)
async def collect(write: Writer, source_id: UUID, body: Period) -> RecordView:
    """Add up the readings or purchases of a source over some days."""
    return await write.once(RecordView, lambda work: recording.collect(work, source_id, body))


@router.get("/emissions/records")
async def list_records(
    caller: Reader,
    paging: Paged,
    source_id: UUID | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
) -> Page[RecordView]:
    """List records, the newest first, withdrawn ones as well."""
    async with open_work(caller) as work:
        found, after = await recording.list_records(
            work, source_id=source_id, first=first_day, last=last_day, before=paging.id, limit=paging.limit
        )
    return paging.page(found, after)


@router.get("/emissions/records/{record_id}")
async def get_record(caller: Reader, record_id: UUID) -> RecordView:
    """Show a record with all its figures."""
    async with open_work(caller) as work:
        return await recording.get(work, record_id)


@router.post("/emissions/records/{record_id}/withdraw")
async def withdraw_record(write: Writer, record_id: UUID, body: Withdraw) -> RecordView:
    """Let a record count no more, and say why."""
    return await write.once(RecordView, lambda work: recording.withdraw(work, record_id, body.reason))


@router.put("/emissions/records/{record_id}/evidence", openapi_extra=EVIDENCE)
async def attach_evidence(
    write: Writer, request: Request, record_id: UUID, filename: Annotated[str, Query(min_length=1, max_length=255)]
) -> RecordView:
    """Add the file that proves a record, as the whole body; nothing replaces it."""
    content = await request.body()
    if not content:
        raise EvidenceNotFound
    key = await open_blobs(get_settings()).put(content)
    return await write.once(RecordView, lambda work: recording.attach(work, record_id, key, filename))


@router.get("/emissions/records/{record_id}/evidence", response_model=None)
async def get_evidence(caller: Reader, request: Request, record_id: UUID) -> Response:
    """Download the file that proves a record."""
    async with open_work(caller) as work:
        sha256, _ = await recording.evidence(work, record_id)
    return await files.give(request, sha256, f"evidence-{record_id}")


@router.get("/emissions/reports")
async def list_reports(caller: Reader, paging: Paged) -> Page[ReportView]:
    """List reports, the newest first."""
    async with open_work(caller) as work:
        found, after = await reports.list_reports(work, paging.id, paging.limit)
    return paging.page(found, after)


@router.post("/emissions/reports", status_code=202)
async def ask_for_report(write: Writer, body: NewReport) -> ReportView:
    """Have a report made of what is known now; a worker makes the file."""
    return await write.once(ReportView, lambda work: reports.ask(work, body))


@router.get("/emissions/reports/{report_id}")
async def get_report(caller: Reader, report_id: UUID) -> ReportView:
    """Show where a report is."""
    async with open_work(caller) as work:
        return await reports.get(work, report_id)


@router.get("/emissions/reports/{report_id}/file", response_model=None)
async def get_report_file(caller: Reader, request: Request, report_id: UUID) -> Response:
    """Download a report."""
    async with open_work(caller) as work:
        found = await reports.get(work, report_id)
    if found.sha256 is None:
        raise EmissionReportNotFound
    name = f"emissions-{found.first_day}-{found.last_day}"
    return await files.give(request, found.sha256, name, header=WORKBOOK, shown=frozenset())
