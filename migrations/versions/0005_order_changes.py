"""Orders are amended, packed and paid in a way that was chosen; payments are told before their order; holds end in time.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KNOWN = "'draft', 'awaiting_confirmation', 'confirmed', 'shipped', 'delivered', 'cancelled'"


def _in_all_workspaces(table: str, statement: str) -> None:
    """Run a statement on the rows of every workspace, which the table's owner sees only while its policies do not bind it."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    """Add the columns, and the rules that keep amendments and payments without an order what they are."""
    op.add_column("orders", sa.Column("payment_method", sa.String(length=30), nullable=True))
    op.add_column("orders", sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("amends_order_id", sa.Uuid(), nullable=True))
    op.add_column("orders", sa.Column("amends_version", sa.Integer(), nullable=True))
    op.create_foreign_key(
        "fk_orders_workspace_id_amends_order_id",
        "orders",
        "orders",
        ["workspace_id", "amends_order_id"],
        ["workspace_id", "id"],
    )
    op.drop_constraint(op.f("ck_orders_status_known"), "orders", type_="check")
    op.create_check_constraint(op.f("ck_orders_status_known"), "orders", f"status IN ({KNOWN}, 'applied')")
    op.create_check_constraint(
        op.f("ck_orders_amendment_has_version"), "orders", "(amends_order_id IS NULL) = (amends_version IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_orders_amendment_has_no_number"), "orders", "amends_order_id IS NULL OR number IS NULL"
    )
    op.create_check_constraint(
        op.f("ck_orders_applied_is_amendment"), "orders", "status <> 'applied' OR amends_order_id IS NOT NULL"
    )

    op.add_column("payments", sa.Column("conversation_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_payments_workspace_id_conversation_id",
        "payments",
        "conversations",
        ["workspace_id", "conversation_id"],
        ["workspace_id", "id"],
    )
    op.alter_column("payments", "order_id", nullable=True)
    op.alter_column("payments", "amount", nullable=True)
    op.create_check_constraint(op.f("ck_payments_linked_has_amount"), "payments", "order_id IS NULL OR amount IS NOT NULL")
    op.create_index(
        "ix_payments_ahead", "payments", ["workspace_id", "customer_id"], postgresql_where=sa.text("order_id IS NULL")
    )

    # A claim that was made before keeps its hold as long as a new one would.
    _in_all_workspaces(
        "stock_holds",
        "UPDATE stock_holds SET expires_at = clock_timestamp() + interval '48 hours' WHERE status = 'active' AND pinned",
    )
    op.drop_index("ix_stock_holds_due", table_name="stock_holds")
    op.drop_column("stock_holds", "pinned")
    op.create_index("ix_stock_holds_due", "stock_holds", ["expires_at"], postgresql_where=sa.text("status = 'active'"))


def downgrade() -> None:
    """Take them back; payments without an order and amendments have no place in the older schema."""
    op.drop_index("ix_stock_holds_due", table_name="stock_holds")
    op.add_column("stock_holds", sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("stock_holds", "pinned", server_default=None)
    op.execute("GRANT SELECT (pinned) ON stock_holds TO nexova_system")
    op.create_index(
        "ix_stock_holds_due", "stock_holds", ["expires_at"], postgresql_where=sa.text("status = 'active' AND NOT pinned")
    )

    op.execute("ALTER TABLE payments NO FORCE ROW LEVEL SECURITY")
    _in_all_workspaces(
        "payment_receipts", "DELETE FROM payment_receipts USING payments p WHERE p.id = payment_id AND p.order_id IS NULL"
    )
    _in_all_workspaces("payments", "DELETE FROM payments WHERE order_id IS NULL")
    op.drop_index("ix_payments_ahead", table_name="payments")
    op.drop_constraint(op.f("ck_payments_linked_has_amount"), "payments", type_="check")
    op.alter_column("payments", "order_id", nullable=False)
    op.alter_column("payments", "amount", nullable=False)
    op.drop_constraint("fk_payments_workspace_id_conversation_id", "payments", type_="foreignkey")
    op.drop_column("payments", "conversation_id")

    _in_all_workspaces("orders", "UPDATE orders SET status = 'cancelled' WHERE amends_order_id IS NOT NULL")
    for name in ("applied_is_amendment", "amendment_has_no_number", "amendment_has_version", "status_known"):
        op.drop_constraint(op.f(f"ck_orders_{name}"), "orders", type_="check")
    op.drop_constraint("fk_orders_workspace_id_amends_order_id", "orders", type_="foreignkey")
    for column in ("amends_version", "amends_order_id", "packed_at", "payment_method"):
        op.drop_column("orders", column)
    op.create_check_constraint(op.f("ck_orders_status_known"), "orders", f"status IN ({KNOWN})")
