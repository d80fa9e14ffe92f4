"""The shop proposes a change of a placed order, and its customer has a time to accept it.

Revision ID: 0062_proposals
Revises: 0048_demand
"""

import sqlalchemy as sa
from alembic import op

from migrations.closed_sets import know, know_no_more

revision = "0062_proposals"
down_revision = "0048_demand"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the time, and what staff are told where it was in vain."""
    op.add_column("orders", sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_orders_proposal_is_amendment"), "orders", "answer_by IS NULL OR amends_order_id IS NOT NULL"
    )
    know("notices", "kind", "change_not_agreed")


def downgrade() -> None:
    """A proposal becomes an amendment like any."""
    know_no_more("notices", "kind", "change_not_agreed")
    op.drop_constraint(op.f("ck_orders_proposal_is_amendment"), "orders", type_="check")
    op.drop_column("orders", "answer_by")
