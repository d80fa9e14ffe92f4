"""Records: how much a source used. They are added or withdrawn and never changed, and what they come to is kept each time."""

import asyncio
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from core import events
from core.access import Principal
from core.db import storable
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.emissions import _figuring as figuring
from domain.emissions import collecting, repository, service
from domain.emissions.errors import (
    AmountIsCollected,
    EmissionRecordNotFound,
    EmissionSourceNotFound,
    EvidenceNotFound,
    EvidenceThere,
    PeriodRefused,
    PeriodTold,
    RecordWithdrawn,
    SourceRefused,
)
from domain.emissions.kinds import SourceKind
from domain.emissions.models import EmissionFigure, EmissionRecord, EmissionSource
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import (
    EmissionSourceView,
    FigureView,
    NewRecord,
    Period,
    Recalculate,
    Recalculated,
    RecordView,
)

COLLECTED: Final = (SourceKind.TELEMETRY, SourceKind.PURCHASES)
TOLD_ONCE: Final = (SourceKind.METER, *COLLECTED)
"""Kinds of source of which no day may be told twice."""


async def add(work: Work, source_id: UUID, command: NewRecord) -> RecordView:
    """Record an amount that somebody knows; a bill whose key is known is not added again.

    Raises EmissionSourceNotFound, AmountIsCollected, PeriodRefused and PeriodTold.
    """
    work.require(EmissionsPermission.WRITE)
    source = await _locked_source(work, source_id)
    fields = storable(command.model_dump())
    if command.key is not None and (known := await repository.keyed(work, source_id, fields["key"])) is not None:
        return (await _views(work, [known]))[0]
    if source.kind in COLLECTED:
        raise AmountIsCollected
    await _require_untold(work, source, command)
    return await _keep(work, source, EmissionRecord(**fields))


async def collect(work: Work, source_id: UUID, period: Period) -> RecordView:
    """Add up the readings or purchases of a source over some days.

    Raises EmissionSourceNotFound, AmountIsCollected, PeriodRefused, PeriodTold and NothingCollected.
    """
    work.require(EmissionsPermission.WRITE)
    source = await _locked_source(work, source_id)
    if source.kind not in COLLECTED:
        raise AmountIsCollected
    await _require_untold(work, source, period)
    found = await collecting.amount(work, EmissionSourceView.model_validate(source), period)
    row = EmissionRecord(
        first_day=period.first_day, last_day=period.last_day, amount=found.amount, coverage=found.coverage, note=found.note
    )
    return await _keep(work, source, row)


async def _locked_source(work: Work, source_id: UUID) -> EmissionSource:
    """The source, locked, so that no day of it is told twice at once."""
    source = await repository.source(work, source_id, locked=True)
    if source is None:
        raise EmissionSourceNotFound
    if not source.is_active:
        raise SourceRefused(field="is_active")
    return source


async def _require_untold(work: Work, source: EmissionSource, period: Period) -> None:
    workspace = await accounts.get_workspace(work.acting_for(Principal.system(work.workspace_id)))
    first, last = period.first_day, period.last_day
    today = work.now.astimezone(workspace.zone).date()
    if last < first or first.year != last.year or first.year < 1990 or last > today:
        raise PeriodRefused
    if source.kind in TOLD_ONCE and await repository.told(work, source.id, first, last):
        raise PeriodTold


async def _keep(work: Work, source: EmissionSource, row: EmissionRecord) -> RecordView:
    # Shared: a calculation of everything waits until this record is there, and records wait for it.
    inventory = await repository.inventory(work, lock=False)
    row.workspace_id, row.id, row.source_id = work.workspace_id, new_id(), source.id
    row.unit, row.contract, row.recorded_by = source.unit, source.contract, work.principal.id
    work.session.add(row)
    await work.session.flush()
    (figure,) = figuring.figures([(row, source)], inventory.gwp, await service.own_factors(work), inventory.calculation)
    work.session.add(figure)
    await work.session.flush()
    view = (await _views(work, [row]))[0]
    said = view.model_dump(mode="json", exclude={"figures"}) | {"co2e": None if figure.co2e is None else str(figure.co2e)}
    events.record(work, EventType.EMISSION_RECORD_ADDED, subject=row.id, after=said)
    return view


async def withdraw(work: Work, record_id: UUID, reason: str) -> RecordView:
    """Let a record count no more; it and its figures stay to be seen. Raises EmissionRecordNotFound and RecordWithdrawn."""
    work.require(EmissionsPermission.WRITE)
    await repository.inventory(work, lock=False)
    row = await repository.record(work, record_id, locked=True)
    if row is None:
        raise EmissionRecordNotFound
    if row.withdrawn_at is not None:
        raise RecordWithdrawn
    row.withdrawn_at, row.withdrawn_reason = work.now, storable(reason)
    await work.session.flush()
    events.record(work, EventType.EMISSION_RECORD_WITHDRAWN, subject=row.id, reason=row.withdrawn_reason)
    return (await _views(work, [row]))[0]


