"""What the rest of the house sees of teams and of who is at the desk."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.accounts.attending import Assignment, Word

Skills = Annotated[tuple[Word, ...], Field(max_length=50)]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TeamView(_View):
    """A team."""

    id: UUID
    name: str
    topics: tuple[str, ...]
    assignment: Assignment
    is_active: bool
    version: int


class NewTeam(_Command):
    """A team; `topics` are topics of the settings, and reasons of hand-offs, whose conversations come to it."""

    name: str = Field(min_length=1, max_length=60)
    topics: Skills = ()
    assignment: Assignment = Assignment.PICK


class ChangeTeam(_Command):
    """A partial change of a team."""

    name: str | None = Field(None, min_length=1, max_length=60)
    topics: Skills | None = None
    assignment: Assignment | None = None
    is_active: bool | None = None


class SeatView(_View):
    """A person at the desk. `is_online` says whether they are there now and take conversations."""

    user_id: UUID
    name: str
    team_ids: tuple[UUID, ...] = ()
    skills: tuple[str, ...] = ()
    capacity: int | None = Field(None, description="Null where the workspace's own holds.")
    is_away: bool = False
    is_online: bool = False
    seen_at: datetime | None = None


class ChangeSeat(_Command):
    """A partial change of somebody's seat; a capacity of null is the workspace's own."""

    team_ids: tuple[UUID, ...] | None = Field(None, max_length=50)
    skills: Skills | None = None
    capacity: int | None = Field(None, ge=1, le=100)


class Presence(_Command):
    """That somebody is at the desk, and whether they take conversations."""

    is_away: bool


class SeatList(_View):
    """Everybody who may attend customers."""

    items: list[SeatView]
