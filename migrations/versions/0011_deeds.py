"""What a recorded call lets be said is its deeds; claims are what customers say to have paid.

Revision ID: 0011_deeds
Revises: 0010_audience
"""

from alembic import op

revision = "0011_deeds"
down_revision = "0010_audience"
branch_labels = None
depends_on = None


def _rename(before: str, after: str) -> None:
    """Give one key of every recorded call another name. The owner of the table must see the rows of every workspace."""
    op.execute("ALTER TABLE journal_entries NO FORCE ROW LEVEL SECURITY")
    op.execute(
        f"""
        UPDATE journal_entries SET payload = payload - '{before}' || jsonb_build_object('{after}', payload -> '{before}')
         WHERE kind = 'tool' AND payload ? '{before}'
        """
    )
    op.execute("ALTER TABLE journal_entries FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    """Name the deeds of the calls that are recorded, so that a turn that was left behind goes on with them."""
    _rename("claims", "deeds")


def downgrade() -> None:
    """Name them as before."""
    _rename("deeds", "claims")
