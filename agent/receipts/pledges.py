"""What the shop, or somebody for it, is said to do next: a condition excuses only what the assistant itself can do.

`Si quieres, lo agrego` offers a next step. `Si pagas en efectivo, te lo redondeamos` and `te llamamos cuando llegue` bind
the shop to a deed that no tool does, so the condition does not make them harmless. The verbs are found by their forms.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent.receipts.claims import Receipts
from agent.receipts.lexicon import Lexicon
from agent.receipts.reading import Clause, Reading
from agent.receipts.subjects import is_unknown_product
from agent.receipts.verdict import Reason
from tools.outcome import Claim


@dataclass(frozen=True, slots=True)
class Pledge:
    """One deed that is announced, and whether it is a next `step` in this chat, `kept` by a claim of the turn, or `empty`."""

    start: int
    end: int
    worth: Literal["step", "kept", "empty"]


def pledges(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> Iterator[Pledge]:
    """Every deed that the text announces, in the order of the patterns."""
    words = lexicon.words.pledges
    own = reading.without(lexicon, (*lexicon.words.harmless, *lexicon.words.statements.harmless))
    kept = [each.verbs for each in words.kept if receipts.supporting(each.claims) is not None]
    spoken = (
        (words.ours, words.next_steps),
        (words.theirs, None),
        (words.staff, words.staff_steps),
        (words.yours, words.your_steps),
    )
    for patterns, steps in spoken:
        for found in (found for pattern in patterns for found in lexicon.find(pattern).finditer(reading.spoken)):
            start = found.start("verb")
            clause = reading.clause_at(start)
            if own[start] == " " or _is_told_otherwise(reading, lexicon, clause, found):
                continue
            if _brings_strange_goods(reading, lexicon, receipts, found):
                yield Pledge(found.start(), clause.end, "empty")
            elif steps is not None and _begins(lexicon, steps, reading, clause, start):
                yield Pledge(found.start(), found.end(), "step")
            elif _begins(lexicon, words.talk, reading, clause, start):
                continue
            elif _is_done(lexicon, receipts, found) or any(_begins(lexicon, verbs, reading, clause, start) for verbs in kept):
                yield Pledge(found.start(), found.end(), "kept")
            else:
                yield Pledge(found.start(), clause.end, "empty")


def unkept(reading: Reading, announced: list[Pledge]) -> Iterator[Reason]:
    """The refusal of the first deed that nobody can be held to."""
    for pledge in announced:
        if pledge.worth == "empty":
            yield Reason(
                "promise_without_receipt",
                reading.excerpt(pledge.start, pledge.end),
                "No tool does this, so do not promise it, not even on a condition. Offer only what you can do yourself: "
                "look something up, change the order, send the summary or the catalogue, or ask for a person.",
            )
            return


def _is_told_otherwise(reading: Reading, lexicon: Lexicon, clause: Clause, found: re.Match[str]) -> bool:
    """Whether the verb asks, denies, wishes, states the condition itself, or tells what was done."""
    words, mood = lexicon.words.pledges, lexicon.words.mood
    before = reading.plain[clause.start : found.start()]
    form = lexicon.forms.get(found["verb"])
    return (
        (clause.question and not lexicon.find(mood.presupposition).search(reading.plain, clause.head, clause.end))
        or (form is not None and form.tense in {"past", "participle", "gerund"})
        or bool(lexicon.find(mood.negation).search(before.strip()))
        or bool(lexicon.find(words.wishes).search(before))
        or bool(lexicon.find(words.condition).search(before))
    )


def _is_done(lexicon: Lexicon, receipts: Receipts, found: re.Match[str]) -> bool:
    """Whether a claim of the turn is about this very deed."""
    form = lexicon.forms.get(found["verb"])
    if form is None or "any" in form.action.claims:
        return False
    return receipts.supporting((*form.action.claims, *(form.action.future or ()))) is not None


def _brings_strange_goods(reading: Reading, lexicon: Lexicon, receipts: Receipts, found: re.Match[str]) -> bool:
    """Whether something would be added that nobody has spoken of: `te sumamos una sorpresa`."""
    form = lexicon.forms.get(found["verb"])
    brought = lexicon.find(lexicon.words.pledges.brings).match(reading.plain, found.end("verb"))
    if brought is None or form is None or Claim.ITEM_ADDED not in form.action.claims:
        return False
    return is_unknown_product(brought["noun"], lexicon, receipts)


def _begins(lexicon: Lexicon, pattern: str, reading: Reading, clause: Clause, start: int) -> bool:
    return bool(lexicon.find(pattern).match(reading.plain, start, clause.end))
