"""Tables of payments and their receipts."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.payments.kinds import PaymentKind, PaymentState


class Payment(WorkspaceRow):
    """One payment of one order, as claimed by the customer or entered by staff.

    What a customer tells before there is an order to pay has none, and perhaps no amount, until the order comes.

    `reference_key` is the reference without what people write differently. Only a full reference is unique, per
    method and bank: the last digits that customers often give belong to several honest payments.
    """

    __tablename__ = "payments"
    __table_args__ = (
        of_workspace(),
        belongs_to("orders", "order_id"),
        belongs_to("customers", "customer_id"),
        belongs_to("conversations", "conversation_id"),
        Index(
            "uq_payments_reference",
            "workspace_id",
            "method",
            "bank_key",
            "reference_key",
            unique=True,
            postgresql_where=text("reference_is_full AND status <> 'rejected'"),
        ),
        Index("ix_payments_order", "workspace_id", "order_id", "claimed_at"),
        Index("ix_payments_reference", "workspace_id", "reference_key"),
        Index("ix_payments_tail", "workspace_id", "reference_tail"),
        Index("ix_payments_open", "workspace_id", "claimed_at", postgresql_where=text("status = 'claimed'")),
        Index("ix_payments_ahead", "workspace_id", "customer_id", postgresql_where=text("order_id IS NULL")),
        CheckConstraint("order_id IS NULL OR amount IS NOT NULL", name="linked_has_amount"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(status = 'verified') = (verified_amount IS NOT NULL)", name="verified_has_amount"),
        CheckConstraint("(status = 'claimed') = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("reference_key IS NOT NULL OR NOT reference_is_full", name="full_reference_is_there"),
    )

    order_id: Mapped[UUID | None]
    customer_id: Mapped[UUID]
    conversation_id: Mapped[UUID | None]
    method: Mapped[str] = mapped_column(String(30))
    kind: Mapped[PaymentKind] = mapped_column(one_of(PaymentKind, 20))
    bank: Mapped[str | None] = mapped_column(String(100))
    bank_key: Mapped[str] = mapped_column(String(100), default="")
    reference: Mapped[str | None] = mapped_column(String(100))
    reference_key: Mapped[str | None] = mapped_column(String(100))
    reference_tail: Mapped[str | None] = mapped_column(String(10))
    reference_is_full: Mapped[bool] = mapped_column(default=False)
    amount: Mapped[Decimal | None] = mapped_column(MONEY)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[PaymentState] = mapped_column(one_of(PaymentState, 20), default=PaymentState.CLAIMED)
    flags: Mapped[list[Any]] = mapped_column(default=list)
    claimed_at: Mapped[datetime]
    verified_amount: Mapped[Decimal | None] = mapped_column(MONEY)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decision_reason: Mapped[str | None] = mapped_column(String(500))


class PaymentReceipt(WorkspaceRow):
    """A picture or document that shall prove a payment: a file of a conversation, or one that staff have uploaded.

    The digest of a conversation's file is known once it was fetched.
    """

    __tablename__ = "payment_receipts"
    __table_args__ = (
        of_workspace(),
        belongs_to("payments", "payment_id"),
        belongs_to("attachments", "attachment_id"),
        UniqueConstraint("workspace_id", "attachment_id"),
        Index(
            "uq_payment_receipts_uploaded",
            "workspace_id",
            "payment_id",
            "sha256",
            unique=True,
            postgresql_where=text("attachment_id IS NULL"),
        ),
        CheckConstraint("attachment_id IS NOT NULL OR sha256 IS NOT NULL", name="has_a_file"),
        Index("ix_payment_receipts_payment", "workspace_id", "payment_id"),
        Index("ix_payment_receipts_sha256", "workspace_id", "sha256"),
    )

    payment_id: Mapped[UUID]
    attachment_id: Mapped[UUID | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    linked_at: Mapped[datetime]


class Refund(WorkspaceRow):
    """Money of an order that was given back. `key` makes each refund count once."""

    __tablename__ = "refunds"
    __table_args__ = (
        of_workspace(),
        belongs_to("orders", "order_id"),
        UniqueConstraint("workspace_id", "order_id", "key"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    order_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(200))
    amount: Mapped[Decimal] = mapped_column(MONEY)
    currency: Mapped[str] = mapped_column(String(3))
    method: Mapped[str | None] = mapped_column(String(30))
    reference: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(500))
    refunded_at: Mapped[datetime]
    refunded_by: Mapped[UUID | None]
