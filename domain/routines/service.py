"""Routines: each workspace has one of each name; whoever takes a due one runs it, and says when it is over.

A run that is asked for many times in a row happens once: `hasten` only ever brings the next one nearer. A worker that dies
leaves a lease that runs out, and another runs it again; so every routine sets what it finds and adds nothing to it. A worker
that was only slow may still compute then, so whoever writes what a run came to says first that it is still theirs (`keep`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.access import OperationsPermission
from core.errors import Abandoned
from core.work import Work
from domain.routines import repository
from domain.routines.kinds import RoutineName
from domain.routines.models import Routine
from domain.routines.schemas import RoutineView, Taken

AT_ONCE: Final = timedelta(0)
GRACE: Final = timedelta(seconds=60)
"""How much longer than a run may take it belongs to whoever took it."""

LONGEST_PAUSE: Final = timedelta(hours=1)
_FIRST_PAUSE: Final = timedelta(seconds=30)


async def ensure(work: Work, workspace_id: UUID) -> bool:
    """Give a workspace the routines that it lacks, due in a moment; whether it lacked any."""
    work.require_runtime()
    return bool(await repository.add(work, list(RoutineName)))


async def hasten(work: Work, names: Collection[RoutineName], within: timedelta = AT_ONCE) -> None:
    """Have routines run within a time, unless they are due before; a run that is under way is followed by another."""
    work.require_runtime()
    await repository.bring_nearer(work, names, within)


async def restart(work: Work, name: RoutineName) -> None:
    """Have a routine read the stream of events again from its beginning, now."""
    work.require(OperationsPermission.MANAGE)
    await repository.forget_position(work, name)


async def take(work: Work, routine_id: UUID) -> Taken | None:
    """Take a routine to be run now; None if it is not due or another worker runs it."""
    work.require_runtime()
    row = await repository.lock(work, routine_id)
    if row is None or (row.lease_until or row.due_at) > work.system_time:
        return None
    if row.lease_until is not None:
        row.failures += 1  # whoever had it never said how it went
    row.lease_until = work.system_time + timedelta(seconds=row.name.limit_seconds) + GRACE
    row.due_at = work.system_time + row.name.every
    row.runs += 1
    return Taken(row.id, row.name, row.position, row.lease_until)


async def keep(work: Work, taken: Taken) -> None:
    """Hold on to a routine until the transaction ends, the last thing that one does that writes what a run came to.

    Raises Abandoned where another worker has taken it meanwhile; nobody can before the transaction is over.
    """
    work.require_runtime()
    if await _held(work, taken) is None:
        raise Abandoned(f"{taken.name} was taken by another worker")


async def _held(work: Work, taken: Taken) -> Routine | None:
    row = await repository.lock(work, taken.id)
    return row if row is not None and row.lease_until == taken.lease_until else None


async def finish(work: Work, taken: Taken, *, position: int | None = None, error: str | None = None) -> None:
    """A run is over; one that failed comes again after a pause that grows. Whose lease was lost has nothing to say."""
    work.require_runtime()
    row = await _held(work, taken)
    if row is None:
        return
    begun = taken.lease_until - GRACE - timedelta(seconds=taken.name.limit_seconds)
    row.lease_until, row.ended_at, row.error = None, work.system_time, error
    row.seconds = (work.system_time - begun).total_seconds()
    if error is None:
        row.failures = 0
        if position is not None and row.position == taken.position:  # else it was sent back to the beginning meanwhile
            row.position = position
        return
    row.failures += 1
    row.due_at = work.system_time + min(LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(row.failures, 10))


async def listing(work: Work) -> list[RoutineView]:
    """The routines of the workspace by name, with how each went."""
    work.require(OperationsPermission.MANAGE)
    return [_view(row, work.system_time) for row in await repository.listing(work)]


def _view(row: Routine, now: datetime) -> RoutineView:
    fields = {name: getattr(row, name) for name in RoutineView.model_fields if name != "is_running"}
    return RoutineView.model_validate({**fields, "is_running": _is_running(row, now)})


def _is_running(row: Routine, now: datetime) -> bool:
    return row.lease_until is not None and row.lease_until > now


async def position(work: Work, name: RoutineName) -> int:
    """How far a routine has read the stream of events: the version of what it has made of it; 0 if nothing yet."""
    work.require_runtime()
    row = await repository.find(work, name)
    return (row.position or 0) if row is not None else 0
