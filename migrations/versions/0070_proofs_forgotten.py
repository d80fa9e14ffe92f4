"""Proofs of telephones are forgotten after a month.

Revision ID: 0070_proofs_forgotten
Revises: 0054_replenishment
"""

from migrations import security

revision = "0070_proofs_forgotten"
down_revision = "0054_replenishment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let retention delete what is old enough."""
    security.forget_too("number_proofs", "workspace_id, id, created_at", "DELETE", "created_at < {now} - interval '30 days'")


def downgrade() -> None:
    """Keep them."""
    security.forget_no_more("number_proofs")
