"""A hand-off because the customer insists.

Revision ID: 0090_rule_insistent
Revises: 0089_route_ways
"""

from migrations import closed_sets

revision = "0090_rule_insistent"
down_revision = "0089_route_ways"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let hand-offs have this reason."""
    closed_sets.know("handoffs", "reason", "rule_insistent")


def downgrade() -> None:
    """Take the reason back."""
    closed_sets.know_no_more("handoffs", "reason", "rule_insistent")
