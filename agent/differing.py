"""Where a reply speaks of other figures or names than the customer has written: six flours asked for, and two put in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from agent.brief import Exact
from agent.grounds import Grounds, is_in, words_in
from agent.recorded import Recorded
from core.language.words import literal

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_SIZE = re.compile(r"\b\d+\b(?!\s*[^\W\d])")
"""A number in a product's name that counts no unit: `talle 38`."""

_AN_AMOUNT = 100
"""So many may also be what is to be paid: `33 mil de queso`."""


def differing(text: str, told: Sequence[Recorded], grounds: Grounds, *, answers: bool) -> list[str]:
    """The parts of which a reply and the calls that it tells do not bear out every figure and name, in the customer's words.

    What is said to be undone is none of them, and of what was asked nothing is if the reply says that it cannot answer.
    """
    shown = [text, *(str([call.arguments, call.words, *call.facts.values()]) for call in told)]
    said = words_in(*shown, *(each.replace(".", "") for each in shown))
    undone = [clause.words for clause in grounds.brief.clauses if not {*grounds.undone}.isdisjoint(clause.deeds)]
    parts = [part for part in grounds.brief.exact if answers or not part.is_asking]
    told_open = [*undone, *(words for words in grounds.missed if words in text)]
    parts = [part for part in parts if not any(words in part.words for words in told_open)]
    numbers = _numbers(*shown)
    return [part.words for part in parts if part.words not in text and not _bears_out(part, said, numbers, told, grounds)]


def _bears_out(part: Exact, said: set[str], numbers: set[Decimal], told: Sequence[Recorded], grounds: Grounds) -> bool:
    """Whether words and numbers of ours hold what a part says exactly, and the order holds so many of its goods."""
    if not numbers.issuperset(part.figures) or not all(is_in([name], said) for name in part.names):
        return False
    counts = _counts(part, grounds)
    uncounted = [many for many in part.quantities if many not in counts]
    if uncounted and part.is_asking:
        uncounted = [many for many in uncounted if many not in numbers]
    elif any(call.changes_items for call in told):
        return all(many >= _AN_AMOUNT and many in numbers for many in uncounted) and _is_among(part.any_of, said)
    elif uncounted and any(part.goods and is_in(part.goods, words_in(name)) for name in grounds.lines):
        return not told
    elif not any(grounds.lookups):
        return numbers.issuperset(uncounted) and _is_among(part.any_of, said)
    return _is_among(part.any_of, said) and _is_among(part.goods if uncounted else (), said)


def _is_among(words: Sequence[str], said: set[str]) -> bool:
    return not words or is_in(words, said)


def _counts(part: Exact, grounds: Grounds) -> set[Decimal]:
    """What the quantity of a part may be: of its goods so many more, less or in all, with those of other parts, or a size.

    Of goods that are in the order by another name, what was asked of the calls.
    """
    draft, lines, none = grounds.brief.draft, grounds.lines, Decimal()
    before = {line.name: line.quantity for line in draft.lines} if draft is not None else {}
    own = [name for name in {*before, *lines} if part.goods and is_in(part.goods, words_in(name))]
    names = own or [*lines]
    after = {lines[name] for name in names if name in lines}
    if part.is_total and after:
        return after
    changed = {name: abs(lines.get(name, none) - before.get(name, none)) for name in own or {*lines} - {*before}}
    of_sizes = {
        sum((many for name, many in changed.items() if name.startswith(head)), none)
        for head in {name.split()[0] for name in changed}
    }
    asked = set() if own else {many for call in grounds.calls for many in _asked(call.arguments)}
    counts = {*changed.values(), *after, *asked, *of_sizes} | {Decimal(size) for name in names for size in _SIZE.findall(name)}
    alike = [other for other in grounds.brief.exact if not {*other.goods}.isdisjoint(part.goods)]
    sums = {sum((many for other in parts for many in other.quantities), none) for parts in (alike, grounds.brief.exact)}
    return counts | {*part.quantities} if sums & counts else counts


def _asked(arguments: object) -> Iterator[Decimal]:
    """The quantities in a call's arguments, which may be lists of changes."""
    if isinstance(arguments, Mapping):
        if (many := arguments.get("quantity")) is not None:
            yield from _numbers(str(many))
        arguments = list(arguments.values())
    if isinstance(arguments, list):
        for each in arguments:
            yield from _asked(each)


def _numbers(*texts: str) -> set[Decimal]:
    """The values of the numerals in texts."""
    return {value for text in texts for numeral in _NUMERAL.findall(text) if (value := literal(numeral)) is not None}
