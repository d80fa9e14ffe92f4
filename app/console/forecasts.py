"""Forecasts: what will probably be sold, beside what was, with the interval and how good such numbers were."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, goods
from app.console.catalogue import FORECASTS
from app.console.rendering import drawn, page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.charts import Chart
from core.work import Work, open_work
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.demand import service as demand
from domain.demand.schemas import DemandSeries
from domain.forecasts import service as forecasts
from domain.forecasts.errors import DemandUnknown, ForecastNotReady, RunNotFound
from domain.forecasts.kinds import Level
from domain.forecasts.permissions import ForecastsPermission
from domain.forecasts.schemas import Outlook, RunView
from domain.forecasts.service import Scope
from domain.routines.schemas import Asked
from tools import drawing
from tools.drawing import Foretold

router = APIRouter(prefix="/console/@{workspace}/forecasts")

Reader = Annotated[Visit, may(FORECASTS.permission)]
Trainer = Annotated[Visit, may(ForecastsPermission.TRAIN)]

AHEAD: Final = 28
BEFORE: Final = 56


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, store: filters.Word = "", said: filters.Word = "") -> Response:
    """Show what will be sold of each product in each store over the next four weeks."""
    only = filters.identified(store)
    async with open_work(visit.principal) as work:
        found, after = await forecasts.listing(
            work,
            Level.VARIANT_STORE,
            AHEAD,
            store_id=only,
            after=filters.identified(paging.place or ""),
            limit=paging.limit,
        )
        products = await goods.named(work, (one.variant_id for one in found if one.variant_id is not None))
        stores = await catalog.all_stores(work)
        run = await _run(work)
    return page(
        request,
        "forecasts.html",
        visit,
        current=FORECASTS,
        paged=paging.page(found, None if after is None else str(after)),
        products=products,
        stores=stores,
        store=only,
        run=run,
        said=said,
        query=filters.query({"store": store}),
        is_first=paging.place is None,
        may_train=visit.principal.may(ForecastsPermission.TRAIN),
    )


async def _run(work: Work) -> RunView | None:
    try:
        return await forecasts.newest(work)
    except RunNotFound:
        return None


@router.post("/train")
async def train(request: Request, visit: Trainer) -> Response:
    """Have all forecasts made anew, now."""
    await deeds.once(request, visit, Asked, forecasts.ask_for_training)
    return RedirectResponse(visit.at("forecasts?said=asked"), 303)


@router.get("/{store_id}/{variant_id}")
async def show_series(request: Request, visit: Reader, store_id: UUID, variant_id: UUID) -> Response:
    """Show what was sold of a product in a store, and what will be."""
    async with open_work(visit.principal) as work:
        today = visit.workspace.today(work.now)
        store = await catalog.get_store_by_id(work, store_id)
        past = await demand.series(work, store_id, variant_id, today - timedelta(days=BEFORE), today - timedelta(days=1))
        product = (await catalog.variants(work, [variant_id]))[variant_id]
        try:
            scope = Scope((variant_id,), store_ids=(store_id,))
            ahead = await forecasts.outlook(work, scope, today, today + timedelta(days=AHEAD - 1))
        except (ForecastNotReady, DemandUnknown):
            ahead = None
    return page(
        request,
        "forecast.html",
        visit,
        current=FORECASTS,
        store=store,
        product=product,
        ahead=ahead,
        censored=sum(day.is_censored for day in past.days),
        bulk=sum(day.is_bulk for day in past.days),
        chart=None if ahead is None else drawn(_chart(visit, product, store.name, past, ahead)),
    )


def _chart(visit: Visit, product: VariantView, store: str, past: DemandSeries, ahead: Outlook) -> Chart:
    told = Foretold(product=product.name, store=store, unit=product.unit, outlook=ahead)
    return drawing.forecast(told, visit.workspace, visit.manners.language, past)
