"""All SQL about approvals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select

from core.work import Work, own
from domain.approvals.models import Approval


async def lock_untold(work: Work, conversation_id: UUID) -> Approval | None:
    """What waits in a conversation and was not told yet, locked."""
    query = select(Approval).where(
        own(Approval, work),
        Approval.conversation_id == conversation_id,
        Approval.decided_at.is_(None),
        Approval.message_id.is_(None),
    )
    return await work.session.scalar(query.with_for_update())


async def open_of(work: Work, member_id: UUID) -> Approval | None:
    """What waits for a member's answer, not locked."""
    return await work.session.scalar(_open(work, member_id))


async def lock_open(work: Work, member_id: UUID) -> Approval | None:
    """What waits for a member's answer, locked."""
    return await work.session.scalar(_open(work, member_id).with_for_update())


def _open(work: Work, member_id: UUID) -> Select[Approval]:
    return select(Approval).where(own(Approval, work), Approval.member_id == member_id, Approval.decided_at.is_(None))


async def last_told(work: Work, member_id: UUID, since: datetime) -> Approval | None:
    """The last one that a member was told of and that expires after a moment, whatever became of it."""
    query = select(Approval).where(
        own(Approval, work), Approval.member_id == member_id, Approval.message_id.is_not(None), Approval.expires_at > since
    )
    return await work.session.scalar(query.order_by(Approval.id.desc()).limit(1))
