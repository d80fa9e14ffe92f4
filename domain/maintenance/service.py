"""Work orders: planned because of a warning or without one, with parts that the stock holds for them, and what was found."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from core import events
from core.access import Principal
from core.db import storable
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.machines import risk
from domain.machines import service as machines
from domain.machines.kinds import Cause, MachineEventKind
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import ConditionView, NewMachineEvent
from domain.maintenance import repository
from domain.maintenance.errors import (
    DayRefused,
    FindingMissing,
    PartRepeated,
    PartsWithoutStore,
    WarningNotFound,
    WorkOrderClosed,
    WorkOrderNotFound,
)
from domain.maintenance.kinds import WorkOrderStatus
from domain.maintenance.models import WorkOrder
from domain.maintenance.schemas import (
    CancelWorkOrder,
    ChangeWorkOrder,
    FinishWorkOrder,
    NewWorkOrder,
    Part,
    Track,
    WorkOrderPage,
    WorkOrderView,
)
from domain.stock import documents, holds
from domain.stock.schemas import HoldLine

MOST_ITEMS: Final = 100
WORK_ORDER: Final = "work_order"
"""The kind of document, and the source of movements of parts; the reference is the work order's id."""

_FURTHEST: Final = timedelta(days=730)
_HELD_FOR: Final = timedelta(days=30)
"""So long after its day the parts of a job stay promised."""


