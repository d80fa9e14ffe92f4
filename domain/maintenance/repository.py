"""SQL of work orders."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select, true

from core.paging import part
from core.work import Work, own
from domain.machines.kinds import Cause
from domain.maintenance.kinds import Finding, WorkOrderStatus
from domain.maintenance.models import WorkOrder


async def work_order(work: Work, order_id: UUID, *, locked: bool = False) -> WorkOrder | None:
    """One work order."""
    query = select(WorkOrder).where(own(WorkOrder, work), WorkOrder.id == order_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def work_orders(
    work: Work, *, machine_id: UUID | None, status: WorkOrderStatus | None, before: int | None, limit: int
) -> Sequence[WorkOrder]:
    """Work orders, the newest first, before a number."""
    query = select(WorkOrder).where(
        own(WorkOrder, work),
        true() if machine_id is None else WorkOrder.machine_id == machine_id,
        true() if status is None else WorkOrder.status == status,
    )
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [WorkOrder.number], place, limit, falls=True))).all()


async def next_days(work: Work, machine_ids: Collection[UUID] | None, limit: int) -> Sequence[WorkOrder]:
    """What is planned, of some machines or of all, the next day first."""
    query = select(WorkOrder).where(
        own(WorkOrder, work),
        WorkOrder.status == WorkOrderStatus.PLANNED,
        true() if machine_ids is None else WorkOrder.machine_id.in_(machine_ids),
    )
    return (await work.session.scalars(query.order_by(WorkOrder.planned_for, WorkOrder.number).limit(limit))).all()


async def expected(work: Work) -> set[UUID]:
    """The machines on which a job is planned."""
    query = select(WorkOrder.machine_id).where(own(WorkOrder, work), WorkOrder.status == WorkOrderStatus.PLANNED)
    return set((await work.session.scalars(query.distinct())).all())


async def tracks(work: Work) -> Sequence[tuple[Cause, int, int]]:
    """Of each cause how often a warning was looked into, and how often it was right."""
    right = func.count().filter(WorkOrder.finding == Finding.CONFIRMED)
    query = select(WorkOrder.cause, func.count(), right).where(own(WorkOrder, work), WorkOrder.finding.is_not(None))
    found = await work.session.execute(query.group_by(WorkOrder.cause).order_by(WorkOrder.cause))
    return [(cause, number, confirmed) for cause, number, confirmed in found if cause is not None]
