"""Notifications on their way to staff: the inbox shows what is published here, and the log tells it to operations."""

from uuid import UUID

from core import observability
from core.work import Work
from domain.conversations.models import Notification

log = observability.log(__name__)


async def publish(work: Work, notification_id: UUID) -> bool:
    """Publish a notification; False if it was published before or is in another worker's hands."""
    work.require_runtime()
    row = await work.session.get(
        Notification, (work.workspace_id, notification_id), with_for_update={"skip_locked": True, "key_share": True}
    )
    if row is None or row.sent_at is not None or row.parked_reason is not None:
        return False
    row.attempts += 1
    row.sent_at = work.system_time
    log.info("notification.published", kind=row.kind, conversation=str(row.conversation_id or ""))
    return True
