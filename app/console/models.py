"""The models of the agent: the chain in which they are tried, whether each can be asked now, and what they may cost."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from agent import breaker, spend
from app.console.catalogue import MODELS
from app.console.rendering import drawn, page
from app.console.visits import Visit, may
from core.settings import get_settings
from core.work import open_work
from domain.statistics import service as statistics
from domain.statistics.permissions import StatisticsPermission
from domain.statistics.schemas import Figure, Filters, Grain, PeriodName
from tools import drawing

router = APIRouter(prefix="/console/@{workspace}/models")


@router.get("")
async def show(request: Request, visit: Annotated[Visit, may(MODELS.permission)]) -> Response:
    """Show the chain, and what this month has cost of what it may."""
    open_breakers = {name for name, is_open in (await breaker.states()).items() if is_open}
    daily: Figure | None = None
    async with open_work(visit.principal) as work:
        spent = await spend.spending(work)
        if visit.principal.may(StatisticsPermission.READ):
            month = await statistics.period_of(work, PeriodName.LAST_30_DAYS)
            daily = await statistics.measure(work, "model_cost", month, Filters(grain=Grain.DAY))
    has_cost = daily is not None and any(each.value for each in daily.values)
    made = drawing.figure(daily, visit.workspace, visit.manners.language) if daily is not None and has_cost else None
    return page(
        request,
        "models.html",
        visit,
        current=MODELS,
        chain=[(name, name in open_breakers) for name in get_settings().model_chain],
        spent=spent,
        drawing=drawn(*made) if made is not None else None,
    )
