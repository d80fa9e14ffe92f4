"""One tool call as the journal of a turn keeps it, and what a turn has changed by its calls."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from agent.models import JournalEntry, StepKind, StepOutcome, Turn
from core.messages import filled
from core.work import Work, own
from domain.conversations.content import Stored
from domain.conversations.states import Trigger
from tools.context import Pending, Signal
from tools.outcome import Deed, Fact


class Recorded(BaseModel):
    """One tool call as the journal keeps it.

    `call` numbers the calls of the run from 1; the facts are known to the model as `f<call>.<index>`.
    """

    model_config = ConfigDict(frozen=True)

    call: int
    tool: str
    arguments: dict[str, Any]
    outcome: StepOutcome
    writes: bool
    status: str
    code: str
    say: str
    facts: dict[str, Fact] = Field(default_factory=dict)
    deeds: list[tuple[Deed, str]] = Field(default_factory=list)
    options: list[dict[str, Any]] = Field(default_factory=list)
    note: str = ""
    data: dict[str, Any] = Field(default_factory=dict)
    signals: list[Signal] = Field(default_factory=list)
    staged: list[Stored] = Field(default_factory=list)
    asked: list[Pending] = Field(default_factory=list)
    settled: list[Pending] = Field(default_factory=list)
    link: int = 0
    """The place in the chain of the model that called."""
    step: int = 0
    """The answer of the model that held the call."""
    repeats: int | None = None
    """The earlier call of the run whose result was given once more, in place of running this one."""

    @property
    def has_effect(self) -> bool:
        """Whether this call changed something in the shop."""
        return self.writes and self.outcome is StepOutcome.VALUE and self.status == "ok" and self.repeats is None

    @property
    def words(self) -> str:
        """What the call said, with its facts."""
        return filled(self.say, {name: fact.text for name, fact in self.facts.items()})

    @property
    def told(self) -> str:
        """All that it holds in words: what it was asked for, what it said, and its facts."""
        facts = (f"{fact.subject} {fact.value} {fact.text}" for fact in self.facts.values())
        return " ".join([*map(str, self.arguments.values()), self.words, *facts])

    @property
    def asks(self) -> bool:
        """Whether something is open with the customer after it."""
        return self.status == "ask" or bool(self.data.get("open"))

    @property
    def changes_items(self) -> bool:
        """Whether this call changed the lines of the draft."""
        return self.has_effect and any(signal.name == Trigger.ITEMS_CHANGED for signal in self.signals)

    @property
    def figure(self) -> dict[str, Any] | None:
        """What can be drawn of this call, as data: the figure that it has measured, or the forecast that it has told."""
        return self.data.get({"figure": "figure", "forecast_told": "foretold"}.get(self.code, ""))

    def shown(self) -> dict[str, Any]:
        """The result as the model reads it."""
        shown: dict[str, Any] = {"call": self.call, "status": self.status, "code": self.code, "say": self.say}
        if self.facts:
            shown["facts"] = {name: fact.model_dump(exclude_none=True) for name, fact in self.facts.items()}
        for name in ("options", "note", "data"):
            if value := getattr(self, name):
                shown[name] = value
        return shown


async def effects_of(work: Work, turn: Turn) -> list[Recorded]:
    """What a turn has changed in the shop in all its generations, in order."""
    query = (
        select(JournalEntry.payload)
        .where(
            own(JournalEntry, work),
            JournalEntry.turn_id == turn.id,
            JournalEntry.kind == StepKind.TOOL,
            JournalEntry.writes,
        )
        .order_by(JournalEntry.generation, JournalEntry.step, JournalEntry.ordinal)
    )
    return [Recorded.model_validate(payload) for payload in (await work.session.scalars(query)).all()]


async def of_turns(work: Work, turns: Collection[UUID]) -> dict[UUID, list[Recorded]]:
    """The calls of turns as they were thought last, by turn, in order."""
    query = (
        select(JournalEntry.turn_id, JournalEntry.payload)
        .join(Turn, (Turn.workspace_id == JournalEntry.workspace_id) & (Turn.id == JournalEntry.turn_id))
        .where(
            own(JournalEntry, work),
            JournalEntry.turn_id.in_(turns),
            JournalEntry.kind == StepKind.TOOL,
            JournalEntry.generation == Turn.generation,
        )
        .order_by(JournalEntry.step, JournalEntry.ordinal)
    )
    found: dict[UUID, list[Recorded]] = {}
    for turn_id, payload in await work.session.execute(query) if turns else ():
        found.setdefault(turn_id, []).append(Recorded.model_validate(payload))
    return found
