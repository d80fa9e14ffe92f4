"""Row-level security: three roles that own nothing, and a policy on every table.

`nexova_app` does ordinary work and sees the rows of the workspace that the transaction names. `nexova_system` finds
work for relay, sweeps and door: it reads scheduling columns of all workspaces, and no content. `nexova_identity` signs
people in: it alone sees credentials, and nothing that a shop does. Every migration that adds a table calls `secure` or
`secure_identity` for it; a test enumerates all tables and fails on one without a policy.
"""

from collections.abc import Iterable

from alembic import op

APP = "nexova_app"
SYSTEM = "nexova_system"
IDENTITY = "nexova_identity"

CURRENT_WORKSPACE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

APPEND_ONLY = frozenset({"stock_movements", "events", "event_positions", "order_status_history", "identity_events"})
"""Ledgers: ordinary work may add rows and read them, and never change or delete one."""

SYSTEM_COLUMNS: dict[str, tuple[str, ...]] = {
    "workspaces": ("id", "slug", "name", "is_active"),
    "connections": (),
    "outbox_messages": (),
    "inbound_events": (
        "workspace_id", "id", "connection_id", "kind", "sender_key",
        "created_at", "handled_at", "next_try_at", "parked_reason",
    ),
    "agent_sessions": ("workspace_id", "id", "conversation_id", "state", "turn_due_at", "lease_until", "timeout_at"),
    "conversations": ("workspace_id", "id", "voice"),
    "turns": ("workspace_id", "id", "conversation_id", "status"),
    "messages": (
        "workspace_id", "id", "conversation_id", "direction", "status", "position",
        "next_try_at", "claimed_until", "deadline_at", "handled_at", "created_at",
    ),
    "attachments": ("workspace_id", "id", "status", "next_try_at"),
    "imports": ("workspace_id", "id", "status", "next_try_at"),
    "notifications": ("workspace_id", "id", "next_try_at", "sent_at", "parked_reason"),
    "stock_holds": ("workspace_id", "id", "status", "expires_at"),
    "orders": ("workspace_id", "id", "status", "payment_status", "cancel_deadline"),
    "spend_reservations": ("workspace_id", "id", "expires_at", "settled_at"),
    "idempotency_keys": ("workspace_id", "id", "expires_at"),
    "sandbox_messages": (),
    "sandbox_outbox": (),
    "prices": ("workspace_id", "id", "due_at"),
    "mails": ("id", "status", "next_try_at", "claimed_until"),
    "event_positions": ("workspace_id", "position"),
    "subscriptions": ("workspace_id", "id", "status", "position", "touched_at"),
    "subscription_deliveries": (
        "workspace_id", "id", "subscription_id", "subject_id", "position", "is_by_hand",
        "status", "next_try_at", "lease_until",
    ),
}  # fmt: skip
"""What the system role may read, under the names that the columns had when it was granted; an empty tuple means all columns.

A grant stays with a column that is renamed: `claimed_until` is `lease_until` today.
"""

SYSTEM_WRITES: dict[str, tuple[str, ...]] = {
    "outbox_messages": ("UPDATE", "DELETE"),
    "idempotency_keys": ("DELETE",),
    "sandbox_outbox": ("UPDATE", "DELETE"),
    "sandbox_messages": ("UPDATE",),
}

GLOBAL_WRITES = {"runtime_clock": (APP, SYSTEM), "circuit_breakers": (APP, SYSTEM), "users": (APP,)}


def create_roles(*roles: str) -> None:
    """Create roles if the cluster lacks them, and let the login role take them by SET ROLE only."""
    for role in roles:
        op.execute(
            f"""
            DO $$ BEGIN
                CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
            """
        )
        op.execute(f"GRANT {role} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE")
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


def _policy(table: str, name: str, command: str, role: str, condition: str) -> None:
    check = f" WITH CHECK ({condition})" if command in {"ALL", "INSERT", "UPDATE"} else ""
    using = "" if command == "INSERT" else f" USING ({condition})"
    op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO {role}{using}{check}")


