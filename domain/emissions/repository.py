"""SQL of emissions: sources, factors, records, figures and reports."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, true
from sqlalchemy.dialects.postgresql import distinct_on, insert

from core.paging import part
from core.work import Work, own
from domain.emissions.kinds import Meaning
from domain.emissions.models import EmissionFactor, EmissionFigure, EmissionRecord, EmissionReport, EmissionSource, Inventory


async def inventory(work: Work, lock: bool | None = None) -> Inventory:
    """The inventory of the workspace, made at its first use; shared with a lock False, alone with True."""
    query = select(Inventory).where(own(Inventory, work)).execution_options(populate_existing=True)
    if lock is not None:
        query = query.with_for_update(read=not lock, key_share=lock)
    found = (await work.session.scalars(query)).one_or_none()
    if found is not None:
        return found
    values = {
        "workspace_id": work.workspace_id,
        "gwp": "AR5",
        "approach": "operational_control",
        "calculation": 1,
        "version": 1,
    }
    await work.session.execute(insert(Inventory).values(values).on_conflict_do_nothing())
    return (await work.session.scalars(query)).one()


async def sources(
    work: Work, *, search: str | None, is_active: bool | None, after: EmissionSource | None, limit: int
) -> Sequence[EmissionSource]:
    """Sources by name, from behind one of them."""
    query = select(EmissionSource).where(
        own(EmissionSource, work),
        true() if is_active is None else EmissionSource.is_active.is_(is_active),
        EmissionSource.name_key.icontains(search, autoescape=True) if search else true(),
    )
    place = None if after is None else (after.name_key,)
    return (await work.session.scalars(part(query, [EmissionSource.name_key], place, limit))).all()


async def source(work: Work, source_id: UUID, *, locked: bool = False) -> EmissionSource | None:
    """One source."""
    query = select(EmissionSource).where(own(EmissionSource, work), EmissionSource.id == source_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def sources_of(work: Work, source_ids: Collection[UUID]) -> dict[UUID, EmissionSource]:
    """Sources by their ids."""
    query = select(EmissionSource).where(own(EmissionSource, work), EmissionSource.id.in_(source_ids))
    return {row.id: row for row in await work.session.scalars(query)}


async def rates(work: Work, machine_ids: Collection[UUID] | None) -> Sequence[EmissionSource]:
    """Sources in use of machines, or of all, of which a sensor measures the rate, by name."""
    query = select(EmissionSource).where(
        own(EmissionSource, work),
        EmissionSource.is_active,
        EmissionSource.meaning == Meaning.RATE,
        EmissionSource.machine_id.is_not(None) if machine_ids is None else EmissionSource.machine_id.in_(machine_ids),
    )
    return (await work.session.scalars(query.order_by(EmissionSource.name_key))).all()


async def factors(work: Work) -> Sequence[EmissionFactor]:
    """The workspace's own factors, the newest first."""
    query = select(EmissionFactor).where(own(EmissionFactor, work)).order_by(EmissionFactor.id.desc())
    return (await work.session.scalars(query)).all()


async def told(work: Work, source_id: UUID, first: date, last: date) -> bool:
    """Whether standing records of a source lie in some of the days."""
    query = select(EmissionRecord.id).where(
        own(EmissionRecord, work),
        EmissionRecord.source_id == source_id,
        EmissionRecord.withdrawn_at.is_(None),
        EmissionRecord.first_day <= last,
        EmissionRecord.last_day >= first,
    )
    return await work.session.scalar(query.limit(1)) is not None


async def keyed(work: Work, source_id: UUID, key: str) -> EmissionRecord | None:
    """The standing record of a source with a key."""
    query = select(EmissionRecord).where(
        own(EmissionRecord, work),
        EmissionRecord.source_id == source_id,
        EmissionRecord.key == key,
        EmissionRecord.withdrawn_at.is_(None),
    )
    return (await work.session.scalars(query)).one_or_none()


