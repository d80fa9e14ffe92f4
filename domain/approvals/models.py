"""Tables of approvals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.approvals.kinds import Decision


class Approval(WorkspaceRow):
    """One change that waits for a member's yes, or waited for it.

    `digest` is of the tool, its exact arguments and the state that it would change, as the member has read them. `message_id`
    is the message that told it; without one it was never told, and nobody can agree to it. `unlocked_by` is the message
    from the member's telephone that brought their PIN. Times are business time.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        of_workspace(),
        belongs_to("conversations", "conversation_id"),
        Index(
            "uq_approvals_open",
            "workspace_id",
            "member_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    member_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    message_id: Mapped[UUID | None]
    tool: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    unlocked_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decision: Mapped[Decision | None] = mapped_column(one_of(Decision, 20))
