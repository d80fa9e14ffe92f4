"""Numbers in words, also misspelt, spaced out or cut in pieces: they never pass."""

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache

from agent.receipts.lexicon import Lexicon, phonetic
from agent.receipts.reading import Reading
from agent.receipts.verdict import Reason

_SPACED = re.compile(r"(?<![a-z'])(?:[a-z](?:[\s.\-|/,·•:;+]{1,3})){2,}[a-z](?![a-z])")
_JOINERS = re.compile(r"(?<=[a-z])[.\-'’·|/+](?=[a-z])")
_LETTERS = re.compile(r"[a-z]+")
_REPEATED = re.compile(r"(.)\1+")
_NOT_CUT = frozenset({"medio", "media", "medios", "medias", "pares", "noventa"})
"""Numbers that two honest words make when they meet: `me dio`, `no venta`."""
_SOUND_ALIKES = frozenset({"sien", "sienes", "siento", "sientos", "sientas"})
"""Words that sound like a number and are none."""


def words_for_numbers(reading: Reading, lexicon: Lexicon, *, spoken_here: bool) -> Iterator[Reason]:
    """Every number that the text states in words of a language."""
    patterns = lexicon.words.numbers
    text = reading.without(lexicon, patterns.idioms)
    numbers = lexicon.numbers if spoken_here else lexicon.numbers - set(patterns.spoken_only_here)
    sounds = lexicon.phonetic_numbers if spoken_here else frozenset()
    for candidate in _candidates(text):
        if _is_number(candidate, numbers, sounds):
            yield _reason(candidate)
            return
    if spoken_here:
        yield from _measured_articles(reading, lexicon, text)


def spaced_out(reading: Reading, lexicons: tuple[Lexicon, ...]) -> Iterator[Reason]:
    """Letters written one by one so that a word is not recognised."""
    known = {word for lexicon in lexicons for word in lexicon.numbers} | {"hay", "free"}
    for found in _SPACED.finditer(reading.plain):
        joined = "".join(_LETTERS.findall(found[0]))
        if len(joined) >= 4 or joined in known:
            yield Reason("disguised_text", found[0].strip(), "Write whole words, not single letters.")
            return


def _candidates(text: str) -> Iterator[str]:
    tokens = _LETTERS.findall(text)
    yield from tokens
    if _JOINERS.search(text):
        yield from _LETTERS.findall(_JOINERS.sub("", text))
    for first, second in itertools.pairwise(tokens):
        joined = first + second
        if len(joined) >= 5 and joined not in _NOT_CUT:
            yield "+" + joined


@lru_cache(maxsize=8192)
def _is_number(candidate: str, numbers: frozenset[str], sounds: frozenset[str]) -> bool:
    if candidate.startswith("+"):
        return candidate[1:] in numbers
    if candidate in numbers:
        return True
    if len(candidate) < 3:
        return False
    if _glued(numbers).fullmatch(candidate):
        return True
    squeezed = _REPEATED.sub(r"\1", candidate)
    return (squeezed != candidate and squeezed in numbers) or (candidate not in _SOUND_ALIKES and phonetic(candidate) in sounds)


@lru_cache
def _glued(numbers: frozenset[str]) -> re.Pattern[str]:
    """Numbers written as one word, as in `treintaicinco` or `dosmil`."""
    words = "|".join(sorted((word for word in numbers if len(word) >= 3), key=len, reverse=True))
    return re.compile(rf"(?:(?:{words})(?:i|y)?){{2,}}")


def _reason(candidate: str) -> Reason:
    return Reason(
        "number_in_words",
        candidate.lstrip("+"),
        "A number in words needs a slot too: use {f1.0}, {s1} or {echo:…}, or say it without a number.",
    )


def _measured_articles(reading: Reading, lexicon: Lexicon, text: str) -> Iterator[Reason]:
    """`un kilo` and `a box` state a quantity of one."""
    text = lexicon.any_of(lexicon.words.numbers.quantified_idioms).sub(lambda found: " " * len(found[0]), text)
    units = "|".join(lexicon.words.numbers.quantified_article.split())
    for found in lexicon.find(rf"\b(?:un|una|an?)\s+(?:solo |sola |single )?(?:{units})\b").finditer(text):
        if not reading.clause_at(found.start()).question:
            yield _reason(found[0])
            return
