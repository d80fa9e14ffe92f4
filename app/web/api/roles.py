"""Roles: the six that every workspace has, and those that it makes for itself."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from app.web.api.callers import may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Why, Write, may_write
from core.access import OperationsPermission, Principal
from core.work import open_work
from domain.accounts import custom_roles
from domain.accounts.schemas import ChangeRole, NewRole, RoleView

router = noun("roles")

Reader = Annotated[Principal, may(OperationsPermission.MANAGE)]
Writer = Annotated[Write, may_write(OperationsPermission.MANAGE)]


@router.get("/workspaces/{workspace_id}/roles")
async def list_(caller: Reader, workspace_id: UUID) -> Page[RoleView]:
    """List the roles that a member can have."""
    async with open_work(caller) as work:
        return Page(data=await custom_roles.list_roles(work), has_more=False, next_cursor=None)


@router.post("/workspaces/{workspace_id}/roles", status_code=201)
async def create(write: Writer, workspace_id: UUID, body: NewRole, response: Response) -> RoleView:
    """Make a role."""
    made = await write.once(RoleView, lambda work: custom_roles.create_role(work, body))
    tell(response, made.version)
    return made


@router.patch("/workspaces/{workspace_id}/roles/{role_id}")
async def change(
    write: Writer, seen: SeenVersion, workspace_id: UUID, role_id: UUID, body: ChangeRole, response: Response
) -> RoleView:
    """Change a role that the workspace has made, for all who have it."""
    changed = await write.once(RoleView, lambda work: custom_roles.change_role(work, role_id, body, seen))
    tell(response, changed.version)
    return changed


@router.delete("/workspaces/{workspace_id}/roles/{role_id}", status_code=204)
async def delete(write: Writer, seen: SeenVersion, workspace_id: UUID, role_id: UUID, reason: Why) -> None:
    """Give up a role that nobody has any more."""
    await write.run(lambda work: custom_roles.delete_role(work, role_id, seen, reason))
