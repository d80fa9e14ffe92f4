"""Connections: the lines on which customers write, and whether each can be used now."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, forms
from app.console.catalogue import CONNECTIONS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api import connections as by_api
from core.work import open_work
from domain.connections import service as connections
from domain.connections.permissions import ConnectionsPermission
from domain.connections.schemas import ChangeConnection, ConnectionDetails, LineCheck

router = APIRouter(prefix="/console/@{workspace}/connections")

Writer = Annotated[Visit, may(ConnectionsPermission.WRITE)]


async def _show(request: Request, visit: Visit, checked: tuple[UUID, LineCheck] | None = None, said: str = "") -> Response:
    async with open_work(visit.principal) as work:
        lines = [await connections.details(work, line.id) for line in await connections.all_of_workspace(work)]
    return page(
        request,
        "connections.html",
        visit,
        current=CONNECTIONS,
        lines=[by_api.shown(line, request) for line in lines],
        checked=checked,
        said=said,
        may_write=visit.principal.may(ConnectionsPermission.WRITE),
    )


@router.get("")
async def show(
    request: Request, visit: Annotated[Visit, may(CONNECTIONS.permission)], said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show the lines, without their secrets."""
    return await _show(request, visit, said=said)


@router.post("/{connection_id}/test")
async def test(request: Request, visit: Writer, connection_id: UUID) -> Response:
    """Ask the provider now whether a line can be used; nothing is sent to anybody."""
    return await _show(request, visit, (connection_id, await by_api.test(visit.principal, connection_id)))


@router.post("/{connection_id}")
async def change(request: Request, visit: Writer, connection_id: UUID) -> Response:
    """Rename a line, stop using it, or use it again."""
    command = await forms.part(request, ChangeConnection)
    seen = await forms.seen(request)
    await deeds.once(request, visit, ConnectionDetails, lambda work: connections.change(work, connection_id, command, seen))
    return RedirectResponse(visit.at("connections?said=saved"), 303)