def secure_identity(table: str) -> None:
    """Put a table of who people are under row-level security: the identity role works in it, and nobody else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT{'' if table in APPEND_ONLY else ', UPDATE, DELETE'} ON {table} TO {IDENTITY}")
    _policy(table, f"{table}_identity", "ALL", IDENTITY, "true")
    if listed := SYSTEM_COLUMNS.get(table):
        op.execute(f"GRANT SELECT ({', '.join(listed)}) ON {table} TO {SYSTEM}")
        _policy(table, f"{table}_system_reads", "SELECT", SYSTEM, "true")


def show_to_identity(table: str) -> None:
    """Let the identity role read a table of workspaces: it looks up who may enter where."""
    op.execute(f"GRANT SELECT ON {table} TO {IDENTITY}")
    _policy(table, f"{table}_identity_reads", "SELECT", IDENTITY, "true")


def give_identity(table: str, *commands: str) -> None:
    """Let the identity role work in a global table that others see as well."""
    op.execute(f"GRANT {', '.join(commands)} ON {table} TO {IDENTITY}")
    _policy(table, f"{table}_identity", "ALL", IDENTITY, "true")


def take_mails_from_work() -> None:
    """Let ordinary work put a mail in its transaction, which it can never read again."""
    op.execute(f"GRANT INSERT ON mails TO {APP}")
    _policy("mails", "mails_work_adds", "INSERT", APP, "true")


def limit_to_stores(table: str, columns: Iterable[str] = ("store_id",)) -> None:
    """Hide the rows of stores in which whoever works does not; each table with a `store_id` of goods or orders calls it.

    Of several columns one store is enough: both ends of a transfer see it.

    The setting is read once per statement, not once per row.
    """
    stores = "(SELECT string_to_array(nullif(current_setting('app.store_ids', true), ''), ','))::uuid[]"
    condition = f"{stores} IS NULL OR " + " OR ".join(f"{name} IS NULL OR {name} = ANY ({stores})" for name in columns)
    op.execute(
        f"CREATE POLICY {table}_stores ON {table} AS RESTRICTIVE FOR ALL TO {APP} USING ({condition}) WITH CHECK ({condition})"
    )


def secure(table: str, columns: Iterable[str]) -> None:
    """Put one table under row-level security and grant what each role may do with it."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    if "workspace_id" in columns:
        condition = f"workspace_id = {CURRENT_WORKSPACE}"
    elif table == "workspaces":
        condition = f"id = {CURRENT_WORKSPACE}"
    else:
        for role in (APP, SYSTEM):
            writes = role in GLOBAL_WRITES.get(table, ())
            op.execute(f"GRANT {'SELECT, INSERT, UPDATE' if writes else 'SELECT'} ON {table} TO {role}")
            _policy(table, f"{table}_{role}", "ALL" if writes else "SELECT", role, "true")
        if table == "runtime_clock":
            # A Work reads the clock in the very statement in which it takes its role, so still as the login role.
            op.execute(f"GRANT SELECT ON {table} TO PUBLIC")
            _policy(table, f"{table}_login_role", "SELECT", "PUBLIC", "true")
        return
    op.execute(f"GRANT SELECT, INSERT{'' if table in APPEND_ONLY else ', UPDATE, DELETE'} ON {table} TO {APP}")
    _policy(table, f"{table}_workspace", "ALL", APP, condition)
    if table in SYSTEM_COLUMNS:
        listed = SYSTEM_COLUMNS[table]
        op.execute(f"GRANT SELECT{' (' + ', '.join(listed) + ')' if listed else ''} ON {table} TO {SYSTEM}")
        _policy(table, f"{table}_system_reads", "SELECT", SYSTEM, "true")
    for command in SYSTEM_WRITES.get(table, ()):
        op.execute(f"GRANT {command} ON {table} TO {SYSTEM}")
        _policy(table, f"{table}_system_{command.lower()}s", command, SYSTEM, "true")
