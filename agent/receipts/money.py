"""Slots in their surroundings: the right kind of fact, of the right product, in the right currency, exactly as it is."""

import re
from collections.abc import Collection, Iterator
from decimal import Decimal

from agent.receipts.amounts import echoed
from agent.receipts.claims import Receipts, decimal
from agent.receipts.lexicon import KindRule, Lexicon
from agent.receipts.products import PRODUCT_KINDS, flat
from agent.receipts.reading import FIRST_SLOT, SLOT_MARK, Clause, Reading
from agent.receipts.subjects import other_subject, unknown_before
from agent.receipts.verdict import Reason
from tools.outcome import Fact

_KNOWN_TOTALS = frozenset({"total", "subtotal", "fee", "amount", "balance", "due", "change", "sum", "grand_total"})
_ATTACHED_BEFORE = re.compile(r"(?:[a-z]|[$€£¥%#+]\s*|(?<!\s)-|\bbs\.?\s*|\bus\s*)\Z")
_ATTACHED_AFTER = re.compile(r"[a-z]|\s*%|\s*por ?ciento\b")
_NEXT_SLOT = re.compile(r"[.,' \t]*([\ue000-\ue7ff])")
_NAMES = frozenset({"name", "product", "option"})
"""A name cannot be read as an amount, whatever stands before it."""
_BOUND_KINDS = PRODUCT_KINDS - _NAMES


def slot_marks(reading: Reading) -> Iterator[tuple[int, str]]:
    """Each slot with its position."""
    for found in SLOT_MARK.finditer(reading.plain):
        yield found.start(), reading.slots[ord(found[0]) - FIRST_SLOT]


def stated(reading: Reading, receipts: Receipts, kinds: Collection[str], start: int, end: int) -> list[Fact]:
    """The facts of some kinds whose slots stand in a stretch."""
    return [
        receipts.facts[key]
        for position, key in slot_marks(reading)
        if start <= position < end and key in receipts.facts and receipts.facts[key].kind in kinds
    ]


def slots_known(
    reading: Reading, receipts: Receipts, said: frozenset[Decimal], lexicons: tuple[Lexicon, ...]
) -> Iterator[Reason]:
    """Refuse slots that hold nothing, and echoes of what the customer never wrote."""
    for key in reading.slots:
        if key.startswith("echo:"):
            if not echoed(key[5:], lexicons) & said:
                yield Reason(
                    "not_an_echo", "{" + key + "}", "The customer did not write that number. Use a slot of a tool result."
                )
        elif key not in receipts.facts:
            known = ", ".join("{" + name + "}" for name in list(receipts.facts)[:20]) or "none"
            yield Reason("unknown_slot", "{" + key + "}", f"There is no such fact. The slots of this turn are: {known}.")


