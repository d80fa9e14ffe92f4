"""What a tool call is given by code, so that nothing of it has to come from the model."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.work import Work
from domain.accounts.schemas import WorkspaceView
from tools.outcome import Option

SignalName = Literal[
    "items_changed",
    "confirmation_requested",
    "details_missing",
    "order_confirmed",
    "order_cancelled",
    "handoff_requested",
    "payment_claimed",
]
"""What a tool tells the state machine; the turn decides what follows from it."""


class TurnMessage(BaseModel):
    """One message of the customer that this turn answers."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    text: str | None = None
    payload: dict[str, Any] = Field(default_factory=dict)
    attachment_id: UUID | None = None
    received_at: datetime
    edited_at: datetime | None = None


class Consent(BaseModel):
    """What the customer has done about the open confirmation, as code reads it under the conversation's lock."""

    model_config = ConfigDict(frozen=True)

    open_messages: bool = False
    token_pressed: str | None = None
    pure_assent: bool = False
    summary_sent_at: datetime | None = None


class Wishes(BaseModel):
    """What the customer's own words of this turn wish for, as code reads them.

    `phrases` are their words for goods that they want; `named` is where the thread named goods that they only agreed to,
    chose among or counted. `changes` tells whether they wish for any change of the order at all.
    """

    model_config = ConfigDict(frozen=True)

    phrases: list[str] = Field(default_factory=list)
    named: str = ""
    changes: bool = False


class Signal(BaseModel):
    """Something that happened in a tool and that the session's state machine must know."""

    name: SignalName
    data: dict[str, Any] = Field(default_factory=dict)


class StagedMessage(BaseModel):
    """A message that goes out when the turn finishes, unless a later signal of the turn makes it void.

    Numbers in `text` and in the payload's titles are slots into the facts of the call that staged it.
    """

    kind: Literal["text", "buttons", "list", "image", "document"]
    text: str
    payload: dict[str, Any] = Field(default_factory=dict)
    void_on: SignalName | None = None


class Pending(BaseModel):
    """The question that is open with the customer: which call waits, and for which of its arguments."""

    kind: str
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    options: list[Option] = Field(default_factory=list)


@dataclass(slots=True)
class ToolContext:
    """The surroundings of one tool call, inside one fenced transaction.

    A tool appends to `signals` and `staged` and may set `pending`; everything else is read only. `open_question` is
    what the customer was asked before this turn. `wishes` is None where the caller itself acts on nothing but what it has
    read in the customer's words.
    """

    work: Work
    workspace: WorkspaceView
    conversation_id: UUID
    customer_id: UUID
    connection_id: UUID
    turn_id: UUID
    state: str
    language: str
    messages: list[TurnMessage] = field(default_factory=list)
    consent: Consent = field(default_factory=Consent)
    wishes: Wishes | None = None
    open_question: Pending | None = None
    signals: list[Signal] = field(default_factory=list)
    staged: list[StagedMessage] = field(default_factory=list)
    pending: Pending | None = None

    def signal(self, name: SignalName, **data: Any) -> None:
        """Tell the session's state machine what happened."""
        self.signals.append(Signal(name=name, data=data))
