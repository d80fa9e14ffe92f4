"""Filling slots: the values that stand in the text that leaves."""

from collections.abc import Mapping

from agent.receipts.claims import Receipts
from agent.receipts.lexicon import lexicons
from agent.receipts.money import carried_subjects
from agent.receipts.reading import SLOT, Reading, read
from tools.outcome import Fact


def slots(template: str) -> set[str]:
    """The names of the facts that a template uses, without the echoes of the customer's numbers."""
    return {key for key in (found[1].strip() for found in SLOT.finditer(template)) if not key.startswith("echo:")}


def fill(template: str, facts: Mapping[str, Fact]) -> str:
    """The template with its slots filled, not judged: for texts of the catalogue. An unknown slot stays as it stands."""
    return _filled(template, facts, {}, "{text}")


def complete(template: str, facts: Mapping[str, Fact], language: str) -> str:
    """A template that has passed the gate, filled; a value whose product the text does not name carries the name."""
    spoken = lexicons(language)[0]
    reading = read(template, {fact.subject for fact in facts.values()})
    carried: Mapping[int, str] = {}
    if isinstance(reading, Reading):
        carried, _ = carried_subjects(reading, spoken, Receipts.of(facts, ()))
    return _filled(template, facts, carried, spoken.words.suffix)


def _filled(template: str, facts: Mapping[str, Fact], carried: Mapping[int, str], suffix: str) -> str:
    parts: list[str] = []
    end = 0
    for order, slot in enumerate(SLOT.finditer(template)):
        key = slot[1].strip()
        if key.startswith("echo:"):
            value = key[5:].strip()
        else:
            value = facts[key].text if key in facts else slot[0]
        if order in carried:
            value = suffix.format(text=value, subject=carried[order])
        parts += [template[end : slot.start()], value]
        end = slot.end()
    return "".join([*parts, template[end:]])
