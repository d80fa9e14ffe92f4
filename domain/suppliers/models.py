"""Tables of suppliers and of what they sell."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, QUANTITY, WorkspaceRow, belongs_to, of_workspace


class Supplier(WorkspaceRow):
    """Somebody the shop buys from.

    `name_key` is the name as it is compared. `order_days` are the days of the week on which they take orders, 1 being
    Monday; none means any day. `version` grows with every change.
    """

    __tablename__ = "suppliers"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "name_key"),
        UniqueConstraint("workspace_id", "country", "tax_id"),
        CheckConstraint("length(name) > 0", name="named"),
        CheckConstraint("(tax_id IS NULL) = (tax_id_type IS NULL)", name="tax_id_has_type"),
        CheckConstraint("lead_time_days >= 0 AND payment_days >= 0", name="days_not_negative"),
        CheckConstraint("minimum_order >= 0", name="minimum_not_negative"),
        CheckConstraint("order_days <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]", name="order_days_of_week"),
    )

    name: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(String(255))
    country: Mapped[str] = mapped_column(String(2))
    tax_id: Mapped[str | None] = mapped_column(String(20))
    tax_id_type: Mapped[str | None] = mapped_column(String(20))
    contact_name: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(50))
    address: Mapped[str | None] = mapped_column(String(500))
    lead_time_days: Mapped[int | None]
    order_days: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"))
    minimum_order: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    payment_days: Mapped[int] = mapped_column(default=0)
    payment_terms: Mapped[str | None] = mapped_column(String(255))
    notes: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())


class SupplierProduct(WorkspaceRow):
    """That a supplier sells a variant: in packs of how many pieces, at what cost for a pack."""

    __tablename__ = "supplier_products"
    __table_args__ = (
        of_workspace(),
        belongs_to("suppliers", "supplier_id", ondelete="CASCADE"),
        belongs_to("product_variants", "variant_id", ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "supplier_id", "variant_id"),
        Index(
            "uq_supplier_products_preferred",
            "workspace_id",
            "variant_id",
            unique=True,
            postgresql_where=text("is_preferred"),
        ),
        Index("ix_supplier_products_variant", "workspace_id", "variant_id"),
        CheckConstraint("pack_size > 0", name="pack_holds_something"),
        CheckConstraint("pack_cost >= 0", name="cost_not_negative"),
        CheckConstraint("minimum_packs >= 0", name="minimum_not_negative"),
    )

    supplier_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    supplier_sku: Mapped[str | None] = mapped_column(String(100))
    pack_size: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(1))
    pack_name: Mapped[str | None] = mapped_column(String(50))
    pack_cost: Mapped[Decimal | None] = mapped_column(MONEY)
    minimum_packs: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    is_preferred: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())
