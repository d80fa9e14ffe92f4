"""Wants that are not goods: money back, an exchange, a complaint, an invoice, work, information. Never searched for."""

from agent.lexical.acts import Act, ActKind, Want
from agent.lexical.vocabulary import vocabulary

FOR_A_PERSON = frozenset({"refund", "exchange", "complaint"})
"""What only a person of the shop can decide; nothing else of the message is acted on."""

_WANTS: tuple[Want, ...] = ("complaint", "exchange", "refund", "invoice", "job", "information")
"""In order of precedence: what is wrong with a thing matters more than what shall be done about it."""


def read_want(folded: str) -> tuple[Act, str] | None:
    """The want that a text speaks of, and what else it says; None if it speaks of none."""
    words = vocabulary()
    for want in _WANTS:
        found = words.matches(f"want_{want}", folded)
        if found is not None:
            kind = ActKind.COMPLAINT if want == "complaint" else ActKind.WANT
            act = Act(kind, want=want, said=folded.strip())
            return act, "" if want in FOR_A_PERSON else _besides(folded, found.start(), found.end())
    return None


def _besides(folded: str, start: int, end: int) -> str:
    """The text without the clause that holds a stretch of it."""
    before = max(folded.rfind(mark, 0, start) for mark in ",.;!?\n")
    behind = [place for mark in ",.;!?\n" if (place := folded.find(mark, end)) >= 0]
    joined = folded.rfind(" y ", 0, start)
    return f"{folded[: max(before, joined, 0)]}, {folded[min(behind, default=len(folded)) :]}".strip(" ,.;!?¿¡\n")