def slots_in_context(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> Iterator[Reason]:
    """Refuse slots whose surroundings make another statement of the value."""
    for position, key in slot_marks(reading):
        before, after = reading.plain[max(0, position - 40) : position], reading.plain[position + 1 : position + 30]
        clause = reading.clause_at(position)
        excerpt = reading.excerpt(clause.head, clause.end)
        hedged = lexicon.find(lexicon.words.money.hedges).search(before)
        runs_on = _runs_on(reading, receipts, key, after)
        if hedged or runs_on or _ATTACHED_BEFORE.search(before) or _ATTACHED_AFTER.match(after):
            yield Reason(
                "slot_context",
                excerpt,
                "A slot stands alone, as exact as it is: no sign, unit, percent, second slot or `more than` beside it. "
                "The text that fills it carries its own currency and unit.",
            )
        fact = receipts.facts.get(key)
        if fact is not None:
            yield from _kind(reading, lexicon, fact, position, clause, excerpt)
            yield from _currency(lexicon, fact, after, excerpt)
        elif key.startswith("echo:"):
            yield from _echo(reading, lexicon, receipts, key, clause, excerpt)


def _runs_on(reading: Reading, receipts: Receipts, key: str, after: str) -> bool:
    """Whether the value runs into the next one and both together read as a third number."""
    found = _NEXT_SLOT.match(after)
    if found is None:
        return False
    left, right = (_shown(receipts, slot) for slot in (key, reading.slots[ord(found[1]) - FIRST_SLOT]))
    return left[-1:].isdigit() and right[:1].isdigit()


def _shown(receipts: Receipts, key: str) -> str:
    if key.startswith("echo:"):
        return key[5:].strip()
    return receipts.facts[key].text if key in receipts.facts else ""


def _kind(reading: Reading, lexicon: Lexicon, fact: Fact, position: int, clause: Clause, excerpt: str) -> Iterator[Reason]:
    rules = lexicon.words.money.kinds
    known = {kind for rule in rules for kind in rule.kinds} | PRODUCT_KINDS
    if fact.kind not in known or fact.kind in _NAMES:
        return
    start = _label_start(reading, clause)
    previous = [mark for mark, _ in slot_marks(reading) if start <= mark < position]
    stretch = reading.plain[start : clause.end]
    rules = tuple(rule for rule in rules if rule.unless is None or not lexicon.find(rule.unless).search(stretch))
    after = [rule for rule in rules if rule.following and lexicon.find(rule.pattern).match(reading.plain, position + 1)]
    before = tuple(rule for rule in rules if not rule.following)
    nearest = after[0] if after else _nearest(lexicon, before, reading.plain, max([start, *previous]), position)
    if nearest is not None and fact.kind not in nearest.kinds:
        yield Reason(
            "wrong_kind", excerpt, f"That slot holds a {fact.kind}, not what the words beside it call it. Use the right slot."
        )


def _label_start(reading: Reading, clause: Clause) -> int:
    """Where the words begin that label a slot: its own clause, or the one before a colon."""
    start = clause.head
    for previous in reversed([other for other in reading.clauses if other.end <= start]):
        told = any(previous.start <= position < previous.end for position, _ in slot_marks(reading))
        if reading.plain[previous.end - 1 : previous.end] != ":" or previous.sentence != clause.sentence or told:
            break
        start = previous.head
    return start


def _nearest(lexicon: Lexicon, rules: tuple[KindRule, ...], text: str, start: int, position: int) -> KindRule | None:
    best: tuple[bool, int, KindRule] | None = None
    for rule in rules:
        for found in lexicon.find(rule.pattern).finditer(text, start, position):
            if best is None or (not rule.weak, found.end()) > best[:2]:
                best = (not rule.weak, found.end(), rule)
    return best[2] if best else None


def _currency(lexicon: Lexicon, fact: Fact, after: str, excerpt: str) -> Iterator[Reason]:
    for rule in lexicon.words.money.currencies:
        if lexicon.find(rule.pattern).match(after) and (fact.currency or "").upper() not in rule.codes:
            yield Reason("wrong_currency", excerpt, "The slot carries its own currency; name no other one beside it.")


def _echo(reading: Reading, lexicon: Lexicon, receipts: Receipts, key: str, clause: Clause, excerpt: str) -> Iterator[Reason]:
    """A number of the customer must not become a price, a stock or a total of ours."""
    stretch = reading.plain[clause.head : clause.end]
    label = reading.plain[_label_start(reading, clause) : clause.end]
    money = lexicon.words.money
    quantities = {decimal(fact.value) for fact in receipts.facts.values() if fact.kind == "quantity"}
    repeats = bool({value for value in quantities if value is not None} & set(echoed(key[5:])))
    states_deed = any(
        (form := lexicon.forms.get(word)) is not None and form.action.about == "product" and form.tense == "past"
        for word in re.findall(r"[^\W\d_]+", reading.spoken[clause.head : clause.end])
    )
    claims = lexicon.find(money.echo_claims).search(label)
    if (claims and not lexicon.find(money.echo_attributed).search(stretch)) or (states_deed and not repeats):
        yield Reason(
            "echo_as_fact",
            excerpt,
            "A number of the customer is not a fact of the shop. Use the slot of a tool result, or say that it is what "
            "the customer wrote.",
        )


def carried_subjects(reading: Reading, lexicon: Lexicon, receipts: Receipts) -> tuple[dict[int, str], list[Reason]]:
    """For each slot (by its order) whose product the text does not name, that product; and the misattributions."""
    carried: dict[int, str] = {}
    reasons: list[Reason] = []
    for order, (position, key) in enumerate(slot_marks(reading)):
        fact = receipts.facts.get(key)
        if fact is None:
            continue
        clause = reading.clause_at(position)
        named = receipts.products.named(reading, clause.start, clause.end)
        excerpt = reading.excerpt(clause.head, clause.end)
        if fact.kind in _BOUND_KINDS and fact.subject in receipts.products.subjects:
            placed = _placed(reading, receipts, fact.subject, clause, named)
            if placed == "other":
                reasons.append(other_subject(excerpt, sorted(flat(named or receipts.products.named(reading, 0, position)))))
            elif placed == "unnamed":
                carried[order] = fact.subject
        priced = lexicon.find(lexicon.words.money.price_words).search(reading.plain, clause.start, position)
        if priced and (
            (named and fact.kind in _KNOWN_TOTALS and "price" not in fact.kind)
            or (not named and unknown_before(reading, lexicon, receipts, clause.start, priced.start()))
        ):
            reasons.append(other_subject(excerpt, sorted(flat(named)) or ["that product"]))
    return carried, reasons


def _placed(reading: Reading, receipts: Receipts, subject: str, clause: Clause, named: list[frozenset[str]]) -> str:
    """How the text attributes a value: to its own product (`named`), to an `other` one, or to none (`unnamed`)."""
    if named:
        return "named" if any(subject in product for product in named) else "other"
    own_sentence = receipts.products.named(reading, clause.sentence[0], clause.start)
    if own_sentence:
        return "named" if subject in own_sentence[-1] else "other"
    earlier = receipts.products.named(reading, 0, clause.start)
    return "named" if earlier and earlier[-1] == frozenset({subject}) else "unnamed"
