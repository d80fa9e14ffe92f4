"""The queues and the jobs on them, by name: what relay and sweeps must know to ring, without importing any job's code."""

from dataclasses import dataclass
from typing import Final

from agent.models import MOST_GENERATIONS
from core.settings import get_settings


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of job: its queue, and how long one run may take (`time_limit_of` knows the settings)."""

    queue: str
    time_limit_seconds: float


JOBS: Final[dict[str, Job]] = {
    "inbound.ingest": Job("inbound-ingest", 30),
    "inbound.reports": Job("inbound-ingest", 60),
    "conversation.turn": Job("conversation-turn", 120),
    "message.deliver": Job("message-deliver", 120),
    "media.process": Job("media-process", 120),
    "notification.send": Job("notification-send", 60),
    "mail.send": Job("notification-send", 60),
    "import.apply": Job("import-apply", 600),
}
"""Every job by the name under which the outbox announces it."""


def time_limit_of(name: str) -> float:
    """Seconds that one run of a job may take. A turn has its whole budget each time that late words have it thought again."""
    least = JOBS[name].time_limit_seconds
    return max(least, (1 + MOST_GENERATIONS) * get_settings().turn_budget_seconds) if name == "conversation.turn" else least


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
