"""The jobs, sweeps, deadlines and retentions of all rooms, collected: what relay and worker must know to ring, settle,
listen and forget.
"""

import importlib.util
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import domain
from core import events
from core.jobs import Deadline, FileHolder, Job, OpenCase, Retention, Sweep

_JOB_MODULES = ("core.inbound", "core.outbox", "core.idempotency", "core.event_replay", "agent.jobs")


def _modules() -> Iterator[ModuleType]:
    """The modules that declare any: those named above, and `jobs` of every noun that has one."""
    yield from map(importlib.import_module, _JOB_MODULES)
    for noun in pkgutil.iter_modules(domain.__path__, "domain."):
        if noun.ispkg and importlib.util.find_spec(f"{noun.name}.jobs") is not None:
            yield importlib.import_module(f"{noun.name}.jobs")


_DECLARED = tuple(_modules())

JOBS: Final[dict[str, Job]] = {job.name: job for module in _DECLARED for job in getattr(module, "JOBS", ())}
"""Every job by the name under which the outbox announces it."""

SWEEPS: Final[tuple[Sweep, ...]] = tuple(sweep for module in _DECLARED for sweep in getattr(module, "SWEEPS", ()))

DEADLINES: Final[tuple[Deadline, ...]] = tuple(one for module in _DECLARED for one in getattr(module, "DEADLINES", ()))

OPEN_CASES: Final[tuple[OpenCase, ...]] = tuple(one for module in _DECLARED for one in getattr(module, "OPEN_CASES", ()))

RETENTIONS: Final[tuple[Retention, ...]] = (
    *events.retentions(OPEN_CASES),
    *(one for module in _DECLARED for one in getattr(module, "RETENTIONS", ())),
)

FILE_HOLDERS: Final[tuple[FileHolder, ...]] = tuple(one for module in _DECLARED for one in getattr(module, "FILE_HOLDERS", ()))

QUEUES: Final[tuple[str, ...]] = tuple(dict.fromkeys(job.queue for job in JOBS.values()))


@dataclass(frozen=True, slots=True)
class Ring:
    """One doorbell to be rung: a job, its arguments (ids as strings) and the correlation id of its cause."""

    job: str
    arguments: dict[str, str]
    correlation_id: str | None = None

    @property
    def queue(self) -> str:
        """The queue that carries the job."""
        return JOBS[self.job].queue
