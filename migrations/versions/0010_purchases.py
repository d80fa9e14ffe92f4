"""Suppliers, purchase orders, receipts and supplier returns; what the stock on hand has cost, to the cent.

A product's supplier was a text. It becomes a supplier who sells the product's variants at their cost.

Revision ID: 0010
Revises: 0011_deeds
"""

import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from core.language.folding import fold
from migrations import security

revision = "0010"
down_revision = "0011_deeds"
branch_labels = None
depends_on = None

TABLES = (
    "suppliers",
    "purchase_orders",
    "goods_receipts",
    "purchase_order_lines",
    "supplier_products",
    "supplier_returns",
    "goods_receipt_lines",
    "supplier_return_lines",
)
READ = ("workspaces", "products", "product_variants", "suppliers", "supplier_products", "stock_items", "stock_movements")

# Each line takes along what the quantity after it is worth more than the one before it, at the level's average: the sum
# of a ledger is then what its level is worth, to the cent.
VALUE_LEDGER = """
    UPDATE stock_movements AS line
       SET value = round(line.quantity_after * level.unit_cost, 2)
                 - round((line.quantity_after - line.delta) * level.unit_cost, 2)
      FROM stock_items AS level
     WHERE level.workspace_id = line.workspace_id AND level.id = line.stock_item_id
"""
SOLD = """
    INSERT INTO supplier_products (workspace_id, id, supplier_id, variant_id, pack_size, pack_cost, minimum_packs,
                                   is_preferred)
    SELECT variant.workspace_id, gen_random_uuid(), :supplier, variant.id, 1, variant.cost, 0, true
      FROM products AS product
      JOIN product_variants AS variant
        ON variant.workspace_id = product.workspace_id AND variant.product_id = product.id
     WHERE product.workspace_id = :workspace AND product.supplier_name = ANY (:names)
"""
NAMED = """
    UPDATE products AS product SET supplier_name = supplier.name
      FROM product_variants AS variant
      JOIN supplier_products AS sold ON sold.workspace_id = variant.workspace_id AND sold.variant_id = variant.id
      JOIN suppliers AS supplier ON supplier.workspace_id = sold.workspace_id AND supplier.id = sold.supplier_id
     WHERE variant.workspace_id = product.workspace_id AND variant.product_id = product.id AND sold.is_preferred
"""


def _show_all_rows(*, to_owner: bool) -> None:
    """Whether the tables' owner sees the rows of every workspace."""
    for table in READ:
        op.execute(f"ALTER TABLE {table} {'NO ' if to_owner else ''}FORCE ROW LEVEL SECURITY")


