"""All SQL of what the desk has prepared."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import or_, select

from core.work import Work, own
from domain.desk.kinds import PlannedStatus
from domain.desk.models import CannedReply, DeskView, Macro, PlannedReply

Row = TypeVar("Row", CannedReply, Macro, DeskView, PlannedReply)


async def canned_replies(work: Work) -> Sequence[CannedReply]:
    """All canned replies by their words."""
    return (await work.session.scalars(select(CannedReply).where(own(CannedReply, work)).order_by(CannedReply.shortcut))).all()


async def macros(work: Work) -> Sequence[Macro]:
    """All macros by name."""
    return (await work.session.scalars(select(Macro).where(own(Macro, work)).order_by(Macro.name))).all()


async def views(work: Work, owner_id: UUID | None) -> Sequence[DeskView]:
    """The views of a person and those of everybody, by name."""
    whose = or_(DeskView.owner_id == owner_id, DeskView.owner_id.is_(None))
    return (await work.session.scalars(select(DeskView).where(own(DeskView, work), whose).order_by(DeskView.name))).all()


async def planned(work: Work, conversation_id: UUID) -> Sequence[PlannedReply]:
    """The replies of a conversation that wait for their time, the first first."""
    query = select(PlannedReply).where(
        own(PlannedReply, work), PlannedReply.conversation_id == conversation_id, PlannedReply.status == PlannedStatus.WAITING
    )
    return (await work.session.scalars(query.order_by(PlannedReply.send_at, PlannedReply.id))).all()


async def lock(work: Work, kind: type[Row], row_id: UUID) -> Row | None:
    """One row, locked as it is now."""
    key = (work.workspace_id, row_id)
    return await work.session.get(kind, key, with_for_update={"key_share": True}, populate_existing=True)


async def find(work: Work, kind: type[Row], row_id: UUID) -> Row | None:
    """One row, not locked."""
    return await work.session.get(kind, (work.workspace_id, row_id))
