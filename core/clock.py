"""Business time: Postgres' clock plus a shift that only the sandbox and the tests move.

Leases, retries and due times never use it; they use `Work.system_time`.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import Base

BUSINESS_NOW: Final = "clock_timestamp() + coalesce((SELECT shift FROM runtime_clock), interval '0')"
"""Business time as an expression of SQL."""


class RuntimeClock(Base):
    """The one row that holds how far business time runs ahead of Postgres' clock."""

    __tablename__ = "runtime_clock"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    shift: Mapped[timedelta]


async def shift_by(session: AsyncSession, delta: timedelta) -> None:
    """Move business time by `delta`, for all processes at once."""
    statement = insert(RuntimeClock).values(id=1, shift=delta)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"shift": RuntimeClock.shift + statement.excluded.shift})
    )


def process_now() -> datetime:
    """The time of this process, for logs and for pages that show it; never for a decision."""
    return datetime.now(UTC)


def is_within(at: time, begins: time, ends: time) -> bool:
    """Whether a time of day lies in a span; one such as 22:00 to 07:00 goes over midnight."""
    return begins <= at < ends if begins <= ends else at >= begins or at < ends
