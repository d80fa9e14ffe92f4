"""Statements of what there is and what there is not, each measured against stock facts and claims."""

from collections.abc import Iterator

from agent.receipts.claims import Receipts
from agent.receipts.lexicon import Lexicon
from agent.receipts.money import stated
from agent.receipts.products import flat
from agent.receipts.reading import Clause, Reading
from agent.receipts.subjects import other_subject, unknown_after, unknown_before, unknown_next
from agent.receipts.verdict import Reason

_STOCK_KINDS = frozenset({"stock", "available"})
_NOT = ("no ", "don't ", "dont ", "do not ", "we have no")
"""A denial reaches to the end of its clause: `no hay café disponible` says nothing more than `no hay café`."""


def availability(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> Iterator[Reason]:
    """Every statement about stock that no receipt supports."""
    words = lexicon.words.availability
    text = reading.without(lexicon, words.not_stock + lexicon.words.harmless)
    yield from _scarce(reading, lexicon, receipts, text)
    absent = list(lexicon.any_of(words.unavailable).finditer(text))
    for found in absent:
        denied = _is_denied(text, reading.clause_at(found.start()), found.start(), lexicon)
        yield from _measure(reading, lexicon, receipts, found.start(), found.end(), there=denied)
        text = text[: found.start()] + " " * len(found[0]) + text[found.end() :]
    for found in lexicon.any_of(words.available).finditer(text):
        clause = reading.clause_at(found.start())
        if any(clause.start <= other.start() < found.start() and other[0].startswith(_NOT) for other in absent):
            continue
        denied = _is_denied(text, clause, found.start(), lexicon)
        yield from _measure(reading, lexicon, receipts, found.start(), found.end(), there=not denied)


def _scarce(reading: Reading, lexicon: Lexicon, receipts: Receipts, text: str) -> Iterator[Reason]:
    """`es lo último que nos queda`: that little is left only a fact of the stock can tell."""
    for found in lexicon.any_of(lexicon.words.availability.scarce).finditer(text):
        clause = reading.clause_at(found.start())
        if not clause.question and not stated(reading, receipts, _STOCK_KINDS, *clause.sentence):
            yield _no_receipt(reading.excerpt(clause.head, clause.end))


def _is_denied(text: str, clause: Clause, start: int, lexicon: Lexicon) -> bool:
    return bool(lexicon.find(lexicon.words.mood.negation).search(text[clause.head : start].strip()))


def _measure(reading: Reading, lexicon: Lexicon, receipts: Receipts, start: int, end: int, *, there: bool) -> Iterator[Reason]:
    right = receipts.available if there else receipts.unavailable
    wrong = receipts.unavailable if there else receipts.available
    clause = reading.clause_at(start)
    named = receipts.products.named(reading, clause.head, _stretch_end(reading, clause))
    excerpt = reading.excerpt(clause.head, clause.end)
    if named:
        for product in named:
            if not product & right:
                yield other_subject(excerpt, sorted(flat([product]))) if right else _no_receipt(excerpt)
                return
        if unknown := _unknown_beside(reading, lexicon, receipts, start, end, clause):
            yield other_subject(excerpt, [unknown])
        return
    unknown = unknown_after(reading, lexicon, receipts, end, clause.end) or unknown_before(
        reading, lexicon, receipts, clause.head, start
    )
    earlier = receipts.products.named(reading, 0, clause.head)
    if not right or unknown is not None:
        yield _no_receipt(excerpt)
    elif wrong and not (earlier and earlier[-1] <= right):
        yield other_subject(excerpt, sorted(wrong))


def _unknown_beside(reading: Reading, lexicon: Lexicon, receipts: Receipts, start: int, end: int, clause: Clause) -> str | None:
    """An unknown product in the same breath as a known one: `hay harina y arroz`, `hay arroz y harina`."""
    first = unknown_after(reading, lexicon, receipts, end, clause.end)
    return first or unknown_next(reading, lexicon, receipts, end, clause.sentence[1])


def _stretch_end(reading: Reading, clause: Clause) -> int:
    """The end of the last clause that an enumeration joins to this one."""
    end = clause.end
    for following in reading.clauses:
        if following.head == clause.head and following.start >= clause.start:
            end = following.end
    return end


def _no_receipt(excerpt: str) -> Reason:
    return Reason(
        "availability_without_receipt",
        excerpt,
        "No tool result of this turn says what there is of it. Call list_products and repeat what it says, or do not "
        "speak of availability.",
    )
