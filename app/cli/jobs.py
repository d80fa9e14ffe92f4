"""`nexova jobs`: what the workers run, for how long, what rings again for it, and what happens when a time runs out."""

import inspect
import re
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel

from app.cli.terminal import AsJson, show
from app.queue.actors import RUNNERS
from app.queue.jobs import DEADLINES, JOBS, SWEEPS
from core.jobs import Deadline, Sweep


class Row(BaseModel):
    """A job or a deadline as it is listed; in the tables `found_in` what the job left unhandled is found, or what is over."""

    kind: Literal["job", "deadline"]
    name: str
    found_in: list[str]
    does: str
    queue: str | None = None
    arguments: list[str] = []
    time_limit_seconds: float | None = None


def rows() -> list[Row]:
    """Every job, then every deadline."""
    return [
        *(
            Row(
                kind="job",
                name=name,
                found_in=[table for sweep in SWEEPS if sweep.job == name for table in _tables(sweep)],
                does=_said_of(RUNNERS[name]),
                queue=job.queue,
                arguments=list(inspect.signature(RUNNERS[name]).parameters),
                time_limit_seconds=job.time_limit(),
            )
            for name, job in JOBS.items()
        ),
        *(
            Row(kind="deadline", name=deadline.name, found_in=_tables(deadline), does=_said_of(deadline.settle))
            for deadline in DEADLINES
        ),
    ]


def _tables(searched: Sweep | Deadline) -> list[str]:
    return re.findall(r"\bFROM (?!runtime_clock)(\w+)", str(searched.found))


def _said_of(function: Callable[..., object]) -> str:
    return " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())


def jobs(as_json: AsJson = False) -> None:
    """List the jobs with queue, arguments, time limit and the tables from which their sweeps ring again; and the deadlines."""
    show(rows(), as_json=as_json, empty="There are no jobs.")
