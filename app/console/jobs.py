"""Jobs: what the workers run and what of it waits, and what was given up."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds
from app.console.catalogue import JOBS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.queue import deadletters, waiting
from app.queue.deadletters import DeadLetter, QueueAway
from app.web.api.lists import Paged
from core.work import open_work

router = APIRouter(prefix="/console/@{workspace}/jobs")

Manager = Annotated[Visit, may(JOBS.permission)]
Letter = Annotated[str, Path(max_length=100)]


@router.get("")
async def show(request: Request, visit: Manager, paging: Paged) -> Response:
    """Show the jobs with what waits, and the dead letters, the newest first."""
    found: list[DeadLetter] | None = None
    try:
        async with open_work(visit.principal) as work:
            found = await deadletters.list_of(work, paging.limit + 1, paging.place)
    except QueueAway:
        found = None
    shown = (found or [])[: paging.limit]
    async with open_work(visit.principal) as work:
        jobs = await waiting.of_jobs(work)
    return page(
        request,
        "jobs.html",
        visit,
        current=JOBS,
        jobs=sorted(jobs, key=lambda job: (-job.given_up, -job.waiting, job.name)),
        paged=paging.page(shown, shown[-1].id if found and len(found) > paging.limit else None),
        is_away=found is None,
        is_first=paging.place is None,
    )


@router.post("/{letter_id}/retry")
async def retry(request: Request, visit: Manager, letter_id: Letter) -> Response:
    """Try something again that was given up."""
    await deeds.once(request, visit, DeadLetter, lambda work: deadletters.retry_of(work, letter_id))
    return RedirectResponse(visit.at("jobs"), 303)


@router.post("/{letter_id}/discard")
async def discard(request: Request, visit: Manager, letter_id: Letter) -> Response:
    """Give something up for good."""
    await deeds.run(request, visit, lambda work: deadletters.discard_of(work, letter_id))
    return RedirectResponse(visit.at("jobs"), 303)
