"""How machines are: what was judged last and before, with what they are compared, and which causes hold."""

from collections.abc import Collection, Mapping
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.machines import _readings_repository as readings
from domain.machines import _risk_repository as repository
from domain.machines import repository as plant
from domain.machines import service
from domain.machines.errors import BaselineNotFound, BaselineTooShort, MachineNotFound
from domain.machines.kinds import BaselineStatus, RiskLevel
from domain.machines.models import MachineBaseline, MachineCondition, MachinePrediction
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import (
    BaselineView,
    ConditionPage,
    ConditionView,
    NewBaseline,
    PredictionPage,
    RiskView,
)

LEAST_ROWS = 100
"""Minutes with readings that a baseline has at least."""

MOST_ROWS = 1_000
"""Minutes of a baseline that are looked at, the newest of it."""


async def of_machines(work: Work, machine_ids: Collection[UUID]) -> Mapping[UUID, RiskView]:
    """How machines are, by what was judged last; one that nobody has judged is unknown."""
    work.require(MachinesPermission.READ)
    rows = await repository.latest(work, machine_ids)
    numbers = await repository.numbers(work, {row.baseline_id for row in rows.values() if row.baseline_id is not None})
    return {each: _view(rows[each], numbers) if each in rows else _unknown(each) for each in machine_ids}


async def of_machine(work: Work, machine_id: UUID) -> RiskView:
    """How a machine is; raises MachineNotFound."""
    work.require(MachinesPermission.READ)
    await service.get_machine(work, machine_id)
    return (await of_machines(work, [machine_id]))[machine_id]


def _unknown(machine_id: UUID) -> RiskView:
    return RiskView(
        machine_id=machine_id,
        level=RiskLevel.UNKNOWN,
        score=0.0,
        confidence=0.0,
        ways=(),
        reasons=(),
        since=None,
        judged_at=None,
        data_until=None,
        baseline=None,
        tool_due_at=None,
    )


def _view(row: MachinePrediction, numbers: Mapping[UUID, int]) -> RiskView:
    fields = {name: getattr(row, name) for name in RiskView.model_fields if name != "baseline"}
    number = numbers.get(row.baseline_id) if row.baseline_id is not None else None
    return RiskView.model_validate(fields | {"baseline": number})


async def predictions(work: Work, machine_id: UUID, *, before: UUID | None = None, limit: int = 20) -> PredictionPage:
    """How a machine was judged, the newest first; raises MachineNotFound."""
    work.require(MachinesPermission.READ)
    await service.get_machine(work, machine_id)
    limit = max(1, min(limit, service.MOST_ITEMS))
    rows = await repository.predictions(work, machine_id, before, limit + 1)
    numbers = await repository.numbers(work, {row.baseline_id for row in rows if row.baseline_id is not None})
    items = tuple(_view(row, numbers) for row in rows[:limit])
    return PredictionPage(items=items, next_cursor=rows[limit - 1].id if len(rows) > limit else None)


async def baselines(work: Work, machine_id: UUID) -> list[BaselineView]:
    """With what a machine was or may be compared, the newest first; raises MachineNotFound."""
    work.require(MachinesPermission.READ)
    await service.get_machine(work, machine_id)
    return [BaselineView.model_validate(row) for row in await repository.baselines(work, machine_id)]


async def offer_baseline(work: Work, machine_id: UUID, command: NewBaseline) -> BaselineView:
    """Offer a span in which the machine was well; raises MachineNotFound and BaselineTooShort."""
    work.require(MachinesPermission.WRITE)
    if await plant.machine(work, machine_id, locked=True) is None:
        raise MachineNotFound
    sensors = [row for row in await plant.sensors(work, [machine_id]) if row.is_active]
    minutes, spoke, said = await readings.count_minutes(work, [row.id for row in sensors], command.since, command.until)
    if minutes < LEAST_ROWS:
        raise BaselineTooShort(minutes=minutes, least=LEAST_ROWS)
    row = MachineBaseline(
        workspace_id=work.workspace_id,
        id=new_id(),
        machine_id=machine_id,
        number=await repository.next_number(work, machine_id),
        since=command.since,
        until=command.until,
        status=BaselineStatus.CANDIDATE,
        figures={"minutes": minutes, "sensors": spoke, "readings": said},
    )
    work.session.add(row)
    await work.session.flush()
    await work.session.refresh(row)
    made = BaselineView.model_validate(row)
    after = made.model_dump(mode="json", exclude={"id"})
    events.record(work, EventType.MACHINE_BASELINE_OFFERED, subject=machine_id, after=after)
    return made


async def promote_baseline(work: Work, machine_id: UUID, baseline_id: UUID) -> BaselineView:
    """Compare a machine with a baseline from now on; raises MachineNotFound and BaselineNotFound."""
    work.require(MachinesPermission.WRITE)
    if await plant.machine(work, machine_id, locked=True) is None:
        raise MachineNotFound
    row = await work.session.get(MachineBaseline, (work.workspace_id, baseline_id), populate_existing=True)
    if row is None or row.machine_id != machine_id:
        raise BaselineNotFound
    before = await repository.promoted(work, machine_id)
    if before is row:
        return BaselineView.model_validate(row)
    await repository.retire(work, machine_id)
    row.status, row.decided_at, row.decided_by = BaselineStatus.PROMOTED, work.system_time, work.principal.id
    await work.session.flush()
    told = {"number": before.number} if before is not None else None
    events.record(work, EventType.MACHINE_BASELINE_PROMOTED, subject=machine_id, before=told, after={"number": row.number})
    return BaselineView.model_validate(row)


async def conditions(
    work: Work,
    *,
    machine_id: UUID | None = None,
    is_open: bool | None = None,
    before: UUID | None = None,
    limit: int = 20,
) -> ConditionPage:
    """Causes that hold or held for a while, the newest first."""
    work.require(MachinesPermission.READ)
    limit = max(1, min(limit, service.MOST_ITEMS))
    rows = await repository.conditions(work, machine_id=machine_id, is_open=is_open, before=before, limit=limit + 1)
    items = tuple(ConditionView.model_validate(row) for row in rows[:limit])
    return ConditionPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


async def get_condition(work: Work, condition_id: UUID) -> ConditionView | None:
    """A cause that holds or held for a while, if there is such a one."""
    work.require(MachinesPermission.READ)
    row = await work.session.get(MachineCondition, (work.workspace_id, condition_id))
    return ConditionView.model_validate(row) if row is not None and row.raised_at is not None else None


async def open_warnings(work: Work, machine_ids: Collection[UUID] | None = None) -> list[ConditionView]:
    """The causes that hold and count, of some machines or of all, the oldest first."""
    work.require(MachinesPermission.READ)
    rows = await repository.open_conditions(work, machine_ids)
    return [ConditionView.model_validate(row) for row in rows if row.raised_at is not None]
