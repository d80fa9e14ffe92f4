"""Reading the files of a conversation, for rooms that use them: receipts of payments, and what people are shown."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.errors import NotFound
from core.work import Work, own
from domain.conversations.kinds import Direction
from domain.conversations.models import Attachment, Message
from domain.conversations.permissions import FilesPermission
from domain.conversations.schemas import FileView

DOCUMENTARY = ("image", "document")
"""Kinds of files that can prove something."""


class FileNotFound(NotFound):
    """No file of this workspace has this id."""

    code = "file_not_found"


async def get(work: Work, attachment_id: UUID) -> FileView:
    """One file; raises FileNotFound."""
    found = await get_all(work, [attachment_id])
    if not found:
        raise FileNotFound
    return found[0]


async def get_all(work: Work, attachment_ids: Collection[UUID]) -> list[FileView]:
    """Those of the files that there are."""
    work.require(FilesPermission.READ)
    rows = await work.session.scalars(select(Attachment).where(own(Attachment, work), Attachment.id.in_(attachment_ids)))
    return [FileView.model_validate(row) for row in rows]


async def of_messages(work: Work, message_ids: Collection[UUID]) -> dict[UUID, FileView]:
    """The file that came with each of the messages, where one did."""
    work.require(FilesPermission.READ)
    rows = await work.session.scalars(select(Attachment).where(own(Attachment, work), Attachment.message_id.in_(message_ids)))
    return {row.message_id: FileView.model_validate(row) for row in rows}


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
