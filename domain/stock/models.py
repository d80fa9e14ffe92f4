"""Tables of stock levels, the ledger of movements and the holds of orders."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.access import PrincipalKind
from core.tables import MONEY, QUANTITY, WorkspaceRow, belongs_to, of_workspace, one_of


def _on_level() -> ForeignKeyConstraint:
    """The foreign key to a level, with the store and variant that the row repeats, so that they cannot disagree."""
    return ForeignKeyConstraint(
        ["workspace_id", "stock_item_id", "store_id", "variant_id"],
        ["stock_items.workspace_id", "stock_items.id", "stock_items.store_id", "stock_items.variant_id"],
    )


class MovementType(StrEnum):
    """Why stock moved."""

    COUNT = "count"
    SALE = "sale"
    PURCHASE = "purchase"
    ADJUSTMENT = "adjustment"
    TRANSFER = "transfer"
    RETURN = "return"


class HoldStatus(StrEnum):
    """Where a hold stands; only an active one keeps stock from others."""

    ACTIVE = "active"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


class StockItem(WorkspaceRow):
    """How much of a variant lies in a store, and how much of that is promised: a projection of ledger and holds.

    The check on `held` is the last wall against selling twice: no transaction can promise more than there is.
    `value` is what the goods on hand have cost, to the cent: the sum of the ledger's values. `unit_cost` is the average that
    it comes to, and the last known one where nothing is left; `last_cost` is what a piece cost when it was bought last.
    """

    __tablename__ = "stock_items"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        belongs_to("product_variants", "variant_id"),
        UniqueConstraint("workspace_id", "store_id", "variant_id"),
        UniqueConstraint("workspace_id", "id", "store_id", "variant_id", name="uq_stock_items_place"),
        Index("ix_stock_items_variant", "workspace_id", "variant_id"),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("held >= 0 AND held <= on_hand", name="held_within_on_hand"),
        CheckConstraint("min_stock >= 0", name="min_not_negative"),
        CheckConstraint("max_stock >= min_stock", name="max_not_below_min"),
        CheckConstraint("unit_cost >= 0 AND last_cost >= 0", name="cost_not_negative"),
        CheckConstraint("value >= 0 AND (on_hand > 0 OR value = 0)", name="value_of_goods"),
    )

    store_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    on_hand: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    held: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    min_stock: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    max_stock: Mapped[Decimal | None] = mapped_column(QUANTITY)
    unit_cost: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    last_cost: Mapped[Decimal | None] = mapped_column(MONEY)
    value: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())


class StockMovement(WorkspaceRow):
    """One line of the ledger. Rows are only ever added; (source, source_ref, line) makes each cause count once.

    `delta` is signed, and so is `value`: what the goods that came or went have cost. A count also keeps what was counted.
    `sequence` is the order in which the ledger was written.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        of_workspace(),
        _on_level(),
        UniqueConstraint("workspace_id", "source", "source_ref", "line"),
        Index("ix_stock_movements_item", "workspace_id", "stock_item_id", "sequence"),
        Index("ix_stock_movements_occurred", "workspace_id", "occurred_at"),
        Index("ix_stock_movements_variant", "workspace_id", "variant_id", "occurred_at"),
        Index(
            "ix_stock_movements_sales_and_counts",
            "workspace_id",
            "occurred_at",
            "type",
            postgresql_where=text("type IN ('count', 'sale')"),
        ),
        CheckConstraint("quantity_after >= 0", name="after_not_negative"),
        CheckConstraint("delta <> 0 OR type = 'count'", name="delta_moves"),
        CheckConstraint("(counted_quantity IS NOT NULL) = (type = 'count')", name="counts_are_counted"),
        CheckConstraint("type <> 'sale' OR delta < 0", name="sale_takes"),
        CheckConstraint("type <> 'purchase' OR delta > 0", name="receipt_gives"),
        CheckConstraint("value = 0 OR (value > 0) = (delta > 0)", name="value_goes_with_goods"),
        CheckConstraint("unit_cost >= 0 AND unit_price >= 0", name="amounts_not_negative"),
    )

    stock_item_id: Mapped[UUID]
    store_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    type: Mapped[MovementType] = mapped_column(one_of(MovementType, 50))
    delta: Mapped[Decimal] = mapped_column(QUANTITY)
    quantity_after: Mapped[Decimal] = mapped_column(QUANTITY)
    counted_quantity: Mapped[Decimal | None] = mapped_column(QUANTITY)
    unit_cost: Mapped[Decimal | None] = mapped_column(MONEY)
    value: Mapped[Decimal] = mapped_column(MONEY)
    unit_price: Mapped[Decimal | None] = mapped_column(MONEY)
    occurred_at: Mapped[datetime]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(String(255))
    notes: Mapped[str | None] = mapped_column(Text)
    actor_kind: Mapped[PrincipalKind] = mapped_column(one_of(PrincipalKind, 20))
    actor_id: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(String(50))
    source_ref: Mapped[str] = mapped_column(String(255))
    line: Mapped[int] = mapped_column(default=0)


class StockHold(WorkspaceRow):
    """Stock promised to an order until a status change ends the promise.

    The time in `expires_at` only permits the end; a payment that was claimed prolongs it until staff should have decided.
    """

    __tablename__ = "stock_holds"
    __table_args__ = (
        of_workspace(),
        _on_level(),
        Index("ix_stock_holds_order", "workspace_id", "order_id"),
        Index(
            "uq_stock_holds_active",
            "workspace_id",
            "order_id",
            "stock_item_id",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "ix_stock_holds_item_active",
            "workspace_id",
            "stock_item_id",
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_stock_holds_due", "expires_at", postgresql_where=text("status = 'active'")),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(ended_at IS NULL) = (status = 'active')", name="ended_when_over"),
    )

    order_id: Mapped[UUID]
    stock_item_id: Mapped[UUID]
    store_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    status: Mapped[HoldStatus] = mapped_column(one_of(HoldStatus, 20), default=HoldStatus.ACTIVE)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(255))
