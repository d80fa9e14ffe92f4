"""Tables of stock levels, the ledger of movements and the holds of orders."""

from datetime import date, datetime
from decimal import Decimal
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
from domain.stock.kinds import CountStatus, HoldStatus, MovementType, TransferOutcome, TransferStatus


def _on_level() -> ForeignKeyConstraint:
    """The foreign key to a level, with the store and variant that the row repeats, so that they cannot disagree."""
    return ForeignKeyConstraint(
        ["workspace_id", "stock_item_id", "store_id", "variant_id"],
        ["stock_items.workspace_id", "stock_items.id", "stock_items.store_id", "stock_items.variant_id"],
    )


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
        Index(
            "ix_stock_items_crossed",
            "workspace_id",
            "id",
            postgresql_where=text("(on_hand - held < min_stock) <> (low_since IS NOT NULL)"),
        ),
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
    low_since: Mapped[datetime | None]
    """Since when it is known to be low; whoever finds that it is not so any more, or not known yet, looks at it."""
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
        Index("ix_stock_movements_variant", "workspace_id", "variant_id", "sequence"),
        Index("ix_stock_movements_sequence", "workspace_id", "sequence"),
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


class StockTransfer(WorkspaceRow):
    """Goods that one store asks of another."""

    __tablename__ = "stock_transfers"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "from_store_id"),
        belongs_to("stores", "to_store_id"),
        UniqueConstraint("workspace_id", "number"),
        Index("ix_stock_transfers_from", "workspace_id", "from_store_id", "number"),
        Index("ix_stock_transfers_to", "workspace_id", "to_store_id", "number"),
        CheckConstraint("from_store_id <> to_store_id", name="two_stores"),
        CheckConstraint("(status IN ('in_transit', 'received')) = (sent_at IS NOT NULL)", name="sent_has_time"),
        CheckConstraint("(status IN ('received', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_when_over"),
    )

    from_store_id: Mapped[UUID]
    to_store_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[TransferStatus] = mapped_column(one_of(TransferStatus, 20), default=TransferStatus.REQUESTED)
    reason: Mapped[str | None] = mapped_column(String(500))
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class StockTransferLine(WorkspaceRow):
    """One product of a transfer. What was sent and is neither received, returned nor lost is on its way, or missing.

    `value` is what the goods on their way have cost: it left one store, and is in none.
    """

    __tablename__ = "stock_transfer_lines"
    __table_args__ = (
        of_workspace(),
        belongs_to("stock_transfers", "transfer_id"),
        belongs_to("product_variants", "variant_id"),
        UniqueConstraint("workspace_id", "transfer_id", "variant_id"),
        CheckConstraint("requested > 0", name="requested_positive"),
        CheckConstraint("sent >= 0 AND sent <= requested", name="sent_of_requested"),
        CheckConstraint("received >= 0 AND returned >= 0 AND lost >= 0", name="outcomes_not_negative"),
        CheckConstraint("received + returned + lost <= sent", name="outcomes_of_sent"),
        CheckConstraint("value >= 0 AND (received + returned + lost < sent OR value = 0)", name="value_of_goods_on_the_way"),
    )

    transfer_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    position: Mapped[int]
    requested: Mapped[Decimal] = mapped_column(QUANTITY)
    sent: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    received: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    returned: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    lost: Mapped[Decimal] = mapped_column(QUANTITY, default=Decimal(0))
    value: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))


class StockTransferStep(WorkspaceRow):
    """That goods on their way arrived, came back or were lost. `key` makes each step count once; the ledger has its lines."""

    __tablename__ = "stock_transfer_steps"
    __table_args__ = (
        of_workspace(),
        belongs_to("stock_transfers", "transfer_id"),
        UniqueConstraint("workspace_id", "transfer_id", "key"),
    )

    transfer_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[TransferOutcome] = mapped_column(one_of(TransferOutcome, 20))
    reason: Mapped[str | None] = mapped_column(String(500))


class StockCount(WorkspaceRow):
    """A count of a store by one or several people while the store goes on selling; one at a time."""

    __tablename__ = "stock_counts"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "number"),
        Index("uq_stock_counts_open", "workspace_id", "store_id", unique=True, postgresql_where=text("status = 'open'")),
        CheckConstraint("(status = 'open') = (ended_at IS NULL)", name="ended_when_over"),
    )

    store_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(255))
    status: Mapped[CountStatus] = mapped_column(one_of(CountStatus, 20), default=CountStatus.OPEN)
    ended_at: Mapped[datetime | None]


class StockCountEntry(WorkspaceRow):
    """What one person counted, and what the books said at that moment: the difference stays true though sales go on.

    `ledger_sequence` is the newest line of the level's ledger at that moment. Of entries that differ, one is chosen.
    """

    __tablename__ = "stock_count_entries"
    __table_args__ = (
        of_workspace(),
        belongs_to("stock_counts", "count_id"),
        belongs_to("product_variants", "variant_id"),
        Index("ix_stock_count_entries_count", "workspace_id", "count_id", "variant_id", "sequence"),
        CheckConstraint("counted >= 0 AND expected >= 0", name="quantities_not_negative"),
    )

    count_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    counted: Mapped[Decimal] = mapped_column(QUANTITY)
    expected: Mapped[Decimal] = mapped_column(QUANTITY)
    ledger_sequence: Mapped[int] = mapped_column(BigInteger)
    counted_at: Mapped[datetime]
    actor_kind: Mapped[PrincipalKind] = mapped_column(one_of(PrincipalKind, 20))
    actor_id: Mapped[UUID | None]
    is_chosen: Mapped[bool] = mapped_column(default=False)


class DocumentCounter(WorkspaceRow):
    """The last number given to a kind of document; nobody's stores hide it, as they hide documents."""

    __tablename__ = "document_counters"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "kind"))

    kind: Mapped[str] = mapped_column(String(50))
    last_number: Mapped[int] = mapped_column(BigInteger)
