"""The receipts gate: a text leaves only if everything that it states rests on a tool result or on the customer's own words."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from agent.receipts.amounts import said
from agent.receipts.availability import availability
from agent.receipts.claims import Receipts
from agent.receipts.deeds import completions, deeds
from agent.receipts.filling import complete
from agent.receipts.lexicon import Lexicon, lexicons
from agent.receipts.money import carried_subjects, slots_in_context, slots_known
from agent.receipts.numbers import spaced_out, words_for_numbers
from agent.receipts.pledges import pledges, unkept
from agent.receipts.promises import bare_assent, promises
from agent.receipts.reading import Reading, fold, read
from agent.receipts.statements import statements
from agent.receipts.verdict import Accepted, Reason, Refused, Verdict
from tools.outcome import Claim, Fact

_MOST_REASONS = 6
_SHORTEST_SENTENCE = 8
"""Shorter texts of a tool are too common to stand for themselves in another sentence."""
_SPLIT_MARKUP = str.maketrans("*_~`", "    ")


def check(
    template: str,
    facts: Mapping[str, Fact],
    claims: Collection[tuple[Claim, str]],
    customer_texts: Sequence[str],
    language: str,
    *,
    vouched: Collection[str] = (),
    catalogued: bool = False,
    acted: bool = True,
) -> Verdict:
    """Fill the slots of a template, or refuse it with everything that is wrong with it.

    `vouched` are sentences that code wrote in this turn (what the tools say); where the template repeats one word for
    word, it needs no further receipt. A `catalogued` text was written by people with the code and states only what its
    slots and claims say, so it may use words that nobody has listed. `acted` tells whether any call of this turn came to
    something, without which a mere `Listo.` claims a deed that nobody did. Pure and deterministic: the same arguments always
    give the same verdict, so a replayed turn is judged alike.
    """
    if not template.strip():
        return Refused((Reason("empty", "", "Write a reply."),))
    receipts = Receipts.of(facts, claims)
    names = {fact.subject for fact in facts.values()} | {subject for _, subject in claims}
    reading = read(template, names)
    if isinstance(reading, list):
        return Refused(tuple(reading))
    spoken = lexicons(language)
    reasons = list(slots_known(reading, receipts, _echoes(reading, customer_texts, spoken), spoken))
    judged = _own_words(template, vouched)
    own = reading if judged == template else read(judged, names)
    if not isinstance(own, Reading) or not judged.strip():
        return Refused(tuple(reasons)) if reasons else Accepted(complete(template, facts, language))
    reasons += _reasons(own, receipts, customer_texts, spoken)
    if own.marked_up:
        apart = read(judged.translate(_SPLIT_MARKUP), names)
        if isinstance(apart, Reading):
            reasons += _worded(apart, spoken)
    reasons += carried_subjects(own, spoken[0], receipts)[1]
    if not acted:
        reasons += [reason for lexicon in spoken for reason in completions(own, lexicon)]
    if not (reasons or catalogued):
        announced = {lexicon.language: list(pledges(own, lexicon, receipts)) for lexicon in spoken}
        reasons += [reason for each in announced.values() for reason in unkept(own, each)]
        reasons += statements(own, spoken, receipts, announced, [fold(text) for text in customer_texts[-1:]])
    if reasons:
        unique = list(dict.fromkeys(reasons))
        return Refused(tuple(unique[:_MOST_REASONS]))
    return Accepted(complete(template, facts, language))


def _reasons(
    reading: Reading, receipts: Receipts, customer_texts: Sequence[str], spoken: tuple[Lexicon, ...]
) -> Iterator[Reason]:
    asked = [fold(text) for text in customer_texts[-1:]]
    yield from _worded(reading, spoken)
    for lexicon in spoken:
        yield from slots_in_context(reading, lexicon, receipts)
        yield from availability(reading, lexicon, receipts)
        yield from deeds(reading, lexicon, receipts)
        yield from promises(reading, lexicon, receipts)
        yield from bare_assent(reading, lexicon, receipts, asked)


def _echoes(reading: Reading, customer_texts: Sequence[str], spoken: tuple[Lexicon, ...]) -> frozenset[Decimal]:
    """The numbers of the customer, if the reply echoes any."""
    if not any(key.startswith("echo:") for key in reading.slots):
        return frozenset()
    return said(customer_texts, spoken)


def _own_words(template: str, vouched: Collection[str]) -> str:
    """What remains of a template without the sentences that code wrote."""
    for sentence in sorted((text.strip() for text in vouched), key=len, reverse=True):
        if len(sentence) >= _SHORTEST_SENTENCE:
            template = template.replace(sentence, "\n")
    return template


def _worded(reading: Reading, spoken: tuple[Lexicon, ...]) -> Iterator[Reason]:
    yield from spaced_out(reading, spoken)
    for lexicon in spoken:
        yield from words_for_numbers(reading, lexicon, spoken_here=lexicon is spoken[0])
