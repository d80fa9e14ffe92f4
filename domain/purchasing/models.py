"""Tables of purchase orders, receipts of goods and returns to suppliers."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, QUANTITY, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.purchasing.kinds import PurchaseStatus


class PurchaseOrder(WorkspaceRow):
    """What a store wants of a supplier; one draft at a time."""

    __tablename__ = "purchase_orders"
    __table_args__ = (
        of_workspace(),
        belongs_to("suppliers", "supplier_id"),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "number"),
        Index(
            "uq_purchase_orders_draft",
            "workspace_id",
            "supplier_id",
            "store_id",
            unique=True,
            postgresql_where=text("status = 'draft'"),
        ),
        Index("ix_purchase_orders_store", "workspace_id", "store_id", "number"),
        Index("ix_purchase_orders_supplier", "workspace_id", "supplier_id", "number"),
        CheckConstraint("status IN ('draft', 'cancelled') OR submitted_at IS NOT NULL", name="submitted_has_time"),
        CheckConstraint("(status IN ('closed', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_when_over"),
    )

    supplier_id: Mapped[UUID]
    store_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[PurchaseStatus] = mapped_column(one_of(PurchaseStatus, 20), default=PurchaseStatus.DRAFT)
    currency: Mapped[str] = mapped_column(String(3))
    notes: Mapped[str | None] = mapped_column(String(1000))
    expected_on: Mapped[date | None]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(default=1)


class PurchaseOrderLine(WorkspaceRow):
    """One product of a purchase order, in packs as they were when it was put there.

    `received`, `rejected` and `returned` count pieces: what came, what of it was refused at the door, and what went back
    later. What was taken in is `received - rejected`, and nothing lowers it.
    """

    __tablename__ = "purchase_order_lines"
    __table_args__ = (
        of_workspace(),
        belongs_to("purchase_orders", "purchase_order_id", ondelete="CASCADE"),
        belongs_to("product_variants", "variant_id"),
        UniqueConstraint("workspace_id", "purchase_order_id", "variant_id"),
        CheckConstraint("packs > 0 AND pack_size > 0", name="quantity_positive"),
        CheckConstraint("pack_cost >= 0", name="cost_not_negative"),
        CheckConstraint("rejected >= 0 AND received >= rejected", name="rejected_of_received"),
        CheckConstraint("returned >= 0 AND returned <= received - rejected", name="returned_of_accepted"),
    )

    purchase_order_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    position: Mapped[int]
    packs: Mapped[Decimal] = mapped_column(QUANTITY)
    pack_size: Mapped[Decimal] = mapped_column(QUANTITY)
    pack_cost: Mapped[Decimal | None] = mapped_column(MONEY)
    received: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    rejected: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    returned: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))


class GoodsReceipt(WorkspaceRow):
    """One arrival of goods, of a purchase order or without one. `key` makes each arrival count once."""

    __tablename__ = "goods_receipts"
    __table_args__ = (
        of_workspace(),
        belongs_to("suppliers", "supplier_id"),
        belongs_to("stores", "store_id"),
        belongs_to("purchase_orders", "purchase_order_id"),
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "store_id", "key"),
        Index("ix_goods_receipts_order", "workspace_id", "purchase_order_id"),
        Index("ix_goods_receipts_supplier", "workspace_id", "supplier_id", "number"),
    )

    supplier_id: Mapped[UUID]
    store_id: Mapped[UUID]
    purchase_order_id: Mapped[UUID | None]
    number: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(500))
    received_at: Mapped[datetime]


class GoodsReceiptLine(WorkspaceRow):
    """What came of one product, in pieces; `value` is what the accepted ones have cost altogether.

    `source_ref` is the digest of the row of a file that told of it, by which the row is known when it comes again, unless
    it was `taken_back` as a mistake.
    """

    __tablename__ = "goods_receipt_lines"
    __table_args__ = (
        of_workspace(),
        belongs_to("goods_receipts", "receipt_id"),
        belongs_to("purchase_order_lines", "purchase_order_line_id"),
        belongs_to("product_variants", "variant_id"),
        UniqueConstraint("workspace_id", "receipt_id", "variant_id"),
        Index(
            "uq_goods_receipt_lines_source", "workspace_id", "source_ref", unique=True, postgresql_where=text("NOT taken_back")
        ),
        Index("ix_goods_receipt_lines_order_line", "workspace_id", "purchase_order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("rejected >= 0 AND rejected <= quantity", name="rejected_of_quantity"),
        CheckConstraint("returned >= 0 AND returned <= quantity - rejected", name="returned_of_accepted"),
        CheckConstraint("value >= 0", name="value_not_negative"),
    )

    receipt_id: Mapped[UUID]
    purchase_order_line_id: Mapped[UUID | None]
    variant_id: Mapped[UUID]
    position: Mapped[int]
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    rejected: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    reject_reason: Mapped[str | None] = mapped_column(String(255))
    returned: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    value: Mapped[Decimal] = mapped_column(MONEY)
    source_ref: Mapped[str | None] = mapped_column(String(64))
    taken_back: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class SupplierReturn(WorkspaceRow):
    """Goods that went back to the supplier of a receipt. `key` makes each return count once."""

    __tablename__ = "supplier_returns"
    __table_args__ = (
        of_workspace(),
        belongs_to("goods_receipts", "receipt_id"),
        belongs_to("suppliers", "supplier_id"),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "store_id", "key"),
        Index("ix_supplier_returns_receipt", "workspace_id", "receipt_id"),
    )

    receipt_id: Mapped[UUID]
    supplier_id: Mapped[UUID]
    store_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    sent_at: Mapped[datetime]


class SupplierReturnLine(WorkspaceRow):
    """What went back of one line of the receipt: the `credit` that the supplier owes, and the `value` that left the stock.

    The two differ where the average has moved since: the stock's books stay whole, and the difference has a name.
    """

    __tablename__ = "supplier_return_lines"
    __table_args__ = (
        of_workspace(),
        belongs_to("supplier_returns", "return_id"),
        belongs_to("goods_receipt_lines", "receipt_line_id"),
        UniqueConstraint("workspace_id", "return_id", "receipt_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("credit >= 0 AND value >= 0", name="amounts_not_negative"),
    )

    return_id: Mapped[UUID]
    receipt_line_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    credit: Mapped[Decimal] = mapped_column(MONEY)
    value: Mapped[Decimal] = mapped_column(MONEY)
