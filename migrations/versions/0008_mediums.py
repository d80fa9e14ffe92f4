"""A line's medium and who carries it are two things, and people are keyed by the medium.

Every line so far was WhatsApp. One with an address of its own is an Infobip account; one without spoke with the account
that INFOBIP_BASE_URL names, and with the sandbox where it names none.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from core.settings import get_settings

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CHANNEL = "infobip_whatsapp"
MEDIUMS = "medium IN ('whatsapp', 'webchat')"
PROVIDERS = "provider IN ('infobip', 'sandbox', 'web')"
TABLES = ("connections", "contact_addresses", "conversations", "turns")


def _show_all_rows(*, to_owner: bool) -> None:
    """Let the owner of the tables see the rows of every workspace, or no longer."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} {'NO ' if to_owner else ''}FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    """Split the channel, key addresses by medium and conversations by the two addresses, and tell open turns their medium."""
    _show_all_rows(to_owner=True)
    op.drop_constraint("uq_connections_workspace_id_channel_address", "connections", type_="unique")
    op.add_column("connections", sa.Column("medium", sa.String(length=20), server_default="whatsapp", nullable=False))
    op.add_column("connections", sa.Column("provider", sa.String(length=20), server_default="infobip", nullable=False))
    if not get_settings().infobip_base_url:
        op.execute("UPDATE connections SET provider = 'sandbox' WHERE base_url IS NULL")
    op.drop_column("connections", "channel")
    op.create_unique_constraint(
        op.f("uq_connections_workspace_id_medium_address_provider"),
        "connections",
        ["workspace_id", "medium", "address", "provider"],
    )

    for key in ("address_key", "user_id"):
        op.drop_index(f"uq_contact_addresses_{key}", table_name="contact_addresses")
    op.add_column("contact_addresses", sa.Column("medium", sa.String(length=20), server_default="whatsapp", nullable=False))
    op.drop_column("contact_addresses", "channel")
    for key in ("address_key", "user_id"):
        op.create_index(f"uq_contact_addresses_{key}", "contact_addresses", ["workspace_id", "medium", key], unique=True)

    op.add_column("conversations", sa.Column("shop_address", sa.String(length=50), nullable=True))
    op.execute(
        """
        UPDATE conversations SET shop_address = line.address FROM connections AS line
         WHERE line.workspace_id = conversations.workspace_id AND line.id = conversations.connection_id
        """
    )
    op.alter_column("conversations", "shop_address", nullable=False)
    op.drop_constraint("uq_conversations_workspace_id_connection_id_contact_address_id", "conversations", type_="unique")
    op.create_unique_constraint(
        op.f("uq_conversations_workspace_id_contact_address_id_shop_address"),
        "conversations",
        ["workspace_id", "contact_address_id", "shop_address"],
    )
    op.drop_column("conversations", "window_until")
    op.execute(
        "UPDATE turns SET frozen = jsonb_set(frozen, '{brief,medium}', '\"whatsapp\"') WHERE frozen -> 'brief' IS NOT NULL"
    )

    for table, column in (("connections", "medium"), ("connections", "provider"), ("contact_addresses", "medium")):
        op.alter_column(table, column, server_default=None)
        rule = MEDIUMS if column == "medium" else PROVIDERS
        op.create_check_constraint(op.f(f"ck_{table}_{column}_known"), table, rule)
    _show_all_rows(to_owner=False)


def downgrade() -> None:
    """Go back to one name for both; what is no WhatsApp, and a second line of one address, has no place there."""
    _show_all_rows(to_owner=True)
    for table, column in (("connections", "medium"), ("connections", "provider"), ("contact_addresses", "medium")):
        op.drop_constraint(op.f(f"ck_{table}_{column}_known"), table, type_="check")

    op.add_column("conversations", sa.Column("window_until", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE conversations SET window_until = last_inbound_at + interval '24 hours'")
    op.drop_constraint("uq_conversations_workspace_id_contact_address_id_shop_address", "conversations", type_="unique")
    op.create_unique_constraint(
        op.f("uq_conversations_workspace_id_connection_id_contact_address_id"),
        "conversations",
        ["workspace_id", "connection_id", "contact_address_id"],
    )
    op.drop_column("conversations", "shop_address")
    op.execute("UPDATE turns SET frozen = frozen #- '{brief,medium}'")

    for key in ("address_key", "user_id"):
        op.drop_index(f"uq_contact_addresses_{key}", table_name="contact_addresses")
    op.add_column("contact_addresses", sa.Column("channel", sa.String(length=40), server_default=CHANNEL, nullable=False))
    op.alter_column("contact_addresses", "channel", server_default=None)
    op.execute("UPDATE contact_addresses SET channel = medium WHERE medium <> 'whatsapp'")
    op.drop_column("contact_addresses", "medium")
    for key in ("address_key", "user_id"):
        op.create_index(f"uq_contact_addresses_{key}", "contact_addresses", ["workspace_id", "channel", key], unique=True)

    op.drop_constraint("uq_connections_workspace_id_medium_address_provider", "connections", type_="unique")
    op.add_column("connections", sa.Column("channel", sa.String(length=50), server_default=CHANNEL, nullable=False))
    op.alter_column("connections", "channel", server_default=None)
    op.execute("UPDATE connections SET channel = medium WHERE medium <> 'whatsapp'")
    op.drop_column("connections", "provider")
    op.drop_column("connections", "medium")
    op.create_unique_constraint(
        op.f("uq_connections_workspace_id_channel_address"), "connections", ["workspace_id", "channel", "address"]
    )
    _show_all_rows(to_owner=False)
