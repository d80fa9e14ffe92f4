"""Tables of units, categories, products, variants, stores, synonyms and the words under which products are found."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKeyConstraint,
    Identity,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.access import PrincipalKind
from core.tables import MONEY, QUANTITY, OfWorkspace, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.catalog.kinds import PriceKind, ProductStatus


class Unit(WorkspaceRow):
    """A unit in which things are sold; `precision` is how many decimals a quantity may have."""

    __tablename__ = "units"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "code"),
        CheckConstraint("precision BETWEEN 0 AND 3", name="precision_range"),
    )

    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(50))
    precision: Mapped[int]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(String(50)), server_default=text("'{}'"))


class Category(WorkspaceRow):
    """A node of the category tree; `path` holds the slugs from the root, as `/despensa/harinas/`."""

    __tablename__ = "categories"
    __table_args__ = (
        of_workspace(),
        belongs_to("categories", "parent_id", ondelete="SET NULL (parent_id)"),
        UniqueConstraint("workspace_id", "parent_id", "name", postgresql_nulls_not_distinct=True),
        UniqueConstraint("workspace_id", "path"),
        CheckConstraint("level >= 0", name="level_not_negative"),
        CheckConstraint("parent_id IS DISTINCT FROM id", name="not_its_own_parent"),
    )

    parent_id: Mapped[UUID | None]
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int] = mapped_column(default=0)
    path: Mapped[str] = mapped_column(String(500))
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())


class Product(WorkspaceRow):
    """What is sold, in one or more variants; its default variant carries its code as SKU.

    `version` counts its changes, those of its variants and of their prices among them.
    `step` is the smallest sale where it is coarser than the unit's precision: flour counted in kilos but sold in
    whole bags. `content_*` says how much of another unit one piece holds: 0.25 KG of coffee in one bag.
    """

    __tablename__ = "products"
    __table_args__ = (
        of_workspace(),
        belongs_to("categories", "category_id", ondelete="SET NULL (category_id)"),
        ForeignKeyConstraint(["workspace_id", "unit"], ["units.workspace_id", "units.code"]),
        ForeignKeyConstraint(["workspace_id", "content_unit"], ["units.workspace_id", "units.code"]),
        UniqueConstraint("workspace_id", "code"),
        CheckConstraint("length(code) > 0 AND length(name) > 0", name="named"),
        CheckConstraint("step > 0", name="step_positive"),
        CheckConstraint("content_quantity > 0", name="content_positive"),
        CheckConstraint("(content_quantity IS NULL) = (content_unit IS NULL)", name="content_whole"),
        CheckConstraint("weight >= 0", name="weight_not_negative"),
        Index("ix_products_category", "workspace_id", "category_id"),
        Index("ix_products_name", "workspace_id", "name", "id"),
    )

    code: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(500))
    description: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[UUID | None]
    brand: Mapped[str | None] = mapped_column(String(255))
    model: Mapped[str | None] = mapped_column(String(255))
    unit: Mapped[str] = mapped_column(String(50), default="PZA")
    step: Mapped[Decimal | None] = mapped_column(QUANTITY)
    content_quantity: Mapped[Decimal | None] = mapped_column(QUANTITY)
    content_unit: Mapped[str | None] = mapped_column(String(50))
    weight: Mapped[Decimal | None] = mapped_column(Numeric(10, 3))
    dimensions: Mapped[dict[str, Any] | None]
    image_url: Mapped[str | None] = mapped_column(String(1000))
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    status: Mapped[ProductStatus] = mapped_column(one_of(ProductStatus, 20), default=ProductStatus.ACTIVE)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())


class ProductVariant(WorkspaceRow):
    """One thing that can be put in a cart, with its price in the workspace's currency."""

    __tablename__ = "product_variants"
    __table_args__ = (
        of_workspace(),
        belongs_to("products", "product_id", ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "sku"),
        UniqueConstraint("workspace_id", "barcode"),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("wholesale_price >= 0", name="wholesale_price_not_negative"),
        CheckConstraint("cost >= 0", name="cost_not_negative"),
        Index("ix_product_variants_product", "workspace_id", "product_id", "position"),
        Index(
            "uq_product_variants_default",
            "workspace_id",
            "product_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    product_id: Mapped[UUID]
    sku: Mapped[str] = mapped_column(String(100))
    label: Mapped[str] = mapped_column(String(255), default="")
    barcode: Mapped[str | None] = mapped_column(String(50))
    price: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    wholesale_price: Mapped[Decimal | None] = mapped_column(MONEY)
    cost: Mapped[Decimal | None] = mapped_column(MONEY)
    is_default: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())


class Price(WorkspaceRow):
    """A price of a variant from one moment on, for good or until another moment.

    Of the prices that hold at a moment, the one that began last is in force; of two that began together, the one
    written last. `ProductVariant` has the one in force now; `due_at` is when that has to be looked at again. A variant
    without a wholesale price has one without an amount.
    """

    __tablename__ = "prices"
    __table_args__ = (
        of_workspace(),
        belongs_to("product_variants", "variant_id", ondelete="CASCADE"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("amount IS NOT NULL OR kind = 'wholesale'", name="amount_of_retail"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_prices_variant", "workspace_id", "variant_id", "kind", "starts_at"),
        Index("ix_prices_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    variant_id: Mapped[UUID]
    kind: Mapped[PriceKind] = mapped_column(one_of(PriceKind, 20))
    amount: Mapped[Decimal | None] = mapped_column(MONEY)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    reason: Mapped[str | None] = mapped_column(String(500))
    actor_kind: Mapped[PrincipalKind] = mapped_column(one_of(PrincipalKind, 20))
    actor_id: Mapped[UUID | None]


class Store(WorkspaceRow):
    """A place where stock lies and customers pick up."""

    __tablename__ = "stores"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "code"),
        Index("ix_stores_active", "workspace_id", "name", postgresql_where=text("is_active")),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="on_earth"),
    )

    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str | None] = mapped_column(String(50))
    address: Mapped[str | None] = mapped_column(String(500))
    city: Mapped[str | None] = mapped_column(String(100))
    state: Mapped[str | None] = mapped_column(String(100))
    zone: Mapped[str | None] = mapped_column(String(100))
    postal_code: Mapped[str | None] = mapped_column(String(10))
    phone: Mapped[str | None] = mapped_column(String(50))
    email: Mapped[str | None] = mapped_column(String(255))
    manager: Mapped[str | None] = mapped_column(String(255))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())


