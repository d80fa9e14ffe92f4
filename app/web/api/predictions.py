"""Predictions: what was wanted day by day, what will probably be sold, and how good such forecasts were."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.demand import service as demand
from domain.demand.permissions import DemandPermission
from domain.demand.schemas import DemandSeries
from domain.forecasts import service as forecasts
from domain.forecasts.kinds import Level
from domain.forecasts.permissions import ForecastsPermission
from domain.forecasts.schemas import ForecastView, Prediction, RunView
from domain.routines.schemas import Asked

router = noun("predictions")

Reader = Annotated[Principal, may(ForecastsPermission.READ)]
Trainer = Annotated[Write, may_write(ForecastsPermission.TRAIN)]
DaysAhead = Annotated[int, Query(ge=1, le=forecasts.LONGEST_DAYS, description="How many days, today being the first.")]


class Train(BaseModel):
    """What the forecasts are to be made anew for."""

    model_config = ConfigDict(extra="forbid")

    import_id: UUID | None = Field(None, description="An upload of sales that has to be through (`POST /imports`).")


@router.get("/predictions/{product}")
async def predict(
    caller: Reader,
    product: Annotated[str, Path(max_length=100, description="The id, code or SKU of a product.")],
    days_ahead: DaysAhead = 30,
    store_id: UUID | None = None,
) -> Prediction:
    """Tell what will probably be sold of a product from today on."""
    async with open_work(caller) as work:
        return await forecasts.predict(work, product, days_ahead, store_id)


@router.post("/predictions/train", status_code=202)
async def train(write: Trainer, body: Train) -> Asked:
    """Have all forecasts made anew, now; `GET /forecasts/run` tells when it is done."""
    return await write.once(Asked, lambda work: forecasts.ask_for_training(work, body.import_id))


@router.get("/forecasts")
async def list_(
    caller: Reader,
    paging: Paged,
    level: Annotated[Level, Query(description="What the forecasts are added up over.")] = Level.VARIANT_STORE,
    days_ahead: DaysAhead = 30,
    variant_id: Annotated[list[UUID] | None, Query(max_length=100)] = None,
    store_id: UUID | None = None,
) -> Page[ForecastView]:
    """List what will probably be sold from today on, of each product in each store or of sums of them."""
    async with open_work(caller) as work:
        found, after = await forecasts.listing(
            work,
            level,
            days_ahead,
            variant_ids=variant_id,
            store_id=store_id,
            after=paging.id,
            limit=paging.limit,
        )
    return paging.page(found, after)


@router.get("/forecasts/run")
async def newest(caller: Reader) -> RunView:
    """Show from when the forecasts are, on what data they rest, and how good such forecasts were on the shop's own past."""
    async with open_work(caller) as work:
        return await forecasts.newest(work)


@router.get("/demand")
async def demand_of(
    caller: Annotated[Principal, may(DemandPermission.READ)],
    store_id: UUID,
    variant_id: UUID,
    since: Annotated[date, Query(description="The first day, in the calendar of the workspace.")],
    until: Annotated[date, Query(description="The last day; it counts as well.")],
) -> DemandSeries:
    """Show what was wanted of a variant in a store, day by day, and on which days the shelf was empty."""
    async with open_work(caller) as work:
        return await demand.series(work, store_id, variant_id, since, until)
