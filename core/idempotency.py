"""Idempotency keys for requests from outside: the same key gives the same answer for as long as the settings say."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Index, String, UniqueConstraint, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core import observability
from core.errors import Conflict
from core.jobs import Retention
from core.settings import get_settings
from core.tables import WorkspaceRow, new_id, of_workspace
from core.work import Work, own


class IdempotencyKey(WorkspaceRow):
    """A key that a client chose, the digest of what it asked, and the answer it got."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "scope", "key"),
        Index("ix_idempotency_keys_expiry", "expires_at"),
    )

    scope: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(255))
    request_digest: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any] | None]
    expires_at: Mapped[datetime]


class KeyReused(Conflict):
    """The key was used before with another request."""

    code = "idempotency_key_reused"
    http_status = 422


class StillRunning(Conflict):
    """A request with this key is being served at this moment."""

    code = "idempotency_still_running"


async def take(work: Work, scope: str, key: str, request: dict[str, Any]) -> dict[str, Any] | None:
    """Take a key in this transaction: None if it is new, else the answer stored with it.

    Raises StillRunning while another transaction holds the key, and KeyReused when it comes with another request.
    """
    name = f"{work.workspace_id} {scope} {key}"
    lock = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    if not await work.session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise StillRunning(retry_after=1)
    digest = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    await work.session.execute(
        delete(IdempotencyKey).where(
            own(IdempotencyKey, work),
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key,
            IdempotencyKey.expires_at <= work.system_time,
        )
    )
    created = await work.session.scalar(
        insert(IdempotencyKey)
        .values(
            workspace_id=work.workspace_id,
            id=new_id(),
            scope=scope,
            key=key,
            request_digest=digest,
            expires_at=work.system_time + timedelta(hours=get_settings().idempotency_hours),
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "scope", "key"])
        .returning(IdempotencyKey.id)
    )
    observability.IDEMPOTENCY.labels(scope=scope, result="miss" if created else "hit").inc()
    if created:
        return None
    stored = await work.session.scalar(
        select(IdempotencyKey).where(
            own(IdempotencyKey, work),
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key,
        )
    )
    if stored is None or stored.request_digest != digest:
        raise KeyReused(scope=scope)
    return stored.answer


async def answer(work: Work, scope: str, key: str, body: dict[str, Any]) -> None:
    """Store the answer under a key that this transaction took."""
    stored = await work.session.scalar(
        select(IdempotencyKey).where(
            own(IdempotencyKey, work),
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key,
        )
    )
    assert stored is not None, "answer() follows take() in the same transaction"
    stored.answer = body


RETENTIONS: Final = (
    Retention(
        "idempotency_keys",
        timedelta(0),
        "the key has run out (`IDEMPOTENCY_HOURS`)",
        text(
            """
            DELETE FROM idempotency_keys WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM idempotency_keys WHERE expires_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
    ),
)
