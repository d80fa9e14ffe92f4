"""Tables of orders, their lines and the history of their status."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.access import PrincipalKind
from core.tables import MONEY, QUANTITY, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.orders.kinds import Fulfilment, OrderStatus, PaymentStatus


class Order(WorkspaceRow):
    """One order, drafts included.

    `version` grows with every change of its content. `confirmation_token` names the summary that the customer was
    asked to confirm; it is kept on the confirmed order, so that the same "yes" twice is one order.

    A draft with `amends_order_id` is an amendment: it holds the whole content that the placed order shall have once the
    customer has agreed, and was begun at its `amends_version`. The placed order stands until then, and keeps its number.
    """

    __tablename__ = "orders"
    __table_args__ = (
        of_workspace(),
        belongs_to("customers", "customer_id"),
        belongs_to("conversations", "conversation_id"),
        belongs_to("stores", "store_id"),
        belongs_to("orders", "amends_order_id"),
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "confirmation_token"),
        Index(
            "uq_orders_open_draft",
            "workspace_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("status IN ('draft', 'awaiting_confirmation')"),
        ),
        Index("ix_orders_customer", "workspace_id", "customer_id", "created_at"),
        Index("ix_orders_conversation", "workspace_id", "conversation_id", "created_at"),
        Index(
            "ix_orders_cancel_deadline",
            "workspace_id",
            "cancel_deadline",
            postgresql_where=text("status = 'confirmed' AND payment_status = 'unpaid'"),
        ),
        CheckConstraint("subtotal >= 0 AND delivery_fee >= 0 AND total >= 0", name="amounts_not_negative"),
        CheckConstraint("total = subtotal + delivery_fee", name="total_is_sum"),
        CheckConstraint("refunded >= 0", name="refunded_not_negative"),
        CheckConstraint("status NOT IN ('confirmed', 'shipped', 'delivered') OR number IS NOT NULL", name="placed_has_number"),
        CheckConstraint("status <> 'awaiting_confirmation' OR confirmation_token IS NOT NULL", name="awaiting_has_token"),
        CheckConstraint("(amends_order_id IS NULL) = (amends_version IS NULL)", name="amendment_has_version"),
        CheckConstraint("amends_order_id IS NULL OR number IS NULL", name="amendment_has_no_number"),
        CheckConstraint("answer_by IS NULL OR amends_order_id IS NOT NULL", name="proposal_is_amendment"),
        CheckConstraint("status <> 'applied' OR amends_order_id IS NOT NULL", name="applied_is_amendment"),
    )

    customer_id: Mapped[UUID]
    conversation_id: Mapped[UUID | None]
    store_id: Mapped[UUID | None]
    number: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[OrderStatus] = mapped_column(one_of(OrderStatus, 30), default=OrderStatus.DRAFT)
    payment_status: Mapped[PaymentStatus] = mapped_column(one_of(PaymentStatus, 30), default=PaymentStatus.UNPAID)
    currency: Mapped[str] = mapped_column(String(3))
    subtotal: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    delivery_fee: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    total: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    refunded: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0), server_default=text("0"))
    fulfilment: Mapped[Fulfilment | None] = mapped_column(one_of(Fulfilment, 20))
    address: Mapped[dict[str, Any] | None]
    recipient_name: Mapped[str | None] = mapped_column(String(200))
    recipient_phone: Mapped[str | None] = mapped_column(String(40))
    notes: Mapped[str | None] = mapped_column(String(1000))
    payment_method: Mapped[str | None] = mapped_column(String(30))
    version: Mapped[int] = mapped_column(default=1)
    confirmation_token: Mapped[str | None] = mapped_column(String(40))
    confirmation_requested_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(String(500))
    cancel_deadline: Mapped[datetime | None]
    packed_at: Mapped[datetime | None]
    amends_order_id: Mapped[UUID | None]
    amends_version: Mapped[int | None]
    answer_by: Mapped[datetime | None]
    """Of an amendment that the shop proposes: until when its customer may accept it."""


class OrderLine(WorkspaceRow):
    """One product of an order at the price it was given."""

    __tablename__ = "order_lines"
    __table_args__ = (
        of_workspace(),
        belongs_to("orders", "order_id", ondelete="CASCADE"),
        belongs_to("product_variants", "variant_id"),
        UniqueConstraint("workspace_id", "order_id", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0", name="price_not_negative"),
        CheckConstraint("total = round(quantity * unit_price, 2)", name="total_is_product"),
    )

    order_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(500))
    unit: Mapped[str] = mapped_column(String(50))
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    unit_price: Mapped[Decimal] = mapped_column(MONEY)
    total: Mapped[Decimal] = mapped_column(MONEY)


class OrderStatusChange(WorkspaceRow):
    """One change of an order's status: from what to what, by whom and why."""

    __tablename__ = "order_status_history"
    __table_args__ = (
        of_workspace(),
        belongs_to("orders", "order_id"),
        Index("ix_order_status_history_order", "workspace_id", "order_id", "created_at"),
    )

    order_id: Mapped[UUID]
    from_status: Mapped[OrderStatus | None] = mapped_column(one_of(OrderStatus, 30))
    to_status: Mapped[OrderStatus] = mapped_column(one_of(OrderStatus, 30))
    actor_kind: Mapped[PrincipalKind] = mapped_column(one_of(PrincipalKind, 20))
    actor_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    changed_at: Mapped[datetime]


class OrderCounter(WorkspaceRow):
    """The last order number given in a workspace."""

    __tablename__ = "order_counters"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id"))

    last_number: Mapped[int] = mapped_column(BigInteger)
