"""Tables of replenishment: proposals, and the classes of products."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import MONEY, QUANTITY, OfWorkspace, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.replenishment.kinds import AbcClass, ProposalStatus, XyzClass


class Proposal(WorkspaceRow):
    """So much of a variant for a store: of a supplier, in packs, or of another store, in pieces. One stands at a time.

    `why` has the figures from which the quantity follows. `proposed` is what the plan says, `packs` what stands: the same,
    unless a person wanted otherwise. `written` is how many packs were last put into the draft by the plan.
    """

    __tablename__ = "replenishment_proposals"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        belongs_to("stores", "from_store_id"),
        belongs_to("product_variants", "variant_id", ondelete="CASCADE"),
        belongs_to("suppliers", "supplier_id"),
        belongs_to("purchase_orders", "purchase_order_id"),
        belongs_to("stock_transfers", "transfer_id"),
        Index(
            "uq_replenishment_proposals_standing",
            "workspace_id",
            "store_id",
            "variant_id",
            text("(from_store_id IS NULL)"),
            unique=True,
            postgresql_where=text("status IN ('open', 'accepted', 'changed')"),
        ),
        Index("ix_replenishment_proposals_status", "workspace_id", "status", "id"),
        CheckConstraint("(supplier_id IS NULL) <> (from_store_id IS NULL)", name="one_source"),
        CheckConstraint("from_store_id <> store_id", name="two_stores"),
        CheckConstraint("packs > 0 AND proposed > 0 AND pack_size > 0", name="quantity_positive"),
        CheckConstraint("version > 0", name="counts_up"),
    )

    store_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    supplier_id: Mapped[UUID | None]
    from_store_id: Mapped[UUID | None]
    proposed: Mapped[Decimal] = mapped_column(QUANTITY)
    packs: Mapped[Decimal] = mapped_column(QUANTITY)
    pack_size: Mapped[Decimal] = mapped_column(QUANTITY)
    pack_cost: Mapped[Decimal | None] = mapped_column(MONEY)
    why: Mapped[dict[str, Any]]
    status: Mapped[ProposalStatus] = mapped_column(one_of(ProposalStatus, 20), default=ProposalStatus.OPEN)
    written: Mapped[Decimal | None] = mapped_column(QUANTITY)
    purchase_order_id: Mapped[UUID | None]
    transfer_id: Mapped[UUID | None]
    planned_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(default=1)


class ProductClass(OfWorkspace):
    """The class of a variant by what it brought in over the past half year, since when, and what it was before."""

    __tablename__ = "product_classes"
    __table_args__ = (
        of_workspace(),
        belongs_to("product_variants", "variant_id", ondelete="CASCADE"),
        CheckConstraint("share >= 0 AND share <= 1", name="share_of_whole"),
    )

    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    abc: Mapped[AbcClass] = mapped_column(one_of(AbcClass, 10))
    xyz: Mapped[XyzClass] = mapped_column(one_of(XyzClass, 10))
    worth: Mapped[Decimal] = mapped_column(MONEY)
    share: Mapped[float] = mapped_column(Float)
    since: Mapped[date]
    before: Mapped[AbcClass | None] = mapped_column(one_of(AbcClass, 10))
