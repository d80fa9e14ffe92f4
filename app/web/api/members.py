"""Members: the people who work in a workspace."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from app.web.api.callers import may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import OperationsPermission, Principal
from core.work import open_work
from domain.accounts import members
from domain.accounts.schemas import ChangeMember, InviteMember, MemberView

router = noun("members")

Reader = Annotated[Principal, may(OperationsPermission.MANAGE)]
Writer = Annotated[Write, may_write(OperationsPermission.MANAGE)]


@router.get("/workspaces/{workspace_id}/members")
async def list_(caller: Reader, workspace_id: UUID) -> Page[MemberView]:
    """List the people of a workspace by name, with those who are invited."""
    async with open_work(caller) as work:
        return Page(data=await members.list_members(work), has_more=False, next_cursor=None)


@router.post("/workspaces/{workspace_id}/members", status_code=201)
async def invite(write: Writer, workspace_id: UUID, body: InviteMember, response: Response) -> MemberView:
    """Invite a person by mail, or once more if the first invitation was not accepted yet."""
    made = await write.once(MemberView, lambda work: members.invite(work, body))
    tell(response, made.version)
    return made


@router.get("/workspaces/{workspace_id}/members/{user_id}")
async def get(caller: Reader, workspace_id: UUID, user_id: UUID, response: Response) -> MemberView:
    """Show one person of a workspace."""
    async with open_work(caller) as work:
        found = await members.get_member(work, user_id)
    tell(response, found.version)
    return found


@router.patch("/workspaces/{workspace_id}/members/{user_id}")
async def change(
    write: Writer, seen: SeenVersion, workspace_id: UUID, user_id: UUID, body: ChangeMember, response: Response
) -> MemberView:
    """Give a person another role or store, suspend them, or bring them back."""
    changed = await write.once(MemberView, lambda work: members.change_member(work, user_id, body, seen))
    tell(response, changed.version)
    return changed
