"""Idempotency keys for requests from outside: the same key gives the same answer for 24 hours."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core import observability
from core.errors import Conflict
from core.tables import WorkspaceRow, new_id, of_workspace
from core.work import Work

LIFETIME = timedelta(hours=24)


class IdempotencyKey(WorkspaceRow):
    """A key that a client chose, the digest of what it asked, and the answer it got."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "scope", "key"),
        Index("ix_idempotency_keys_expiry", "expires_at"),
    )

    scope: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(200))
    request_digest: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any] | None]
    expires_at: Mapped[datetime]


class KeyReused(Conflict):
    """The key was used before with another request."""

    code = "idempotency_key_reused"


async def claim(work: Work, scope: str, key: str, request: dict[str, Any]) -> dict[str, Any] | None:
    """Claim a key in this transaction: None if it is new, else the answer stored with it.

    A second request with the same key waits here until the first one commits or rolls back. Raises KeyReused when
    the same key comes with another request.
    """
    digest = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    await work.session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.workspace_id == work.workspace_id,
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
            expires_at=work.system_time + LIFETIME,
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "scope", "key"])
        .returning(IdempotencyKey.id)
    )
    observability.IDEMPOTENCY.labels(scope=scope, result="miss" if created else "hit").inc()
    if created:
        return None
    stored = await work.session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.workspace_id == work.workspace_id,
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key,
        )
    )
    if stored is None or stored.request_digest != digest:
        raise KeyReused(scope=scope)
    return stored.answer


async def answer(work: Work, scope: str, key: str, body: dict[str, Any]) -> None:
    """Store the answer under a key that this transaction claimed."""
    stored = await work.session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.workspace_id == work.workspace_id,
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key,
        )
    )
    assert stored is not None, "answer() follows claim() in the same transaction"
    stored.answer = body
