"""What models may cost a workspace: reserved before the call, settled after it, never over the ceiling."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, String, UniqueConstraint, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core import observability
from core.access import Principal
from core.settings import get_settings
from core.tables import WorkspaceRow, belongs_to, new_id, of_workspace
from core.work import Work, open_work, own

log = observability.log("agent.spend")

USD = Numeric(16, 8)
"""Amounts of model money: one token costs millionths of a dollar."""

RESERVATION_SECONDS = 180.0
"""Longer than any turn: a reservation that is older belongs to a worker that died."""


class SpendPeriod(WorkspaceRow):
    """What a workspace has spent on models in one calendar month (UTC), and what its open calls may still cost."""

    __tablename__ = "spend_periods"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "month"),
        CheckConstraint("spent >= 0", name="spent"),
        CheckConstraint("reserved >= 0", name="reserved"),
    )

    month: Mapped[str] = mapped_column(String(7))
    spent: Mapped[Decimal] = mapped_column(USD, default=Decimal(0))
    reserved: Mapped[Decimal] = mapped_column(USD, default=Decimal(0))


class SpendReservation(WorkspaceRow):
    """The most that one model call may cost, held back until its cost is known.

    `settled_at` without `cost` means that it expired: its worker died, and the whole amount counts as spent.
    """

    __tablename__ = "spend_reservations"
    __table_args__ = (
        of_workspace(),
        belongs_to("spend_periods", "period_id"),
        Index("ix_spend_reservations_open", "expires_at", postgresql_where=text("settled_at IS NULL")),
    )

    period_id: Mapped[UUID]
    model: Mapped[str] = mapped_column(String(200))
    amount: Mapped[Decimal] = mapped_column(USD)
    cost: Mapped[Decimal | None] = mapped_column(USD)
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Leave to spend up to an amount on one call."""

    workspace_id: UUID
    id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Spending:
    """What a workspace has spent this month, and what it may spend."""

    month: str
    spent: Decimal
    reserved: Decimal
    ceiling: Decimal


def _month(work: Work) -> str:
    return work.system_time.strftime("%Y-%m")


def _ceiling() -> Decimal:
    return Decimal(str(get_settings().spend_ceiling_usd))


async def reserve(workspace_id: UUID, model: str, amount: Decimal) -> Reservation | None:
    """Hold back the most that a call may cost; None if it could pass the ceiling of the month.

    The row of the month is the lock, so workers that ask at once cannot both have the last of it.
    """
    amount = amount.quantize(Decimal("0.00000001"))
    async with open_work(Principal.system(workspace_id)) as work:
        await book_expired(work)
        month = _month(work)
        await work.session.execute(
            insert(SpendPeriod)
            .values(workspace_id=workspace_id, id=new_id(), month=month, spent=Decimal(0), reserved=Decimal(0))
            .on_conflict_do_nothing(index_elements=["workspace_id", "month"])
        )
        period = await work.session.scalar(
            update(SpendPeriod)
            .where(
                own(SpendPeriod, workspace_id),
                SpendPeriod.month == month,
                SpendPeriod.spent + SpendPeriod.reserved + amount <= _ceiling(),
            )
            .values(reserved=SpendPeriod.reserved + amount)
            .returning(SpendPeriod.id)
        )
        if period is None:
            log.warning("ceiling.reached", workspace=str(workspace_id), model=model)
            return None
        row = SpendReservation(
            workspace_id=workspace_id,
            id=new_id(),
            period_id=period,
            model=model,
            amount=amount,
            expires_at=work.system_time + timedelta(seconds=RESERVATION_SECONDS),
        )
        work.session.add(row)
        return Reservation(workspace_id, row.id, amount)


async def settle(reservation: Reservation, cost: Decimal) -> None:
    """Book what the call really cost; calling it again changes nothing.

    A reservation that has expired meanwhile was booked in full; then only the difference is put right.
    """
    cost = cost.quantize(Decimal("0.00000001"))
    async with open_work(Principal.system(reservation.workspace_id)) as work:
        row = await work.session.scalar(
            select(SpendReservation)
            .where(own(SpendReservation, work), SpendReservation.id == reservation.id)
            .with_for_update(key_share=True)
        )
        if row is None or row.cost is not None:
            return
        expired = row.settled_at is not None
        row.cost, row.settled_at = cost, row.settled_at or work.system_time
        await work.session.execute(
            update(SpendPeriod)
            .where(own(SpendPeriod, work), SpendPeriod.id == row.period_id)
            .values(
                spent=SpendPeriod.spent + cost - (row.amount if expired else 0),
                reserved=SpendPeriod.reserved - (0 if expired else row.amount),
            )
        )


async def book_expired(work: Work) -> int:
    """Book the reservations of dead workers in full: their calls may have been paid for. How many there were."""
    expired = (
        await work.session.scalars(
            select(SpendReservation)
            .where(
                own(SpendReservation, work),
                SpendReservation.settled_at.is_(None),
                SpendReservation.expires_at <= work.system_time,
            )
            .order_by(SpendReservation.period_id, SpendReservation.id)
            .with_for_update(skip_locked=True, key_share=True)
        )
    ).all()
    for row in expired:
        row.settled_at = work.system_time
        await work.session.execute(
            update(SpendPeriod)
            .where(own(SpendPeriod, work), SpendPeriod.id == row.period_id)
            .values(spent=SpendPeriod.spent + row.amount, reserved=SpendPeriod.reserved - row.amount)
        )
    return len(expired)


async def spending(work: Work) -> Spending:
    """What the workspace has spent on models this month."""
    found = await work.session.scalar(select(SpendPeriod).where(own(SpendPeriod, work), SpendPeriod.month == _month(work)))
    if found is None:
        return Spending(_month(work), Decimal(0), Decimal(0), _ceiling())
    return Spending(found.month, found.spent, found.reserved, _ceiling())


def tokens_of(text_length: int) -> int:
    """A safe guess of the tokens of a text: Spanish in JSON takes about three characters for one."""
    return math.ceil(text_length / 3)
