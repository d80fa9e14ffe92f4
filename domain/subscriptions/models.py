"""Tables of subscriptions and of what was delivered to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.subscriptions.kinds import DeliveryStatus, SubscriptionStatus


class Subscription(WorkspaceRow):
    """An address outside that is told of events.

    `position` is the place in the stream up to which deliveries have been made; `sealed` holds the secrets that sign.
    `touched_at` changes whenever a worker has done something for it.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (of_workspace(),)

    url: Mapped[str] = mapped_column(String(2000))
    types: Mapped[list[Any]]
    description: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[SubscriptionStatus] = mapped_column(one_of(SubscriptionStatus, 20))
    sealed: Mapped[bytes]
    position: Mapped[int] = mapped_column(BigInteger)
    failing_since: Mapped[datetime | None]
    touched_at: Mapped[datetime]
    version: Mapped[int]


class Delivery(WorkspaceRow):
    """One event for one subscription, with every try to tell it; its id is the same in all of them.

    What is asked for by hand (a test, a replay) is tried once, whatever the state of the subscription, and says nothing of
    its health.
    """

    __tablename__ = "subscription_deliveries"
    __table_args__ = (
        of_workspace(),
        belongs_to("subscriptions", "subscription_id", ondelete="CASCADE"),
        Index("ix_subscription_deliveries_log", "workspace_id", "subscription_id", "created_at", "id"),
        Index(
            "ix_subscription_deliveries_due",
            "workspace_id",
            "subscription_id",
            "position",
            postgresql_where=text("status = 'pending'"),
        ),
    )

    subscription_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(String(100))
    subject_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]]
    is_by_hand: Mapped[bool]
    status: Mapped[DeliveryStatus] = mapped_column(one_of(DeliveryStatus, 20))
    tries: Mapped[list[Any]]
    failures: Mapped[int]
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
