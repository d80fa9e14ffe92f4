"""The relay's side of the outbox: taking due rows, marking them published, and what is left of old ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Interval, Text, TextClause, Uuid, bindparam, text

from core.outbox import CHANNEL
from core.prepared import Prepared
from core.work import open_system_work

LEASE: Final = timedelta(seconds=15)
"""How long a relay may take to push what it has taken; then another relay pushes it, and the bell rings twice."""

# Leases and marks need no flush to disk: if Postgres crashes and forgets one, a bell rings twice. The setting holds for
# the transaction, and a statement that changes no row has nothing to flush.
_UNHURRIED = "set_config('synchronous_commit', 'off', true)"

_TAKE_DUE: Prepared[UUID, UUID, str, dict[str, str], str | None, str] = Prepared(
    text(
        f"""
    WITH due AS (
        SELECT workspace_id, id FROM outbox_messages
        WHERE published_at IS NULL AND parked_reason IS NULL AND due_at <= clock_timestamp()
          AND (lease_until IS NULL OR lease_until < clock_timestamp())
        ORDER BY due_at LIMIT :size
        FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox_messages AS row
    SET lease_until = clock_timestamp() + :lease, attempts = row.attempts + 1
    FROM due WHERE row.workspace_id = due.workspace_id AND row.id = due.id
    RETURNING row.workspace_id, row.id, row.actor, row.arguments, row.correlation_id, {_UNHURRIED}
    """  # noqa: S608 - a constant of this module
    ).bindparams(bindparam("lease", type_=Interval))
)


def _mark(change: str, more: str = "", names: str = "") -> TextClause:
    statement = text(
        f"""
        UPDATE outbox_messages AS row SET {change}, lease_until = NULL
        FROM unnest(:workspaces, :ids{more}) AS given (workspace_id, id{names})
        WHERE row.workspace_id = given.workspace_id AND row.id = given.id
        RETURNING {_UNHURRIED}
        """  # noqa: S608 - only constants of this module come in
    )
    return statement.bindparams(bindparam("workspaces", type_=ARRAY(Uuid)), bindparam("ids", type_=ARRAY(Uuid)))


_PUBLISHED: Prepared[str] = Prepared(_mark("published_at = clock_timestamp()"))
_RELEASED = _mark("published_at = NULL")
_PARKED = _mark("parked_reason = given.reason", ", :reasons", ", reason").bindparams(bindparam("reasons", type_=ARRAY(Text)))

_BACKLOG = text(
    """
    SELECT clock_timestamp() AS now, count(*) FILTER (WHERE due_at <= clock_timestamp()) AS pending,
           coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float8 AS oldest_seconds
    FROM outbox_messages WHERE published_at IS NULL AND parked_reason IS NULL
    """
)

_NEXT_DUE: Prepared[float] = Prepared(
    text(
        """
    SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM outbox_messages
    WHERE published_at IS NULL AND parked_reason IS NULL
      AND (lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY due_at LIMIT 1
    """
    )
)

# Postgres counts rows without asking who may see them, so rows that a missing policy or grant hides are noticed.
_BLIND = text(
    """
    SELECT coalesce((SELECT n_live_tup > 0 FROM pg_stat_user_tables WHERE relname = 'outbox_messages'), false)
           AND NOT EXISTS (SELECT 1 FROM outbox_messages)
    """
)

_WAITING = text(
    """
    SELECT workspace_id, id, actor, arguments, attempts, due_at, parked_reason
    FROM outbox_messages WHERE published_at IS NULL ORDER BY parked_reason IS NULL, due_at LIMIT :limit
    """
)

_RING_AGAIN = text(
    """
    UPDATE outbox_messages SET parked_reason = NULL, lease_until = NULL, due_at = clock_timestamp()
    WHERE id = :id AND published_at IS NULL
    """
)

_WAKE_RELAYS = text("SELECT pg_notify(:channel, '')")


@dataclass(frozen=True, slots=True)
class TakenRow:
    """An outbox row that this relay may push now."""

    workspace_id: UUID
    id: UUID
    actor: str
    arguments: dict[str, str]
    correlation_id: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many rows are due and not published, and for how long the oldest has been; by Postgres' clock."""

    now: datetime
    pending: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An outbox row that is not published, as people see it."""

    workspace_id: UUID
    id: UUID
    actor: str
    arguments: dict[str, Any]
    attempts: int
    due_at: datetime
    parked_reason: str | None


async def take(size: int) -> tuple[list[TakenRow], float | None]:
    """Take due rows that no other relay has, oldest first; and in how many seconds the next row falls due."""
    async with open_system_work() as session:
        rows = await _TAKE_DUE.all(session, {"size": size, "lease": LEASE})
        (next_due,) = await _NEXT_DUE.first(session, {}) or (None,)
    taken = [
        TakenRow(workspace_id, row_id, actor, {"workspace_id": str(workspace_id), **arguments}, correlation_id)
        for workspace_id, row_id, actor, arguments, correlation_id, _ in rows
    ]
    return taken, next_due


def _keys(rows: Sequence[TakenRow]) -> dict[str, Any]:
    return {"workspaces": [row.workspace_id for row in rows], "ids": [row.id for row in rows]}


async def mark_published(rows: Sequence[TakenRow]) -> None:
    """Note that the bells were rung."""
    async with open_system_work() as session:
        await _PUBLISHED.all(session, _keys(rows))


async def release(rows: Sequence[TakenRow]) -> None:
    """Give rows back that could not be pushed."""
    async with open_system_work() as session:
        await session.execute(_RELEASED, _keys(rows))


async def park(rows: Sequence[TakenRow], reasons: Sequence[str]) -> None:
    """Set rows aside that no queue will ever take, each with its reason."""
    async with open_system_work() as session:
        await session.execute(_PARKED, {**_keys(rows), "reasons": list(reasons)})


async def waiting(limit: int) -> list[WaitingRow]:
    """The rows that are not published: parked ones first, then by due time."""
    async with open_system_work() as session:
        rows = (await session.execute(_WAITING, {"limit": limit})).all()
    return [WaitingRow(**row._mapping) for row in rows]


async def ring_again(row_id: UUID) -> bool:
    """Make a row due now, parked or not; False if none with this id waits."""
    async with open_system_work() as session:
        changed: int = (await session.execute(_RING_AGAIN, {"id": row_id})).rowcount  # type: ignore[attr-defined]  # CursorResult
        await session.execute(_WAKE_RELAYS, {"channel": CHANNEL})
    return changed > 0


async def backlog() -> Backlog:
    """What waits in the outbox although it is due."""
    async with open_system_work() as session:
        row = (await session.execute(_BACKLOG)).one()
    return Backlog(row.now, row.pending, max(0.0, row.oldest_seconds))


async def is_blind() -> bool:
    """Whether the outbox holds rows and this role sees none of them."""
    async with open_system_work() as session:
        return bool(await session.scalar(_BLIND))
