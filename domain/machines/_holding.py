"""From reasons to conditions: a cause counts once it has held for a while, and is over once it has been gone for longer.

So noise on a limit wakes nobody twice. `domain.alerts` tells people of what counts, in one alert of each machine. What could
not be judged is neither raised nor over: silence is a cause of its own.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from core import events
from core.access import PrincipalKind
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.machines import _risk_repository as repository
from domain.machines import repository as plant
from domain.machines import service
from domain.machines.kinds import CauseSeverity, MachineEventKind, MachineState
from domain.machines.models import Machine, MachineCondition
from domain.machines.schemas import Reason
from domain.routines import service as routines
from domain.routines.kinds import RoutineName

ON_AFTER: Final = timedelta(seconds=60)
OFF_AFTER: Final = timedelta(minutes=10)


async def settle(work: Work, machine: Machine, reasons: Sequence[Reason], could_be_judged: Callable[[Reason], bool]) -> None:
    """Bring what holds of a machine, which is locked, to what is known of it now."""
    known = {row.key: row for row in await repository.open_conditions(work, [machine.id])}
    for reason in reasons:
        row = known.pop(reason.key, None)
        if row is None:
            row = _began(work, machine, reason)
        row.last_seen_at, row.seen = work.system_time, row.seen + 1
        row.evidence, row.severity = reason.model_dump(mode="json"), reason.severity
        await _count(work, machine, row)
    for row in known.values():
        if not could_be_judged(Reason.model_validate(row.evidence)):
            continue
        if row.raised_at is None:
            await work.session.delete(row)
        elif work.system_time - row.last_seen_at >= OFF_AFTER:
            row.resolved_at = work.system_time
            events.record(work, EventType.MACHINE_CONDITION_RESOLVED, subject=row.id, after={"seen": row.seen})
            await routines.hasten(work, (RoutineName.ALERTS_WATCH,))
    await work.session.flush()
    await _recover(work, machine)


def _began(work: Work, machine: Machine, reason: Reason) -> MachineCondition:
    row = MachineCondition(
        workspace_id=work.workspace_id,
        id=new_id(),
        machine_id=machine.id,
        key=reason.key,
        cause=reason.cause,
        severity=reason.severity,
        began_at=work.system_time,
        seen=0,
    )
    work.session.add(row)
    return row


async def _count(work: Work, machine: Machine, row: MachineCondition) -> None:
    """Let a cause count that has held for a while. What is worked on is expected to be unwell."""
    now = work.system_time
    if row.raised_at is not None or now - row.began_at < ON_AFTER or machine.state is MachineState.MAINTENANCE:
        return
    row.raised_at = now
    events.record(work, EventType.MACHINE_CONDITION_RAISED, subject=row.id, after=row.evidence)
    await routines.hasten(work, (RoutineName.ALERTS_WATCH,))
    if row.severity is CauseSeverity.CRITICAL and machine.state is MachineState.RUNNING:
        service.add_event(work, machine, MachineEventKind.DEGRADED, now, row.key)


async def _recover(work: Work, machine: Machine) -> None:
    """A machine that we ourselves called degraded runs again once nothing critical holds any more."""
    if machine.state is not MachineState.DEGRADED:
        return
    left = await repository.open_conditions(work, [machine.id])
    if any(row.severity is CauseSeverity.CRITICAL and row.raised_at is not None for row in left):
        return
    (last,) = await plant.events(work, machine.id, None, 1)
    if last.kind is MachineEventKind.DEGRADED and last.actor_kind is PrincipalKind.SYSTEM:
        service.add_event(work, machine, MachineEventKind.STARTED, work.system_time, None)
