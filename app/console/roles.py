"""Roles: the six that every shop has, and those that it makes for itself of single permissions."""

from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from app.console import deeds, forms
from app.console.catalogue import ROLES
from app.console.rendering import page
from app.console.visits import Visit, may
from core.access import OperationsPermission, covers
from core.work import open_work
from domain.accounts import custom_roles, roles
from domain.accounts.schemas import ChangeRole, NewRole, RoleView

router = APIRouter(prefix="/console/@{workspace}/roles")

Manager = Annotated[Visit, may(OperationsPermission.MANAGE)]


class _Gone(BaseModel):
    reason: str = Field(min_length=1, max_length=500)


def _grants(visit: Visit) -> list[tuple[str, list[str]]]:
    """The permissions that somebody holds and so may give, by the noun that declares them."""
    held = sorted(each.value for each in roles.permissions() if visit.principal.may(each))
    return [(noun, list(names)) for noun, names in groupby(held, key=lambda name: name.partition(":")[0])]


def _held(role: RoleView) -> set[str]:
    """The single permissions that a role's names and wildcards stand for."""
    return {each.value for each in roles.permissions() if covers(role.permissions, each)}


@router.get("")
async def show(
    request: Request, visit: Annotated[Visit, may(ROLES.permission)], said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show the roles, each with what it may do."""
    async with open_work(visit.principal) as work:
        found = await custom_roles.list_roles(work)
    return page(
        request,
        "roles.html",
        visit,
        current=ROLES,
        roles=[(each, _held(each)) for each in found],
        grants=_grants(visit),
        said=said,
    )


@router.post("")
async def create(request: Request, visit: Manager) -> Response:
    """Make a role."""
    command = await forms.part(request, NewRole, permissions=await forms.chosen(request, "permissions"))
    await deeds.once(request, visit, RoleView, lambda work: custom_roles.create_role(work, command))
    return RedirectResponse(visit.at("roles?said=made"), 303)


@router.post("/{role_id}")
async def change(request: Request, visit: Manager, role_id: UUID) -> Response:
    """Change a role for all who have it."""
    command = await forms.part(request, ChangeRole, permissions=await forms.chosen(request, "permissions"))
    seen = await forms.seen(request)
    await deeds.once(request, visit, RoleView, lambda work: custom_roles.change_role(work, role_id, command, seen))
    return RedirectResponse(visit.at("roles?said=changed"), 303)


@router.post("/{role_id}/remove")
async def remove(request: Request, visit: Manager, role_id: UUID) -> Response:
    """Give up a role that nobody has, for a reason."""
    reason = (await forms.part(request, _Gone)).reason
    seen = await forms.seen(request)
    async with open_work(visit.principal) as work:
        await custom_roles.delete_role(work, role_id, seen, reason)
    return RedirectResponse(visit.at("roles?said=removed"), 303)
