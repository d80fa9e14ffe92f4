"""The audit trail: every write that a person, customer or model causes leaves one entry, in the same transaction."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core import observability
from core.tables import WorkspaceRow, of_workspace
from core.work import Work


class AuditEntry(WorkspaceRow):
    """Who did what to which thing, with the values before and after where they changed."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        of_workspace(),
        Index("ix_audit_entries_target", "workspace_id", "target_type", "target_id"),
        Index("ix_audit_entries_created", "workspace_id", "created_at"),
    )

    tag: Mapped[str] = mapped_column(String(100))
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    target_type: Mapped[str] = mapped_column(String(50))
    target_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    correlation_id: Mapped[str | None] = mapped_column(String(64))


class Target(Protocol):
    """The row that something was done to."""

    __tablename__: Any

    @property
    def id(self) -> UUID:
        """Its id."""
        ...


def record(
    work: Work,
    tag: str,
    *,
    target: Target,
    reason: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add an entry; `tag` is `noun.past_participle`, for example `order.cancelled`."""
    work.session.add(
        AuditEntry(
            workspace_id=work.workspace_id,
            tag=tag,
            actor_kind=work.principal.kind.value,
            actor_id=work.principal.id,
            target_type=target.__tablename__,
            target_id=target.id,
            reason=reason,
            before=before,
            after=after,
            correlation_id=observability.correlation_id(),
        )
    )
