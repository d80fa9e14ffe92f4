"""Jobs: what the workers run and what of it waits, what comes again and again, and the dead letters that were given up."""

from typing import Annotated

from fastapi import Path

from app.queue import deadletters, waiting
from app.queue.deadletters import DeadLetter
from app.queue.waiting import JobView
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import OperationsPermission, Principal
from core.work import open_work
from domain.routines import service as routines
from domain.routines.schemas import RoutineView

router = noun("jobs")

Reader = Annotated[Principal, may(OperationsPermission.MANAGE)]
Writer = Annotated[Write, may_write(OperationsPermission.MANAGE)]
Letter = Annotated[str, Path(max_length=100)]


@router.get("/jobs")
async def list_(caller: Reader) -> Page[JobView]:
    """List the jobs, and what of each is waiting."""
    async with open_work(caller) as work:
        return Page(data=await waiting.of_jobs(work), has_more=False, next_cursor=None)


@router.get("/dead-letters")
async def dead_letters(caller: Reader, paging: Paged) -> Page[DeadLetter]:
    """List what was given up, the newest first: events, files, and jobs that crashed or have no queue."""
    async with open_work(caller) as work:
        found = await deadletters.list_of(work, paging.limit + 1, paging.place)
    shown = found[: paging.limit]
    return paging.page(shown, shown[-1].id if len(found) > paging.limit else None)


@router.post("/dead-letters/{letter_id}/retry")
async def retry(write: Writer, letter_id: Letter) -> DeadLetter:
    """Try something again that was given up."""
    return await write.once(DeadLetter, lambda work: deadletters.retry_of(work, letter_id))


@router.post("/dead-letters/{letter_id}/discard", status_code=204)
async def discard(write: Writer, letter_id: Letter) -> None:
    """Give something up for good."""
    await write.run(lambda work: deadletters.discard_of(work, letter_id))


@router.get("/routines")
async def list_routines(caller: Reader) -> Page[RoutineView]:
    """List what the workspace does again and again by itself, when each is next due and how it went."""
    async with open_work(caller) as work:
        return Page(data=await routines.listing(work), has_more=False, next_cursor=None)
