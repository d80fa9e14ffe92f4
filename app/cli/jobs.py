"""`nexova jobs`: what the workers run, on which queue, for how long, and what rings again for it."""

import inspect
import re

from pydantic import BaseModel

from app.cli.terminal import AsJson, show
from app.queue.actors import RUNNERS
from app.queue.jobs import JOBS, time_limit_of
from app.queue.sweeps import SWEEPS


class Row(BaseModel):
    """A job as it is listed; `swept_from` are the tables in which a sweep finds what the job has left unhandled."""

    job: str
    queue: str
    arguments: list[str]
    time_limit_seconds: float
    swept_from: list[str]
    does: str


def rows() -> list[Row]:
    """Every job."""
    return [
        Row(
            job=name,
            queue=job.queue,
            arguments=list(inspect.signature(RUNNERS[name]).parameters),
            time_limit_seconds=time_limit_of(name),
            swept_from=[
                table for sweep in SWEEPS if sweep.job == name for table in re.findall(r"\bFROM (\w+)", str(sweep.found))
            ],
            does=(inspect.getdoc(RUNNERS[name]) or "").partition("\n")[0],
        )
        for name, job in JOBS.items()
    ]


def jobs(as_json: AsJson = False) -> None:
    """List the jobs with queue, arguments, time limit, and the tables from which their sweeps ring again."""
    show(rows(), as_json=as_json, empty="There are no jobs.")
