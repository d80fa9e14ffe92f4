"""SQL of models of machines, of what they are learned from, and of how often they were right."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, true

from core.paging import part
from core.work import Work, own
from domain.machines.kinds import MachineEventKind, ModelKind, ModelStatus, RollupLevel
from domain.machines.models import Machine, MachineEvent, MachineModel, ReadingRollup
from domain.machines.schemas import Record


async def models(work: Work, before: UUID | None, limit: int, machine_kind: str | None) -> Sequence[MachineModel]:
    """Models, the newest first, from behind one of them."""
    query = select(MachineModel).where(
        own(MachineModel, work), true() if machine_kind is None else MachineModel.machine_kind == machine_kind
    )
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [MachineModel.id], place, limit, falls=True))).all()


async def model(work: Work, model_id: UUID, *, locked: bool = False) -> MachineModel | None:
    """One model."""
    query = select(MachineModel).where(own(MachineModel, work), MachineModel.id == model_id)
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def next_number(work: Work) -> int:
    """The number of the workspace's next model; two who ask at once take turns."""
    await work.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"machine-models:{work.workspace_id}"}
    )
    return (await work.session.scalar(select(func.max(MachineModel.number)).where(own(MachineModel, work))) or 0) + 1


async def count_pending(work: Work) -> int:
    """How many models of the workspace are being made."""
    query = select(func.count()).where(own(MachineModel, work), MachineModel.status == ModelStatus.PENDING)
    return await work.session.scalar(query) or 0


async def in_use(work: Work, machine_id: UUID) -> Sequence[MachineModel]:
    """The promoted models of a machine's kind."""
    query = (
        select(MachineModel)
        .join(Machine, (Machine.workspace_id == MachineModel.workspace_id) & (Machine.kind == MachineModel.machine_kind))
        .where(own(MachineModel, work), Machine.id == machine_id, MachineModel.status == ModelStatus.PROMOTED)
    )
    return (await work.session.scalars(query.order_by(MachineModel.kind))).all()


async def promoted(work: Work, kind: ModelKind, machine_kind: str | None = None) -> Sequence[MachineModel]:
    """The models of a sort that are in use, of one kind of machine or of all."""
    query = select(MachineModel).where(
        own(MachineModel, work),
        MachineModel.kind == kind,
        MachineModel.status == ModelStatus.PROMOTED,
        true() if machine_kind is None else MachineModel.machine_kind == machine_kind,
    )
    return (await work.session.scalars(query.order_by(MachineModel.machine_kind))).all()


async def machines_of_kind(work: Work, machine_kind: str) -> Sequence[Machine]:
    """The machines of a kind by code, also those that are out of use: they have a history."""
    query = select(Machine).where(own(Machine, work), Machine.kind == machine_kind).order_by(Machine.code)
    return (await work.session.scalars(query)).all()


async def hours(
    work: Work, sensor_ids: Collection[UUID], since: datetime, until: datetime
) -> Sequence[tuple[UUID, datetime, float]]:
    """Means by the hour of sensors that begin from `since` to before `until`, the oldest first."""
    query = (
        select(ReadingRollup.sensor_id, ReadingRollup.starts_at, ReadingRollup.total / ReadingRollup.count)
        .where(
            own(ReadingRollup, work),
            ReadingRollup.sensor_id.in_(sensor_ids),
            ReadingRollup.level == RollupLevel.HOUR,
            ReadingRollup.starts_at >= since,
            ReadingRollup.starts_at < until,
        )
        .order_by(ReadingRollup.starts_at)
    )
    return [(sensor_id, at, mean) for sensor_id, at, mean in await work.session.execute(query)]


async def happened(
    work: Work, machine_ids: Collection[UUID], kinds: Collection[MachineEventKind], since: datetime
) -> Sequence[tuple[UUID, MachineEventKind, datetime]]:
    """What of these kinds happened to machines, the oldest first."""
    query = (
        select(MachineEvent.machine_id, MachineEvent.kind, MachineEvent.at)
        .where(own(MachineEvent, work), MachineEvent.machine_id.in_(machine_ids), MachineEvent.kind.in_(kinds))
        .where(MachineEvent.at >= since)
        .order_by(MachineEvent.at, MachineEvent.id)
    )
    return [(machine_id, kind, at) for machine_id, kind, at in await work.session.execute(query)]


_RECORD = text(
    """
    WITH failures AS (
        SELECT at FROM machine_events
        WHERE workspace_id = :workspace AND machine_id = :machine AND kind = 'failed' AND at >= :since
    ), warnings AS (
        SELECT began_at, coalesce(resolved_at, last_seen_at) AS ended_at,
               coalesce(resolved_at, last_seen_at) < CAST(:now AS timestamptz) - make_interval(secs => :horizon) AS is_over
          FROM machine_conditions
        WHERE workspace_id = :workspace AND machine_id = :machine AND cause = 'failure_foretold'
          AND raised_at IS NOT NULL AND began_at >= :since
    )
    SELECT (SELECT count(*) FROM failures),
           (SELECT count(*) FROM failures WHERE EXISTS (
               SELECT FROM warnings WHERE began_at < at AND ended_at >= at - make_interval(secs => :horizon))),
           (SELECT count(*) FROM warnings WHERE is_over),
           (SELECT count(*) FROM warnings WHERE is_over AND EXISTS (
               SELECT FROM failures WHERE at > began_at AND at <= ended_at + make_interval(secs => :horizon)))
    """
)


async def record(work: Work, machine_id: UUID, since: datetime, horizon_seconds: float) -> Record:
    """What has come of the warnings of a machine's model since then; of those whose time is over."""
    given = {
        "workspace": work.workspace_id,
        "machine": machine_id,
        "since": since,
        "now": work.system_time,
        "horizon": horizon_seconds,
    }
    failed, foretold, warned, came_true = (await work.session.execute(_RECORD, given)).one()
    return Record(failed=failed, foretold=foretold, warned=warned, came_true=came_true)
