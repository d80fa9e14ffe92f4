"""Onboarding: what a new shop needs until its first order, as it stands, each with the page where it is done."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.console.catalogue import ONBOARDING
from app.console.rendering import page
from app.console.visits import Visit, may
from core.work import Work, open_work
from domain.accounts import members
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.connections import service as connections
from domain.orders import service as orders
from domain.orders.kinds import PLACED
from domain.orders.schemas import OrderFilter
from domain.stock import service as stock

router = APIRouter(prefix="/console/@{workspace}/onboarding")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a shop needs, whether it is there, and where it is done. Its text is `console.step.<key>`."""

    key: str
    is_done: bool
    path: str
    is_needed: bool = True
    """Whether no order can be taken without it."""


async def steps(work: Work) -> list[Step]:
    """What there is to do, in the order in which it is best done."""
    settings = (await accounts.get_workspace(work)).settings
    stores = await catalog.stores(work)
    goods = (await catalog.list_products(work, limit=1)).items
    levels, _ = await stock.list_levels(work, limit=1)
    lines = [each for each in await connections.all_of_workspace(work) if each.is_active]
    people = await members.list_members(work)
    placed = (await orders.list_orders(work, OrderFilter(statuses=PLACED), limit=1)).items
    is_priced = not settings.offers_delivery or bool(settings.delivery_zones) or settings.delivery_fee > 0
    return [
        Step("store", bool(stores), "stores"),
        Step("products", bool(goods), "products"),
        Step("stock", bool(levels), "stock"),
        Step("methods", any(each.instructions for each in settings.payment_methods), "settings"),
        Step("hours", settings.opens_at is not None, "settings", is_needed=False),
        Step("delivery", is_priced, "zones", is_needed=False),
        Step("line", bool(lines), "connections"),
        Step("team", len(people) > 1, "team", is_needed=False),
        Step("order", bool(placed), "orders"),
    ]


@router.get("")
async def show(request: Request, visit: Annotated[Visit, may(ONBOARDING.permission)]) -> Response:
    """Show what is done, and what is to do next."""
    async with open_work(visit.principal) as work:
        found = await steps(work)
    following = next((each for each in found if not each.is_done), None)
    return page(request, "onboarding.html", visit, current=ONBOARDING, steps=found, following=following)
