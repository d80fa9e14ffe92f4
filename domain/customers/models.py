"""Tables of customers, their addresses on the mediums and their postal addresses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.connections.schemas import Medium


class Customer(WorkspaceRow):
    """A person who buys. Never a user of the staff."""

    __tablename__ = "customers"
    __table_args__ = (
        of_workspace(),
        Index("ix_customers_phone", "workspace_id", "phone"),
        Index("ix_customers_created", "workspace_id", "created_at"),
    )

    name: Mapped[str | None] = mapped_column(String(200))
    first_name: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(255))
    notes: Mapped[str | None] = mapped_column(String(1000))
    updated_at: Mapped[datetime | None]


class ContactAddress(WorkspaceRow):
    """One address of a customer on one medium, whoever carries it.

    `user_id` is the medium's stable key of a person and wins over the number. `address_key` is the number (or the
    opaque address) by which a sender without a user id is found; it is null once the number belongs to somebody else.
    """

    __tablename__ = "contact_addresses"
    __table_args__ = (
        of_workspace(),
        belongs_to("customers", "customer_id"),
        Index("uq_contact_addresses_user_id", "workspace_id", "medium", "user_id", unique=True),
        Index("uq_contact_addresses_address_key", "workspace_id", "medium", "address_key", unique=True),
        Index("ix_contact_addresses_customer", "workspace_id", "customer_id"),
    )

    customer_id: Mapped[UUID]
    medium: Mapped[Medium] = mapped_column(one_of(Medium, 20))
    address: Mapped[str] = mapped_column(String(200))
    address_key: Mapped[str | None] = mapped_column(String(200))
    user_id: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str | None] = mapped_column(String(200))
    last_seen_at: Mapped[datetime]


class CustomerAddress(WorkspaceRow):
    """A place to which a customer's orders are delivered; the last one used is offered again."""

    __tablename__ = "customer_addresses"
    __table_args__ = (
        of_workspace(),
        belongs_to("customers", "customer_id"),
        Index("uq_customer_addresses_key", "workspace_id", "customer_id", "text_key", unique=True),
        Index(
            "uq_customer_addresses_default",
            "workspace_id",
            "customer_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    customer_id: Mapped[UUID]
    label: Mapped[str | None] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(String(500))
    text_key: Mapped[str] = mapped_column(String(500))
    recipient_name: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    is_default: Mapped[bool] = mapped_column(default=False)
    last_used_at: Mapped[datetime]
