"""Promises of a time, of something for nothing, and ways to reach or pay somebody that no fact holds."""

from collections.abc import Iterator, Sequence

from agent.receipts.claims import Receipts, decimal
from agent.receipts.lexicon import Lexicon
from agent.receipts.money import stated
from agent.receipts.reading import Reading
from agent.receipts.verdict import Reason

_FREE_KINDS = frozenset({"discount", "promotion", "offer"})
_FEE_KINDS = frozenset({"fee", "delivery_fee", "shipping"})


def promises(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> Iterator[Reason]:
    """Every promise that no fact supports."""
    yield from _times(reading, lexicon, receipts)
    yield from _free(reading, lexicon, receipts)
    yield from _contacts(reading, lexicon, receipts)


def bare_assent(reading: Reading, lexicon: Lexicon, receipts: Receipts, customer_texts: Sequence[str]) -> Iterator[Reason]:
    """A plain yes to `¿hay arroz?` or `¿ya registraste mi pago?` says what only a receipt may say."""
    words = lexicon.words.assent
    if not customer_texts or not lexicon.find(words.affirm).search(reading.plain) or reading.slots:
        return
    asked = customer_texts[-1]
    if lexicon.find(words.not_about).search(asked):
        return
    for question in words.asked:
        if not lexicon.find(question.pattern).search(asked):
            continue
        stock = bool({*receipts.available, *receipts.unavailable}) and "available" in question.claims
        if not stock and receipts.supporting(question.claims) is None:
            yield Reason(
                "bare_assent",
                reading.excerpt(0, 40),
                "The customer asked for something that only a tool result can answer. Call the tool, or do not say yes.",
            )
            return


def _times(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> Iterator[Reason]:
    words = lexicon.words.promises
    text = reading.without(lexicon, words.exempt)
    for start, end in sorted({clause.sentence for clause in reading.clauses}):
        delivery = lexicon.find(words.delivery_verbs).search(text, start, end)
        time = lexicon.find(words.time_words).search(text, start, end)
        unsure = lexicon.find(words.unsure).search(text, start, end)
        if stated(reading, receipts, words.fact_kinds, start, end):
            continue
        hours = lexicon.find(words.hours).search(text, start, end)
        asks = "?" in reading.plain[start:end]
        if (delivery and time and not unsure) or (hours and not asks and not unsure):
            yield Reason(
                "promise_without_receipt",
                reading.excerpt(start, end),
                "No fact says when. Do not promise a time; say that it will be told once it is known, or ask.",
            )
            return


def _free(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> Iterator[Reason]:
    words = lexicon.words.promises
    text = reading.without(lexicon, words.free_exempt)
    for found in lexicon.any_of(words.free).finditer(text):
        clause = reading.clause_at(found.start())
        discounts = stated(reading, receipts, tuple(_FREE_KINDS), *clause.sentence)
        no_fee = any(fact.kind in _FEE_KINDS and decimal(fact.value) == 0 for fact in receipts.facts.values())
        told_fee = "inclu" in found[0] and stated(reading, receipts, tuple(_FEE_KINDS), clause.start, clause.end + 2)
        if not discounts and not no_fee and not told_fee:
            yield Reason(
                "free_without_receipt",
                reading.excerpt(clause.head, clause.end),
                "No fact gives a discount or anything for nothing. Do not offer it.",
            )
            return


def _contacts(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> Iterator[Reason]:
    words = lexicon.words.contacts
    for found in lexicon.any_of(words.patterns).finditer(reading.plain):
        clause = reading.clause_at(found.start())
        fine = clause.question and lexicon.find(words.in_questions_fine).search(found[0])
        if not fine and not stated(reading, receipts, words.fact_kinds, *clause.sentence):
            yield Reason(
                "contact_without_receipt",
                reading.excerpt(clause.head, clause.end),
                "Accounts, links, addresses and phone numbers only come out of slots. Do not write one yourself.",
            )
            return
