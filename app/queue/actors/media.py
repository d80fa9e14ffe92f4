"""`media.process`: fetches one file that a customer sent and stores its bytes under their digest."""

from uuid import UUID

from channels import registry
from channels.base import MediaUnavailable
from core import observability
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.connections import service as connections
from domain.conversations import attachments
from domain.payments import receipts

log = observability.log(__name__)


async def process(workspace_id: str, attachment_id: str) -> None:
    """Fetch and store one file, unless that was done or is being done."""
    principal = Principal.system(UUID(workspace_id))
    async with open_work(principal) as work:
        fetch = await attachments.take(work, UUID(attachment_id))
        connection = await connections.get(work, fetch.connection_id) if fetch else None
    if fetch is None or connection is None:
        return
    try:
        media = await registry.open_channel(connection).fetch_media(fetch.source_url)
    except MediaUnavailable as error:
        log.info("attachment.failed", attachment=attachment_id, reason=error.reason, retriable=error.retriable)
        async with open_work(principal) as work:
            await attachments.record_failure(work, fetch, error.reason, retriable=error.retriable)
        return
    key = await open_blobs(get_settings()).put(media.content)
    async with open_work(principal) as work:
        await attachments.record_stored(work, fetch, sha256=key, size=len(media.content), content_type=media.content_type)
        await receipts.receipt_stored(work, fetch.attachment_id, key)
    log.info("attachment.stored", attachment=attachment_id, size=len(media.content), content_type=media.content_type)
