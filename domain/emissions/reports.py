"""Reports: wanted by somebody, made by a worker out of what was kept at that moment, and stored as files."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core import events, outbox
from core.access import Principal
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.emissions import _content as content
from domain.emissions import repository
from domain.emissions.errors import EmissionReportNotFound
from domain.emissions.kinds import ReportFormat, ReportLanguage, ReportStatus
from domain.emissions.models import EmissionReport
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import InventoryView, NewReport, ReportView
from domain.emissions.service import MOST_ITEMS
from domain.machines import service as machines

JOB: Final = "emission.report"
PATIENCE: Final = timedelta(minutes=3)
MOST_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class ToMake:
    """What a report says, and the file that it is to become."""

    content: content.Content
    format: ReportFormat
    language: ReportLanguage
    at: datetime


async def ask(work: Work, command: NewReport) -> ReportView:
    """Have a report made of what is known now; raises SiteNotFound and PeriodRefused."""
    work.require(EmissionsPermission.WRITE)
    system = work.acting_for(Principal.system(work.workspace_id))
    workspace = await accounts.get_workspace(system)
    site = await machines.get_site(system, command.site_id) if command.site_id is not None else None
    # Alone: while the parts are read nothing is added, withdrawn or calculated, so they agree with one another.
    inventory = InventoryView.model_validate(await repository.inventory(work, lock=True))
    said = await content.gather(
        work,
        command,
        workspace=workspace.name,
        country=workspace.country,
        site=site.name if site else None,
        inventory=inventory,
        before=await repository.report_before(work, command.first_day, command.last_day, command.site_id),
    )
    row = EmissionReport(
        workspace_id=work.workspace_id,
        id=new_id(),
        **command.model_dump(),
        content=said.model_dump(mode="json"),
        status=ReportStatus.PENDING,
        asked_by=work.principal.id,
        attempts=0,
        next_try_at=work.system_time + PATIENCE,
    )
    work.session.add(row)
    await work.session.flush()
    events.record(work, EventType.EMISSION_REPORT_REQUESTED, subject=row.id, after=command.model_dump(mode="json"))
    outbox.enqueue(work, JOB, report_id=row.id)
    await work.session.refresh(row)
    return ReportView.model_validate(row)


async def list_reports(work: Work, before: UUID | None = None, limit: int = 20) -> tuple[list[ReportView], UUID | None]:
    """Reports, the newest first, and the place of the next page."""
    work.require(EmissionsPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.reports(work, before, limit + 1)
    views = [ReportView.model_validate(row) for row in rows[:limit]]
    return views, views[-1].id if len(rows) > limit else None


async def get(work: Work, report_id: UUID) -> ReportView:
    """One report; raises EmissionReportNotFound."""
    work.require(EmissionsPermission.READ)
    row = await repository.report(work, report_id)
    if row is None:
        raise EmissionReportNotFound
    return ReportView.model_validate(row)


async def take(work: Work, report_id: UUID) -> ToMake | None:
    """What is to be made, None if it is over. One that many workers died of fails for good."""
    work.require_runtime()
    row = await repository.report(work, report_id, locked=True)
    if row is None or row.status is not ReportStatus.PENDING:
        return None
    if row.attempts >= MOST_ATTEMPTS:
        row.status = ReportStatus.FAILED
        return None
    row.attempts += 1
    row.next_try_at = work.system_time + PATIENCE
    said = content.Content.model_validate(row.content)
    return ToMake(said, row.format, row.language, said.scopes.as_of)


async def finish(work: Work, report_id: UUID, sha256: str) -> None:
    """Keep the file of a report."""
    work.require_runtime()
    row = await repository.report(work, report_id, locked=True)
    if row is not None and row.status is ReportStatus.PENDING:
        row.status, row.sha256 = ReportStatus.DONE, sha256
