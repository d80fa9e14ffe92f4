"""Notifications on their way to staff: what was raised is handed once to whoever brings it to people."""

from dataclasses import dataclass
from uuid import UUID

from core import observability
from core.work import Work
from domain.conversations import repository
from domain.conversations.kinds import NoticeDetails, NoticeKind, Voice
from domain.conversations.models import Notification

log = observability.log(__name__)


@dataclass(frozen=True, slots=True)
class Raised:
    """What staff shall be told. `only_for` is the one person whom it concerns, None for all who can do something."""

    id: UUID
    kind: NoticeKind
    conversation_id: UUID | None
    subject_id: UUID | None
    details: NoticeDetails
    only_for: UUID | None


async def publish(work: Work, notification_id: UUID) -> Raised | None:
    """Take a notification to be told; None if it was taken before or is in another worker's hands."""
    work.require_runtime()
    row = await work.session.get(
        Notification, (work.workspace_id, notification_id), with_for_update={"skip_locked": True, "key_share": True}
    )
    if row is None or row.sent_at is not None or row.parked_reason is not None:
        return None
    row.attempts += 1
    row.sent_at = work.system_time
    log.info("notification.published", kind=row.kind, conversation=str(row.conversation_id or ""))
    return Raised(
        id=row.id,
        kind=NoticeKind.of(row.kind),
        conversation_id=row.conversation_id,
        subject_id=row.subject_id,
        details=row.payload,
        only_for=await _attending(work, row),
    )


async def _attending(work: Work, row: Notification) -> UUID | None:
    """The one person whom it concerns, as whoever attends the conversation in which a customer wrote; else None."""
    if (member := row.payload.get("member_id")) is not None:
        return UUID(member)
    if row.kind != NoticeKind.CUSTOMER_WROTE or row.conversation_id is None:
        return None
    conversation = await repository.get(work, row.conversation_id)
    attended = conversation is not None and conversation.voice == Voice.OPERATOR
    return conversation.operator_id if conversation is not None and attended else None
