"""Choosing among the catalogue's wordings: by the turn, and not one that was used a moment ago."""

import re
import zlib
from collections.abc import Sequence

from core.messages import MessageMissing, catalogue, filled, variants
from tools.outcome import Fact

_SLOT = re.compile(r"\{\w+\}")
_TELLING = 5
"""A shorter piece of text is too common to be recognised by."""


class Wording:
    """The texts `reply.…` in one language, for one reply. The same seed and the same past always give the same words."""

    def __init__(self, language: str, seed: str, recent: Sequence[str]) -> None:
        self.language = language
        self._seed = seed
        self._recent = recent

    def has(self, key: str) -> bool:
        """Whether the catalogue has a text for this."""
        return f"reply.{key}" in catalogue(self.language)

    def say(self, key: str, /, **fields: object) -> str:
        """One of the wordings under a key, filled: the first, from a place that the turn decides, that is not worn."""
        found = variants(f"reply.{key}", self.language)
        if not found:
            raise MessageMissing(f"reply.{key}")
        start = zlib.crc32(f"{self._seed}:{key}".encode()) % len(found)
        turned = found[start:] + found[:start]
        return filled(next((text for text in turned if not _said(text, self._recent)), turned[0]), fields)

    def price(self, fact: Fact) -> str:
        """A price as it is said: by the kilo or the metre where the product is measured."""
        if fact.unit is None:
            return fact.text
        unit = self.say(f"unit.{fact.unit}") if self.has(f"unit.{fact.unit}") else fact.unit
        return self.say("price_per_unit", price=fact.text, unit=unit)

    def line(self, quantity: str, product: str, line_total: str) -> str:
        """A line of an order: so many of what is counted, so much of what is measured."""
        key = "cart.line" if quantity.isdecimal() else "cart.line_measured"
        return self.say(key, quantity=quantity, product=product, line_total=line_total)

    def was_said(self, key: str, text: str) -> bool:
        """Whether a text holds any wording of a key."""
        return any(_said(variant, (text,)) for variant in variants(f"reply.{key}", self.language))

    def listed(self, items: Sequence[str], joint: str = "and") -> str:
        """Several things in one sentence: `a, b y c`, or with `nor`: `a, b ni c`."""
        if len(items) < 2:
            return "".join(items)
        return self.say(joint, first=", ".join(items[:-1]), last=items[-1])


def _said(template: str, texts: Sequence[str]) -> bool:
    """Whether a wording is recognised in one of the texts: by its longest piece between the slots."""
    piece = max(_SLOT.split(template), key=len).strip()
    return len(piece) >= _TELLING and any(piece in text for text in texts)
