"""Tables of teams and of the seats at the desk."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, of_workspace, one_of
from domain.accounts.attending import Assignment


class Team(WorkspaceRow):
    """People who attend the same things: `topics` are the names of the topics and reasons that are theirs."""

    __tablename__ = "teams"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "name"))

    name: Mapped[str] = mapped_column(String(60))
    topics: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list, server_default="{}")
    assignment: Mapped[Assignment] = mapped_column(one_of(Assignment, 20), default=Assignment.PICK)
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    version: Mapped[int] = mapped_column(default=1)


class Seat(WorkspaceRow):
    """A person at the desk: their teams, what they know, how much they are given, and when they were last seen there.

    `seen_at`, `offered_at` are Postgres time. `capacity` is None where that of the workspace holds.
    """

    __tablename__ = "seats"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "user_id"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    team_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    skills: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list, server_default="{}")
    capacity: Mapped[int | None]
    is_away: Mapped[bool] = mapped_column(default=False, server_default="false")
    seen_at: Mapped[datetime | None]
    offered_at: Mapped[datetime | None]
