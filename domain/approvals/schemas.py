"""What the rest of the house sees of approvals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.approvals.kinds import Decision


class ApprovalView(BaseModel):
    """A change that waits for a member's yes, or waited for it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    message_id: UUID | None
    unlocked_by: UUID | None
    tool: str
    arguments: dict[str, Any]
    digest: str
    proposed_at: datetime
    expires_at: datetime
    decision: Decision | None

    @property
    def is_answered(self) -> bool:
        """Whether the member has said yes or no to it; one that has expired or was replaced they may think open."""
        return self.decision not in (None, Decision.REPLACED)
