"""`handoff.assign`: finds somebody for what waits in a workspace."""

from uuid import UUID

from core.access import Principal
from core.work import open_work
from domain.conversations import assigning


async def assign(workspace_id: str) -> None:
    """Offer what waits to whoever is there and has room."""
    async with open_work(Principal.system(UUID(workspace_id))) as work:
        await assigning.assign(work)
