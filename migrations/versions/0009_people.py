"""People: credentials, sign-ins, the keys that sign tokens, mails, roles that workspaces make, and keys for programs.

Passwords move out of sight of ordinary work: a role of its own signs people in.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = (
    "credentials",
    "recovery_codes",
    "sign_ins",
    "refresh_tokens",
    "signing_keys",
    "one_time_tokens",
    "identity_events",
    "mails",
)


def upgrade() -> None:
    """Add the tables and the role that works in them."""
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('registration', 'password_reset', 'password_changed', 'invitation')", name=op.f("ck_mails_kind_known")
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'sent', 'unconfirmed', 'failed', 'dropped')", name=op.f("ck_mails_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index("ix_mails_due", "mails", ["next_try_at"], unique=False, postgresql_where=sa.text("status = 'queued'"))
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('registration', 'password_reset')", name=op.f("ck_one_time_tokens_purpose_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_one_time_tokens_digest")),
    )
    op.create_index("ix_one_time_tokens_email", "one_time_tokens", ["email"], unique=False)
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("public", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("retires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "credentials",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_counter", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_credentials_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credentials")),
    )
    op.create_table(
        "custom_roles",
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_custom_roles_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_custom_roles")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_custom_roles_workspace_id_name")),
    )
    op.create_table(
        "identity_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=50), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("sign_in_id", sa.Uuid(), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("agent", sa.String(length=300), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "type IN ('registered', 'signed_in', 'sign_in_failed', 'refresh_reused', 'signed_out', 'signed_out_everywhere', 'password_reset_asked', 'password_changed', 'second_factor_added', 'second_factor_removed', 'recovery_code_used', 'invitation_accepted', 'signing_key_rotated')",
            name=op.f("ck_identity_events_type_known"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_identity_events_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_events")),
    )
    op.create_index("ix_identity_events_user", "identity_events", ["user_id", "created_at"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "digest", name=op.f("uq_recovery_codes_user_id_digest")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("agent", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_user", "sign_ins", ["user_id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hint", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_api_keys_created_by")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"], ["stores.workspace_id", "stores.id"], name=op.f("fk_api_keys_workspace_id_store_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_api_keys_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("workspace_id", "digest", name=op.f("uq_api_keys_workspace_id_digest")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_ins.id"], name=op.f("fk_refresh_tokens_sign_in_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_refresh_tokens_digest")),
    )
    op.create_index("ix_refresh_tokens_sign_in", "refresh_tokens", ["sign_in_id"], unique=False)
    op.add_column("memberships", sa.Column("custom_role_id", sa.Uuid(), nullable=True))
    op.add_column("memberships", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("memberships", sa.Column("invitation_digest", sa.String(length=64), nullable=True))
    op.add_column("memberships", sa.Column("invitation_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(
        op.f("fk_memberships_workspace_id_custom_role_id"),
        "memberships",
        "custom_roles",
        ["workspace_id", "custom_role_id"],
        ["workspace_id", "id"],
    )
    op.add_column("users", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_column("users", "password_hash")
    op.add_column("workspaces", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("workspaces", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("idempotency_keys", "key", existing_type=sa.String(200), type_=sa.String(255))
    security.create_roles(security.IDENTITY)
    for table in TABLES:
        security.secure_identity(table)
    for table in ("custom_roles", "api_keys"):
        security.secure(table, ("workspace_id",))
    for table in ("workspaces", "memberships", "custom_roles"):
        security.show_to_identity(table)
    security.give_identity("users", "SELECT", "INSERT", "UPDATE")
    security.take_mails_from_work()


def downgrade() -> None:
    """Forget how people prove who they are."""
    op.alter_column(
        "idempotency_keys", "key", existing_type=sa.String(255), type_=sa.String(200), postgresql_using="left(key, 200)"
    )
    for table in ("workspaces", "memberships"):
        op.execute(f"DROP POLICY {table}_identity_reads ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM {security.IDENTITY}")
    op.execute("DROP POLICY users_identity ON users")
    op.execute(f"REVOKE ALL ON users FROM {security.IDENTITY}")
    op.drop_column("workspaces", "version")
    op.drop_column("workspaces", "deleted_at")
    op.add_column("users", sa.Column("password_hash", sa.VARCHAR(length=255), autoincrement=False, nullable=True))
    op.drop_column("users", "email_verified_at")
    op.drop_constraint(op.f("fk_memberships_workspace_id_custom_role_id"), "memberships", type_="foreignkey")
    op.drop_column("memberships", "invitation_expires_at")
    op.drop_column("memberships", "invitation_digest")
    op.drop_column("memberships", "version")
    op.drop_column("memberships", "custom_role_id")
    op.drop_index("ix_refresh_tokens_sign_in", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_table("api_keys")
    op.drop_index("ix_sign_ins_user", table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_table("recovery_codes")
    op.drop_index("ix_identity_events_user", table_name="identity_events")
    op.drop_table("identity_events")
    op.drop_table("custom_roles")
    op.drop_table("credentials")
    op.drop_table("signing_keys")
    op.drop_index("ix_one_time_tokens_email", table_name="one_time_tokens")
    op.drop_table("one_time_tokens")
    op.drop_index("ix_mails_due", table_name="mails", postgresql_where=sa.text("status = 'queued'"))
    op.drop_table("mails")
