"""The audit trail becomes the event stream: types have versions, and every event has its place, given at the commit.

Revision ID: 0007
Revises: 0006
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A deferred trigger runs inside the COMMIT: whoever holds the lock needs nothing more from anybody, so a worker that is
# stopped in the middle of its work keeps nobody waiting. What is released last is the lock, so positions become visible
# in their order. Each statement of the function sees what was committed while the lock was waited for.
PLACE_EVENT = """
CREATE FUNCTION nexova_place_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_position bigint;
    last_number integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('nexova events ' || NEW.workspace_id, 0));
    SELECT position INTO last_position FROM event_positions
     WHERE workspace_id = NEW.workspace_id ORDER BY position DESC LIMIT 1;
    SELECT subject_number INTO last_number FROM event_positions
     WHERE workspace_id = NEW.workspace_id AND subject_kind = NEW.subject_kind AND subject_id = NEW.subject_id
     ORDER BY subject_number DESC LIMIT 1;
    INSERT INTO event_positions (workspace_id, position, event_id, subject_kind, subject_id, subject_number)
    VALUES (NEW.workspace_id, coalesce(last_position, 0) + 1, NEW.id,
            NEW.subject_kind, NEW.subject_id, coalesce(last_number, 0) + 1);
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE CONSTRAINT TRIGGER place_event AFTER INSERT ON events
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nexova_place_event()
"""

# The kind of a subject is what stands before the dot of the type. Movements and holds were subjects of their own; what
# happens to them happens to their level. A receipt's subject is its payment, and a price's the product.
CARRY_OVER = """
    INSERT INTO events (workspace_id, id, created_at, type, version, subject_kind, subject_id, actor_kind, actor_id,
                        reason, before, after, correlation_id)
    SELECT entry.workspace_id, entry.id, entry.created_at, entry.tag, 1, split_part(entry.tag, '.', 1),
           coalesce(movement.stock_item_id, hold.stock_item_id, receipt.payment_id, variant.product_id,
                    entry.target_id, entry.workspace_id),
           entry.actor_kind, entry.actor_id, entry.reason,
           CASE WHEN variant.id IS NULL THEN entry.before
                ELSE coalesce(entry.before, '{}') || jsonb_build_object('sku', variant.sku) END,
           CASE WHEN movement.id IS NOT NULL
                THEN coalesce(entry.after, '{}') || jsonb_build_object('movement_id', movement.id)
                WHEN hold.id IS NOT NULL THEN coalesce(entry.after, '{}') || jsonb_build_object('hold_id', hold.id)
                WHEN receipt.id IS NOT NULL THEN jsonb_build_object('attachment_id', receipt.attachment_id)
                WHEN variant.id IS NOT NULL THEN coalesce(entry.after, '{}') || jsonb_build_object('sku', variant.sku)
                ELSE entry.after END,
           entry.correlation_id
      FROM audit_entries AS entry
      LEFT JOIN stock_movements AS movement
             ON entry.target_type = 'stock_movements' AND movement.workspace_id = entry.workspace_id
            AND movement.id = entry.target_id
      LEFT JOIN stock_holds AS hold
             ON entry.target_type = 'stock_holds' AND hold.workspace_id = entry.workspace_id AND hold.id = entry.target_id
      LEFT JOIN payment_receipts AS receipt
             ON entry.target_type = 'payment_receipts' AND receipt.workspace_id = entry.workspace_id
            AND receipt.id = entry.target_id
      LEFT JOIN product_variants AS variant
             ON entry.target_type = 'product_variants' AND variant.workspace_id = entry.workspace_id
            AND variant.id = entry.target_id
"""
NUMBER = """
    INSERT INTO event_positions (workspace_id, position, event_id, subject_kind, subject_id, subject_number)
    SELECT workspace_id, row_number() OVER (PARTITION BY workspace_id ORDER BY created_at, id), id, subject_kind, subject_id,
           row_number() OVER (PARTITION BY workspace_id, subject_kind, subject_id ORDER BY created_at, id)
      FROM events
"""
CARRY_BACK = """
    INSERT INTO audit_entries (workspace_id, id, created_at, tag, actor_kind, actor_id, target_type, target_id, reason,
                               before, after, correlation_id)
    SELECT workspace_id, id, created_at, type, actor_kind, actor_id, subject_kind, subject_id, reason, before, after,
           correlation_id
      FROM events
"""
_READ = ("audit_entries", "stock_movements", "stock_holds", "payment_receipts", "product_variants")


def _force(tables: tuple[str, ...], *, on: bool) -> None:
    """Whether row-level security binds the owner of the tables too, who otherwise sees the rows of no workspace."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} {'' if on else 'NO '}FORCE ROW LEVEL SECURITY")


def _values() -> tuple[sa.Column[Any], ...]:
    """The columns that old and new have in common; a table takes fresh ones."""
    return (
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
    )


def upgrade() -> None:
    """Make the stream, carry the audit entries over in the order of their time, and let each commit place its events."""
    op.create_table(
        "events",
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("subject_kind", sa.String(length=50), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        *_values(),
        sa.CheckConstraint(r"type ~ '^[a-z_]+\.[a-z_]+$'", name=op.f("ck_events_type_form")),
        sa.CheckConstraint("version > 0", name=op.f("ck_events_version_counts")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_events_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_events")),
    )
    op.create_table(
        "event_positions",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=50), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "position", name=op.f("pk_event_positions")),
        sa.UniqueConstraint(
            "workspace_id", "subject_kind", "subject_id", "subject_number", name="uq_event_positions_subject_number"
        ),
    )
    _force(_READ, on=False)
    op.execute(CARRY_OVER)
    op.execute(NUMBER)
    _force(_READ, on=True)
    op.create_foreign_key(
        op.f("fk_event_positions_workspace_id"),
        "event_positions",
        "events",
        ["workspace_id", "event_id"],
        ["workspace_id", "id"],
    )
    op.drop_table("audit_entries")
    for table in ("events", "event_positions"):
        security.secure(table, ["workspace_id"])
    op.execute(PLACE_EVENT)
    op.execute(TRIGGER)


def downgrade() -> None:
    """Go back to the audit trail; places and versions are forgotten, and subjects keep the kind and id that they have now."""
    op.create_table(
        "audit_entries",
        sa.Column("tag", sa.String(length=100), nullable=False),
        sa.Column("target_type", sa.String(length=50), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        *_values(),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_audit_entries_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_audit_entries")),
    )
    _force(("events",), on=False)
    op.execute(CARRY_BACK)
    op.drop_table("event_positions")
    op.drop_table("events")
    op.execute("DROP FUNCTION nexova_place_event()")
    op.create_index("ix_audit_entries_created", "audit_entries", ["workspace_id", "created_at"])
    op.create_index("ix_audit_entries_target", "audit_entries", ["workspace_id", "target_type", "target_id"])
    security.secure("audit_entries", ["workspace_id"])
    op.execute(f"REVOKE UPDATE, DELETE ON audit_entries FROM {security.APP}")