def _carry_over_suppliers() -> None:
    """Make a supplier of every name, names that differ in case and accents only being one."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT DISTINCT product.workspace_id, country, supplier_name FROM products AS product "
            "JOIN workspaces ON workspaces.id = product.workspace_id WHERE trim(supplier_name) <> '' ORDER BY 3"
        )
    )
    suppliers: dict[tuple[uuid.UUID, str], tuple[str, list[str]]] = {}
    for workspace, country, name in found:
        suppliers.setdefault((workspace, fold(" ".join(name.split()))), (country, []))[1].append(name)
    for (workspace, key), (country, names) in suppliers.items():
        supplier = uuid.uuid4()
        connection.execute(
            sa.text(
                "INSERT INTO suppliers (workspace_id, id, name, name_key, country, minimum_order, payment_days, is_active, "
                "version) VALUES (:workspace, :id, :name, :key, :country, 0, 0, true, 1)"
            ),
            {"workspace": workspace, "id": supplier, "name": names[0].strip(), "key": key, "country": country},
        )
        connection.execute(sa.text(SOLD), {"workspace": workspace, "supplier": supplier, "names": names})


def upgrade() -> None:
    """Make the tables, value the stock, and let suppliers be rows."""
    op.create_table(
        "suppliers",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("tax_id", sa.String(length=20), nullable=True),
        sa.Column("tax_id_type", sa.String(length=20), nullable=True),
        sa.Column("contact_name", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=50), nullable=True),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("order_days", postgresql.ARRAY(sa.SmallInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("minimum_order", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("payment_terms", sa.String(length=255), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(tax_id IS NULL) = (tax_id_type IS NULL)", name=op.f("ck_suppliers_tax_id_has_type")),
        sa.CheckConstraint("lead_time_days >= 0 AND payment_days >= 0", name=op.f("ck_suppliers_days_not_negative")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_suppliers_named")),
        sa.CheckConstraint("minimum_order >= 0", name=op.f("ck_suppliers_minimum_not_negative")),
        sa.CheckConstraint(
            "order_days <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]", name=op.f("ck_suppliers_order_days_of_week")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_suppliers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_suppliers")),
        sa.UniqueConstraint("workspace_id", "country", "tax_id", name=op.f("uq_suppliers_workspace_id_country_tax_id")),
        sa.UniqueConstraint("workspace_id", "name_key", name=op.f("uq_suppliers_workspace_id_name_key")),
    )
    op.create_table(
        "purchase_orders",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("notes", sa.String(length=1000), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "(status IN ('closed', 'cancelled')) = (ended_at IS NOT NULL)", name=op.f("ck_purchase_orders_ended_when_over")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'cancelled') OR submitted_at IS NOT NULL", name=op.f("ck_purchase_orders_submitted_has_time")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'partly_received', 'closed', 'cancelled')",
            name=op.f("ck_purchase_orders_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_purchase_orders_workspace_id_store_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "supplier_id"],
            ["suppliers.workspace_id", "suppliers.id"],
            name=op.f("fk_purchase_orders_workspace_id_supplier_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_purchase_orders_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_purchase_orders")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_purchase_orders_workspace_id_number")),
    )
    op.create_index("ix_purchase_orders_store", "purchase_orders", ["workspace_id", "store_id", "number"], unique=False)
    op.create_index("ix_purchase_orders_supplier", "purchase_orders", ["workspace_id", "supplier_id", "number"], unique=False)
    op.create_index(
        "uq_purchase_orders_draft",
        "purchase_orders",
        ["workspace_id", "supplier_id", "store_id"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.create_table(
        "goods_receipts",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_order_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "purchase_order_id"],
            ["purchase_orders.workspace_id", "purchase_orders.id"],
            name=op.f("fk_goods_receipts_workspace_id_purchase_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_goods_receipts_workspace_id_store_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "supplier_id"],
            ["suppliers.workspace_id", "suppliers.id"],
            name=op.f("fk_goods_receipts_workspace_id_supplier_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_goods_receipts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_goods_receipts")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_goods_receipts_workspace_id_key")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_goods_receipts_workspace_id_number")),
    )
    op.create_index("ix_goods_receipts_order", "goods_receipts", ["workspace_id", "purchase_order_id"], unique=False)
    op.create_index("ix_goods_receipts_supplier", "goods_receipts", ["workspace_id", "supplier_id", "number"], unique=False)
    op.create_table(
        "purchase_order_lines",
        sa.Column("purchase_order_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("packs", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("pack_size", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("pack_cost", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("received", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("rejected", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("returned", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("pack_cost >= 0", name=op.f("ck_purchase_order_lines_cost_not_negative")),
        sa.CheckConstraint("packs > 0 AND pack_size > 0", name=op.f("ck_purchase_order_lines_quantity_positive")),
        sa.CheckConstraint("rejected >= 0 AND received >= rejected", name=op.f("ck_purchase_order_lines_rejected_of_received")),
        sa.CheckConstraint(
            "returned >= 0 AND returned <= received - rejected", name=op.f("ck_purchase_order_lines_returned_of_accepted")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "purchase_order_id"],
            ["purchase_orders.workspace_id", "purchase_orders.id"],
            name=op.f("fk_purchase_order_lines_workspace_id_purchase_order_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_purchase_order_lines_workspace_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_purchase_order_lines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_purchase_order_lines")),
        sa.UniqueConstraint(
            "workspace_id",
            "purchase_order_id",
            "variant_id",
            name=op.f("uq_purchase_order_lines_workspace_id_purchase_order_id_variant_id"),
        ),
    )
    op.create_table(
        "supplier_products",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_sku", sa.String(length=100), nullable=True),
        sa.Column("pack_size", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("pack_name", sa.String(length=50), nullable=True),
        sa.Column("pack_cost", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("minimum_packs", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("is_preferred", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("minimum_packs >= 0", name=op.f("ck_supplier_products_minimum_not_negative")),
        sa.CheckConstraint("pack_cost >= 0", name=op.f("ck_supplier_products_cost_not_negative")),
        sa.CheckConstraint("pack_size > 0", name=op.f("ck_supplier_products_pack_holds_something")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "supplier_id"],
            ["suppliers.workspace_id", "suppliers.id"],
            name=op.f("fk_supplier_products_workspace_id_supplier_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_supplier_products_workspace_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_supplier_products_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_supplier_products")),
        sa.UniqueConstraint(
            "workspace_id", "supplier_id", "variant_id", name=op.f("uq_supplier_products_workspace_id_supplier_id_variant_id")
        ),
    )
    op.create_index("ix_supplier_products_variant", "supplier_products", ["workspace_id", "variant_id"], unique=False)
    op.create_index(
        "uq_supplier_products_preferred",
        "supplier_products",
        ["workspace_id", "variant_id"],
        unique=True,
        postgresql_where=sa.text("is_preferred"),
    )
    op.create_table(
        "supplier_returns",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "receipt_id"],
            ["goods_receipts.workspace_id", "goods_receipts.id"],
            name=op.f("fk_supplier_returns_workspace_id_receipt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_supplier_returns_workspace_id_store_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "supplier_id"],
            ["suppliers.workspace_id", "suppliers.id"],
            name=op.f("fk_supplier_returns_workspace_id_supplier_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_supplier_returns_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_supplier_returns")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_supplier_returns_workspace_id_key")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_supplier_returns_workspace_id_number")),
    )
    op.create_index("ix_supplier_returns_receipt", "supplier_returns", ["workspace_id", "receipt_id"], unique=False)
    op.create_table(
        "goods_receipt_lines",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_order_line_id", sa.Uuid(), nullable=True),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("rejected", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("reject_reason", sa.String(length=255), nullable=True),
        sa.Column("returned", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("value", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_goods_receipt_lines_quantity_positive")),
        sa.CheckConstraint("rejected >= 0 AND rejected <= quantity", name=op.f("ck_goods_receipt_lines_rejected_of_quantity")),
        sa.CheckConstraint(
            "returned >= 0 AND returned <= quantity - rejected", name=op.f("ck_goods_receipt_lines_returned_of_accepted")
        ),
        sa.CheckConstraint("value >= 0", name=op.f("ck_goods_receipt_lines_value_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "purchase_order_line_id"],
            ["purchase_order_lines.workspace_id", "purchase_order_lines.id"],
            name=op.f("fk_goods_receipt_lines_workspace_id_purchase_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "receipt_id"],
            ["goods_receipts.workspace_id", "goods_receipts.id"],
            name=op.f("fk_goods_receipt_lines_workspace_id_receipt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_goods_receipt_lines_workspace_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_goods_receipt_lines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_goods_receipt_lines")),
        sa.UniqueConstraint(
            "workspace_id", "receipt_id", "variant_id", name=op.f("uq_goods_receipt_lines_workspace_id_receipt_id_variant_id")
        ),
    )
    op.create_index(
        "ix_goods_receipt_lines_order_line", "goods_receipt_lines", ["workspace_id", "purchase_order_line_id"], unique=False
    )
    op.create_table(
        "supplier_return_lines",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_line_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("credit", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("value", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("credit >= 0 AND value >= 0", name=op.f("ck_supplier_return_lines_amounts_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_supplier_return_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "receipt_line_id"],
            ["goods_receipt_lines.workspace_id", "goods_receipt_lines.id"],
            name=op.f("fk_supplier_return_lines_workspace_id_receipt_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "return_id"],
            ["supplier_returns.workspace_id", "supplier_returns.id"],
            name=op.f("fk_supplier_return_lines_workspace_id_return_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_supplier_return_lines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_supplier_return_lines")),
        sa.UniqueConstraint(
            "workspace_id",
            "return_id",
            "receipt_line_id",
            name=op.f("uq_supplier_return_lines_workspace_id_return_id_receipt_line_id"),
        ),
    )

    for table in TABLES:
        security.secure(table, ["workspace_id"])

    op.add_column("stock_items", sa.Column("last_cost", sa.Numeric(precision=14, scale=2), nullable=True))
    for table in ("stock_items", "stock_movements"):
        op.add_column(table, sa.Column("value", sa.Numeric(precision=14, scale=2), nullable=False, server_default=sa.text("0")))
    _show_all_rows(to_owner=True)
    op.execute("UPDATE stock_items SET value = round(on_hand * unit_cost, 2)")
    op.execute(VALUE_LEDGER)
    _carry_over_suppliers()
    _show_all_rows(to_owner=False)
    for table in ("stock_items", "stock_movements"):
        op.alter_column(table, "value", server_default=None)
    op.drop_column("products", "supplier_name")

    op.drop_constraint(op.f("ck_stock_items_cost_not_negative"), "stock_items", type_="check")
    op.create_check_constraint(op.f("ck_stock_items_cost_not_negative"), "stock_items", "unit_cost >= 0 AND last_cost >= 0")
    op.create_check_constraint(
        op.f("ck_stock_items_value_of_goods"), "stock_items", "value >= 0 AND (on_hand > 0 OR value = 0)"
    )
    op.drop_constraint(op.f("ck_stock_movements_receipt_gives"), "stock_movements", type_="check")
    op.create_check_constraint(op.f("ck_stock_movements_receipt_gives"), "stock_movements", "type <> 'purchase' OR delta > 0")
    op.create_check_constraint(
        op.f("ck_stock_movements_value_goes_with_goods"), "stock_movements", "value = 0 OR (value > 0) = (delta > 0)"
    )


def downgrade() -> None:
    """Take them back; a product keeps the name of its preferred supplier, and returns to suppliers become adjustments."""
    op.drop_constraint(op.f("ck_stock_movements_value_goes_with_goods"), "stock_movements", type_="check")
    op.drop_constraint(op.f("ck_stock_movements_receipt_gives"), "stock_movements", type_="check")
    op.add_column("products", sa.Column("supplier_name", sa.String(length=255), nullable=True))
    _show_all_rows(to_owner=True)
    op.execute("UPDATE stock_movements SET type = 'adjustment' WHERE type = 'return' AND delta < 0")
    op.execute(NAMED)
    _show_all_rows(to_owner=False)
    op.create_check_constraint(
        op.f("ck_stock_movements_receipt_gives"), "stock_movements", "type NOT IN ('purchase', 'return') OR delta > 0"
    )
    op.drop_constraint(op.f("ck_stock_items_value_of_goods"), "stock_items", type_="check")
    op.drop_constraint(op.f("ck_stock_items_cost_not_negative"), "stock_items", type_="check")
    op.create_check_constraint(op.f("ck_stock_items_cost_not_negative"), "stock_items", "unit_cost >= 0")
    for table in ("stock_items", "stock_movements"):
        op.drop_column(table, "value")
    op.drop_column("stock_items", "last_cost")
    for table in reversed(TABLES):
        op.drop_table(table)
