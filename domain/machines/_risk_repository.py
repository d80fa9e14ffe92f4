"""SQL of how machines were judged, of what they are compared with, and of the causes that hold."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select, true, update
from sqlalchemy.dialects.postgresql import distinct_on

from core.paging import part
from core.work import Work, own
from domain.machines.kinds import BaselineStatus
from domain.machines.models import MachineBaseline, MachineCondition, MachinePrediction


async def latest(work: Work, machine_ids: Collection[UUID]) -> dict[UUID, MachinePrediction]:
    """How each machine was judged last."""
    query = (
        select(MachinePrediction)
        .where(own(MachinePrediction, work), MachinePrediction.machine_id.in_(machine_ids))
        .ext(distinct_on(MachinePrediction.machine_id))
        .order_by(MachinePrediction.machine_id, MachinePrediction.since.desc(), MachinePrediction.id.desc())
        .execution_options(populate_existing=True)
    )
    return {row.machine_id: row for row in await work.session.scalars(query)}


async def predictions(work: Work, machine_id: UUID, before: UUID | None, limit: int) -> Sequence[MachinePrediction]:
    """How a machine was judged, the newest first, from behind one of these."""
    last = await work.session.get(MachinePrediction, (work.workspace_id, before)) if before is not None else None
    query = select(MachinePrediction).where(own(MachinePrediction, work), MachinePrediction.machine_id == machine_id)
    place = None if last is None else (last.since, last.id)
    by = [MachinePrediction.since, MachinePrediction.id]
    return (await work.session.scalars(part(query, by, place, limit, falls=True))).all()


async def baselines(work: Work, machine_id: UUID) -> Sequence[MachineBaseline]:
    """With what a machine was or may be compared, the newest first."""
    query = select(MachineBaseline).where(own(MachineBaseline, work), MachineBaseline.machine_id == machine_id)
    return (await work.session.scalars(query.order_by(MachineBaseline.number.desc()))).all()


async def numbers(work: Work, ids: Collection[UUID]) -> dict[UUID, int]:
    """The numbers of baselines."""
    query = select(MachineBaseline.id, MachineBaseline.number).where(own(MachineBaseline, work), MachineBaseline.id.in_(ids))
    return dict((await work.session.execute(query)).all())


async def promoted(work: Work, machine_id: UUID) -> MachineBaseline | None:
    """With what a machine is compared."""
    query = select(MachineBaseline).where(
        own(MachineBaseline, work),
        MachineBaseline.machine_id == machine_id,
        MachineBaseline.status == BaselineStatus.PROMOTED,
    )
    return (await work.session.scalars(query)).one_or_none()


async def next_number(work: Work, machine_id: UUID) -> int:
    """The number of a machine's next baseline; the machine is locked."""
    query = select(func.max(MachineBaseline.number)).where(own(MachineBaseline, work), MachineBaseline.machine_id == machine_id)
    return (await work.session.scalar(query) or 0) + 1


async def retire(work: Work, machine_id: UUID) -> None:
    """Take the baseline of a machine out of use."""
    await work.session.execute(
        update(MachineBaseline)
        .where(
            own(MachineBaseline, work),
            MachineBaseline.machine_id == machine_id,
            MachineBaseline.status == BaselineStatus.PROMOTED,
        )
        .values(status=BaselineStatus.RETIRED)
    )


async def open_conditions(work: Work, machine_ids: Collection[UUID] | None) -> Sequence[MachineCondition]:
    """The causes that hold of machines, or of all, the oldest first."""
    query = select(MachineCondition).where(
        own(MachineCondition, work),
        true() if machine_ids is None else MachineCondition.machine_id.in_(machine_ids),
        MachineCondition.resolved_at.is_(None),
    )
    fresh = query.order_by(MachineCondition.id).execution_options(populate_existing=True)
    return (await work.session.scalars(fresh)).all()


async def conditions(
    work: Work, *, machine_id: UUID | None, is_open: bool | None, before: UUID | None, limit: int
) -> Sequence[MachineCondition]:
    """Causes that have held for a while, the newest first, from behind one of them."""
    query = select(MachineCondition).where(
        own(MachineCondition, work),
        MachineCondition.raised_at.is_not(None),
        true() if machine_id is None else MachineCondition.machine_id == machine_id,
        true()
        if is_open is None
        else MachineCondition.resolved_at.is_(None)
        if is_open
        else MachineCondition.resolved_at.is_not(None),
    )
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [MachineCondition.id], place, limit, falls=True))).all()
