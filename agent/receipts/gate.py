"""The receipts gate: a text leaves only if everything that it states rests on a tool result or on the customer's own words."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from agent.receipts.amounts import said
from agent.receipts.availability import availability
from agent.receipts.claims import Receipts
from agent.receipts.deeds import deeds
from agent.receipts.filling import complete
from agent.receipts.lexicon import Lexicon, lexicons
from agent.receipts.money import carried_subjects, slots_in_context, slots_known
from agent.receipts.numbers import spaced_out, words_for_numbers
from agent.receipts.promises import bare_assent, promises
from agent.receipts.reading import Reading, fold, read
from agent.receipts.verdict import Accepted, Reason, Refused, Verdict
from tools.outcome import Claim, Fact

_MOST_REASONS = 6
_SPLIT_MARKUP = str.maketrans("*_~`", "    ")


def check(
    template: str,
    facts: Mapping[str, Fact],
    claims: Collection[tuple[Claim, str]],
    customer_texts: Sequence[str],
    language: str,
) -> Verdict:
    """Fill the slots of a template, or refuse it with everything that is wrong with it.

    Pure and deterministic: the same arguments always give the same verdict, so a replayed turn is judged alike.
    """
    if not template.strip():
        return Refused((Reason("empty", "", "Write a reply."),))
    receipts = Receipts.of(facts, claims)
    names = {fact.subject for fact in facts.values()} | {subject for _, subject in claims}
    reading = read(template, names)
    if isinstance(reading, list):
        return Refused(tuple(reading))
    spoken = lexicons(language)
    reasons = list(_reasons(reading, receipts, customer_texts, spoken))
    if reading.marked_up:
        apart = read(template.translate(_SPLIT_MARKUP), names)
        if isinstance(apart, Reading):
            reasons += _worded(apart, spoken)
    reasons += carried_subjects(reading, spoken[0], receipts)[1]
    if reasons:
        unique = list(dict.fromkeys(reasons))
        return Refused(tuple(unique[:_MOST_REASONS]))
    return Accepted(complete(template, facts, language))


def _reasons(
    reading: Reading, receipts: Receipts, customer_texts: Sequence[str], spoken: tuple[Lexicon, ...]
) -> Iterator[Reason]:
    echoes: frozenset[Decimal] = frozenset()
    if any(key.startswith("echo:") for key in reading.slots):
        echoes = said(customer_texts, spoken)
    asked = [fold(text) for text in customer_texts[-1:]]
    yield from slots_known(reading, receipts, echoes, spoken)
    yield from _worded(reading, spoken)
    for lexicon in spoken:
        yield from slots_in_context(reading, lexicon, receipts)
        yield from availability(reading, lexicon, receipts)
        yield from deeds(reading, lexicon, receipts)
        yield from promises(reading, lexicon, receipts)
        yield from bare_assent(reading, lexicon, receipts, asked)


def _worded(reading: Reading, spoken: tuple[Lexicon, ...]) -> Iterator[Reason]:
    yield from spaced_out(reading, spoken)
    for lexicon in spoken:
        yield from words_for_numbers(reading, lexicon, spoken_here=lexicon is spoken[0])
