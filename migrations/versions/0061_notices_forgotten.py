"""Notices and what they were made of are forgotten.

Revision ID: 0061_notices_forgotten
Revises: 0060_members_stores
"""

from migrations import security

revision = "0061_notices_forgotten"
down_revision = "0060_members_stores"
branch_labels = None
depends_on = None

OLD = "created_at < {now} - interval '90 days'"


def upgrade() -> None:
    """Let retention delete what is old enough."""
    security.forget_too(
        "notices", "workspace_id, id, created_at, notification_id, way, status, read_at", "DELETE", OLD
    )
    security.forget_too("notifications", "workspace_id, id, created_at, sent_at, parked_reason", "DELETE", OLD)


def downgrade() -> None:
    """Keep them."""
    for table in ("notices", "notifications"):
        security.forget_no_more(table)
