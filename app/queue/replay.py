"""Reading a stored inbound event once more, for instance after a fault in reading it was repaired."""

from uuid import UUID

from core import inbound
from core.access import Principal
from core.errors import NotFound
from core.work import open_system_work, open_work


async def replay(event_id: UUID) -> None:
    """Open an event again and announce its ingest; raises NotFound.

    A message that is in its conversation already is recognised there and not doubled.
    """
    async with open_system_work() as session:
        workspace_id = await inbound.workspace_of(session, event_id)
    if workspace_id is None:
        raise NotFound
    async with open_work(Principal.system(workspace_id)) as work:
        if await inbound.reopen(work, event_id) is None:
            raise NotFound
