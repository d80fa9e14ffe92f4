"""What a message comes to: what is done, what is asked, what is noted, and which role every token had."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from agent.lexical.reader.arcs import Arc
from agent.lexical.reader.closed import Role
from agent.lexical.reader.edits import EditMode
from agent.lexical.reader.tokens import Token
from tools.context import Pending

QuestionKind = Literal["which", "quantity", "confirm", "want", "number", "unknown", "contradiction", "too_long", "unclear"]


@dataclass(frozen=True, slots=True)
class Change:
    """So much of a product is wanted more, in all (`set`) or less (`remove`; all of it without a quantity).

    `price` is what the customer wrote of it.
    """

    sku: str
    quantity: Decimal | None
    words: str
    mode: EditMode = "add"
    is_each: bool = False
    """The price is said to be that of one."""
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be asked; `words` are the customer's own."""

    kind: QuestionKind
    words: str
    skus: tuple[str, ...] = ()
    quantity: Decimal | None = None
    unit: str | None = None
    mode: EditMode = "add"


@dataclass
class Reading:
    """What a message comes to; `roles` has one for each token."""

    changes: list[Change] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    declined: Sequence[Pending] = ()
    """The open questions about which nothing is wanted."""
    tokens: Sequence[Token] = ()
    arcs: Sequence[Arc] = ()
    answers: bool = False
    """Whether it answers an open question."""

    @property
    def roles(self) -> list[Role]:
        """The role of each token."""
        return [arc.role for arc in self.arcs for _ in range(arc.start, arc.end)]

    @property
    def has_goods(self) -> bool:
        """Whether anything on sale or any amount is named."""
        return any(arc.mention is not None for arc in self.arcs)
