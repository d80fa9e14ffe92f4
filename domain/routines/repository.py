"""SQL of routines."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from core import bulk
from core.tables import new_id
from core.work import Work, own
from domain.routines.kinds import RoutineName
from domain.routines.models import Routine

FIRST_AFTER: Final = timedelta(minutes=1)
"""What a new workspace is filled with at once is better read once than row by row."""


async def add(work: Work, names: Collection[RoutineName]) -> list[str]:
    """Add routines that are due for the first time in a moment; the names of those that were not there."""
    first = work.system_time + FIRST_AFTER
    common = {"workspace_id": work.workspace_id, "due_at": first, "runs": 0, "failures": 0}
    rows = [{**common, "id": new_id(), "name": name.value} for name in names]
    return await bulk.add_rows(work, Routine, rows, known_by=("workspace_id", "name"))


async def bring_nearer(work: Work, names: Collection[RoutineName], within: timedelta) -> None:
    """Make routines due within a time, if they are not before."""
    locked = select(Routine.id).where(own(Routine, work), Routine.name.in_(names)).order_by(Routine.id)
    ids = (await work.session.scalars(locked.with_for_update(key_share=True))).all()
    nearer = func.least(Routine.due_at, work.system_time + within)
    await work.session.execute(update(Routine).where(own(Routine, work), Routine.id.in_(ids)).values(due_at=nearer))


async def forget_position(work: Work, name: RoutineName) -> None:
    """Let a routine read the stream of events from its beginning, now."""
    here = update(Routine).where(own(Routine, work), Routine.name == name)
    await work.session.execute(here.values(position=None, due_at=work.system_time))


async def lock(work: Work, routine_id: UUID) -> Routine | None:
    """A routine, locked and read afresh."""
    query = select(Routine).where(own(Routine, work), Routine.id == routine_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


async def listing(work: Work) -> Sequence[Routine]:
    """The routines of the workspace, by name."""
    return (await work.session.scalars(select(Routine).where(own(Routine, work)).order_by(Routine.name))).all()


async def find(work: Work, name: RoutineName) -> Routine | None:
    """One routine."""
    return (await work.session.scalars(select(Routine).where(own(Routine, work), Routine.name == name))).one_or_none()
