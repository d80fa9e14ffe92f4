"""Tables of the mind: sessions, turns, and the journal of their steps."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.conversations.content import JsonObject
from domain.conversations.states import State
from tools.audience import AudienceKind

MOST_GENERATIONS = 2
"""How often a turn may be thought again because the customer wrote meanwhile."""


class TurnStatus(StrEnum):
    """`open` is being thought or waits to be resumed; the others are final."""

    OPEN = "open"
    FINISHED = "finished"
    SUPERSEDED = "superseded"


class TurnOutcome(StrEnum):
    """What a turn came to. All but the first two are failures."""

    ANSWERED = "answered"
    NOT_UNDERSTOOD = "not_understood"
    FACTS_CHANGED = "facts_changed"
    """What the reply stated is not so any more."""
    MODEL_FAILED = "model_failed"
    NO_REPLY = "no_reply"
    """No move of any answer held."""
    TOO_MANY_STEPS = "too_many_steps"
    OUT_OF_TIME = "out_of_time"
    POISON = "poison"
    """It kills whoever thinks it; it would come again, so a person is brought in at once."""
    GIVEN_UP = "given_up"
    """It can be neither thought nor ended."""
    TAKEN_BACK = "taken_back"
    """The customer deleted every word of it before it was answered."""
    VOICE_LOST = "voice_lost"
    """A person took the conversation while it was thought."""


class StepKind(StrEnum):
    """What a journal entry records."""

    MODEL = "model"
    TOOL = "tool"


class StepOutcome(StrEnum):
    """How a recorded step ended; a step with an outcome never runs again."""

    VALUE = "value"
    REFUSAL = "refusal"
    TIMEOUT = "timeout"
    ERROR = "error"


class AgentSession(WorkspaceRow):
    """The state machine of one conversation, and the lease of the worker that moves it.

    `lease_token` only grows: it fences every write of a turn. `turn_due_at` and `lease_until` are Postgres time,
    `timeout_at` is business time. `number` counts the runs: it grows when silence ends one.
    """

    __tablename__ = "agent_sessions"
    __table_args__ = (
        of_workspace(),
        belongs_to("conversations", "conversation_id"),
        UniqueConstraint("workspace_id", "conversation_id"),
        Index("ix_agent_sessions_due", "turn_due_at", postgresql_where=text("turn_due_at IS NOT NULL")),
        Index("ix_agent_sessions_lease", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
        Index("ix_agent_sessions_timeout", "timeout_at", postgresql_where=text("timeout_at IS NOT NULL")),
    )

    conversation_id: Mapped[UUID]
    audience: Mapped[AudienceKind] = mapped_column(
        one_of(AudienceKind, 20), default=AudienceKind.CUSTOMER, server_default=AudienceKind.CUSTOMER
    )
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[State] = mapped_column(one_of(State, 30))
    previous_state: Mapped[State | None] = mapped_column(one_of(State, 30))
    lease_token: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_until: Mapped[datetime | None]
    turn_due_at: Mapped[datetime | None]
    burst_started_at: Mapped[datetime | None]
    timeout_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    turn_count: Mapped[int] = mapped_column(default=0)
    pending: Mapped[dict[str, Any] | None]
    waiting: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    confirmation_token: Mapped[str | None] = mapped_column(String(64))
    confirmation_message_id: Mapped[UUID | None]
    handoff_note: Mapped[str | None] = mapped_column(String(1000))


class Turn(WorkspaceRow):
    """What the customer said since last time, and the answer to it.

    `frozen` holds what the turn was taken with (brief, message ids, tool definitions, history cut-off, models), so
    that a resumed turn thinks with the same inputs. `generation` grows when it is thought again for a late message.
    """

    __tablename__ = "turns"
    __table_args__ = (
        of_workspace(),
        belongs_to("conversations", "conversation_id"),
        UniqueConstraint("workspace_id", "conversation_id", "number"),
        Index(
            "uq_turns_open",
            "workspace_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )

    conversation_id: Mapped[UUID]
    number: Mapped[int]
    generation: Mapped[int] = mapped_column(default=0)
    status: Mapped[TurnStatus] = mapped_column(one_of(TurnStatus, 20), default=TurnStatus.OPEN)
    voice_epoch: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    frozen: Mapped[dict[str, Any]]
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[TurnOutcome | None] = mapped_column(one_of(TurnOutcome, 60))
    detail: Mapped[str | None] = mapped_column(String(1000))
    """The moves of the reply that did not hold, each with its reason."""
    model_name: Mapped[str | None] = mapped_column(String(200))
    prompt_hash: Mapped[str | None] = mapped_column(String(64))
    model_requests: Mapped[int] = mapped_column(default=0)
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(12, 6), default=Decimal(0))
    latency_ms: Mapped[int] = mapped_column(default=0)


class JournalEntry(WorkspaceRow):
    """One recorded step of a turn: a model's answer, or a tool call with its outcome and what it asked for.

    The key is (turn, generation, step, kind, ordinal): `step` counts the model's answers in a run, `ordinal` the
    calls in one answer.
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        of_workspace(),
        belongs_to("turns", "turn_id"),
        UniqueConstraint("workspace_id", "turn_id", "generation", "step", "kind", "ordinal"),
        Index(
            "ix_journal_entries_effects",
            "workspace_id",
            "conversation_id",
            "created_at",
            postgresql_where=text("writes"),
        ),
    )

    turn_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    generation: Mapped[int]
    step: Mapped[int]
    kind: Mapped[StepKind] = mapped_column(one_of(StepKind, 10))
    ordinal: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[StepOutcome] = mapped_column(one_of(StepOutcome, 10))
    name: Mapped[str] = mapped_column(String(200))
    writes: Mapped[bool] = mapped_column(default=False)
    payload: Mapped[JsonObject] = mapped_column(JSONB)
    duration_ms: Mapped[int] = mapped_column(default=0)
