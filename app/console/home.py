"""Home: how the day goes, in figures that open what they count, and who waits for a person."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.console import catalogue, onboarding
from app.console.catalogue import HOME, ONBOARDING
from app.console.onboarding import Step
from app.console.rendering import page
from app.console.visits import Visit, may
from core.access import Principal
from core.work import Work, open_work
from domain.conversations import desk
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskFilter, Queue
from domain.statistics import service as statistics
from domain.statistics.permissions import StatisticsPermission
from domain.statistics.schemas import Figure, Filters, Grain, PeriodName, Value

router = APIRouter(prefix="/console/@{workspace}/home")

SHOWN = 8

_OF_DAY: Final = "status=placed&since={day}&until={day}"

FIGURES: Final = (
    ("orders", "orders", _OF_DAY),
    ("takings", "payments", "status=verified&since={day}&until={day}"),
    ("payments_to_verify", "payments", "status=claimed"),
    ("waiting_handoffs", "inbox", "queue=waiting"),
    ("handoff_wait", "inbox", "queue=all"),
    ("conversion", "inbox", "queue=all"),
    ("low_stock", "stock", "low=true"),
    ("model_cost_per_order", "orders", _OF_DAY),
)
"""The figures of the day, each with the page and the filters of what it counts; those of what stands now have no day."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure as it stands, what it was the day before where that can be said, and the address of what it counts."""

    now: Figure
    before: list[Value] | None
    address: str | None


def _opens(principal: Principal, path: str, query: str, day: date) -> str | None:
    """The address of a list, for whoever may open its page."""
    target = next((each for each in catalogue.PAGES if each.path == path), None)
    if target is None or not principal.may(target.permission):
        return None
    return f"{path}?{query.format(day=day.isoformat())}"


async def _tiles(work: Work) -> list[Tile]:
    allowed = {metric.name: metric for metric in statistics.metrics(work)}
    today = await statistics.period_of(work, PeriodName.TODAY)
    yesterday = await statistics.period_of(work, PeriodName.YESTERDAY)
    found = []
    for name, path, query in FIGURES:
        if name not in allowed:
            continue
        now = await statistics.measure(work, name, today)
        before = (await statistics.measure(work, name, yesterday)).values if now.period is not None else None
        found.append(Tile(now, before, _opens(work.principal, path, query, today.first)))
    return found


async def _week(work: Work) -> Figure | None:
    """The orders of each of the last seven days, for whoever may see them."""
    if "orders" not in {metric.name for metric in statistics.metrics(work)}:
        return None
    period = await statistics.period_of(work, PeriodName.LAST_7_DAYS)
    return await statistics.measure(work, "orders", period, Filters(grain=Grain.DAY))


@router.get("")
async def show(request: Request, visit: Annotated[Visit, may(HOME.permission)]) -> Response:
    """Show the day."""
    tiles: list[Tile] = []
    waiting, week = None, None
    missing: list[Step] = []
    async with open_work(visit.principal) as work:
        today = visit.workspace.today(work.now)
        if visit.principal.may(StatisticsPermission.READ):
            tiles, week = await _tiles(work), await _week(work)
        if visit.principal.may(ConversationsPermission.READ):
            waiting = (await desk.list_conversations(work, DeskFilter(queue=Queue.WAITING), limit=SHOWN)).items
        if visit.principal.may(ONBOARDING.permission):
            missing = [step for step in await onboarding.steps(work) if step.is_needed and not step.is_done]
    return page(
        request, "home.html", visit, current=HOME, waiting=waiting, tiles=tiles, week=week, today=today, missing=missing
    )
