"""The team: who works here, as what, in which stores, when, and on how much money they decide."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, forms
from app.console.catalogue import TEAM
from app.console.rendering import page
from app.console.visits import Visit, may
from core.access import OperationsPermission
from core.work import open_work
from domain.accounts import custom_roles, members
from domain.accounts.schemas import ChangeMember, InviteMember, MemberView
from domain.catalog import service as catalog

router = APIRouter(prefix="/console/@{workspace}/team")

Manager = Annotated[Visit, may(OperationsPermission.MANAGE)]


@router.get("")
async def show(
    request: Request, visit: Annotated[Visit, may(TEAM.permission)], said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show the people of the workspace by name, with those who are invited."""
    async with open_work(visit.principal) as work:
        people = await members.list_members(work)
        roles = await custom_roles.list_roles(work)
        stores = await catalog.all_stores(work)
    return page(request, "team.html", visit, current=TEAM, people=people, roles=roles, stores=stores, said=said)


@router.post("")
async def invite(request: Request, visit: Manager) -> Response:
    """Invite a person by mail, or once more."""
    stores = await forms.chosen(request, "store_ids") or None
    command = await forms.part(request, InviteMember, language=visit.manners.language, store_ids=stores)
    await deeds.once(request, visit, MemberView, lambda work: members.invite(work, command))
    return RedirectResponse(visit.at("team?said=invited"), 303)


@router.post("/{user_id}")
async def change(request: Request, visit: Manager, user_id: UUID) -> Response:
    """Give a person another role or other limits, suspend them, or bring them back."""
    known = await forms.emptied(request, "amount_limit")
    if "role" in await request.form():  # the dialog of all that is theirs, not of one deed
        known["store_ids"] = await forms.chosen(request, "store_ids") or None
        known["only_open_hours"] = bool(await forms.chosen(request, "only_open_hours"))
    command = await forms.part(request, ChangeMember, **known)
    seen = await forms.seen(request)
    await deeds.once(request, visit, MemberView, lambda work: members.change_member(work, user_id, command, seen))
    return RedirectResponse(visit.at("team?said=changed"), 303)
