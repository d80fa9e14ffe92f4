"""The table of routines."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Float, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, of_workspace, one_of
from domain.routines.kinds import RoutineName


class Routine(WorkspaceRow):
    """One routine of a workspace. `position` is how far it has read the stream of events, for one that follows them.

    `failures` counts those in a row; `seconds` is how long the last run took that came to an end.
    """

    __tablename__ = "routines"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "name"),
        CheckConstraint("position >= 0 AND runs >= 0 AND failures >= 0", name="counts_up"),
    )

    name: Mapped[RoutineName] = mapped_column(one_of(RoutineName, 40))
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    position: Mapped[int | None] = mapped_column(BigInteger)
    runs: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    seconds: Mapped[float | None] = mapped_column(Float)
    error: Mapped[str | None] = mapped_column(String(100))
