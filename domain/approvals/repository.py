"""All SQL about approvals."""

from uuid import UUID

from sqlalchemy import select

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


async def lock_open(work: Work, member_id: UUID) -> Approval | None:
    """What waits for a member's answer, locked."""
    query = select(Approval).where(own(Approval, work), Approval.member_id == member_id, Approval.decided_at.is_(None))
    return await work.session.scalar(query.with_for_update())
