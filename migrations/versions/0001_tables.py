"""All tables of the first release.

Revision ID: 0001
Revises:
Create Date: 2026-11-22 01:06:08.582569
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""

    op.create_table(
        "circuit_breakers",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=100), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_circuit_breakers_failures")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_circuit_breakers")),
    )
    op.create_table(
        "runtime_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift", sa.Interval(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_runtime_clock_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runtime_clock")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_workspaces_country_form")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_workspaces_currency_form")),
        sa.CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'", name=op.f("ck_workspaces_slug_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
        sa.UniqueConstraint("slug", name=op.f("uq_workspaces_slug")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("tag", sa.String(length=100), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("target_type", sa.String(length=50), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_audit_entries_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_created", "audit_entries", ["workspace_id", "created_at"], unique=False)
    op.create_index("ix_audit_entries_target", "audit_entries", ["workspace_id", "target_type", "target_id"], unique=False)
    op.create_table(
        "categories",
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("level >= 0", name=op.f("ck_categories_level_not_negative")),
        sa.CheckConstraint("parent_id IS DISTINCT FROM id", name=op.f("ck_categories_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "parent_id"],
            ["categories.workspace_id", "categories.id"],
            name=op.f("fk_categories_workspace_id_parent_id"),
            ondelete="SET NULL (parent_id)",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_categories_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_categories")),
        sa.UniqueConstraint(
            "workspace_id",
            "parent_id",
            "name",
            name=op.f("uq_categories_workspace_id_parent_id_name"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.UniqueConstraint("workspace_id", "path", name=op.f("uq_categories_workspace_id_path")),
    )
    op.create_table(
        "connections",
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=50), nullable=False),
        sa.Column("base_url", sa.String(length=500), nullable=True),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_connections_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_connections")),
        sa.UniqueConstraint("slug", name=op.f("uq_connections_slug")),
        sa.UniqueConstraint("workspace_id", "channel", "address", name=op.f("uq_connections_workspace_id_channel_address")),
    )
    op.create_table(
        "customers",
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=True),
        sa.Column("last_name", sa.String(length=100), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("notes", sa.String(length=1000), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_customers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_customers")),
    )
    op.create_index("ix_customers_created", "customers", ["workspace_id", "created_at"], unique=False)
    op.create_index("ix_customers_phone", "customers", ["workspace_id", "phone"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_idempotency_keys_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("workspace_id", "scope", "key", name=op.f("uq_idempotency_keys_workspace_id_scope_key")),
    )
    op.create_index("ix_idempotency_keys_expiry", "idempotency_keys", ["expires_at"], unique=False)
    op.create_table(
        "inbound_events",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("dedupe_key", sa.String(length=300), nullable=False),
        sa.Column("sender_key", sa.String(length=200), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=100), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parked_reason", sa.String(length=500), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_inbound_events_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_inbound_events")),
        sa.UniqueConstraint(
            "workspace_id", "connection_id", "dedupe_key", name=op.f("uq_inbound_events_workspace_id_connection_id_dedupe_key")
        ),
    )
    op.create_index(
        "ix_inbound_events_due",
        "inbound_events",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL AND parked_reason IS NULL"),
    )
    op.create_index(
        "ix_inbound_events_open",
        "inbound_events",
        ["workspace_id", "connection_id", "sender_key"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "notifications",
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parked_reason", sa.String(length=500), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_notifications_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("workspace_id", "dedupe_key", name=op.f("uq_notifications_workspace_id_dedupe_key")),
    )
    op.create_index(
        "ix_notifications_due",
        "notifications",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND parked_reason IS NULL"),
    )
    op.create_table(
        "order_counters",
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_order_counters_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_order_counters")),
        sa.UniqueConstraint("workspace_id", name=op.f("uq_order_counters_workspace_id")),
    )
    op.create_table(
        "outbox_messages",
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("parked_reason", sa.String(length=500), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_outbox_messages_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_outbox_messages")),
    )
    op.create_index(
        "ix_outbox_messages_due",
        "outbox_messages",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL AND parked_reason IS NULL"),
    )
    op.create_index("ix_outbox_messages_published", "outbox_messages", ["published_at"], unique=False)
    op.create_table(
        "search_words",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("word", sa.String(length=50), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_search_words_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "key", "word", name=op.f("pk_search_words")),
    )
    op.create_table(
        "spend_periods",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("spent", sa.Numeric(precision=16, scale=8), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=16, scale=8), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_spend_periods_reserved")),
        sa.CheckConstraint("spent >= 0", name=op.f("ck_spend_periods_spent")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_spend_periods_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_spend_periods")),
        sa.UniqueConstraint("workspace_id", "month", name=op.f("uq_spend_periods_workspace_id_month")),
    )
    op.create_table(
        "stores",
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=True),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("state", sa.String(length=100), nullable=True),
        sa.Column("zone", sa.String(length=100), nullable=True),
        sa.Column("postal_code", sa.String(length=10), nullable=True),
        sa.Column("phone", sa.String(length=50), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("manager", sa.String(length=255), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stores_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stores")),
        sa.UniqueConstraint("workspace_id", "code", name=op.f("uq_stores_workspace_id_code")),
    )
    op.create_index("ix_stores_active", "stores", ["workspace_id", "name"], unique=False, postgresql_where=sa.text("is_active"))
    op.create_table(
        "units",
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("precision", sa.Integer(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.String(length=50)), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("precision BETWEEN 0 AND 3", name=op.f("ck_units_precision_range")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_units_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_units")),
        sa.UniqueConstraint("workspace_id", "code", name=op.f("uq_units_workspace_id_code")),
    )
    op.create_table(
        "contact_addresses",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("address_key", sa.String(length=200), nullable=True),
        sa.Column("user_id", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "customer_id"],
            ["customers.workspace_id", "customers.id"],
            name=op.f("fk_contact_addresses_workspace_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_contact_addresses_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_contact_addresses")),
    )
    op.create_index("ix_contact_addresses_customer", "contact_addresses", ["workspace_id", "customer_id"], unique=False)
    op.create_index(
        "uq_contact_addresses_address_key", "contact_addresses", ["workspace_id", "channel", "address_key"], unique=True
    )
    op.create_index("uq_contact_addresses_user_id", "contact_addresses", ["workspace_id", "channel", "user_id"], unique=True)
    op.create_table(
        "customer_addresses",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("text_key", sa.String(length=500), nullable=False),
        sa.Column("recipient_name", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "customer_id"],
            ["customers.workspace_id", "customers.id"],
            name=op.f("fk_customer_addresses_workspace_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_customer_addresses_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_customer_addresses")),
    )
    op.create_index(
        "uq_customer_addresses_default",
        "customer_addresses",
        ["workspace_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index("uq_customer_addresses_key", "customer_addresses", ["workspace_id", "customer_id", "text_key"], unique=True)
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("status IN ('active', 'invited', 'suspended')", name=op.f("ck_memberships_status_known")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_memberships_workspace_id_store_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_memberships_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("workspace_id", "user_id", name=op.f("uq_memberships_workspace_id_user_id")),
    )
    op.create_index("ix_memberships_user", "memberships", ["user_id"], unique=False)
    op.create_table(
        "products",
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("brand", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("supplier_name", sa.String(length=255), nullable=True),
        sa.Column("unit", sa.String(length=50), nullable=False),
        sa.Column("step", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("content_quantity", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("content_unit", sa.String(length=50), nullable=True),
        sa.Column("weight", sa.Numeric(precision=10, scale=3), nullable=True),
        sa.Column("dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("image_url", sa.String(length=1000), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'active', 'archived')", name=op.f("ck_products_status_known")),
        sa.CheckConstraint("(content_quantity IS NULL) = (content_unit IS NULL)", name=op.f("ck_products_content_whole")),
        sa.CheckConstraint("content_quantity > 0", name=op.f("ck_products_content_positive")),
        sa.CheckConstraint("length(code) > 0 AND length(name) > 0", name=op.f("ck_products_named")),
        sa.CheckConstraint("step > 0", name=op.f("ck_products_step_positive")),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_products_weight_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "category_id"],
            ["categories.workspace_id", "categories.id"],
            name=op.f("fk_products_workspace_id_category_id"),
            ondelete="SET NULL (category_id)",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "content_unit"],
            ["units.workspace_id", "units.code"],
            name=op.f("fk_products_workspace_id_content_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "unit"], ["units.workspace_id", "units.code"], name=op.f("fk_products_workspace_id_unit")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_products_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_products")),
        sa.UniqueConstraint("workspace_id", "code", name=op.f("uq_products_workspace_id_code")),
    )
    op.create_index(
        "ix_products_active_name",
        "products",
        ["workspace_id", "name", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_products_category", "products", ["workspace_id", "category_id"], unique=False)
    op.create_table(
        "sandbox_chaos",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["connections.workspace_id", "connections.id"],
            name=op.f("fk_sandbox_chaos_workspace_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sandbox_chaos_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sandbox_chaos")),
        sa.UniqueConstraint("workspace_id", "connection_id", name=op.f("uq_sandbox_chaos_workspace_id_connection_id")),
    )
    op.create_table(
        "sandbox_messages",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("provider_id", sa.String(length=300), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blob_key", sa.String(length=64), nullable=True),
        sa.Column("content_type", sa.String(length=100), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["connections.workspace_id", "connections.id"],
            name=op.f("fk_sandbox_messages_workspace_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sandbox_messages_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sandbox_messages")),
        sa.UniqueConstraint(
            "workspace_id",
            "connection_id",
            "direction",
            "provider_id",
            name=op.f("uq_sandbox_messages_workspace_id_connection_id_direction_provider_id"),
        ),
        sa.UniqueConstraint(
            "workspace_id", "connection_id", "phone", "n", name=op.f("uq_sandbox_messages_workspace_id_connection_id_phone_n")
        ),
    )
    op.create_table(
        "sandbox_phones",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("user_id", sa.String(length=60), nullable=False),
        sa.Column("last_n", sa.BigInteger(), nullable=False),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("typing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["connections.workspace_id", "connections.id"],
            name=op.f("fk_sandbox_phones_workspace_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sandbox_phones_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sandbox_phones")),
        sa.UniqueConstraint(
            "workspace_id", "connection_id", "phone", name=op.f("uq_sandbox_phones_workspace_id_connection_id_phone")
        ),
    )
    op.create_table(
        "spend_reservations",
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("amount", sa.Numeric(precision=16, scale=8), nullable=False),
        sa.Column("cost", sa.Numeric(precision=16, scale=8), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "period_id"],
            ["spend_periods.workspace_id", "spend_periods.id"],
            name=op.f("fk_spend_reservations_workspace_id_period_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_spend_reservations_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_spend_reservations")),
    )
    op.create_index(
        "ix_spend_reservations_open",
        "spend_reservations",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "conversations",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contact_address_id", sa.Uuid(), nullable=False),
        sa.Column("voice", sa.String(length=20), nullable=False),
        sa.Column("voice_epoch", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_position", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(voice = 'operator') = (operator_id IS NOT NULL)", name=op.f("ck_conversations_operator_has_name")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["connections.workspace_id", "connections.id"],
            name=op.f("fk_conversations_workspace_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_address_id"],
            ["contact_addresses.workspace_id", "contact_addresses.id"],
            name=op.f("fk_conversations_workspace_id_contact_address_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "customer_id"],
            ["customers.workspace_id", "customers.id"],
            name=op.f("fk_conversations_workspace_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_conversations_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_conversations")),
        sa.UniqueConstraint(
            "workspace_id",
            "connection_id",
            "contact_address_id",
            name=op.f("uq_conversations_workspace_id_connection_id_contact_address_id"),
        ),
    )
    op.create_table(
        "product_variants",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("barcode", sa.String(length=50), nullable=True),
        sa.Column("price", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("wholesale_price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("cost", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_product_variants_cost_not_negative")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_product_variants_price_not_negative")),
        sa.CheckConstraint("wholesale_price >= 0", name=op.f("ck_product_variants_wholesale_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "product_id"],
            ["products.workspace_id", "products.id"],
            name=op.f("fk_product_variants_workspace_id_product_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_product_variants_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_product_variants")),
        sa.UniqueConstraint("workspace_id", "barcode", name=op.f("uq_product_variants_workspace_id_barcode")),
        sa.UniqueConstraint("workspace_id", "sku", name=op.f("uq_product_variants_workspace_id_sku")),
    )
    op.create_index("ix_product_variants_product", "product_variants", ["workspace_id", "product_id", "position"], unique=False)
    op.create_index(
        "uq_product_variants_default",
        "product_variants",
        ["workspace_id", "product_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "sandbox_outbox",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("sandbox_message_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("effect", sa.String(length=20), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["connections.workspace_id", "connections.id"],
            name=op.f("fk_sandbox_outbox_workspace_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "sandbox_message_id"],
            ["sandbox_messages.workspace_id", "sandbox_messages.id"],
            name=op.f("fk_sandbox_outbox_workspace_id_sandbox_message_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sandbox_outbox_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sandbox_outbox")),
    )
    op.create_index("ix_sandbox_outbox_due", "sandbox_outbox", ["due_at"], unique=False)
    op.create_table(
        "synonyms",
        sa.Column("phrase", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("expansion", sa.String(length=255), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(product_id IS NULL) <> (expansion IS NULL)", name=op.f("ck_synonyms_one_meaning")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "product_id"],
            ["products.workspace_id", "products.id"],
            name=op.f("fk_synonyms_workspace_id_product_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_synonyms_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_synonyms")),
        sa.UniqueConstraint(
            "workspace_id",
            "phrase",
            "product_id",
            "expansion",
            name=op.f("uq_synonyms_workspace_id_phrase_product_id_expansion"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_synonyms_expansions",
        "synonyms",
        ["workspace_id", "key"],
        unique=False,
        postgresql_where=sa.text("expansion IS NOT NULL"),
    )
    op.create_index("ix_synonyms_product", "synonyms", ["workspace_id", "product_id"], unique=False)
    op.create_table(
        "agent_sessions",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("previous_state", sa.String(length=30), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("turn_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("burst_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timeout_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("turn_count", sa.Integer(), nullable=False),
        sa.Column("pending", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("waiting", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("confirmation_token", sa.String(length=64), nullable=True),
        sa.Column("confirmation_message_id", sa.Uuid(), nullable=True),
        sa.Column("handoff_note", sa.String(length=1000), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_agent_sessions_workspace_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_agent_sessions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_agent_sessions")),
        sa.UniqueConstraint("workspace_id", "conversation_id", name=op.f("uq_agent_sessions_workspace_id_conversation_id")),
    )
    op.create_index(
        "ix_agent_sessions_due",
        "agent_sessions",
        ["turn_due_at"],
        unique=False,
        postgresql_where=sa.text("turn_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_agent_sessions_lease",
        "agent_sessions",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(
        "ix_agent_sessions_timeout",
        "agent_sessions",
        ["timeout_at"],
        unique=False,
        postgresql_where=sa.text("timeout_at IS NOT NULL"),
    )
    op.create_table(
        "handoffs",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=1000), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_handoffs_workspace_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_handoffs_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_handoffs")),
    )
    op.create_index(
        "uq_handoffs_open",
        "handoffs",
        ["workspace_id", "conversation_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "messages",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("author", sa.String(length=20), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("provider_message_id", sa.String(length=300), nullable=True),
        sa.Column("reply_to", sa.String(length=300), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("inbound_event_id", sa.Uuid(), nullable=True),
        sa.Column("batch_position", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.String(length=40), nullable=True),
        sa.Column("handled_ref", sa.Uuid(), nullable=True),
        sa.Column("turn_id", sa.Uuid(), nullable=True),
        sa.Column("voice", sa.String(length=20), nullable=True),
        sa.Column("voice_epoch", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_messages_workspace_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_messages_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "workspace_id",
            "connection_id",
            "direction",
            "provider_message_id",
            name=op.f("uq_messages_workspace_id_connection_id_direction_provider_message_id"),
        ),
        sa.UniqueConstraint(
            "workspace_id",
            "conversation_id",
            "direction",
            "position",
            name=op.f("uq_messages_workspace_id_conversation_id_direction_position"),
        ),
    )
    op.create_index(
        "ix_messages_open",
        "messages",
        ["workspace_id", "conversation_id"],
        unique=False,
        postgresql_where=sa.text("direction = 'in' AND handled_at IS NULL"),
    )
    op.create_index(
        "ix_messages_outgoing",
        "messages",
        ["workspace_id", "conversation_id", "position"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'sending', 'retry', 'unknown')"),
    )
    op.create_index("ix_messages_thread", "messages", ["workspace_id", "conversation_id", "created_at"], unique=False)
    op.create_index("ix_messages_turn", "messages", ["workspace_id", "turn_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("payment_status", sa.String(length=30), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("delivery_fee", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("fulfilment", sa.String(length=20), nullable=True),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("recipient_name", sa.String(length=200), nullable=True),
        sa.Column("recipient_phone", sa.String(length=40), nullable=True),
        sa.Column("notes", sa.String(length=1000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("confirmation_token", sa.String(length=40), nullable=True),
        sa.Column("confirmation_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=500), nullable=True),
        sa.Column("cancel_deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("fulfilment IN ('delivery', 'pickup')", name=op.f("ck_orders_fulfilment_known")),
        sa.CheckConstraint(
            "payment_status IN ('unpaid', 'claimed', 'partly_paid', 'paid')", name=op.f("ck_orders_payment_status_known")
        ),
        sa.CheckConstraint(
            "status <> 'awaiting_confirmation' OR confirmation_token IS NOT NULL", name=op.f("ck_orders_awaiting_has_token")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'awaiting_confirmation', 'confirmed', 'shipped', 'delivered', 'cancelled')",
            name=op.f("ck_orders_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'shipped', 'delivered') OR number IS NOT NULL",
            name=op.f("ck_orders_placed_has_number"),
        ),
        sa.CheckConstraint("subtotal >= 0 AND delivery_fee >= 0 AND total >= 0", name=op.f("ck_orders_amounts_not_negative")),
        sa.CheckConstraint("total = subtotal + delivery_fee", name=op.f("ck_orders_total_is_sum")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_orders_workspace_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "customer_id"],
            ["customers.workspace_id", "customers.id"],
            name=op.f("fk_orders_workspace_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"], ["stores.workspace_id", "stores.id"], name=op.f("fk_orders_workspace_id_store_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_orders_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_orders")),
        sa.UniqueConstraint("workspace_id", "confirmation_token", name=op.f("uq_orders_workspace_id_confirmation_token")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_orders_workspace_id_number")),
    )
    op.create_index(
        "ix_orders_cancel_deadline",
        "orders",
        ["workspace_id", "cancel_deadline"],
        unique=False,
        postgresql_where=sa.text("status = 'confirmed' AND payment_status = 'unpaid'"),
    )
    op.create_index("ix_orders_conversation", "orders", ["workspace_id", "conversation_id", "created_at"], unique=False)
    op.create_index("ix_orders_customer", "orders", ["workspace_id", "customer_id", "created_at"], unique=False)
    op.create_index(
        "uq_orders_open_draft",
        "orders",
        ["workspace_id", "conversation_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('draft', 'awaiting_confirmation')"),
    )
    op.create_table(
        "search_postings",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(length=50), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_search_postings_workspace_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_search_postings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "word", "variant_id", name=op.f("pk_search_postings")),
    )
    op.create_index("ix_search_postings_variant", "search_postings", ["workspace_id", "variant_id"], unique=False)
    op.create_table(
        "stock_items",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("held", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("min_stock", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("max_stock", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("unit_cost", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("held >= 0 AND held <= on_hand", name=op.f("ck_stock_items_held_within_on_hand")),
        sa.CheckConstraint("max_stock >= min_stock", name=op.f("ck_stock_items_max_not_below_min")),
        sa.CheckConstraint("min_stock >= 0", name=op.f("ck_stock_items_min_not_negative")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_items_on_hand_not_negative")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_stock_items_cost_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_stock_items_workspace_id_store_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_stock_items_workspace_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stock_items_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stock_items")),
        sa.UniqueConstraint("workspace_id", "id", "store_id", "variant_id", name="uq_stock_items_place"),
        sa.UniqueConstraint(
            "workspace_id", "store_id", "variant_id", name=op.f("uq_stock_items_workspace_id_store_id_variant_id")
        ),
    )
    op.create_index("ix_stock_items_variant", "stock_items", ["workspace_id", "variant_id"], unique=False)
    op.create_table(
        "turns",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("voice_epoch", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("frozen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=True),
        sa.Column("detail", sa.String(length=1000), nullable=True),
        sa.Column("model_name", sa.String(length=200), nullable=True),
        sa.Column("prompt_hash", sa.String(length=64), nullable=True),
        sa.Column("model_requests", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_turns_workspace_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_turns_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_turns")),
        sa.UniqueConstraint(
            "workspace_id", "conversation_id", "number", name=op.f("uq_turns_workspace_id_conversation_id_number")
        ),
    )
    op.create_index(
        "uq_turns_open", "turns", ["workspace_id", "conversation_id"], unique=True, postgresql_where=sa.text("status = 'open'")
    )
    op.create_table(
        "attachments",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source_url", sa.String(length=2048), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["messages.workspace_id", "messages.id"],
            name=op.f("fk_attachments_workspace_id_message_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_attachments_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_attachments")),
        sa.UniqueConstraint(
            "workspace_id", "message_id", "source_url", name=op.f("uq_attachments_workspace_id_message_id_source_url")
        ),
    )
    op.create_index(
        "ix_attachments_due", "attachments", ["next_try_at"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_index("ix_attachments_sha256", "attachments", ["workspace_id", "sha256"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.Column("detail", sa.String(length=1000), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["messages.workspace_id", "messages.id"],
            name=op.f("fk_delivery_attempts_workspace_id_message_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_delivery_attempts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_delivery_attempts")),
        sa.UniqueConstraint(
            "workspace_id", "message_id", "number", name=op.f("uq_delivery_attempts_workspace_id_message_id_number")
        ),
    )
    op.create_table(
        "journal_entries",
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("writes", sa.Boolean(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "turn_id"],
            ["turns.workspace_id", "turns.id"],
            name=op.f("fk_journal_entries_workspace_id_turn_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_journal_entries_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_journal_entries")),
        sa.UniqueConstraint(
            "workspace_id",
            "turn_id",
            "generation",
            "step",
            "kind",
            "ordinal",
            name=op.f("uq_journal_entries_workspace_id_turn_id_generation_step_kind_ordinal"),
        ),
    )
    op.create_index(
        "ix_journal_entries_effects",
        "journal_entries",
        ["workspace_id", "conversation_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("writes"),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("unit", sa.String(length=50), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.CheckConstraint("total = round(quantity * unit_price, 2)", name=op.f("ck_order_lines_total_is_product")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_order_lines_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "order_id"],
            ["orders.workspace_id", "orders.id"],
            name=op.f("fk_order_lines_workspace_id_order_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_order_lines_workspace_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_order_lines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint(
            "workspace_id", "order_id", "variant_id", name=op.f("uq_order_lines_workspace_id_order_id_variant_id")
        ),
    )
    op.create_table(
        "order_status_history",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("from_status", sa.String(length=30), nullable=True),
        sa.Column("to_status", sa.String(length=30), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "order_id"],
            ["orders.workspace_id", "orders.id"],
            name=op.f("fk_order_status_history_workspace_id_order_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_order_status_history_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_order_status_history")),
    )
    op.create_index(
        "ix_order_status_history_order", "order_status_history", ["workspace_id", "order_id", "created_at"], unique=False
    )
    op.create_table(
        "payments",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("bank", sa.String(length=100), nullable=True),
        sa.Column("bank_key", sa.String(length=100), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("reference_key", sa.String(length=100), nullable=True),
        sa.Column("reference_tail", sa.String(length=10), nullable=True),
        sa.Column("reference_is_full", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("flags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(status = 'claimed') = (decided_at IS NULL)", name=op.f("ck_payments_decided_has_time")),
        sa.CheckConstraint(
            "(status = 'verified') = (verified_amount IS NOT NULL)", name=op.f("ck_payments_verified_has_amount")
        ),
        sa.CheckConstraint("status IN ('claimed', 'verified', 'rejected')", name=op.f("ck_payments_status_known")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "reference_key IS NOT NULL OR NOT reference_is_full", name=op.f("ck_payments_full_reference_is_there")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "customer_id"],
            ["customers.workspace_id", "customers.id"],
            name=op.f("fk_payments_workspace_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "order_id"], ["orders.workspace_id", "orders.id"], name=op.f("fk_payments_workspace_id_order_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_payments_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_payments")),
    )
    op.create_index(
        "ix_payments_open",
        "payments",
        ["workspace_id", "claimed_at"],
        unique=False,
        postgresql_where=sa.text("status = 'claimed'"),
    )
    op.create_index("ix_payments_order", "payments", ["workspace_id", "order_id", "claimed_at"], unique=False)
    op.create_index("ix_payments_reference", "payments", ["workspace_id", "reference_key"], unique=False)
    op.create_index("ix_payments_tail", "payments", ["workspace_id", "reference_tail"], unique=False)
    op.create_index(
        "uq_payments_reference",
        "payments",
        ["workspace_id", "method", "bank_key", "reference_key"],
        unique=True,
        postgresql_where=sa.text("reference_is_full AND status <> 'rejected'"),
    )
    op.create_table(
        "stock_holds",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("stock_item_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=255), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (status = 'active')", name=op.f("ck_stock_holds_ended_when_over")),
        sa.CheckConstraint("status IN ('active', 'consumed', 'released', 'expired')", name=op.f("ck_stock_holds_status_known")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_holds_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "stock_item_id", "store_id", "variant_id"],
            ["stock_items.workspace_id", "stock_items.id", "stock_items.store_id", "stock_items.variant_id"],
            name=op.f("fk_stock_holds_workspace_id_stock_item_id_store_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stock_holds_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stock_holds")),
    )
    op.create_index(
        "ix_stock_holds_due",
        "stock_holds",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active' AND NOT pinned"),
    )
    op.create_index(
        "ix_stock_holds_item_active",
        "stock_holds",
        ["workspace_id", "stock_item_id"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_stock_holds_order", "stock_holds", ["workspace_id", "order_id"], unique=False)
    op.create_index(
        "uq_stock_holds_active",
        "stock_holds",
        ["workspace_id", "order_id", "stock_item_id"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "stock_movements",
        sa.Column("stock_item_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("type", sa.String(length=50), nullable=False),
        sa.Column("delta", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("quantity_after", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("counted_quantity", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("unit_cost", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=50), nullable=False),
        sa.Column("source_ref", sa.String(length=255), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "(counted_quantity IS NOT NULL) = (type = 'count')", name=op.f("ck_stock_movements_counts_are_counted")
        ),
        sa.CheckConstraint("delta <> 0 OR type = 'count'", name=op.f("ck_stock_movements_delta_moves")),
        sa.CheckConstraint("type <> 'sale' OR delta < 0", name=op.f("ck_stock_movements_sale_takes")),
        sa.CheckConstraint(
            "type IN ('count', 'sale', 'purchase', 'adjustment', 'transfer', 'return')",
            name=op.f("ck_stock_movements_type_known"),
        ),
        sa.CheckConstraint("type NOT IN ('purchase', 'return') OR delta > 0", name=op.f("ck_stock_movements_receipt_gives")),
        sa.CheckConstraint("quantity_after >= 0", name=op.f("ck_stock_movements_after_not_negative")),
        sa.CheckConstraint("unit_cost >= 0 AND unit_price >= 0", name=op.f("ck_stock_movements_amounts_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "stock_item_id", "store_id", "variant_id"],
            ["stock_items.workspace_id", "stock_items.id", "stock_items.store_id", "stock_items.variant_id"],
            name=op.f("fk_stock_movements_workspace_id_stock_item_id_store_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stock_movements_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint(
            "workspace_id", "source", "source_ref", "line", name=op.f("uq_stock_movements_workspace_id_source_source_ref_line")
        ),
    )
    op.create_index("ix_stock_movements_item", "stock_movements", ["workspace_id", "stock_item_id", "sequence"], unique=False)
    op.create_index("ix_stock_movements_occurred", "stock_movements", ["workspace_id", "occurred_at"], unique=False)
    op.create_index(
        "ix_stock_movements_sales_and_counts",
        "stock_movements",
        ["workspace_id", "occurred_at", "type"],
        unique=False,
        postgresql_where=sa.text("type IN ('count', 'sale')"),
    )
    op.create_index(
        "ix_stock_movements_variant", "stock_movements", ["workspace_id", "variant_id", "occurred_at"], unique=False
    )
    op.create_table(
        "payment_receipts",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "attachment_id"],
            ["attachments.workspace_id", "attachments.id"],
            name=op.f("fk_payment_receipts_workspace_id_attachment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "payment_id"],
            ["payments.workspace_id", "payments.id"],
            name=op.f("fk_payment_receipts_workspace_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_payment_receipts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_payment_receipts")),
        sa.UniqueConstraint("workspace_id", "attachment_id", name=op.f("uq_payment_receipts_workspace_id_attachment_id")),
    )
    op.create_index("ix_payment_receipts_payment", "payment_receipts", ["workspace_id", "payment_id"], unique=False)
    op.create_index("ix_payment_receipts_sha256", "payment_receipts", ["workspace_id", "sha256"], unique=False)


def downgrade() -> None:
    """Undo."""

    op.drop_index("ix_payment_receipts_sha256", table_name="payment_receipts")
    op.drop_index("ix_payment_receipts_payment", table_name="payment_receipts")
    op.drop_table("payment_receipts")
    op.drop_index("ix_stock_movements_variant", table_name="stock_movements")
    op.drop_index(
        "ix_stock_movements_sales_and_counts",
        table_name="stock_movements",
        postgresql_where=sa.text("type IN ('count', 'sale')"),
    )
    op.drop_index("ix_stock_movements_occurred", table_name="stock_movements")
    op.drop_index("ix_stock_movements_item", table_name="stock_movements")
    op.drop_table("stock_movements")
    op.drop_index("uq_stock_holds_active", table_name="stock_holds", postgresql_where=sa.text("status = 'active'"))
    op.drop_index("ix_stock_holds_order", table_name="stock_holds")
    op.drop_index("ix_stock_holds_item_active", table_name="stock_holds", postgresql_where=sa.text("status = 'active'"))
    op.drop_index("ix_stock_holds_due", table_name="stock_holds", postgresql_where=sa.text("status = 'active' AND NOT pinned"))
    op.drop_table("stock_holds")
    op.drop_index(
        "uq_payments_reference", table_name="payments", postgresql_where=sa.text("reference_is_full AND status <> 'rejected'")
    )
    op.drop_index("ix_payments_tail", table_name="payments")
    op.drop_index("ix_payments_reference", table_name="payments")
    op.drop_index("ix_payments_order", table_name="payments")
    op.drop_index("ix_payments_open", table_name="payments", postgresql_where=sa.text("status = 'claimed'"))
    op.drop_table("payments")
    op.drop_index("ix_order_status_history_order", table_name="order_status_history")
    op.drop_table("order_status_history")
    op.drop_table("order_lines")
    op.drop_index("ix_journal_entries_effects", table_name="journal_entries", postgresql_where=sa.text("writes"))
    op.drop_table("journal_entries")
    op.drop_table("delivery_attempts")
    op.drop_index("ix_attachments_sha256", table_name="attachments")
    op.drop_index("ix_attachments_due", table_name="attachments", postgresql_where=sa.text("status = 'pending'"))
    op.drop_table("attachments")
    op.drop_index("uq_turns_open", table_name="turns", postgresql_where=sa.text("status = 'open'"))
    op.drop_table("turns")
    op.drop_index("ix_stock_items_variant", table_name="stock_items")
    op.drop_table("stock_items")
    op.drop_index("ix_search_postings_variant", table_name="search_postings")
    op.drop_table("search_postings")
    op.drop_index(
        "uq_orders_open_draft", table_name="orders", postgresql_where=sa.text("status IN ('draft', 'awaiting_confirmation')")
    )
    op.drop_index("ix_orders_customer", table_name="orders")
    op.drop_index("ix_orders_conversation", table_name="orders")
    op.drop_index(
        "ix_orders_cancel_deadline",
        table_name="orders",
        postgresql_where=sa.text("status = 'confirmed' AND payment_status = 'unpaid'"),
    )
    op.drop_table("orders")
    op.drop_index("ix_messages_turn", table_name="messages")
    op.drop_index("ix_messages_thread", table_name="messages")
    op.drop_index(
        "ix_messages_outgoing",
        table_name="messages",
        postgresql_where=sa.text("status IN ('queued', 'sending', 'retry', 'unknown')"),
    )
    op.drop_index(
        "ix_messages_open", table_name="messages", postgresql_where=sa.text("direction = 'in' AND handled_at IS NULL")
    )
    op.drop_table("messages")
    op.drop_index("uq_handoffs_open", table_name="handoffs", postgresql_where=sa.text("released_at IS NULL"))
    op.drop_table("handoffs")
    op.drop_index("ix_agent_sessions_timeout", table_name="agent_sessions", postgresql_where=sa.text("timeout_at IS NOT NULL"))
    op.drop_index("ix_agent_sessions_lease", table_name="agent_sessions", postgresql_where=sa.text("lease_until IS NOT NULL"))
    op.drop_index("ix_agent_sessions_due", table_name="agent_sessions", postgresql_where=sa.text("turn_due_at IS NOT NULL"))
    op.drop_table("agent_sessions")
    op.drop_index("ix_synonyms_product", table_name="synonyms")
    op.drop_index("ix_synonyms_expansions", table_name="synonyms", postgresql_where=sa.text("expansion IS NOT NULL"))
    op.drop_table("synonyms")
    op.drop_index("ix_sandbox_outbox_due", table_name="sandbox_outbox")
    op.drop_table("sandbox_outbox")
    op.drop_index("uq_product_variants_default", table_name="product_variants", postgresql_where=sa.text("is_default"))
    op.drop_index("ix_product_variants_product", table_name="product_variants")
    op.drop_table("product_variants")
    op.drop_table("conversations")
    op.drop_index("ix_spend_reservations_open", table_name="spend_reservations", postgresql_where=sa.text("settled_at IS NULL"))
    op.drop_table("spend_reservations")
    op.drop_table("sandbox_phones")
    op.drop_table("sandbox_messages")
    op.drop_table("sandbox_chaos")
    op.drop_index("ix_products_category", table_name="products")
    op.drop_index("ix_products_active_name", table_name="products", postgresql_where=sa.text("status = 'active'"))
    op.drop_table("products")
    op.drop_index("ix_memberships_user", table_name="memberships")
    op.drop_table("memberships")
    op.drop_index("uq_customer_addresses_key", table_name="customer_addresses")
    op.drop_index("uq_customer_addresses_default", table_name="customer_addresses", postgresql_where=sa.text("is_default"))
    op.drop_table("customer_addresses")
    op.drop_index("uq_contact_addresses_user_id", table_name="contact_addresses")
    op.drop_index("uq_contact_addresses_address_key", table_name="contact_addresses")
    op.drop_index("ix_contact_addresses_customer", table_name="contact_addresses")
    op.drop_table("contact_addresses")
    op.drop_table("units")
    op.drop_index("ix_stores_active", table_name="stores", postgresql_where=sa.text("is_active"))
    op.drop_table("stores")
    op.drop_table("spend_periods")
    op.drop_table("search_words")
    op.drop_index("ix_outbox_messages_published", table_name="outbox_messages")
    op.drop_index(
        "ix_outbox_messages_due",
        table_name="outbox_messages",
        postgresql_where=sa.text("published_at IS NULL AND parked_reason IS NULL"),
    )
    op.drop_table("outbox_messages")
    op.drop_table("order_counters")
    op.drop_index(
        "ix_notifications_due",
        table_name="notifications",
        postgresql_where=sa.text("sent_at IS NULL AND parked_reason IS NULL"),
    )
    op.drop_table("notifications")
    op.drop_index("ix_inbound_events_open", table_name="inbound_events", postgresql_where=sa.text("handled_at IS NULL"))
    op.drop_index(
        "ix_inbound_events_due",
        table_name="inbound_events",
        postgresql_where=sa.text("handled_at IS NULL AND parked_reason IS NULL"),
    )
    op.drop_table("inbound_events")
    op.drop_index("ix_idempotency_keys_expiry", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_customers_phone", table_name="customers")
    op.drop_index("ix_customers_created", table_name="customers")
    op.drop_table("customers")
    op.drop_table("connections")
    op.drop_table("categories")
    op.drop_index("ix_audit_entries_target", table_name="audit_entries")
    op.drop_index("ix_audit_entries_created", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_table("workspaces")
    op.drop_table("users")
    op.drop_table("runtime_clock")
    op.drop_table("circuit_breakers")