class Synonym(WorkspaceRow):
    """What people say for something: another name of one product, or a word that stands for other words."""

    __tablename__ = "synonyms"
    __table_args__ = (
        of_workspace(),
        belongs_to("products", "product_id", ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "phrase", "product_id", "expansion", postgresql_nulls_not_distinct=True),
        CheckConstraint("(product_id IS NULL) <> (expansion IS NULL)", name="one_meaning"),
        Index("ix_synonyms_product", "workspace_id", "product_id"),
        Index("ix_synonyms_expansions", "workspace_id", "key", postgresql_where=text("expansion IS NOT NULL")),
    )

    phrase: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(255))
    product_id: Mapped[UUID | None]
    expansion: Mapped[str | None] = mapped_column(String(255))


class SearchWord(OfWorkspace):
    """A word of the catalogue under one of the keys by which a typed word may reach it.

    Row-level security keeps Postgres from using a GIN index for conditions that it does not hold leak-proof (`@@`,
    `&&`), so the index is two plain tables, met by equality: a typed word finds known words, known words find variants.
    """

    __tablename__ = "search_words"
    __table_args__ = (of_workspace(),)

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    word: Mapped[str] = mapped_column(String(50), primary_key=True)


class SearchPosting(OfWorkspace):
    """That a word stands in the name, brand or another name of a variant, which holds the workspace too."""

    __tablename__ = "search_postings"
    __table_args__ = (
        belongs_to("product_variants", "variant_id", ondelete="CASCADE"),
        Index("ix_search_postings_variant", "workspace_id", "variant_id"),
    )

    word: Mapped[str] = mapped_column(String(50), primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
