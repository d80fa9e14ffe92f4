"""What a tool call is given by code, so that nothing of it has to come from the model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

from pydantic import BaseModel, Field

from core.messages import text
from core.work import Work
from domain.accounts.schemas import WorkspaceView
from domain.catalog.words import plain
from domain.conversations.content import Content
from domain.conversations.schemas import OpenMessage
from domain.conversations.states import State, Trigger
from tools.audience import AudienceKind
from tools.facts import Facts
from tools.outcome import Deed, Option, Status, ToolOutcome


class Told(TypedDict, total=False):
    """What may be told with a result, beside its words."""

    deeds: Sequence[tuple[Deed, str]]
    options: Sequence[Option]
    note: str
    data: Mapping[str, object]


class Signal(BaseModel):
    """Something that happened in a tool and that the session's state machine must know."""

    name: Trigger
    data: dict[str, Any] = Field(default_factory=dict)


PROPOSED = frozenset({"choose_product", "confirm", "want", "contradiction", "short"})
"""Kinds of points that a yes settles, if only one product is in question."""

QUESTIONS = PROPOSED | {"choose_quantity", "number"}
"""Kinds of points without whose answer the order is not what the customer wants."""

NOTES = frozenset({"unknown", "unclear", "too_long"})
"""Kinds of points that nobody can answer for the shop: they are told once more with the summary, and that is all."""


MOST_ASKED = 2
"""So often a question is put; then it is told once that it is open, and put again when the order is to be placed."""


class Pending(BaseModel):
    """One point that is open with the customer: which call waits for the answer, and for which of its arguments.

    What was said with it stays in `arguments` (`product`, `quantity`, `unit`, `mode`), `words` are the customer's own.
    """

    kind: str
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    options: list[Option] = Field(default_factory=list)
    words: str = ""
    times: int = 0
    """How many turns it was open through without an answer."""
    holds_up: bool = False
    """Whether the customer has said that this is all, so that the summary follows as soon as nothing is open."""

    @property
    def is_question(self) -> bool:
        """Whether the order waits for its answer: it is asked again until there is one."""
        return self.kind in QUESTIONS

    @property
    def is_due(self) -> bool:
        """Whether it is put again by itself."""
        return self.is_question and self.times < MOST_ASKED

    @property
    def is_of_order(self) -> bool:
        """Whether it is about what is ordered, and so stays open whatever else is talked about."""
        return self.is_question or self.kind in NOTES

    @property
    def is_proposal(self) -> bool:
        """Whether a yes settles it: one product is in question, with the quantity that was said."""
        return self.kind in PROPOSED and len(self.options) == 1

    @property
    def skus(self) -> frozenset[str]:
        """The products that are in question."""
        return frozenset(option.sku for option in self.options)

    def is_about(self, subject: str) -> bool:
        """Whether an SKU or words of the customer name it."""
        said = plain(subject).strip()
        asked = {plain(self.words).strip(), plain(str(self.arguments.get("product", ""))).strip()} - {""}
        return said in asked or any(said == plain(sku).strip() for sku in self.skus)


def still_open(before: Sequence[Pending], calls: Iterable[tuple[Sequence[Pending], Sequence[Pending], bool]]) -> list[Pending]:
    """The points that are open after some calls, each given as what it asked, what it settled and whether it did anything.

    A point about the order stays until it is settled or asked more narrowly. Any other question lapses when another is
    asked or something is done, as its answer would be taken for one to the newer.
    """
    points = list(before)
    passing = [point for point in before if not point.is_of_order]
    for asked, settled, is_effect in calls:
        if asked or is_effect:
            points = [point for point in points if point not in passing]
        points = [point for point in points if point not in settled]
        for point in asked:
            points = _with(points, point)
    return points


def _with(points: list[Pending], new: Pending) -> list[Pending]:
    """The points with a new one, which takes the place of those that ask for the same or more."""
    replaced = [
        index
        for index, old in enumerate(points)
        if old == new
        or (old.is_of_order and new.is_of_order and (new.skus <= old.skus if new.skus else old.words == new.words != ""))
    ]
    kept = [point for index, point in enumerate(points) if index not in replaced[1:]]
    if replaced:
        old = points[replaced[0]]
        kept[replaced[0]] = new.model_copy(update={"words": new.words or old.words, "holds_up": new.holds_up or old.holds_up})
        return kept
    return [*kept, new]


@dataclass(slots=True, kw_only=True)
class ToolContext:
    """The surroundings of one tool call, inside one fenced transaction, whoever the agent talks to.

    A tool appends to `signals` and `staged`, and says what it asks and settles; everything else is read only. What is
    staged goes out when the turn finishes; numbers in its texts are slots into the facts of the call that staged it.
    `asked_before` are the points that were open before this turn, `points` those that are open when the call begins.
    """

    audience: AudienceKind
    work: Work
    workspace: WorkspaceView
    state: State
    language: str
    messages: list[OpenMessage] = field(default_factory=list)
    asked_before: list[Pending] = field(default_factory=list)
    points: list[Pending] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    staged: list[Content] = field(default_factory=list)
    asked: list[Pending] = field(default_factory=list)
    settled: list[Pending] = field(default_factory=list)
    facts: Facts = field(init=False)
    """The facts of this call, for its words and those of what it stages."""

    def __post_init__(self) -> None:
        self.facts = Facts(self.workspace, self.language, self.work.now)

    def leave_open(self, point: Pending) -> None:
        """Leave a point open with the customer."""
        self.asked.append(point)

    def result(self, status: Status, code: str, say: str | None = None, **told: Unpack[Told]) -> ToolOutcome:
        """What the call comes to, with its facts; `say` is the text `tool.<code>` if it is not given."""
        words = text(f"tool.{code}", self.language) if say is None else say
        return ToolOutcome.model_validate({"status": status, "code": code, "say": words, "facts": self.facts.items, **told})

    def done(self, code: str, say: str | None = None, **told: Unpack[Told]) -> ToolOutcome:
        """The call did what it was asked for."""
        return self.result("ok", code, say, **told)

    def ask(self, code: str, say: str | None = None, *, about: Pending | None = None, **told: Unpack[Told]) -> ToolOutcome:
        """The call waits for an answer of theirs, about a point that it leaves open."""
        if about is not None:
            self.leave_open(about)
            told = {"options": about.options, **told}
        return self.result("ask", code, say, **told)

    def refuse(self, code: str, say: str | None = None, **told: Unpack[Told]) -> ToolOutcome:
        """The call changed nothing, as it cannot be done."""
        return self.result("refused", code, say, **told)

    def signal(self, name: Trigger, **data: Any) -> None:
        """Tell the session's state machine what happened."""
        self.signals.append(Signal(name=name, data=data))
