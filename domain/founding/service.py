"""Founding a shop: the workspace with its settings, its units and stores, and the person who owns it, or nothing of it."""

from core.access import OperationsPermission
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from domain.catalog import places
from domain.founding.schemas import UNITS, FoundWorkspace


async def found(work: Work, command: FoundWorkspace, owner_email: str, owner_name: str) -> WorkspaceView:
    """Make the shop whose id the principal of this work carries: `Principal.system(new_id())`. Raises WorkspaceExists."""
    work.require(OperationsPermission.MANAGE)
    workspace = await accounts.create_workspace(work, command)
    for unit in UNITS:
        await places.create_unit(work, unit)
    for store in command.stores:
        await places.create_store(work, store)
    await accounts.add_member(work, owner_email, owner_name, Role.OWNER)
    return workspace
