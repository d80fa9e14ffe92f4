"""Tables of the sandbox: simulated phones, what is on their screens, and the webhooks that are still to be called."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.conversations.columns import ContentColumn
from domain.conversations.content import Content


class SandboxPhone(WorkspaceRow):
    """One customer's phone, as one sender knows it. Times of the 24-hour window are business time."""

    __tablename__ = "sandbox_phones"
    __table_args__ = (
        of_workspace(),
        belongs_to("connections", "connection_id"),
        UniqueConstraint("workspace_id", "connection_id", "phone"),
    )

    connection_id: Mapped[UUID]
    phone: Mapped[str] = mapped_column(String(40))
    name: Mapped[str | None] = mapped_column(String(200))
    user_id: Mapped[str] = mapped_column(String(60))
    last_n: Mapped[int] = mapped_column(BigInteger, default=0)
    last_inbound_at: Mapped[datetime | None]
    typing_until: Mapped[datetime | None]


class Writer(StrEnum):
    """Whose bubble it is."""

    CUSTOMER = "customer"
    SHOP = "shop"


class Ticks(StrEnum):
    """What the phone shows of a message, in the order in which it comes about."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class SandboxMessage(WorkspaceRow):
    """One bubble on a phone's screen; `n` counts the bubbles of a phone. `quoted` is another bubble of it."""

    __tablename__ = "sandbox_messages"
    __table_args__ = (
        of_workspace(),
        belongs_to("connections", "connection_id"),
        UniqueConstraint("workspace_id", "connection_id", "phone", "n"),
        UniqueConstraint("workspace_id", "connection_id", "direction", "provider_id"),
    )

    connection_id: Mapped[UUID]
    phone: Mapped[str] = mapped_column(String(40))
    n: Mapped[int] = mapped_column(BigInteger)
    direction: Mapped[Writer] = mapped_column(one_of(Writer, 10))
    content: Mapped[Content] = mapped_column(ContentColumn)
    quoted: Mapped[int | None] = mapped_column(BigInteger)
    edited: Mapped[bool] = mapped_column(default=False, server_default="false")
    provider_id: Mapped[str] = mapped_column(String(300))
    status: Mapped[Ticks] = mapped_column(one_of(Ticks, 20))
    at: Mapped[datetime]
    blob_key: Mapped[str | None] = mapped_column(String(64))
    content_type: Mapped[str | None] = mapped_column(String(100))
    sends: Mapped[int] = mapped_column(default=1)


class SandboxOutbox(WorkspaceRow):
    """One call of a webhook that is due: kept until it is answered with 200, over any restart.

    `effect` is what has become of the message on the phone by then; without `body` nobody is told.
    """

    __tablename__ = "sandbox_outbox"
    __table_args__ = (
        of_workspace(),
        belongs_to("connections", "connection_id"),
        belongs_to("sandbox_messages", "sandbox_message_id"),
        Index("ix_sandbox_outbox_due", "due_at"),
    )

    connection_id: Mapped[UUID]
    sandbox_message_id: Mapped[UUID]
    phone: Mapped[str] = mapped_column(String(40))
    effect: Mapped[Ticks] = mapped_column(one_of(Ticks, 20))
    body: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]


class SandboxChaos(WorkspaceRow):
    """How badly one sender's line behaves."""

    __tablename__ = "sandbox_chaos"
    __table_args__ = (
        of_workspace(),
        belongs_to("connections", "connection_id"),
        UniqueConstraint("workspace_id", "connection_id"),
    )

    connection_id: Mapped[UUID]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
