"""The table of sales that came from elsewhere."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, QUANTITY, WorkspaceRow, belongs_to, of_workspace


class SaleLine(WorkspaceRow):
    """One line of a sale that was made elsewhere. It moves no stock: what it took is gone already.

    `digest` is made from the line itself, so that the same line of two files that overlap is there once.
    """

    __tablename__ = "sale_lines"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        belongs_to("product_variants", "variant_id"),
        UniqueConstraint("workspace_id", "source", "digest"),
        Index("ix_sale_lines_sold", "workspace_id", "sold_at"),
        Index("ix_sale_lines_variant", "workspace_id", "variant_id", "sold_at"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0 AND total >= 0", name="amounts_not_negative"),
    )

    store_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    sold_at: Mapped[datetime]
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    unit_price: Mapped[Decimal | None] = mapped_column(MONEY)
    total: Mapped[Decimal | None] = mapped_column(MONEY)
    document: Mapped[str | None] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(50))
    digest: Mapped[str] = mapped_column(String(64))
