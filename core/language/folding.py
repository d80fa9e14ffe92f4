"""Folding: lower case without accents, so that `Azúcar` and `AZUCAR` compare equal."""

import unicodedata
from functools import lru_cache

_FRACTIONS = frozenset("½¼¾⅓⅔")


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    lowered = character.lower()
    if lowered in _FRACTIONS:
        return lowered
    if lowered == "º":
        # `Nº 14` is a number, not the word no.
        return "°"
    base = unicodedata.normalize("NFKD", lowered)[:1]
    return base if len(base) == 1 else character


def fold(text: str) -> str:
    """The text folded; every character keeps its place, and a fraction sign stays one sign: NFKC makes `1½` eleven halves."""
    return "".join(map(_folded, text))


def name_key(name: str) -> str:
    """A name as names are compared: folded, with single blanks."""
    return fold(" ".join(name.split()))
