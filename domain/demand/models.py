"""The table of daily demand."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, QUANTITY, OfWorkspace, belongs_to, of_workspace


class DemandDay(OfWorkspace):
    """What happened to a variant in a store on a day of the shop's calendar; a projection of ledger and sales elsewhere.

    A day on which nothing happened has no row: its shelf is as full or as empty as the day before left it. Transfers and
    purchases are no demand. `sold` is without what was put back because its order was cancelled, whenever that was.
    """

    __tablename__ = "demand_days"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        belongs_to("product_variants", "variant_id", ondelete="CASCADE"),
        Index("ix_demand_days_day", "workspace_id", "day"),
        CheckConstraint("returned >= 0 AND largest >= 0", name="not_negative"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    sold: Mapped[Decimal] = mapped_column(QUANTITY)
    returned: Mapped[Decimal] = mapped_column(QUANTITY)
    """What customers brought back on this day, whenever they had bought it."""
    largest: Mapped[Decimal] = mapped_column(QUANTITY)
    """The largest single sale."""
    corrected: Mapped[Decimal] = mapped_column(QUANTITY)
    """By counts and adjustments; negative where goods were missing."""
    price: Mapped[Decimal | None] = mapped_column(MONEY)
    """What a piece was sold for on average, where that is known."""
    was_empty: Mapped[bool]
    """Whether the shelf had nothing left at some moment of the day."""
    is_empty_after: Mapped[bool | None]
    """Whether it had nothing left at the end of the day; None where the ledger says nothing about this day."""