async def list_orders(
    work: Work,
    *,
    machine_id: UUID | None = None,
    status: WorkOrderStatus | None = None,
    before: int | None = None,
    limit: int = 20,
) -> WorkOrderPage:
    """Work orders, the newest first, before a number."""
    work.require(MachinesPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.work_orders(work, machine_id=machine_id, status=status, before=before, limit=limit + 1)
    items = tuple(WorkOrderView.model_validate(row) for row in rows[:limit])
    return WorkOrderPage(items=items, next_cursor=items[-1].number if len(rows) > limit else None)


async def planned(work: Work, machine_ids: Collection[UUID] | None = None, limit: int = 20) -> list[WorkOrderView]:
    """What is planned, of some machines or of all, the next day first."""
    work.require(MachinesPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    return [WorkOrderView.model_validate(row) for row in await repository.next_days(work, machine_ids, limit)]


async def get_order(work: Work, order_id: UUID) -> WorkOrderView:
    """One work order; raises WorkOrderNotFound."""
    work.require(MachinesPermission.READ)
    row = await repository.work_order(work, order_id)
    if row is None:
        raise WorkOrderNotFound
    return WorkOrderView.model_validate(row)


async def tracks(work: Work) -> dict[Cause, Track]:
    """Of each cause how often a warning of it was looked into, and how often it was right."""
    work.require(MachinesPermission.READ)
    return {
        cause: Track(cause=cause, looked_into=number, right=right) for cause, number, right in await repository.tracks(work)
    }


async def plan(work: Work, command: NewWorkOrder) -> WorkOrderView:
    """Plan a job and have its parts held; raises MachineNotFound, WarningNotFound, DayRefused, and of its parts OutOfStock."""
    work.require(MachinesPermission.OPERATE)
    machine = await machines.get_machine(work, command.machine_id)
    warning = await _warning(work, machine.id, command.condition_id) if command.condition_id is not None else None
    await _require_day(work, command.planned_for)
    runtime = work.acting_for(Principal.system(work.workspace_id))
    row = WorkOrder(
        workspace_id=work.workspace_id,
        id=new_id(),
        number=await documents.next_number(runtime, WORK_ORDER),
        machine_id=machine.id,
        condition_id=warning.id if warning is not None else None,
        cause=warning.cause if warning is not None else None,
        title=storable(command.title),
        planned_for=command.planned_for,
        assignee=storable(command.assignee),
        status=WorkOrderStatus.PLANNED,
        parts_from=command.parts_from if command.parts else None,
        parts=_kept(command.parts),
        version=1,
    )
    await _hold(work, row, had=False)
    work.session.add(row)
    return await _told(work, row, EventType.WORK_ORDER_PLANNED)


async def change(work: Work, order_id: UUID, command: ChangeWorkOrder, seen: int) -> WorkOrderView:
    """Plan a job otherwise; raises WorkOrderNotFound, WorkOrderClosed, VersionConflict, DayRefused and OutOfStock."""
    work.require(MachinesPermission.OPERATE)
    row = await _open(work, order_id)
    if row.version != seen:
        raise VersionConflict(version=row.version)
    before = WorkOrderView.model_validate(row)
    row.title = storable(command.title) or row.title
    if "assignee" in command.model_fields_set:
        row.assignee = storable(command.assignee)
    if command.planned_for is not None:
        await _require_day(work, command.planned_for)
        row.planned_for = command.planned_for
    if command.parts is not None:
        row.parts_from = (command.parts_from or row.parts_from) if command.parts else None
        row.parts = _kept(command.parts)
    if command.parts is not None or command.planned_for is not None:
        await _hold(work, row, had=bool(before.parts))
    row.version += 1
    return await _told(work, row, EventType.WORK_ORDER_CHANGED, before)


async def finish(work: Work, order_id: UUID, command: FinishWorkOrder) -> WorkOrderView:
    """Say what was found and done: parts leave the stock, the machine's history knows, and warnings are measured by it.

    Raises WorkOrderNotFound, WorkOrderClosed, FindingMissing, and OutOfStock if parts were given to others meanwhile.
    """
    work.require(MachinesPermission.OPERATE)
    row = await _open(work, order_id)
    if row.cause is not None and command.finding is None:
        raise FindingMissing
    before = WorkOrderView.model_validate(row)
    if row.parts:
        await _hold(work, row, had=True)
        await holds.use_up(work, row.id, WORK_ORDER, f"{row.number}: {row.title}"[:255])
    kind = MachineEventKind.PART_REPLACED if row.parts else MachineEventKind.INSPECTED
    said = "\n".join(filter(None, (f"#{row.number} {row.title}", command.note)))
    await machines.note_event(work, row.machine_id, NewMachineEvent(kind=kind, note=said[:5_000]))
    _close(work, row, WorkOrderStatus.DONE, command.note)
    row.finding = command.finding if row.cause is not None else None
    return await _told(work, row, EventType.WORK_ORDER_DONE, before)


async def cancel(work: Work, order_id: UUID, command: CancelWorkOrder) -> WorkOrderView:
    """Give a job up, and let go of its parts; raises WorkOrderNotFound and WorkOrderClosed."""
    work.require(MachinesPermission.OPERATE)
    row = await _open(work, order_id)
    before = WorkOrderView.model_validate(row)
    if row.parts:
        await holds.release(work, row.id, f"work order {row.number}")
    _close(work, row, WorkOrderStatus.CANCELLED, command.reason)
    return await _told(work, row, EventType.WORK_ORDER_CANCELLED, before, reason=command.reason)


async def _warning(work: Work, machine_id: UUID, condition_id: UUID) -> ConditionView:
    found = await risk.get_condition(work, condition_id)
    if found is None or found.machine_id != machine_id:
        raise WarningNotFound
    return found


async def clock(work: Work) -> tuple[date, ZoneInfo]:
    """Which day it is in the workspace, and in which zone."""
    work.require(MachinesPermission.READ)
    runtime = work.acting_for(Principal.system(work.workspace_id))
    zone = (await accounts.get_workspace(runtime)).zone
    return work.now.astimezone(zone).date(), zone


async def _require_day(work: Work, day: date) -> None:
    first, _ = await clock(work)
    if not first <= day <= first + _FURTHEST:
        raise DayRefused


async def _open(work: Work, order_id: UUID) -> WorkOrder:
    row = await repository.work_order(work, order_id, locked=True)
    if row is None:
        raise WorkOrderNotFound
    if row.status is not WorkOrderStatus.PLANNED:
        raise WorkOrderClosed(number=row.number)
    return row


def _kept(parts: Iterable[Part]) -> list[dict[str, str]]:
    return [part.model_dump(mode="json") for part in parts]


async def _hold(work: Work, row: WorkOrder, *, had: bool) -> None:
    """Have the parts of a job held until a while after its day, and nothing else."""
    parts = [Part.model_validate(each) for each in row.parts]
    if not parts:
        if had:
            await holds.release(work, row.id, f"work order {row.number}")
        return
    if row.parts_from is None:
        raise PartsWithoutStore
    if len({part.variant_id for part in parts}) != len(parts):
        raise PartRepeated
    _, zone = await clock(work)
    until = datetime.combine(row.planned_for, time.min, zone) + _HELD_FOR
    lines = [HoldLine(variant_id=part.variant_id, quantity=part.quantity) for part in parts]
    await holds.hold(work, row.id, row.parts_from, lines, max(until, work.now + _HELD_FOR))


def _close(work: Work, row: WorkOrder, status: WorkOrderStatus, note: str | None) -> None:
    row.status, row.note = status, storable(note)
    row.closed_at, row.closed_by = work.system_time, work.principal.id
    row.version += 1


async def _told(
    work: Work, row: WorkOrder, type: EventType, before: WorkOrderView | None = None, *, reason: str | None = None
) -> WorkOrderView:
    await work.session.flush()
    await work.session.refresh(row)
    view = WorkOrderView.model_validate(row)
    told = before.model_dump(mode="json") if before is not None else None
    events.record(work, type, subject=row.id, reason=storable(reason), before=told, after=view.model_dump(mode="json"))
    return view
