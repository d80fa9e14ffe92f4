"""Tables of the ERP: where it is, how each run went, and what it said last."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKeyConstraint, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, QUANTITY, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.erp.kinds import JobType, Preset, RowStatus, SyncStatus

OPEN = "status IN ('pending', 'running')"


class ErpConnection(WorkspaceRow):
    """An ERP of a shop. `due_at` is when it is read next; whoever reads it holds it until `lease_until`.

    `read_up_to` is the newest change that runs to their end have seen, by kind of run.
    """

    __tablename__ = "erp_connections"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "name"),
        CheckConstraint("every_minutes >= 5", name="rhythm_bearable"),
    )

    name: Mapped[str] = mapped_column(String(100))
    preset: Mapped[Preset] = mapped_column(one_of(Preset, 20))
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    database: Mapped[str] = mapped_column(String(500))
    username: Mapped[str] = mapped_column(String(100))
    sealed: Mapped[bytes]
    settings: Mapped[dict[str, Any]]
    every_minutes: Mapped[int]
    is_active: Mapped[bool]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    synced_at: Mapped[datetime | None]
    read_up_to: Mapped[dict[str, Any]]
    version: Mapped[int]


class SyncJob(WorkspaceRow):
    """One run over one kind of record. `cursor` is the last key that is done; `last_sync_timestamp` the newest change seen."""

    __tablename__ = "sync_jobs"
    __table_args__ = (
        of_workspace(),
        belongs_to("erp_connections", "connection_id"),
        CheckConstraint("least(records_synced, records_failed, records_skipped, attempts) >= 0", name="counts_up"),
        Index("ix_sync_jobs_job_type", "workspace_id", "job_type"),
        Index("ix_sync_jobs_status", "workspace_id", "status"),
        Index("ix_sync_jobs_created", "workspace_id", text("created_at DESC")),
        Index("uq_sync_jobs_open", "workspace_id", "connection_id", "job_type", unique=True, postgresql_where=text(OPEN)),
        Index("ix_sync_jobs_due", "next_try_at", postgresql_where=text(OPEN)),
    )

    connection_id: Mapped[UUID]
    job_type: Mapped[JobType] = mapped_column(one_of(JobType, 100))
    entity_type: Mapped[str] = mapped_column(String(100))
    status: Mapped[SyncStatus] = mapped_column(one_of(SyncStatus, 20))
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    duration_seconds: Mapped[float | None] = mapped_column(Float)
    records_synced: Mapped[int] = mapped_column(default=0)
    records_failed: Mapped[int] = mapped_column(default=0)
    records_skipped: Mapped[int] = mapped_column(default=0)
    last_sync_timestamp: Mapped[datetime | None]
    error_log: Mapped[list[Any]]
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)
    is_full: Mapped[bool]
    cursor: Mapped[list[Any] | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    requested_by: Mapped[UUID | None]


class _Said(WorkspaceRow):
    """What the ERP said of one thing; `sync_hash` tells whether it says something else, `problem` why it was not taken."""

    __abstract__ = True

    connection_id: Mapped[UUID]
    last_synced_at: Mapped[datetime]
    sync_hash: Mapped[str] = mapped_column(String(64))
    sync_status: Mapped[RowStatus] = mapped_column(one_of(RowStatus, 20), server_default=RowStatus.SYNCED.value)
    problem: Mapped[str | None] = mapped_column(String(100))


class ErpProduct(_Said):
    """A product of the ERP, and the variant of the house that it is. `applied` is the record that was last brought in."""

    __tablename__ = "erp_products"
    __table_args__ = (
        of_workspace(),
        belongs_to("erp_connections", "connection_id"),
        ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            ondelete="SET NULL (variant_id)",
        ),
        UniqueConstraint("workspace_id", "connection_id", "code"),
        Index("uq_erp_products_variant", "workspace_id", "connection_id", "variant_id", unique=True),
        Index("ix_erp_products_sync_status", "workspace_id", "sync_status"),
    )

    code: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(500))
    source_table: Mapped[str] = mapped_column(String(100))
    variant_id: Mapped[UUID | None]
    record: Mapped[dict[str, Any]]
    applied: Mapped[dict[str, Any] | None]
    conflicts: Mapped[list[Any]]


class ErpStock(_Said):
    """How much of a product lies in a warehouse of the ERP. `revision` counts what it said of it."""

    __tablename__ = "erp_stock"
    __table_args__ = (
        of_workspace(),
        belongs_to("erp_connections", "connection_id"),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "connection_id", "product", "warehouse"),
        Index("ix_erp_stock_sync_status", "workspace_id", "sync_status"),
    )

    product: Mapped[str] = mapped_column(String(100))
    warehouse: Mapped[str] = mapped_column(String(50))
    store_id: Mapped[UUID | None]
    on_hand: Mapped[Decimal] = mapped_column(QUANTITY)
    cost: Mapped[Decimal | None] = mapped_column(MONEY)
    last_cost: Mapped[Decimal | None] = mapped_column(MONEY)
    average_cost: Mapped[Decimal | None] = mapped_column(MONEY)
    counted_at: Mapped[datetime | None]
    revision: Mapped[int]


class ErpSale(_Said):
    """One line of an invoice of the ERP, and the line of the history that was made of it."""

    __tablename__ = "erp_sales"
    __table_args__ = (
        of_workspace(),
        belongs_to("erp_connections", "connection_id"),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "connection_id", "folio", "line"),
        Index("ix_erp_sales_sync_status", "workspace_id", "sync_status"),
        Index("ix_erp_sales_sold", "workspace_id", "sold_at"),
    )

    folio: Mapped[str] = mapped_column(String(50))
    line: Mapped[int]
    product: Mapped[str] = mapped_column(String(100))
    customer: Mapped[str | None] = mapped_column(String(50))
    warehouse: Mapped[str] = mapped_column(String(50))
    store_id: Mapped[UUID | None]
    quantity: Mapped[Decimal] = mapped_column(QUANTITY)
    price: Mapped[Decimal | None] = mapped_column(MONEY)
    discount: Mapped[Decimal | None] = mapped_column(MONEY)
    subtotal: Mapped[Decimal | None] = mapped_column(MONEY)
    tax: Mapped[Decimal | None] = mapped_column(MONEY)
    total: Mapped[Decimal | None] = mapped_column(MONEY)
    sold_at: Mapped[datetime]
    invoiced_at: Mapped[datetime | None]
    is_cancelled: Mapped[bool]
    revision: Mapped[int]
    sale_line_id: Mapped[UUID | None]


class ErpCustomer(_Said):
    """A customer of the ERP, and the customer of the house who it is. `applied` is the record that was last brought in."""

    __tablename__ = "erp_customers"
    __table_args__ = (
        of_workspace(),
        belongs_to("erp_connections", "connection_id"),
        belongs_to("customers", "customer_id"),
        UniqueConstraint("workspace_id", "connection_id", "code"),
        Index("ix_erp_customers_sync_status", "workspace_id", "sync_status"),
        Index("ix_erp_customers_name", func.to_tsvector(text("'spanish'"), text("name")), postgresql_using="gin"),
    )

    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(500))
    tax_id: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(500))
    city: Mapped[str | None] = mapped_column(String(100))
    state: Mapped[str | None] = mapped_column(String(100))
    postal_code: Mapped[str | None] = mapped_column(String(10))
    credit_limit: Mapped[Decimal | None] = mapped_column(MONEY)
    balance: Mapped[Decimal | None] = mapped_column(MONEY)
    customer_id: Mapped[UUID | None]
    applied: Mapped[dict[str, Any] | None]
    conflicts: Mapped[list[Any]]
