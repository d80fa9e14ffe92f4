"""The one rule: a line changes the order without a question only if all that was said of it is explained.

1. *Words.* Every content word of its noun phrase is one of the product (name, size, colour, unit, brand) or has a role of
   its own, and none of them is a guess.
2. *Number.* Its number stands in its own noun phrase, or behind a wish that leaves out what was just named.
3. *Clause.* No negation, correction, condition or alternative stands in its clause that has done nothing, and nothing that
   is said elsewhere puts it in doubt.

Whatever fails becomes one question with the customer's words and quantity: never a line of the order, and never silence.
Additions, changes and answers to questions are held against the same rule. A word that a question has quoted is explained
only by a yes to it.
"""

from collections.abc import Collection, Sequence

from agent.lexical.reader.arcs import Arc
from agent.lexical.reader.closed import Role
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.tokens import Token

SURE = 0.8
"""Below this similarity a word that looks like one on sale is a guess."""
_WRITTEN = 0.95
"""Below this one a word is not written as the one that it looks like."""
OPERATORS = frozenset({Role.REFUSE, Role.CORRECT, Role.CONDITION, Role.SWAP, Role.CHANGE})
_OF_PHRASE = frozenset({Role.FILLER, Role.SIZE, Role.PRICE, Role.EACH, Role.MORE, Role.PURPOSE, Role.TIME})
"""What may stand between a thing and its number."""
_NO_BORDER = frozenset("()-–—*•·=/\"'¡¿>+:,?x×")
ENDS = frozenset({".", ";", "?", "!", "\n", "|"})
_TELLING = frozenset({Role.UNKNOWN, Role.TELL, Role.ASK, Role.PURPOSE, Role.REASON, Role.PRICE, Role.TIME, Role.PEOPLE})


def is_certain(line: Line, *, is_known: bool = False) -> bool:
    """Whether a line may be done without a question; `is_known` of what the order has or a question was about."""
    said = line.quantity
    if line.touched or line.is_doubted or line.is_borrowed or line.either or (said is not None and said.is_off):
        return False
    return line.mention is None or _is_heard(line, is_known=is_known)


def is_guess(line: Line) -> bool:
    """`me tenté, sumame…`, `Cami, que es M`: a guess that nothing wishes for, counts or points at."""
    is_pointed = line.is_definite or line.is_single or line.is_some or line.is_wished or line.is_each
    is_alike = line.mention is not None and line.mention.count == 1 and line.mention.similarity < _WRITTEN
    return is_alike and not is_pointed and line.quantity is None


def _is_heard(line: Line, *, is_known: bool) -> bool:
    """Whether a name is what it looks like: no guess, and not one word that is nobody's noun (`una canilla`)."""
    mention = line.mention
    assert mention is not None
    if min(mention.similarity, mention.of_head) < SURE:
        return False
    is_model = len(mention.words) > 3 and any(letter.isdigit() for letter in mention.words)
    is_named = mention.has_head or mention.has_brand or mention.count > 1 or mention.has_size
    return is_known or is_named or is_model


def is_borrowed(between: Sequence[Arc], tokens: Sequence[Token]) -> bool:
    """Whether a number belongs to another noun phrase than the thing that it is given to, by what stands between them."""
    if any(arc.role is Role.WISH for arc in between):
        # `¿tienen malta? dame 6`
        return False
    if {Role.EACH, Role.REFUSE} <= {arc.role for arc in between}:
        # `uno de cada uno menos toddy`
        return True
    return any(
        arc.role not in _OF_PHRASE | OPERATORS | {Role.UNKNOWN}
        and not (arc.role is Role.MARK and tokens[arc.start].text in _NO_BORDER)
        for arc in between
    )


def lay_doubts(lines: Sequence[Line], arcs: Sequence[Arc], tokens: Sequence[Token], idle: Collection[int]) -> None:
    """Lay at each line what nobody understood: the unknown words that touch it, and the operators that did nothing."""
    for at, line in enumerate(lines):
        line.touched = _touching(line, arcs)
        if (
            line.mode is Mode.REFUSE
            and not line.is_taken
            and any(one.is_taken and one.clause == line.clause for one in lines[:at])
        ):
            # `quita el queso, el jamón no`
            line.is_doubted = True
    # `ay no, vienen de a tres`: what a no leads to is no number of ours, and so it did nothing.
    void = {line.governed_by for line in lines if line.is_bare and line.touched}
    for place, arc in enumerate(arcs):
        if arc.start in idle or (arc.start in void and arc.role in OPERATORS):
            _doubt(lines, arcs, place, tokens)


def _touching(line: Line, arcs: Sequence[Arc]) -> tuple[int, ...]:
    """The unknown words inside a line and beside it, with nothing but little words between."""
    found = [
        at
        for arc in arcs
        if arc.role is Role.UNKNOWN and line.start <= arc.start < line.end
        for at in range(arc.start, arc.end)
    ]
    for side in ([arc for arc in reversed(arcs) if arc.end <= line.start], [arc for arc in arcs if arc.start >= line.end]):
        for arc in side:
            if arc.role is Role.UNKNOWN:
                found.extend(range(arc.start, arc.end))
            elif arc.role is not Role.FILLER:
                break
    return tuple(sorted(found))


def _doubt(lines: Sequence[Line], arcs: Sequence[Arc], place: int, tokens: Sequence[Token]) -> None:
    """An operator that did nothing is about what shares its clause, or, standing alone, about what was said before it."""
    first, last = _clause(arcs, place, tokens)
    at = arcs[place].start
    inside = [line for line in lines if first <= line.start < last and line.mention is not None]
    beside = [line for line in inside if line.end <= at][-1:] + [line for line in inside if line.start > at][:1]
    if arcs[place].role is Role.CORRECT:
        # It is about what was said before it, if anything was.
        beside = [line for line in lines if line.end <= at and line.mention is not None][-1:]
    elif not beside and not any(arc.role in _TELLING for arc in arcs if first <= arc.start < last):
        # `2 remeras, ay no`
        beside = [line for line in lines if line.end <= at and line.mention is not None][-1:]
    for line in beside:
        line.is_doubted = True


def _clause(arcs: Sequence[Arc], place: int, tokens: Sequence[Token]) -> tuple[int, int]:
    """The tokens of the clause of an arc: from one comma or end of a sentence to the next."""
    marks = [arc.start for arc in arcs if arc.role is Role.MARK and tokens[arc.start].text in ENDS | {","}]
    at = arcs[place].start
    return max((mark + 1 for mark in marks if mark < at), default=0), min((m for m in marks if m > at), default=len(tokens))
