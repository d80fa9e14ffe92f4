"""Text as the grammar reads it: folded without changing its length, corrected, and cut into tokens."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold

LONGEST_TEXT = 2_000
"""Characters that are read; nobody orders in more, and the time of a turn stays bounded."""

_LETTERS = "a-zñ"
_WORD = re.compile(
    rf"(?P<dotted>(?:[{_LETTERS}]\.){{2,}}[{_LETTERS}]?(?![{_LETTERS}]))"
    rf"|(?P<code>[a-z]+\d[\w/]*(?:-[\w/]+)*|\d+(?![.,]\d)[a-z]+[\w]*(?:-\w+)*|[a-z]+-\d\w*|\d+/\d+\w*(?:[ ]?r\d+)?)"
    r"|(?P<number>\d+(?:[.,]\d+)*|[½¼¾⅓⅔])"
    rf"|(?P<word>[{_LETTERS}]+(?:'[{_LETTERS}]+)?)"
    r"|(?P<mark>[^\s\w])"
)
_GLUED = re.compile(r"(?<![\w/-])(\d+(?:[.,/]\d+)?)([a-z]+)(?![\w/-])")
_TIMES = re.compile(r"(?<![\w/-])x(\d+)(?!\w)")
_LONG_RUN = re.compile(r"([^\W\d])\1{2,}")
_FRACTION = re.compile(r"^[1-9]/[2-9]$")
_SHORTEST_GUESS = 6
"""Shorter words are never guessed: one letter makes another word of them."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or mark, with its place in the cleaned text."""

    text: str
    start: int
    end: int
    kind: str

    @property
    def is_word(self) -> bool:
        """Whether it can be part of a product's name."""
        return self.kind in ("word", "code", "dotted")


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


def _spread(folded: str) -> list[tuple[int, int, str, str]]:
    """Rough pieces: (start, end, text, kind)."""
    found = []
    for match in _WORD.finditer(folded):
        kind = match.lastgroup or "mark"
        found.append((match.start(), match.end(), match.group(), kind))
    return found


def _split_code(start: int, end: int, text: str) -> list[Token]:
    """`2kg` and `x3` are two tokens, `1/2` is a number; `20w50`, `r13` and `205/55` stay product words."""
    words = vocabulary()
    if _FRACTION.match(text):
        return [Token(text, start, end, "number")]
    times = _TIMES.fullmatch(text)
    if times:
        return [Token("x", start, start + 1, "word"), Token(times.group(1), start + 1, end, "number")]
    glued = _GLUED.fullmatch(text)
    if glued and (glued.group(2) in words.units or glued.group(2) in words.containers or glued.group(2) == "x"):
        middle = start + len(glued.group(1))
        return [Token(glued.group(1), start, middle, "number"), Token(glued.group(2), middle, end, "word")]
    return [Token(text, start, end, "code")]


def tokenise(folded: str) -> list[Token]:
    """The tokens of folded text, in order."""
    tokens: list[Token] = []
    for start, end, text, kind in _spread(folded):
        if kind == "code":
            tokens.extend(_split_code(start, end, text))
        elif kind == "dotted":
            tokens.append(Token(text.replace(".", ""), start, end, "word"))
        else:
            tokens.append(Token(text, start, end, kind))
    return tokens
