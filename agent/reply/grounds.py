"""What a reply may rest on: what is so at the end of the turn, and what was said before."""

from dataclasses import dataclass

from agent.frozen import TakenTurn
from agent.recorded import Recorded
from agent.turn_end import TurnEnd

MOST_RECENT = 6
"""Texts of ours that a new one does not repeat the wording of."""


@dataclass(frozen=True)
class Grounds(TurnEnd):
    """The turn that a reply ends.

    `seed` makes the choice of wordings: how far the thread has come, the same on every replay; `recent` are our newest
    texts, oldest first; `guessed` numbers the calls that stand in one answer with the reply, whose results the model had
    not read.
    """

    seed: str = ""
    recent: tuple[str, ...] = ()
    guessed: frozenset[int] = frozenset()

    @classmethod
    def of(cls, turn: TakenTurn, calls: list[Recorded], guessed: frozenset[int] = frozenset()) -> "Grounds":
        """The grounds of a turn that was taken."""
        ours = [words for direction, words in turn.memory.thread if direction == "out"]
        return cls(turn.frozen.brief, calls, str(len(turn.memory.thread)), tuple(ours[-MOST_RECENT:]), guessed)

    @property
    def last_said(self) -> str:
        """Our newest text."""
        return self.recent[-1] if self.recent else ""

    @property
    def offered(self) -> list[str]:
        """What was looked up in this turn and can be had, and is not in the order."""
        looked = {name for call, found in zip(self.calls, self.lookups, strict=True) if not call.writes for name in found}
        return [name for name, there in self.in_stock.items() if there and name in looked - self.lines.keys()]

    @property
    def is_question(self) -> bool:
        """Whether the customer's words put a question, whatever else they want."""
        return any("?" in message.text for message in self.brief.messages)
