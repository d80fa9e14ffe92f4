"""What workers gave up around conversations: files that could not be fetched, and fetching them once more."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core import events, outbox
from core.access import OperationsPermission
from core.event_types import EventType
from core.work import Work, own
from domain.conversations.kinds import AttachmentStatus
from domain.conversations.models import Attachment
from domain.conversations.schemas import Frozen


class FailedFile(Frozen):
    """A file that could not be fetched, and why."""

    id: UUID
    kind: str
    error_code: str | None
    attempts: int
    created_at: datetime


async def failed_files(work: Work, limit: int) -> list[FailedFile]:
    """The files that were given up in this workspace, newest first."""
    work.require(OperationsPermission.MANAGE)
    query = (
        select(Attachment)
        .where(own(Attachment, work), Attachment.status == AttachmentStatus.FAILED)
        .order_by(Attachment.created_at.desc())
        .limit(limit)
    )
    return [FailedFile.model_validate(row) for row in await work.session.scalars(query)]


async def fetch_again(work: Work, attachment_id: UUID) -> bool:
    """Start over with a file that was given up; False if it was not."""
    work.require(OperationsPermission.MANAGE)
    row = await work.session.get(Attachment, (work.workspace_id, attachment_id), with_for_update={"key_share": True})
    if row is None or row.status != AttachmentStatus.FAILED:
        return False
    events.record(work, EventType.ATTACHMENT_REOPENED, subject=row.id, before={"error_code": row.error_code})
    row.status, row.error_code, row.attempts, row.next_try_at = AttachmentStatus.PENDING, None, 0, work.system_time
    outbox.enqueue(work, "media.process", attachment_id=row.id)
    return True


async def discard(work: Work, attachment_id: UUID) -> None:
    """Close a file that was given up; it is not fetched any more."""
    work.require(OperationsPermission.MANAGE)
    row = await work.session.get(Attachment, (work.workspace_id, attachment_id), with_for_update={"key_share": True})
    if row is not None and row.status is AttachmentStatus.FAILED:
        row.status = AttachmentStatus.DISCARDED
