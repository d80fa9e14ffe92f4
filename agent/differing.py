"""Where a reply speaks of other figures or names than the customer has written: six flours asked for, and two put in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from agent import telling
from agent.brief import Counted, Exact
from agent.grounds import SERVES, Grounds, is_in, words_in
from agent.recorded import Recorded
from core.language.folding import fold
from core.language.words import literal
from domain.conversations.content import said as written
from tools.outcome import Deed

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_SIZE = re.compile(r"\b\d+\b(?!\s*[^\W\d])")
"""A number in a product's name that counts no unit: `talle 38`."""

_A_PHONE = 7
"""Digits that no amount has."""

_QUOTED = re.compile(r"[«“]([^»”]+)[»”]")

_AN_AMOUNT = 100
"""So many may also be what is to be paid: `33 mil de queso`."""


def differing(text: str, told: Sequence[Recorded], grounds: Grounds, *, answers: bool) -> list[str]:
    """The parts of which a reply and the calls that it tells do not bear out every figure and name, in the customer's words.

    What is said to be undone is none of them, and of what was asked nothing is if the reply says that it cannot answer.
    """
    noted = [call for call in grounds.calls if call in told or (call.has_effect and call.tool in SERVES[Deed.DELIVERY_SET])]
    shown = [text, *(call.told for call in noted)]
    shown += [written(content) for call in told if telling.sends_summary(call, grounds.calls) for content in call.staged]
    said = words_in(*shown, *(each.replace(".", "") for each in shown))
    undone = [clause.words for clause in grounds.brief.clauses if not {*grounds.undone}.isdisjoint(clause.deeds)]
    parts = [part for part in grounds.brief.exact if not part.is_bare and (answers or not part.is_asking)]
    told_open = [*undone, *(words for words in grounds.missed if words in text)]
    told_open += [quoted for quoted in _QUOTED.findall(text) if len(quoted) > 2]  # in a question, or as not found
    parts = [part for part in parts if not any(fold(words) in fold(part.words) for words in told_open)]
    numbers = _numbers(*shown)
    return [part.words for part in parts if part.words not in text and not _bears_out(part, said, numbers, told, grounds)]


def _bears_out(part: Exact, said: set[str], numbers: set[Decimal], told: Sequence[Recorded], grounds: Grounds) -> bool:
    """Whether words and numbers of ours hold what a part says exactly, and the order holds so many of its goods."""
    if not (numbers.issuperset(part.figures) or _is_in_one(part, numbers)) or not all(
        is_in([name], said) for name in part.names
    ):
        return False
    uncounted = _uncounted(part, grounds)
    if part.is_asking:
        uncounted = [each for each in uncounted if numbers.isdisjoint(each.quantities)]
    elif any(call.changes_items for call in told):
        asked = _numbers(*(call.words for call in told if call.asks))
        uncounted = [each for each in uncounted if not any(_is_shown(many, numbers, asked) for many in each.quantities)]
        return not uncounted and _is_among(part.any_of, said)
    elif uncounted and any(_is_named(each, name) for each in uncounted for name in grounds.lines):
        return not told
    elif not any(grounds.lookups):
        is_shown = all(not numbers.isdisjoint(each.quantities) for each in uncounted)
        return is_shown and _is_among(part.any_of, said)
    return _is_among(part.any_of, said) and _is_among(
        [name for each in uncounted if each.quantities != [1] for name in each.goods], said
    )


def _is_in_one(part: Exact, numbers: set[Decimal]) -> bool:
    """Whether the digits of a part stand together in a longer number of ours, as those of a phone do."""
    digits = "".join(filter(str.isdecimal, part.words)).lstrip("0")
    return len(digits) >= _A_PHONE and any(f"{number:f}".endswith(digits) for number in numbers)


def _is_shown(many: Decimal, numbers: set[Decimal], asked: set[Decimal]) -> bool:
    """Whether a quantity stands in a question of ours, or may be a sum that is told."""
    return many in asked or (many >= _AN_AMOUNT and many in numbers)


def _is_among(words: Sequence[str], said: set[str]) -> bool:
    return not words or is_in(words, said)


def _is_named(counted: Counted, product: str) -> bool:
    """Whether a product may be what is counted."""
    return bool(counted.goods) and is_in(counted.goods, words_in(product))


def _uncounted(part: Exact, grounds: Grounds) -> list[Counted]:
    """What of a part's counts the order does not hold, and no later word replaced.

    Beside goods of the order, what counts none of them is an age or a date.
    """
    names = {*grounds.lines, *(line.name for line in (grounds.brief.draft.lines if grounds.brief.draft else ()))}
    own = [each for each in part.counted if any(_is_named(each, name) for name in names)] or part.counted
    later = grounds.brief.exact[grounds.brief.exact.index(part) + 1 :]
    anew = [
        each
        for other in later
        for each in other.counted
        if (each.is_total or other.is_bare) and not _counts(each, grounds).isdisjoint(each.quantities)
    ]
    replaced = [each for each in own for new in anew if not new.goods or not {*new.goods}.isdisjoint(each.goods)]
    return [each for each in own if each not in replaced and _counts(each, grounds).isdisjoint(each.quantities)]


def _counts(counted: Counted, grounds: Grounds) -> set[Decimal]:
    """What a quantity may be: of its goods so many more, less or in all, with those of other parts, or a size.

    Of goods that are in the order by another name, what was asked of the calls.
    """
    draft, lines, none = grounds.brief.draft, grounds.lines, Decimal()
    before = {line.name: line.quantity for line in draft.lines} if draft is not None else {}
    own = [name for name in {*before, *lines} if _is_named(counted, name)]
    names = own or [*lines]
    after = {lines[name] for name in names if name in lines}
    if counted.is_total and after:
        return after
    changed = {name: abs(lines.get(name, none) - before.get(name, none)) for name in own or {*lines} - {*before}}
    of_sizes = {
        sum((many for name, many in changed.items() if name.startswith(head)), none)
        for head in {name.split()[0] for name in changed}
    }
    asked = set() if own else {many for call in grounds.calls for many in _asked(call.arguments)}
    counts = {*changed.values(), *after, *asked, *of_sizes} | {Decimal(size) for name in names for size in _SIZE.findall(name)}
    every = [each for part in grounds.brief.exact if not part.is_bare for each in part.counted]
    alike = [each for each in every if not {*each.goods}.isdisjoint(counted.goods)]
    sums = {sum((each.quantities[0] for each in some), none) for some in (alike, every)}
    return counts | {*counted.quantities} if sums & counts else counts


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
    """The values of the numerals in texts, and of parts of a kilo in grams."""
    found = {value for text in texts for numeral in _NUMERAL.findall(text) if (value := literal(numeral)) is not None}
    return found | {value * 1000 for value in found if value % 1}
