"""Filling slots without judging: for texts that our own catalogue made and that were judged before."""

from collections.abc import Mapping

from agent.receipts.reading import SLOT
from tools.outcome import Fact

ECHO = "echo:"


def slots(template: str) -> set[str]:
    """The names of the facts that a template states."""
    return {name for found in SLOT.finditer(template) if not (name := found[1].strip()).startswith(ECHO)}


def fill(template: str, facts: Mapping[str, Fact]) -> str:
    """The template with the texts of its facts and echoes; raises KeyError for a fact that is not there."""

    def value(name: str) -> str:
        return name.removeprefix(ECHO).strip() if name.startswith(ECHO) else facts[name].text

    return SLOT.sub(lambda found: value(found[1].strip()), template)
