"""The web chat: changes of messages are numbered, and a visitor may prove that a telephone is theirs.

A page reads its thread by the number of the last change that it has seen. Numbers come from one sequence; whoever changes a
message holds the lock of its conversation, so those of one conversation come in the order of commits. Messages from before
have none, which counts as zero.

Revision ID: 0047_web_chat
Revises: 0061_notices_forgotten
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0047_web_chat"
down_revision = "0061_notices_forgotten"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION nexova_number_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.change_number := nextval('message_changes');
    RETURN NEW;
END $$
"""
SEEN = "status, content, edited_at, deleted_at, handled_at"


def upgrade() -> None:
    """Number the changes, and make the table of proofs."""
    op.execute("CREATE SEQUENCE message_changes")
    op.execute(f"GRANT USAGE ON SEQUENCE message_changes TO {security.APP}")
    op.add_column("messages", sa.Column("change_number", sa.BigInteger()))
    # A default that is set afterwards leaves the rows from before alone.
    op.execute("ALTER TABLE messages ALTER COLUMN change_number SET DEFAULT nextval('message_changes')")
    op.execute(FUNCTION)
    op.execute(
        f"CREATE TRIGGER number_change BEFORE UPDATE OF {SEEN} ON messages"
        " FOR EACH ROW EXECUTE FUNCTION nexova_number_change()"
    )
    made = op.create_table(
        "number_proofs",
        sa.Column("contact_address_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True)),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_number_proofs_workspace_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_address_id"],
            ["contact_addresses.workspace_id", "contact_addresses.id"],
            name=op.f("fk_number_proofs_workspace_id_contact_address_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_number_proofs")),
    )
    op.create_index(
        "ix_number_proofs_contact", "number_proofs", ["workspace_id", "contact_address_id", "created_at"]
    )
    security.secure("number_proofs", made.columns.keys())


def downgrade() -> None:
    """Number no changes, and forget the proofs."""
    op.drop_table("number_proofs")
    op.execute("DROP TRIGGER number_change ON messages")
    op.execute("DROP FUNCTION nexova_number_change()")
    op.drop_column("messages", "change_number")
    op.execute("DROP SEQUENCE message_changes")