async def get(work: Work, record_id: UUID) -> RecordView:
    """One record with all its figures, the newest first; raises EmissionRecordNotFound."""
    work.require(EmissionsPermission.READ)
    row = await repository.record(work, record_id)
    if row is None:
        raise EmissionRecordNotFound
    return (await _views(work, [row]))[0]


async def attach(work: Work, record_id: UUID, sha256: str, filename: str) -> RecordView:
    """Add the file that proves a record; it is there once and for all. Raises EmissionRecordNotFound and EvidenceThere."""
    work.require(EmissionsPermission.WRITE)
    row = await repository.record(work, record_id, locked=True)
    if row is None:
        raise EmissionRecordNotFound
    if row.sha256 not in (None, sha256):
        raise EvidenceThere
    name = filename.replace("\\", "/").rpartition("/")[2]
    row.sha256, row.filename = sha256, storable("".join(c for c in name if c.isprintable() and c not in '"<>|:*?'))[-255:]
    await work.session.flush()
    after = {"filename": row.filename, "sha256": sha256}
    events.record(work, EventType.EMISSION_RECORD_PROVED, subject=row.id, after=after)
    return (await _views(work, [row]))[0]


async def evidence(work: Work, record_id: UUID) -> tuple[str, str]:
    """Digest and name of the file that proves a record; raises EmissionRecordNotFound and EvidenceNotFound."""
    work.require(EmissionsPermission.READ)
    row = await repository.record(work, record_id)
    if row is None:
        raise EmissionRecordNotFound
    if row.sha256 is None:
        raise EvidenceNotFound
    return row.sha256, row.filename or "evidence"


async def list_records(
    work: Work,
    *,
    source_id: UUID | None = None,
    first: date | None = None,
    last: date | None = None,
    before: UUID | None = None,
    limit: int = 20,
) -> tuple[list[RecordView], UUID | None]:
    """Records that touch some days, the newest first, withdrawn ones as well, and the place of the next page."""
    work.require(EmissionsPermission.READ)
    limit = max(1, min(limit, service.MOST_ITEMS))
    rows = await repository.records(work, source_id=source_id, first=first, last=last, before=before, limit=limit + 1)
    views = await _views(work, rows[:limit])
    return views, views[-1].id if len(rows) > limit else None


async def _views(work: Work, rows: Sequence[EmissionRecord]) -> list[RecordView]:
    figures = await repository.figures(work, [row.id for row in rows])
    return [_view(row, figures.get(row.id, [])) for row in rows]


def _view(row: EmissionRecord, figures: Sequence[EmissionFigure]) -> RecordView:
    fields = {name: getattr(row, name) for name in RecordView.model_fields if name != "figures"}
    return RecordView(**fields, figures=[FigureView.model_validate(one) for one in figures])


async def recalculate(work: Work, command: Recalculate) -> Recalculated:
    """Calculate every record anew, by today's factors and the potentials that are wanted; a figure that changes is added.

    All of it becomes visible at once: whoever adds up meanwhile sees what counted before.
    """
    work.require(EmissionsPermission.MANAGE)
    inventory = await repository.inventory(work, lock=True)
    gwp = command.gwp or inventory.gwp
    number = inventory.calculation + 1
    rows = await repository.standing(work)
    sources = await repository.sources_of(work, {row.source_id for row in rows})
    own, before = await service.own_factors(work), await repository.newest(work)
    pairs = [(row, sources[row.source_id]) for row in rows]
    made = await asyncio.to_thread(figuring.figures, pairs, gwp, own, number)
    changed = [one for one in made if (old := before.get(one.record_id)) is None or not figuring.is_same(one, old)]
    work.session.add_all(changed)
    inventory.gwp, inventory.calculation = gwp, number
    inventory.version += 1
    await work.session.flush()
    was = sum((before[row.id].co2e or Decimal(0) for row in rows if row.id in before), Decimal(0))
    done = Recalculated(
        calculation=number,
        gwp=gwp,
        records=len(rows),
        changed=len(changed),
        before=was,
        after=sum((one.co2e or Decimal(0) for one in made), Decimal(0)),
    )
    said = done.model_dump(mode="json")
    events.record(
        work, EventType.EMISSION_INVENTORY_CALCULATED, subject=work.workspace_id, reason=storable(command.reason), after=said
    )
    return done
