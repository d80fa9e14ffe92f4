"""Workspaces: the shops in which one works, founding one, and its settings."""

from typing import Annotated
from uuid import UUID, uuid5

from fastapi import Request, Response

from app.web.api.callers import SignedIn, may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Key, Why, Write, may_write
from core.access import OperationsPermission, Principal
from core.tables import new_id
from core.work import open_work
from domain.accounts import people
from domain.accounts import service as accounts
from domain.accounts.identity_schemas import Belonging
from domain.accounts.permissions import WorkspacePermission
from domain.accounts.schemas import ChangeWorkspace, WorkspaceView
from domain.founding import service as founding
from domain.founding.schemas import FoundWorkspace

router = noun("workspaces")

Reader = Annotated[Principal, may(WorkspacePermission.READ)]
Writer = Annotated[Write, may_write(OperationsPermission.MANAGE)]


@router.get("/workspaces")
async def list_(person: SignedIn) -> Page[Belonging]:
    """List the workspaces in which one works."""
    return Page(data=(await people.profile(person.user_id)).workspaces, has_more=False, next_cursor=None)


@router.post("/workspaces", status_code=201)
async def found(person: SignedIn, body: FoundWorkspace, request: Request, response: Response, key: Key = None) -> WorkspaceView:
    """Found a shop, which one then owns."""
    # The key names the workspace, so the same request again finds what it made, and its memory there.
    principal = Principal.system(uuid5(person.user_id, key) if key else new_id())
    write = Write(principal, request, response, key, await request.body())
    made = await write.found(lambda work: founding.found(work, body, person.email, person.name))
    tell(response, made.version)
    return made


@router.get("/workspaces/{workspace_id}")
async def get(caller: Reader, workspace_id: UUID, response: Response) -> WorkspaceView:
    """Show a workspace with its settings."""
    async with open_work(caller) as work:
        found = await accounts.get_workspace(work)
    tell(response, found.version)
    return found


@router.patch("/workspaces/{workspace_id}")
async def change(
    write: Writer, seen: SeenVersion, workspace_id: UUID, body: ChangeWorkspace, response: Response
) -> WorkspaceView:
    """Rename a workspace, or replace its settings."""
    changed = await write.once(WorkspaceView, lambda work: accounts.change_workspace(work, body, seen))
    tell(response, changed.version)
    return changed


@router.delete("/workspaces/{workspace_id}", status_code=204)
async def delete(write: Writer, seen: SeenVersion, workspace_id: UUID, reason: Why) -> None:
    """Give a workspace up. It can be brought back by whoever runs the installation."""
    await write.run(lambda work: accounts.delete_workspace(work, seen, reason))
