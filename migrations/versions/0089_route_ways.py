"""A plan of deliveries says by which ways it was made, and into how many parts it was cut.

Revision ID: 0089_route_ways
Revises: 0088_machine_models
"""

import sqlalchemy as sa
from alembic import op

revision = "0089_route_ways"
down_revision = "0088_machine_models"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; of plans that were made before nobody knows."""
    op.add_column("delivery_plans", sa.Column("parts", sa.Integer(), nullable=True))
    op.add_column("delivery_plans", sa.Column("is_by_map", sa.Boolean(), nullable=True))
    op.create_check_constraint(op.f("ck_delivery_plans_parts_positive"), "delivery_plans", "parts > 0")


def downgrade() -> None:
    """Drop them."""
    op.drop_column("delivery_plans", "is_by_map")
    op.drop_column("delivery_plans", "parts")
