"""What the rest of the house sees of approvals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class ApprovalView(BaseModel):
    """A change that waits for a member's yes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    message_id: UUID | None
    unlocked_by: UUID | None
    tool: str
    arguments: dict[str, Any]
    digest: str
    proposed_at: datetime
    expires_at: datetime
