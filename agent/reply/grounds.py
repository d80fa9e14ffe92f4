"""What a reply may rest on: the facts that hold at its end, the calls of the turn, and what was said before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agent.brief import DELIVERY, LASTING, Brief
from agent.frozen import TakenTurn
from agent.recorded import Recorded
from tools.outcome import Deed, Fact

MOST_RECENT = 6
"""Texts of ours that a new one does not repeat the wording of."""


@dataclass(frozen=True)
class Grounds:
    """The turn that a reply ends.

    `seed` makes the choice of wordings: how far the thread has come, the same on every replay; `recent` are our newest
    texts, oldest first; `guessed` numbers the calls that stand in one answer with the reply, whose results the model had
    not read.
    """

    brief: Brief
    calls: Sequence[Recorded] = ()
    seed: str = ""
    recent: tuple[str, ...] = ()
    guessed: frozenset[int] = frozenset()

    @classmethod
    def of(cls, turn: TakenTurn, calls: Sequence[Recorded], guessed: frozenset[int] = frozenset()) -> "Grounds":
        """The grounds of a turn that was taken."""
        ours = [words for direction, words in turn.memory.thread if direction == "out"]
        return cls(turn.frozen.brief, calls, str(len(turn.memory.thread)), tuple(ours[-MOST_RECENT:]), guessed)

    @property
    def language(self) -> str:
        """The language that the reply is written in."""
        return self.brief.language

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """The facts that may be stated, by name. Once a call has changed the order, what the brief said of it is past."""
        brief = self.brief
        changed = any(call.has_effect for call in self.calls)
        placed = brief.last_order.number if brief.last_order else None
        facts = {
            name: fact
            for name, fact in brief.facts.items()
            if not changed or fact.subject in (placed, DELIVERY) or fact.kind in LASTING
        }
        for call in self.calls:
            facts.update(call.facts)
        return facts

    @cached_property
    def in_stock(self) -> dict[str, bool]:
        """Which products can be had, as far as the calls of this turn have found; the newest look counts."""
        found: dict[str, bool] = {}
        for call in self.calls:
            for deed, subject in call.deeds:
                if deed in (Deed.AVAILABLE, Deed.UNAVAILABLE):
                    found[subject] = deed is Deed.AVAILABLE
        return found

    @cached_property
    def _draft(self) -> Mapping[str, Any]:
        """The order as the last call left it, or else as the brief has it."""
        for call in reversed(self.calls):
            if isinstance(draft := call.data.get("draft"), dict):
                return {"lines": draft.get("lines", []), "missing": call.data.get("missing", [])}
            if call.has_effect and call.code in ("draft_cleared", "draft_discarded"):
                return {}
        draft = self.brief.draft
        return {} if draft is None else {"lines": draft.lines, "missing": draft.missing}

    @property
    def has_lines(self) -> bool:
        """Whether the open order has anything in it."""
        return bool(self._draft.get("lines"))

    @property
    def missing(self) -> list[str]:
        """What the open order still lacks, in the order in which it is asked for."""
        return list(self._draft.get("missing", []))

    @property
    def last_said(self) -> str:
        """Our newest text."""
        return self.recent[-1] if self.recent else ""

    def named(self, kind: str, subject: str | None = None) -> list[str]:
        """The names of the facts of a kind."""
        return [name for name, fact in self.facts.items() if fact.kind == kind and subject in (None, fact.subject)]

    def call(self, number: int) -> Recorded | None:
        """The call with this number, or the one that it repeats; without a number, the only one there is."""
        if not number and len(self.calls) == 1:
            return self.calls[0]
        found = next((call for call in self.calls if call.call == number), None)
        return found if found is None or found.repeats is None else self.call(found.repeats)
