"""`machine.judge`: how a machine is, by what it has said lately."""

from uuid import UUID

from core.access import Principal
from core.work import open_work
from domain.machines import judging


async def judge(workspace_id: str, machine_id: str) -> None:
    """Judge one machine, and tell of what has held for a while."""
    async with open_work(Principal.system(UUID(workspace_id))) as work:
        await judging.judge(work, UUID(machine_id))
