"""What is due outside a request: jobs, the sweeps that ring for them again, and what happens when a time runs out.

Here are the shapes only. Each room declares its own as values, with the SQL of its own tables; the queue collects them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Interval, Text, TextClause, bindparam, text

from core.work import Work


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of job: the name under which the outbox announces it, its queue, and how long one run may take.

    `budget` tells the seconds that a run may need by the settings; it has the longer of the two times.
    """

    name: str
    queue: str
    time_limit_seconds: float
    budget: Callable[[], float] | None = None

    def time_limit(self) -> float:
        """Seconds that one run of the job may take."""
        return max(self.time_limit_seconds, self.budget()) if self.budget else self.time_limit_seconds


@dataclass(frozen=True, slots=True)
class Sweep:
    """How to find what one kind of job has left unhandled: rows of `workspace_id`, where there is one, the id that the job
    takes, and `since`.

    It runs in the system role, which sees scheduling columns only. `since` is a time that changes as soon as somebody has
    worked on the row. A bell that was rung a moment ago is given that moment: each sweep leaves some grace beyond the due time.
    """

    job: str
    argument: str
    found: TextClause


@dataclass(frozen=True, slots=True)
class Deadline:
    """How to find what ran out of time (`workspace_id` and `id`, in the system role), and what settles one of them.

    Any number of relays may settle the same row at once: `settle` locks it and looks again; False says that nothing was left.
    """

    name: str
    found: TextClause
    settle: Callable[[Work, UUID], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long rows of a table are kept, counted from `since`, and what `stays` all the same; both in words.

    `forget` deletes (or empties) at most `:limit` rows that are older than `:kept`. It runs in the retention role, which sees
    what the statement needs of all workspaces, and which Postgres lets touch no younger row (`migrations.security.RETENTION`).
    """

    table: str
    kept: timedelta
    since: str
    forget: TextClause
    stays: str = ""

    def statement(self) -> TextClause:
        """What deletes them, given `kept` and `limit`."""
        return self.forget.bindparams(bindparam("kept", type_=Interval))


@dataclass(frozen=True, slots=True)
class FileHolder:
    """A table whose rows name stored bytes by their `sha256`: what is named may not be forgotten."""

    table: str

    def named(self) -> TextClause:
        """What finds those of `digests` that a row names."""
        statement = text(f"SELECT sha256 FROM {self.table} WHERE sha256 = ANY(:digests)")  # noqa: S608 - no input
        return statement.bindparams(bindparam("digests", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Subjects of the event stream that are not settled yet: what happened to them is kept, however old it is.

    `unsettled` is a subquery that finds a row while `old.subject_id` of `old.workspace_id` is open; `said` is it in words.
    """

    subject_kind: str
    said: str
    unsettled: str
