"""What a turn is taken with: inputs that stay the same however often the turn is resumed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, SerializeAsAny

from agent.brief import Brief
from agent.models import StepKind
from domain.accounts.schemas import WorkspaceView
from domain.conversations.schemas import ConversationView, OpenMessage
from tools.audience import AudienceKind

Key = tuple[int, StepKind, int]
"""The place of a journal entry: (step, kind, ordinal) within one generation of a turn."""


class ToolSpec(BaseModel):
    """The definition of a tool as the model was shown it."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    parameters: dict[str, Any]


class Frozen(BaseModel):
    """The inputs of a turn, stored on it as JSON."""

    model_config = ConfigDict(frozen=True)

    audience: AudienceKind = AudienceKind.CUSTOMER
    brief: SerializeAsAny[Brief]
    messages: list[OpenMessage]
    tools: list[ToolSpec]
    models: list[str]
    history_until: datetime

    @classmethod
    def read(cls, stored: Mapping[str, Any], brief: type[Brief]) -> "Frozen":
        """What stands on a turn, with the brief of its audience."""
        return cls.model_validate({**stored, "brief": brief.model_validate(stored["brief"])})


@dataclass(frozen=True, slots=True)
class Memory:
    """The thread before a turn as (direction, words) in turns, and what was done before the thread's window."""

    thread: list[tuple[str, str]]
    done: list[str]


@dataclass(frozen=True, slots=True)
class TakenTurn:
    """A turn, the lease under which this worker may think it, and all that it reads before it thinks.

    `recorded` is what earlier attempts have left in the journal.
    """

    workspace_id: UUID
    conversation_id: UUID
    conversation: ConversationView
    session_id: UUID
    turn_id: UUID
    number: int
    generation: int
    lease_token: int
    voice_epoch: int
    attempts: int
    correlation_id: str | None
    frozen: Frozen
    workspace: WorkspaceView
    memory: Memory
    recorded: Mapping[Key, dict[str, Any]]
