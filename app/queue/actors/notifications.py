"""`notification.send`: brings what staff must know to where staff look."""

from uuid import UUID

from core.access import Principal
from core.work import open_work
from domain.conversations import notifications


async def send(workspace_id: str, notification_id: str) -> None:
    """Put one notification into the inbox of the workspace, once."""
    async with open_work(Principal.system(UUID(workspace_id))) as work:
        await notifications.publish(work, UUID(notification_id))
