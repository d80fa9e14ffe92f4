"""Pictures and documents that a person sends to a customer: their bytes tell what they are, its medium what it shows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from core.errors import Invalid
from core.filetypes import sniff
from core.tables import new_id
from core.work import Work
from domain.connections.medium import TRAITS, Medium
from domain.conversations import repository, service
from domain.conversations.content import File, MediaKind
from domain.conversations.kinds import AttachmentStatus
from domain.conversations.models import Attachment
from domain.conversations.permissions import ConversationsPermission, FilesPermission
from domain.conversations.schemas import ThreadMessage

MOST_BYTES: Final = 10 * 1024 * 1024
_DOCUMENTS: Final = frozenset({"application/pdf"})


class FileKindRefused(Invalid):
    """The bytes are no picture or document that the customer's medium shows."""

    code = "file_kind_refused"
    http_status = 422


class FileTooHeavy(Invalid):
    """The file has more bytes than the customer's medium takes of its kind."""

    code = "file_too_heavy"
    http_status = 413


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file is: its kind for the medium, and by its bytes."""

    media: MediaKind
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A file whose bytes are stored under their digest, and the address under which the medium finds them."""

    what: Judged
    sha256: str
    url: str
    filename: str | None


def judge(content: bytes, medium: Medium) -> Judged:
    """What somebody wants to send; raises FileKindRefused and FileTooHeavy."""
    traits, kind = TRAITS[medium], sniff(content, None)
    if kind not in traits.pictures | _DOCUMENTS:
        raise FileKindRefused
    is_document = kind in _DOCUMENTS
    most = MOST_BYTES if is_document else traits.picture_bytes
    if len(content) > most:
        raise FileTooHeavy(limit_mb=most // 2**20)
    return Judged("document" if is_document else "image", kind, len(content))


async def send(
    work: Work, conversation_id: UUID, file: Kept, caption: str | None, seen: UUID, undo_within: timedelta = timedelta()
) -> ThreadMessage:
    """Send a file in a conversation that the caller has, as `service.reply` sends words and for the same refusals."""
    work.require(ConversationsPermission.REPLY)
    work.require(FilesPermission.READ)
    name = file.filename if file.what.media == "document" else None
    content = File(media=file.what.media, url=file.url, filename=name, caption=caption or None)
    (message_id,) = await service.reply(work, conversation_id, content, seen=seen, undo_within=undo_within)
    await work.session.flush()
    # The row keeps the bytes from being forgotten, and gives them to whoever looks at the thread.
    work.session.add(
        Attachment(
            workspace_id=work.workspace_id,
            id=new_id(),
            message_id=message_id,
            conversation_id=conversation_id,
            kind=file.what.media,
            source_url=file.url,
            status=AttachmentStatus.STORED,
            content_type=file.what.content_type,
            size=file.what.size,
            sha256=file.sha256,
            next_try_at=work.system_time,
        )
    )
    await work.session.flush()
    return ThreadMessage.model_validate(await repository.message(work, message_id))