async def record(work: Work, record_id: UUID, *, locked: bool = False) -> EmissionRecord | None:
    """One record."""
    query = select(EmissionRecord).where(own(EmissionRecord, work), EmissionRecord.id == record_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def records(
    work: Work, *, source_id: UUID | None, first: date | None, last: date | None, before: UUID | None, limit: int
) -> Sequence[EmissionRecord]:
    """Records, the newest first, also withdrawn ones."""
    query = select(EmissionRecord).where(
        own(EmissionRecord, work),
        true() if source_id is None else EmissionRecord.source_id == source_id,
        true() if last is None else EmissionRecord.first_day <= last,
        true() if first is None else EmissionRecord.last_day >= first,
    )
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [EmissionRecord.id], place, limit, falls=True))).all()


async def standing(work: Work) -> Sequence[EmissionRecord]:
    """All records that count."""
    query = select(EmissionRecord).where(own(EmissionRecord, work), EmissionRecord.withdrawn_at.is_(None))
    return (await work.session.scalars(query.order_by(EmissionRecord.id))).all()


async def figures(work: Work, record_ids: Collection[UUID]) -> dict[UUID, list[EmissionFigure]]:
    """All figures of records, the newest first."""
    query = select(EmissionFigure).where(own(EmissionFigure, work), EmissionFigure.record_id.in_(record_ids))
    found: dict[UUID, list[EmissionFigure]] = {}
    for row in await work.session.scalars(query.order_by(EmissionFigure.calculation.desc())):
        found.setdefault(row.record_id, []).append(row)
    return found


async def newest(work: Work) -> dict[UUID, EmissionFigure]:
    """The figure that counts of each record."""
    query = (
        select(EmissionFigure)
        .where(own(EmissionFigure, work))
        .ext(distinct_on(EmissionFigure.record_id))
        .order_by(EmissionFigure.record_id, EmissionFigure.calculation.desc())
    )
    return {row.record_id: row for row in await work.session.scalars(query)}


async def spent(work: Work, supplier_id: UUID, first: date, last: date, zone: str) -> dict[str, Any]:
    """What goods of a supplier have cost that came in some days, without what was sent back, and how many arrivals that is."""
    query = text(
        """
        SELECT coalesce(sum(l.value * (l.quantity - l.rejected - l.returned) / nullif(l.quantity - l.rejected, 0)), 0) AS value,
               count(DISTINCT r.id) AS arrivals
        FROM goods_receipts r
        JOIN goods_receipt_lines l ON l.workspace_id = r.workspace_id AND l.receipt_id = r.id AND NOT l.taken_back
        WHERE r.workspace_id = :workspace AND r.supplier_id = :supplier
          AND (r.received_at AT TIME ZONE :zone)::date BETWEEN :first AND :last
        """
    )
    values = {"workspace": work.workspace_id, "supplier": supplier_id, "first": first, "last": last, "zone": zone}
    return dict((await work.session.execute(query, values)).one()._mapping)


async def reports(work: Work, before: UUID | None, limit: int) -> Sequence[EmissionReport]:
    """Reports, the newest first."""
    query = select(EmissionReport).where(own(EmissionReport, work))
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [EmissionReport.id], place, limit, falls=True))).all()


async def report(work: Work, report_id: UUID, *, locked: bool = False) -> EmissionReport | None:
    """One report."""
    query = select(EmissionReport).where(own(EmissionReport, work), EmissionReport.id == report_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def report_before(work: Work, first: date, last: date, site_id: UUID | None) -> EmissionReport | None:
    """The last report of the same days and site."""
    query = select(EmissionReport).where(
        own(EmissionReport, work),
        EmissionReport.first_day == first,
        EmissionReport.last_day == last,
        EmissionReport.site_id.is_(None) if site_id is None else EmissionReport.site_id == site_id,
    )
    return (await work.session.scalars(query.order_by(EmissionReport.id.desc()).limit(1))).one_or_none()
