"""Jobs: what the workers run and what of it waits, and the dead letters that were given up."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from app.queue import deadletters
from app.queue.deadletters import DeadLetter
from app.queue.jobs import JOBS
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core import outbox
from core.access import OperationsPermission, Principal
from core.outbox import Waiting
from core.work import open_work

router = noun("jobs")

Reader = Annotated[Principal, may(OperationsPermission.MANAGE)]
Writer = Annotated[Write, may_write(OperationsPermission.MANAGE)]
Letter = Annotated[str, Path(max_length=100)]


class JobView(BaseModel):
    """A job, and how much of it the workspace waits for. `given_up` are rows that no queue takes."""

    name: str
    queue: str
    time_limit_seconds: float
    waiting: int
    given_up: int
    oldest_due_at: datetime | None


@router.get("/jobs")
async def list_(caller: Reader) -> Page[JobView]:
    """List the jobs, and what of each is waiting."""
    async with open_work(caller) as work:
        waiting = await outbox.waiting(work)
    none = Waiting(0, 0, None)
    views = [
        JobView(
            name=name,
            queue=job.queue,
            time_limit_seconds=job.time_limit(),
            waiting=waiting.get(name, none).rows,
            given_up=waiting.get(name, none).given_up,
            oldest_due_at=waiting.get(name, none).oldest_due_at,
        )
        for name, job in JOBS.items()
    ]
    return Page(data=views, has_more=False, next_cursor=None)


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
