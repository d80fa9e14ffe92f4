"""Files that came with messages: fetched by a worker, tried again for a while, and at last given up with a reason."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from core import outbox
from core.work import Work, own
from domain.conversations import service
from domain.conversations.kinds import AttachmentStatus, NoticeKind
from domain.conversations.models import Attachment, Message

LEASE: Final = timedelta(seconds=60)
"""How long a worker may take to fetch a file before another one tries."""

BACKOFF: Final = (timedelta(seconds=3), timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=10))
MAX_TRIES: Final = len(BACKOFF) + 1


@dataclass(frozen=True, slots=True)
class Fetch:
    """A file that the caller is to fetch."""

    attachment_id: UUID
    attempt: int
    connection_id: UUID
    source_url: str


async def _lock(work: Work, attachment_id: UUID) -> Attachment | None:
    query = (
        select(Attachment)
        .where(own(Attachment, work), Attachment.id == attachment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return await work.session.scalar(query)


async def take(work: Work, attachment_id: UUID) -> Fetch | None:
    """Take on one file; None if it is settled, not due, or in another worker's hands."""
    work.require_runtime()
    row = await _lock(work, attachment_id)
    if row is None or row.status != AttachmentStatus.PENDING or row.next_try_at > work.system_time:
        return None
    message = await work.session.get(Message, (work.workspace_id, row.message_id))
    assert message is not None, "a foreign key holds the message"
    assert message.connection_id is not None, "files come by a line"
    if row.attempts >= MAX_TRIES:
        await _give_up(work, row, row.error_code or "worker_lost")
        return None
    row.attempts += 1
    row.next_try_at = work.system_time + LEASE
    return Fetch(row.id, row.attempts, message.connection_id, row.source_url)


async def record_stored(work: Work, fetch: Fetch, *, sha256: str, size: int, content_type: str) -> None:
    """The bytes are in the blob store under their digest."""
    work.require_runtime()
    row = await _lock(work, fetch.attachment_id)
    if row is None or row.status != AttachmentStatus.PENDING:
        return
    row.status, row.error_code = AttachmentStatus.STORED, None
    row.sha256, row.size, row.content_type = sha256, size, content_type[:100]


async def record_failure(work: Work, fetch: Fetch, reason: str, *, retriable: bool) -> None:
    """The file could not be had: try again later, or give up and tell staff."""
    work.require_runtime()
    row = await _lock(work, fetch.attachment_id)
    if row is None or row.status != AttachmentStatus.PENDING or row.attempts != fetch.attempt:
        return
    row.error_code = reason[:100]
    if not retriable or row.attempts >= MAX_TRIES:
        await _give_up(work, row, reason)
        return
    row.next_try_at = work.system_time + BACKOFF[row.attempts - 1]
    outbox.enqueue(work, "media.process", due_at=row.next_try_at, attachment_id=row.id)


async def _give_up(work: Work, row: Attachment, reason: str) -> None:
    row.status, row.error_code = AttachmentStatus.FAILED, reason[:100]
    await service.notify(
        work,
        NoticeKind.ATTACHMENT_FAILED,
        dedupe_key=f"attachment_failed:{row.id}",
        conversation_id=row.conversation_id,
        subject_id=row.id,
        payload={"reason": row.error_code, "kind": row.kind},
    )
