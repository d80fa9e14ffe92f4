"""Roles, grants and row-level security for every table.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NOTIFY_OUTBOX = """
CREATE FUNCTION nexova_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('nexova_outbox', '');
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Secure all tables that exist, and let new outbox rows wake the relay."""
    security.create_roles(security.APP, security.SYSTEM)
    inspector = sa.inspect(op.get_bind())
    for table in inspector.get_table_names():
        if table != "alembic_version":
            security.secure(table, [column["name"] for column in inspector.get_columns(table)])
    op.execute(NOTIFY_OUTBOX)
    op.execute(
        "CREATE TRIGGER ring_relay AFTER INSERT ON outbox_messages FOR EACH STATEMENT EXECUTE FUNCTION nexova_ring()"
    )


def downgrade() -> None:
    """Remove policies and the trigger; the roles stay, as other databases of the cluster may use them."""
    op.execute("DROP TRIGGER ring_relay ON outbox_messages")
    op.execute("DROP FUNCTION nexova_ring()")
    bind = op.get_bind()
    policies = bind.execute(sa.text("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'"))
    for table, policy in policies.all():
        op.execute(f'DROP POLICY "{policy}" ON "{table}"')
    for table in sa.inspect(bind).get_table_names():
        op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
        op.execute(f'REVOKE ALL ON "{table}" FROM {security.APP}, {security.SYSTEM}')
