"""What waits: every job, with what a workspace has for it to do."""

from datetime import datetime

from pydantic import BaseModel

from app.queue.jobs import JOBS
from core import outbox
from core.access import OperationsPermission
from core.work import Work


class JobView(BaseModel):
    """A job, and how much of it the workspace waits for. `given_up` are rows that no queue takes."""

    name: str
    queue: str
    time_limit_seconds: float
    waiting: int
    given_up: int
    oldest_due_at: datetime | None


async def of_jobs(work: Work) -> list[JobView]:
    """Every job, and what of it the workspace waits for."""
    work.require(OperationsPermission.MANAGE)
    waiting, none = await outbox.waiting(work), outbox.Waiting(0, 0, None)
    return [
        JobView(
            name=name,
            queue=job.queue,
            time_limit_seconds=job.time_limit(),
            waiting=(of := waiting.get(name, none)).rows,
            given_up=of.given_up,
            oldest_due_at=of.oldest_due_at,
        )
        for name, job in JOBS.items()
    ]
