"""Delivery zones: where the shop brings goods to, for how much, and from which store."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from app.console import deeds, forms
from app.console.catalogue import ZONES
from app.console.rendering import page
from app.console.visits import Visit, may
from core.access import OperationsPermission
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceSettings, WorkspaceView
from domain.accounts.zones import DeliveryZone
from domain.catalog import service as catalog

router = APIRouter(prefix="/console/@{workspace}/zones")

Manager = Annotated[Visit, may(OperationsPermission.MANAGE)]


class _Zone(BaseModel):
    """A zone as its form says it; `was` is the name that it had."""

    was: str = ""
    name: str
    words: str = ""
    fee: str = "0"
    minimum: str = "0"
    store: str | None = None
    latitude: str = ""
    longitude: str = ""
    radius_km: str = ""


class _Named(BaseModel):
    was: str = Field(max_length=60)


@router.get("")
async def show(
    request: Request, visit: Annotated[Visit, may(ZONES.permission)], said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show the zones as they are asked for."""
    async with open_work(visit.principal) as work:
        shop = await accounts.get_workspace(work)
        stores = await catalog.stores(work)
    may_change = visit.principal.may(OperationsPermission.MANAGE)
    return page(request, "zones.html", visit, current=ZONES, shop=shop, stores=stores, said=said, may_change=may_change)


@router.post("")
async def keep(request: Request, visit: Manager) -> Response:
    """Add a zone, or change the one that had this name."""
    given = await forms.part(request, _Zone)
    zone = forms.judge(request, DeliveryZone, _values(given))

    def changed(known: tuple[DeliveryZone, ...]) -> tuple[DeliveryZone, ...]:
        if any(each.name == given.was for each in known):
            return tuple(zone if each.name == given.was else each for each in known)
        return (*known, zone)

    return await _change(request, visit, changed)


@router.post("/remove")
async def remove(request: Request, visit: Manager) -> Response:
    """Deliver to a zone no more."""
    was = (await forms.part(request, _Named)).was
    return await _change(request, visit, lambda known: tuple(each for each in known if each.name != was))


def _values(given: _Zone) -> dict[str, Any]:
    circle = {name: getattr(given, name) for name in ("latitude", "longitude", "radius_km") if getattr(given, name)}
    known = given.model_dump(include={"name", "fee", "minimum", "store"})
    return {**known, "words": forms.separated(given.words), "around": circle or None}


async def _change(
    request: Request, visit: Visit, changed: Callable[[tuple[DeliveryZone, ...]], tuple[DeliveryZone, ...]]
) -> Response:
    seen = await forms.seen(request)

    async def act(work: Work) -> WorkspaceView:
        zones = changed((await accounts.get_workspace(work)).settings.delivery_zones)
        return await accounts.update_settings(
            work, forms.judge(request, WorkspaceSettings, {"delivery_zones": [each.model_dump() for each in zones]}), seen
        )

    await deeds.once(request, visit, WorkspaceView, act)
    return RedirectResponse(visit.at("zones?said=saved"), 303)
