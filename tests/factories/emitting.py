"""Sources of emissions for tests, and what they used."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.access import Principal
from core.work import open_work
from domain.emissions import recording, service, totals
from domain.emissions.kinds import Grouping, SourceKind
from domain.emissions.schemas import NewEmissionSource, NewRecord, RecordView, Totals

YEAR = (date(2025, 1, 1), date(2025, 12, 31))


async def make_source(workspace_id: UUID, name: str, activity: str, unit: str, **more: Any) -> UUID:
    """A source of which amounts are typed in."""
    command = NewEmissionSource(name=name, activity=activity, unit=unit, **{"kind": SourceKind.MANUAL, "country": "MX"} | more)
    async with open_work(Principal.system(workspace_id)) as work:
        return (await service.create_source(work, command)).id


async def use(
    workspace_id: UUID, source_id: UUID, amount: str | Decimal, days: tuple[date, date] = YEAR, **more: Any
) -> RecordView:
    """Record an amount."""
    command = NewRecord(first_day=days[0], last_day=days[1], amount=Decimal(amount), **more)
    async with open_work(Principal.system(workspace_id)) as work:
        return await recording.add(work, source_id, command)


async def total(
    workspace_id: UUID,
    by: Grouping = Grouping.SCOPE,
    days: tuple[date, date] = YEAR,
    site_id: UUID | None = None,
    machine_id: UUID | None = None,
) -> Totals:
    """What a workspace emitted."""
    async with open_work(Principal.system(workspace_id)) as work:
        return await totals.of(work, *days, by, site_id=site_id, machine_id=machine_id)
