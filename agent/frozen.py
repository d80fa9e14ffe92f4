"""What a turn is claimed with: inputs that stay the same however often the turn is resumed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from agent.brief import Brief
from tools.context import TurnMessage


class ToolSpec(BaseModel):
    """The definition of a tool as the model was shown it."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    parameters: dict[str, Any]


class Frozen(BaseModel):
    """The inputs of a turn, stored on it as JSON."""

    model_config = ConfigDict(frozen=True)

    brief: Brief
    messages: list[TurnMessage]
    tools: list[ToolSpec]
    models: list[str]
    history_until: datetime


@dataclass(frozen=True, slots=True)
class ClaimedTurn:
    """A turn, and the lease under which this worker may think it."""

    workspace_id: UUID
    conversation_id: UUID
    connection_id: UUID
    customer_id: UUID
    session_id: UUID
    turn_id: UUID
    number: int
    generation: int
    lease_token: int
    voice_epoch: int
    attempts: int
    correlation_id: str | None
    frozen: Frozen
