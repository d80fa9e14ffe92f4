"""Connections: the lines on which customers write, and whether each can be used now."""

from collections.abc import Sequence
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
from domain.catalog import service as catalog
from domain.connections import service as connections
from domain.connections import webchat
from domain.connections.permissions import ConnectionsPermission
from domain.connections.schemas import (
    ChangeConnection,
    ConnectionDetails,
    ConnectionSettings,
    LineCheck,
    NewWebChat,
    RenewSecret,
    WebChatSecret,
)
from domain.connections.templates import TemplatePrices

router = APIRouter(prefix="/console/@{workspace}/connections")

Writer = Annotated[Visit, may(ConnectionsPermission.WRITE)]


async def _show(
    request: Request,
    visit: Visit,
    checked: tuple[UUID, LineCheck] | None = None,
    said: str = "",
    secret: WebChatSecret | None = None,
    left_out: Sequence[str] = (),
) -> Response:
    async with open_work(visit.principal) as work:
        lines = [await connections.details(work, line.id) for line in await connections.all_of_workspace(work)]
        stores = await catalog.stores(work)
    return page(
        request,
        "connections.html",
        visit,
        current=CONNECTIONS,
        lines=[by_api.shown(line, request) for line in lines],
        checked=checked,
        said=said,
        secret=secret,
        left_out=left_out,
        stores=stores,
        may_write=visit.principal.may(ConnectionsPermission.WRITE),
    )


@router.get("")
async def show(
    request: Request, visit: Annotated[Visit, may(CONNECTIONS.permission)], said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show the lines, without their secrets."""
    return await _show(request, visit, said=said)


async def _origins(request: Request) -> tuple[str, ...]:
    """The origins that a form names, one on each line."""
    return tuple(str((await request.form()).get("origins", "")).split())


@router.post("/web-chats")
async def open_web_chat(request: Request, visit: Writer) -> Response:
    """Open a web chat on the shop's pages; its secret is in this answer and in no other."""
    command = await forms.part(request, NewWebChat, origins=await _origins(request))
    made = await deeds.once(request, visit, WebChatSecret, lambda work: webchat.open_on_page(work, command), is_secret=True)
    return await _show(request, visit, secret=made)


@router.post("/{connection_id}/web-chat")
async def change_web_chat(request: Request, visit: Writer, connection_id: UUID) -> Response:
    """Choose on which pages a web chat stands, and what it says before anybody writes."""
    emptied = await forms.emptied(request, "greeting", "consent", "consent_url")
    chosen = await forms.part(request, ConnectionSettings, origins=await _origins(request), **emptied)
    seen = await forms.seen(request)
    command = ChangeConnection(settings=chosen)
    await deeds.once(request, visit, ConnectionDetails, lambda work: connections.change(work, connection_id, command, seen))
    return RedirectResponse(visit.at("connections?said=saved"), 303)


@router.post("/{connection_id}/identity-secret")
async def renew_secret(request: Request, visit: Writer, connection_id: UUID) -> Response:
    """Sign identities with another secret, which is in this answer and in no other."""
    keep_former = (await forms.part(request, RenewSecret)).keep_former
    seen = await forms.seen(request)
    made = await deeds.once(
        request,
        visit,
        WebChatSecret,
        lambda work: webchat.renew_secret(work, connection_id, seen, keep_former=keep_former),
        is_secret=True,
    )
    return await _show(request, visit, secret=made)


@router.post("/{connection_id}/templates")
async def fetch_templates(request: Request, visit: Writer, connection_id: UUID) -> Response:
    """Bring the approved templates of a line from its provider, and tell which of them cannot be sent from the inbox."""
    found = await by_api.templates(visit.principal, connection_id)
    command, seen = by_api.kept(found), await forms.seen(request)
    await deeds.once(request, visit, ConnectionDetails, lambda work: connections.change(work, connection_id, command, seen))
    return await _show(request, visit, said="templates", left_out=found.left_out)


@router.post("/{connection_id}/prices")
async def set_prices(request: Request, visit: Writer, connection_id: UUID) -> Response:
    """Say what a template costs, which is shown before one is sent."""
    prices = await forms.part(request, TemplatePrices)
    seen = await forms.seen(request)
    command = ChangeConnection(settings=ConnectionSettings(template_prices=prices))
    await deeds.once(request, visit, ConnectionDetails, lambda work: connections.change(work, connection_id, command, seen))
    return RedirectResponse(visit.at("connections?said=saved"), 303)


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
