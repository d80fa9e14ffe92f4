"""What other rooms see of routines."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.routines.kinds import RoutineName


class RoutineView(BaseModel):
    """A routine and how it went; `failures` are those in a row, `seconds` those of the last run that came to an end."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    name: RoutineName
    due_at: datetime
    is_running: bool
    runs: int
    failures: int
    ended_at: datetime | None
    seconds: float | None
    error: str | None


class Asked(BaseModel):
    """That what a routine makes will be made anew, for whoever asked at that moment."""

    model_config = ConfigDict(frozen=True)

    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A routine that whoever took it runs now: from which position of the stream on, and up to when it is theirs."""

    id: UUID
    name: RoutineName
    position: int | None
    lease_until: datetime
