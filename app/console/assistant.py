"""The assistant: a member's own thread with the agent, and the catalogue of what it can measure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent import recorded
from agent.audiences.staff import chat
from app.console import deeds, streams
from app.console.catalogue import ASSISTANT, METRICS
from app.console.parts import Made
from app.console.refusals import FRAGMENT
from app.console.rendering import Drawn, drawn, page
from app.console.visits import Visit, may
from core.work import Work, open_work
from domain.approvals import service as approvals
from domain.approvals.schemas import ApprovalView
from domain.conversations import staff_thread
from domain.conversations.schemas import ThreadMessage
from domain.statistics import service as statistics
from tools.drawing import chart_of

router = APIRouter(prefix="/console/@{workspace}/assistant")
catalogue = APIRouter(prefix="/console/@{workspace}/metrics")

Person = Annotated[Visit, may(ASSISTANT.permission)]

SHOWN: Final = 40
"""Messages of the thread; what is older is read over the API."""

STARTERS: Final = ("week", "best", "low", "today", "payments", "waiting")
"""What whoever has asked nothing yet is offered to ask."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A message of the thread, with the charts of the figures that it tells."""

    message: ThreadMessage
    charts: list[Drawn]


@dataclass(frozen=True, slots=True)
class Thread:
    """What a member and the agent have said, the oldest first, and what waits for the member's yes."""

    answers: list[Answer]
    approval: ApprovalView | None
    is_thinking: bool


async def _thread(visit: Visit) -> Thread:
    async with open_work(visit.principal) as work:
        found = (await staff_thread.read(work, SHOWN)).items[::-1]
        figures = await _figures(work, {each.turn_id for each in found if each.turn_id is not None})
        waiting = await approvals.waiting(work)
    answers, told = [], set[UUID]()
    for each in found:
        # A turn may have spoken in several messages: its charts stand below the first.
        own = figures.get(each.turn_id, []) if each.turn_id is not None and each.turn_id not in told else []
        told |= {each.turn_id} if each.turn_id is not None else set()
        answers.append(Answer(each, [drawing for figure in own for drawing in _drawn(figure, visit)]))
    is_thinking = bool(found) and found[-1].direction == "in"
    return Thread(answers, waiting, is_thinking)


async def _figures(work: Work, turns: set[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """What turns of the thread have measured or foretold."""
    calls = await recorded.of_turns(work, turns)
    return {turn: [call.figure for call in made if call.figure is not None] for turn, made in calls.items()}


def _drawn(figure: Mapping[str, Any], visit: Visit) -> list[Drawn]:
    made = chart_of(figure, visit.workspace, visit.manners.language)
    return [drawn(*made)] if made is not None else []


def _page(request: Request, template: str, visit: Visit, thread: Thread, **content: Any) -> Response:
    return page(request, template, visit, current=ASSISTANT, thread=thread, **content)


@router.get("")
async def show(request: Request, visit: Person) -> Response:
    """Show one's own thread."""
    may_measure = visit.principal.may(METRICS.permission)
    return _page(request, "assistant.html", visit, await _thread(visit), starters=STARTERS, may_measure=may_measure)


@router.post("")
async def ask(request: Request, visit: Person, text: Annotated[str, Form(min_length=1, max_length=1000)]) -> Response:
    """Ask for something; the answer comes by the stream as soon as it is thought."""
    await deeds.once(request, visit, ThreadMessage, lambda work: chat.write(work, text))
    if FRAGMENT not in request.headers:
        return RedirectResponse(visit.at("assistant"), 303)
    return _page(request, "_assistant_answer.html", visit, await _thread(visit), is_asked=True)


@router.get("/live")
async def live(request: Request, visit: Person, after: str = "") -> Response:
    """Follow one's thread."""

    async def make(now: Visit) -> Made:
        answer = _page(request, "_assistant_answer.html", now, await _thread(now), is_asked=False)
        made = bytes(answer.body).decode()
        return Made(made, hashlib.sha256(made.encode()).hexdigest()[:16])

    return streams.follow(request, visit, ASSISTANT.permission, after, make)


@catalogue.get("")
async def metrics(request: Request, visit: Annotated[Visit, may(METRICS.permission)]) -> Response:
    """Show what can be measured: the one list from which every figure of the house is taken."""
    async with open_work(visit.principal) as work:
        known = statistics.metrics(work)
    return page(request, "metrics.html", visit, current=METRICS, metrics=known)
