"""Reading the files of a conversation, for rooms that use them: receipts of payments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.work import Work, own
from domain.conversations.kinds import Direction
from domain.conversations.models import Attachment, Message
from domain.conversations.permissions import FilesPermission

DOCUMENTARY = ("image", "document")
"""Kinds of files that can prove something."""


async def attachment_digest(work: Work, attachment_id: UUID) -> str | None:
    """The SHA-256 of a file, None while it has not been fetched."""
    work.require(FilesPermission.READ)
    digest: str | None = await work.session.scalar(
        select(Attachment.sha256).where(own(Attachment, work), Attachment.id == attachment_id)
    )
    return digest


async def recent_files(work: Work, conversation_id: UUID, since: datetime) -> list[UUID]:
    """The pictures and documents that the customer has sent since then, oldest first."""
    work.require(FilesPermission.READ)
    rows = await work.session.scalars(
        select(Attachment.id)
        .join(
            Message,
            (Message.workspace_id == Attachment.workspace_id) & (Message.id == Attachment.message_id),
        )
        .where(
            own(Attachment, work),
            Attachment.conversation_id == conversation_id,
            Attachment.kind.in_(DOCUMENTARY),
            Message.direction == Direction.IN,
            Message.received_at >= since,
        )
        .order_by(Message.received_at, Attachment.id)
    )
    return list(rows)
