"""Row-level security: four roles that own nothing, and a policy on every table.

`nexova_app` does ordinary work and sees the rows of the workspace that the transaction names. `nexova_system` finds
work for relay, sweeps and door: it reads scheduling columns of all workspaces, and no content. `nexova_identity` signs
people in: it alone sees credentials, and nothing that a shop does. `nexova_retention` forgets: it sees how old rows are and
may delete none that is to be kept. Every migration that adds a table calls `secure` or
`secure_identity` for it; a test enumerates all tables and fails on one without a policy.
"""

from collections.abc import Iterable

from alembic import op

APP = "nexova_app"
SYSTEM = "nexova_system"
IDENTITY = "nexova_identity"
RETENTION = "nexova_retention"

CURRENT_WORKSPACE = "nullif(current_setting('app.workspace_id', true), '')::uuid"

APPEND_ONLY = frozenset(
    {
        "stock_movements", "events", "event_positions", "order_status_history", "identity_events", "emission_factors",
        "emission_figures",
    }
)  # fmt: skip
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
    "notices": ("workspace_id", "id", "status", "due_at", "lease_until"),
    "machines": ("workspace_id", "id", "is_active", "judged_at"),
    "sensors": ("workspace_id", "id", "machine_id"),
    "sensor_status": ("workspace_id", "sensor_id", "received_at"),
    "event_positions": ("workspace_id", "position"),
    "routines": ("workspace_id", "id", "name", "due_at", "lease_until", "position"),
    "erp_connections": ("workspace_id", "id", "is_active", "due_at", "lease_until"),
    "sync_jobs": ("workspace_id", "id", "connection_id", "status", "next_try_at"),
    "emission_reports": ("workspace_id", "id", "status", "next_try_at"),
    "machine_models": ("workspace_id", "id", "status", "next_try_at"),
    "delivery_plans": ("workspace_id", "id", "status", "next_try_at"),
    "suggestions": ("workspace_id", "id", "conversation_id", "status", "next_try_at"),
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


FORGOTTEN: dict[str, tuple[str, str, str]] = {
    "events": (
        "workspace_id, id, created_at, type, subject_kind, subject_id", "DELETE", "created_at < {now} - interval '365 days'",
    ),
    "event_positions": ("workspace_id, event_id, subject_kind, subject_id, subject_number", "DELETE", "true"),
    "outbox_messages": (
        "workspace_id, id, published_at, parked_reason, due_at",
        "DELETE",
        "least(published_at, due_at) < {now} - interval '7 days' AND coalesce(published_at::text, parked_reason) IS NOT NULL",
    ),
    "idempotency_keys": ("workspace_id, id, expires_at", "DELETE", "expires_at < {now}"),
    "inbound_events": (
        "workspace_id, id, created_at, handled_at, parked_reason",
        "DELETE",
        "created_at < {now} - interval '30 days' AND coalesce(handled_at::text, parked_reason) IS NOT NULL",
    ),
    "journal_entries": (
        "workspace_id, id, created_at, turn_id, conversation_id", "DELETE", "created_at < {now} - interval '90 days'",
    ),
    "spend_reservations": ("workspace_id, id, settled_at", "DELETE", "settled_at < {now} - interval '30 days'"),
    "sign_ins": ("id, ended_at, expires_at", "DELETE", "least(ended_at, expires_at) < {now} - interval '30 days'"),
    "one_time_tokens": ("id, expires_at", "DELETE", "expires_at < {now} - interval '7 days'"),
    "mails": ("id, created_at, status", "DELETE", "created_at < {now} - interval '30 days'"),
    "identity_events": ("id, created_at", "DELETE", "created_at < {now} - interval '365 days'"),
    "delivery_attempts": ("workspace_id, id, finished_at", "DELETE", "finished_at < {now} - interval '90 days'"),
    "attachments": (
        "workspace_id, id, created_at, conversation_id, status, sha256",
        "UPDATE (status, error_code, sha256)",
        "created_at < {now} - interval '365 days'",
    ),
    "subscription_deliveries": (
        "workspace_id, id, created_at, status", "DELETE", "status <> 'pending' AND created_at < {now} - interval '30 days'",
    ),
    "imports": ("workspace_id, id, created_at, status, sha256", "DELETE", "created_at < {now} - interval '365 days'"),
}  # fmt: skip
"""What the retention role sees of a table, what it may do there, and to which rows: none that is to be kept."""

LOOKED_AT_BY_RETENTION: dict[str, str] = {
    "turns": "workspace_id, id, status",
    "handoffs": "workspace_id, id, conversation_id, released_at",
    "orders": "workspace_id, id, status",
    "payment_receipts": "workspace_id, attachment_id, sha256",
}
"""What it sees of others, to know which cases are open."""


def let_retention_forget() -> None:
    """Make the role and let it forget."""
    create_roles(RETENTION)
    for table, (columns, may, which) in FORGOTTEN.items():
        forget_too(table, columns, may, which)
    for table, columns in LOOKED_AT_BY_RETENTION.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {RETENTION}")
        _policy(table, f"{table}_retention_reads", "SELECT", RETENTION, "true")


def forget_too(table: str, columns: str, may: str, which: str) -> None:
    """Let the retention role forget rows of a table that came after it, as an entry of `FORGOTTEN` says."""
    op.execute(f"GRANT SELECT ({columns}), {may} ON {table} TO {RETENTION}")
    _policy(table, f"{table}_retention_reads", "SELECT", RETENTION, "true")
    _policy(table, f"{table}_retention", may.split()[0], RETENTION, which.format(now="clock_timestamp()"))


def forget_no_more(table: str) -> None:
    """Take it from the role again."""
    for name in (f"{table}_retention_reads", f"{table}_retention"):
        op.execute(f"DROP POLICY {name} ON {table}")
    op.execute(f"REVOKE ALL ON {table} FROM {RETENTION}")


def take_from_retention() -> None:
    """Let the role see and forget nothing more; the role itself is of the cluster, and stays."""
    for table in (*FORGOTTEN, *LOOKED_AT_BY_RETENTION):
        op.execute(f"DROP POLICY {table}_retention_reads ON {table}")
        if table in FORGOTTEN:
            op.execute(f"DROP POLICY {table}_retention ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM {RETENTION}")


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
