"""Tables of returns, of what arrived of them, and of credit notes."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, QUANTITY, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.returns.kinds import CreditKind, ReturnStatus


class CustomerReturn(WorkspaceRow):
    """Goods of one order that its customer brings back."""

    __tablename__ = "customer_returns"
    __table_args__ = (
        of_workspace(),
        belongs_to("orders", "order_id"),
        belongs_to("customers", "customer_id"),
        UniqueConstraint("workspace_id", "number"),
        Index("ix_customer_returns_order", "workspace_id", "order_id"),
        Index("ix_customer_returns_customer", "workspace_id", "customer_id"),
        CheckConstraint("(status IN ('closed', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_when_over"),
    )

    order_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[ReturnStatus] = mapped_column(one_of(ReturnStatus, 20), default=ReturnStatus.REQUESTED)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(500))
    ended_at: Mapped[datetime | None]


class CustomerReturnLine(WorkspaceRow):
    """One product of a return in four numbers: asked for, come, fit to be sold again, and paid back or exchanged."""

    __tablename__ = "customer_return_lines"
    __table_args__ = (
        of_workspace(),
        belongs_to("customer_returns", "return_id"),
        belongs_to("product_variants", "variant_id"),
        UniqueConstraint("workspace_id", "return_id", "variant_id"),
        CheckConstraint("requested > 0", name="requested_positive"),
        CheckConstraint("received >= 0 AND received <= requested", name="received_of_requested"),
        CheckConstraint("resellable >= 0 AND resellable <= received", name="resellable_of_received"),
        CheckConstraint("refunded >= 0 AND refunded <= received", name="refunded_of_received"),
        CheckConstraint("unit_price >= 0", name="price_not_negative"),
    )

    return_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    position: Mapped[int]
    requested: Mapped[Decimal] = mapped_column(QUANTITY)
    received: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    resellable: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    refunded: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    unit_price: Mapped[Decimal] = mapped_column(MONEY)


class CustomerReturnArrival(WorkspaceRow):
    """That goods of a return came into a store. `key` makes each arrival count once; the ledger has what is sold again."""

    __tablename__ = "customer_return_arrivals"
    __table_args__ = (
        of_workspace(),
        belongs_to("customer_returns", "return_id"),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "return_id", "store_id", "key"),
    )

    return_id: Mapped[UUID]
    store_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]


class CreditNote(WorkspaceRow):
    """What a customer got for goods that came back: money, or other goods. `key` makes each note count once."""

    __tablename__ = "credit_notes"
    __table_args__ = (
        of_workspace(),
        belongs_to("customer_returns", "return_id"),
        belongs_to("orders", "order_id"),
        belongs_to("refunds", "refund_id"),
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "return_id", "key"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(kind = 'refund') = (refund_id IS NOT NULL)", name="refund_has_money"),
    )

    return_id: Mapped[UUID]
    order_id: Mapped[UUID]
    refund_id: Mapped[UUID | None]
    number: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[CreditKind] = mapped_column(one_of(CreditKind, 20))
    key: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    amount: Mapped[Decimal] = mapped_column(MONEY)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(500))
    issued_at: Mapped[datetime]
