"""The page of a driver on a telephone: the stops of one route, opened by its link alone, and what became of each."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from app.console import forms
from app.console.forms import OwnForm
from app.console.rendering import page
from app.web import drivers
from app.web.drivers import Held
from core.access import Principal
from core.work import open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.logistics import driving, fleet
from domain.logistics import service as logistics
from domain.logistics.schemas import Settle

router = APIRouter(prefix=drivers.PREFIX)

Token = Annotated[str, Path(max_length=400)]


async def _driver(held: Held) -> Principal:
    """Whoever holds the link of a route: they work in the stores between which it moves goods. Raises RouteLinkOver."""
    async with open_work(Principal.system(held.workspace_id)) as work:
        stores = await driving.stores_on(work, held.route_id, held.version)
    return roles.driver_of(held.workspace_id, held.route_id, stores)


@router.get("/{token}")
async def show(request: Request, token: Token) -> Response:
    """Show a route with what its driver needs to know of each stop, whole telephones among it."""
    held = drivers.read(token)
    async with open_work(await _driver(held)) as work:
        route = await driving.by_link(work, held.route_id, held.version)
        called = await logistics.called(work, route.stops)
        vehicle = (await fleet.vehicles_of(work, [route.vehicle_id]))[route.vehicle_id]
        workspace = await accounts.get_workspace(work)
    # Nobody else is to find it: neither a cache, nor a search engine, nor whoever a map is opened from.
    headers = {"cache-control": "no-store", "x-robots-tag": "noindex", "referrer-policy": "same-origin"}
    return page(
        request,
        "driver.html",
        None,
        headers=headers,
        token=token,
        route=route,
        called=called,
        vehicle=vehicle,
        workspace=workspace,
    )


@router.post("/{token}/stops/{stop_id}")
async def settle(request: Request, token: Token, stop_id: UUID, own: OwnForm) -> Response:
    """Say what became of a stop; pressed twice it is said once."""
    held = drivers.read(token)
    command = await forms.part(request, Settle)
    async with open_work(await _driver(held)) as work:
        await driving.settle_by_link(work, held.route_id, held.version, stop_id, command)
    return RedirectResponse(f"{drivers.PREFIX}/{token}#s-{stop_id}", 303)
