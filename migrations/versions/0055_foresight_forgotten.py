"""Alerts whose cause is gone and proposals that are settled are forgotten after a while.

Revision ID: 0055_foresight_forgotten
Revises: 0070_proofs_forgotten
"""

from migrations import security

revision = "0055_foresight_forgotten"
down_revision = "0070_proofs_forgotten"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the retention role see how old they are, and delete what may go."""
    security.forget_too(
        "alerts", "workspace_id, id, created_at, status", "DELETE",
        "status = 'resolved' AND created_at < {now} - interval '365 days'",
    )  # fmt: skip
    security.forget_too(
        "replenishment_proposals", "workspace_id, id, created_at, status", "DELETE",
        "status IN ('rejected', 'placed', 'gone') AND created_at < {now} - interval '730 days'",
    )  # fmt: skip


def downgrade() -> None:
    """Keep them for ever."""
    for table in ("alerts", "replenishment_proposals"):
        security.forget_no_more(table)
