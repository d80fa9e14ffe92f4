"""Text as the grammar reads it: corrected."""

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold

LONGEST_TEXT = 2_000
"""Characters that are read; nobody orders in more, and the time of a turn stays bounded."""

_LONG_RUN = re.compile(r"([^\W\d])\1{2,}")
_SHORTEST_GUESS = 6
"""Shorter words are never guessed: one letter makes another word of them."""


@lru_cache
def _written_in_patterns() -> frozenset[str]:
    """Words that the patterns know as they stand, so that they are not taken for misspelt others."""
    words = vocabulary()
    known = {word for pattern in words.patterns.values() for word in re.findall("[a-z]{5,}", pattern.pattern)}
    return frozenset(known | words.multiples.keys() | words.numbers.keys() | words.units.keys() | words.fillers)


@lru_cache(maxsize=8192)
def _guess(word: str) -> str:
    if len(word) < _SHORTEST_GUESS or word in _written_in_patterns():
        return word
    close = [
        known
        for known in vocabulary().guessable
        if known[0] == word[0] and DamerauLevenshtein.distance(known, word, score_cutoff=1) <= 1
    ]
    return close[0] if len(close) == 1 else word


def _respell(match: re.Match[str]) -> str:
    word = fold(match.group())
    known = vocabulary().spellings
    if word in known:
        return known[word]
    squeezed = re.sub(r"(.)\1+", r"\1", word)
    if squeezed != word and squeezed in known:
        return known[squeezed]
    guessed = _guess(word)
    return match.group() if guessed == word else guessed


def clean(text: str) -> str:
    """The customer's text with stretched letters squeezed and known misspellings repaired."""
    text = unicodedata.normalize("NFC", text[:LONGEST_TEXT]).replace("\u200b", "").replace("\ufe0f", "")
    text = _LONG_RUN.sub(r"\1", text)
    return re.sub(r"(?<![\w.'’])[^\W\d_]{1,2}(?![\w.])|[^\W\d_]{3,}", _respell, text)
