"""Settings: what a workspace has chosen for itself."""

from typing import Annotated

from fastapi import Response

from app.web.api.callers import may
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import OperationsPermission, Principal
from core.work import open_work
from domain.accounts import service as accounts
from domain.accounts.permissions import WorkspacePermission
from domain.accounts.schemas import WorkspaceSettings, WorkspaceView

router = noun("settings")


@router.get("/settings")
async def get(caller: Annotated[Principal, may(WorkspacePermission.READ)], response: Response) -> WorkspaceSettings:
    """Show what the workspace has chosen. The version is that of the workspace."""
    async with open_work(caller) as work:
        found = await accounts.get_workspace(work)
    tell(response, found.version)
    return found.settings


@router.patch("/settings")
async def change(
    write: Annotated[Write, may_write(OperationsPermission.MANAGE)],
    seen: SeenVersion,
    body: WorkspaceSettings,
    response: Response,
) -> WorkspaceSettings:
    """Change some settings; those that are not said stay."""
    changed = await write.once(WorkspaceView, lambda work: accounts.update_settings(work, body, seen))
    tell(response, changed.version)
    return changed.settings
