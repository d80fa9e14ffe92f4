"""Tables of customers, their addresses on the mediums and their postal addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.connections.medium import Medium


class Customer(WorkspaceRow):
    """A person who buys. Never a user of the staff.

    One who was found to be another customer has `merged_into`: it keeps what staff knew of it and nothing else, so that
    the merge can be undone. Whether they agreed to be written to without having asked is null until somebody has said so.
    """

    __tablename__ = "customers"
    __table_args__ = (
        of_workspace(),
        belongs_to("customers", "merged_into"),
        CheckConstraint("credit_limit >= 0", name="credit_not_negative"),
        CheckConstraint("(marketing_consent IS NULL) = (consent_changed_at IS NULL)", name="consent_has_time"),
        Index("ix_customers_merged_into", "workspace_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_customers_phone", "workspace_id", "phone"),
        Index("ix_customers_created", "workspace_id", "created_at"),
    )

    name: Mapped[str | None] = mapped_column(String(200))
    first_name: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(255))
    notes: Mapped[str | None] = mapped_column(String(1000))
    tax_id: Mapped[str | None] = mapped_column(String(30))
    tags: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    credit_limit: Mapped[Decimal | None] = mapped_column(MONEY)
    marketing_consent: Mapped[bool | None]
    consent_source: Mapped[str | None] = mapped_column(String(200))
    consent_changed_at: Mapped[datetime | None]
    merged_into: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    updated_at: Mapped[datetime | None]


class CustomerMerge(WorkspaceRow):
    """Two customers who were found to be one: which stays, and what became its own, by table and id, until it is undone."""

    __tablename__ = "customer_merges"
    __table_args__ = (
        of_workspace(),
        belongs_to("customers", "kept_id"),
        belongs_to("customers", "merged_id"),
        Index(
            "uq_customer_merges_standing",
            "workspace_id",
            "merged_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_customer_merges_kept", "workspace_id", "kept_id"),
        CheckConstraint("kept_id <> merged_id", name="two_customers"),
    )

    kept_id: Mapped[UUID]
    merged_id: Mapped[UUID]
    reason: Mapped[str | None] = mapped_column(String(500))
    moved: Mapped[dict[str, Any]]
    filled: Mapped[list[Any]]
    tags_added: Mapped[list[Any]]
    merged_at: Mapped[datetime]
    merged_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]


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


class NumberProof(WorkspaceRow):
    """A code that was sent to a telephone at the wish of whoever writes at an address, so that they prove that it is theirs.

    `digest` is that of the code; a code is good for one proof, for a while, and for so many wrong tries.
    """

    __tablename__ = "number_proofs"
    __table_args__ = (
        of_workspace(),
        belongs_to("contact_addresses", "contact_address_id"),
        Index("ix_number_proofs_contact", "workspace_id", "contact_address_id", "created_at"),
    )

    contact_address_id: Mapped[UUID]
    phone: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    wrong_codes: Mapped[int] = mapped_column(default=0)
    proven_at: Mapped[datetime | None]
