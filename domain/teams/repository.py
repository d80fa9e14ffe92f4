"""All SQL of teams and seats."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert

from core.tables import new_id
from core.work import Work, own
from domain.teams.models import Seat, Team


async def teams(work: Work) -> Sequence[Team]:
    """All teams by name."""
    return (await work.session.scalars(select(Team).where(own(Team, work)).order_by(Team.name))).all()


async def lock_team(work: Work, team_id: UUID) -> Team | None:
    """One team, locked as it is now."""
    key = (work.workspace_id, team_id)
    return await work.session.get(Team, key, with_for_update={"key_share": True}, populate_existing=True)


async def seats(work: Work) -> dict[UUID, Seat]:
    """All seats, by their people."""
    return {row.user_id: row for row in await work.session.scalars(select(Seat).where(own(Seat, work)))}


async def lock_seat(work: Work, user_id: UUID) -> Seat:
    """The seat of somebody, locked; made when it is new."""
    await work.session.execute(
        insert(Seat)
        .values(workspace_id=work.workspace_id, id=new_id(), user_id=user_id)
        .on_conflict_do_nothing(index_elements=["workspace_id", "user_id"])
    )
    query = select(Seat).where(own(Seat, work), Seat.user_id == user_id).with_for_update(key_share=True)
    return (await work.session.scalars(query.execution_options(populate_existing=True))).one()


async def see(work: Work, user_id: UUID, unless_since: datetime) -> bool:
    """Note that somebody is at the desk, unless that was noted a moment ago; whether it was."""
    statement = insert(Seat).values(
        workspace_id=work.workspace_id, id=new_id(), user_id=user_id, seen_at=func.clock_timestamp()
    )
    noted = statement.on_conflict_do_update(
        index_elements=["workspace_id", "user_id"],
        set_={"seen_at": func.clock_timestamp()},
        where=or_(Seat.seen_at.is_(None), Seat.seen_at < unless_since),
    )
    return await work.session.scalar(noted.returning(Seat.id)) is not None
