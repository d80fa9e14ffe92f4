"""Ranking: how well a phrase that a customer typed fits each product, and whether that settles which one is meant.

Pure functions over words; where candidates come from is the repository's business.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from rapidfuzz.distance import OSA

from domain.catalog.words import Phrase, Word, compact, read, word

CLEAR = 0.85
"""From this score on a hit is what the customer meant, if no other comes near."""

ALONE = 0.82
"""From this score on the only plausible hit is what the customer meant, if it has all the words that were typed."""

PLAUSIBLE = 0.6
"""Below this score a hit is not worth asking about."""

GAP = 0.05
"""How far the second hit has to lie behind a clear one."""

ASK_WITHIN = 0.15
"""Hits this close to the best one belong to the question."""

Match = tuple[float, tuple[Word, ...]]
"""How surely a typed word is found in a candidate, and as which words of it."""

_KNOWN = 0.97
"""From this similarity on two words are the same word."""

_MODEL_NUMBER = 4
"""From this length on a word with digits names a model."""

_HEARD = 0.6
"""From this similarity on a typed word counts as found in a product."""

_NARROWED = 0.9
"""The score of the only product that all of several words fit, though none of them names the thing itself."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant that may be meant: its name with size and colour, its brand, and other names people use for it."""

    sku: str
    name: str
    brand: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate with its score from 0 to 1; `unmatched` are typed words that fit no candidate at all."""

    sku: str
    name: str
    score: float
    unmatched: tuple[str, ...] = ()


class Scored(Protocol):
    """Anything that a search has scored."""

    @property
    def score(self) -> float:
        """How well it fits, from 0 to 1."""
        ...

    @property
    def unmatched(self) -> tuple[str, ...]:
        """Typed words that fit nothing."""
        ...


Found = TypeVar("Found", bound=Scored)


class Verdict(StrEnum):
    """What a list of hits settles."""

    ONE = "one"
    SEVERAL = "several"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Decision(Generic[Found]):
    """The verdict and the hits it is about: the one, those to ask about (best first, perhaps a single one), or none."""

    verdict: Verdict
    hits: tuple[Found, ...]


@lru_cache(maxsize=100_000)
def similarity(typed: Word, known: Word) -> float:
    """How surely a typed word means a known one, from 0 to 1."""
    same = _sameness(typed, known)
    if same or typed.is_exact or known.is_exact:
        return same
    return max(_misspelt(typed.root, known.root), _abbreviated(typed, known), _without_vowels(typed, known))


def _sameness(typed: Word, known: Word) -> float:
    """Whether it is the same word: as written, by its sound, or in another form of it."""
    if typed.text == known.text:
        return 1.0
    if typed.is_exact or known.is_exact:
        return 0.0
    if typed.sound == known.sound:
        return 0.98
    return 0.0 if typed.forms.isdisjoint(known.forms) else _KNOWN


def _misspelt(typed: str, known: str) -> float:
    """One slip in a long word is clear, in a short one it could be another word (`jamón`, `jabón`)."""
    shorter = min(len(typed), len(known))
    if shorter < 4:
        return 0.0
    distance = OSA.distance(typed, known, score_cutoff=2)
    if distance == 1:
        if shorter >= 7:
            return 0.95
        return 0.86 if shorter >= 5 else (0.75 if typed[0] == known[0] else 0.0)
    if distance == 2 and shorter >= 6 and typed[0] == known[0]:
        return 0.88 if shorter >= 8 else 0.68
    return 0.0


def _abbreviated(typed: Word, known: Word) -> float:
    length = len(typed.sound)
    if length < 3 or not known.sound.startswith(typed.sound):
        return 0.0
    share = length / len(known.sound)
    return (0.80 if length >= 4 else 0.70) + 0.15 * share


def _without_vowels(typed: Word, known: Word) -> float:
    """Chat spelling: `kfe`, `hrna`."""
    if len(typed.bones) < 2 or len(typed.sound) - len(typed.bones) > 1 or typed.bones != known.bones:
        return 0.0
    return 0.8


class _Reading:
    """A candidate taken apart: all words that may be matched, and which of them make up its name."""

    __slots__ = ("aliases", "brand", "candidate", "name", "nouns", "pairs", "phrase", "sizes", "words")

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.phrase = read(candidate.name)
        brand = read(candidate.brand)
        self.aliases = [read(alias) for alias in candidate.aliases]
        self.name = self.phrase.words
        self.words = tuple(dict.fromkeys((*self.name, *brand.words, *(w for a in self.aliases for w in a.words))))
        self.brand = set(brand.words)
        self.nouns = {phrase.words[0] for phrase in (self.phrase, *self.aliases) if phrase.words}
        self.sizes = {size for known in (self.phrase, *self.aliases) for size in known.sizes}
        self.pairs = {
            word(first.text + second.text): (first, second)
            for phrase in (self.phrase, brand, *self.aliases)
            for first, second in pairwise(phrase.words)
        }

    def best(self, typed: Word) -> Match:
        """The best similarity of a typed word to a word, or to two words written as one, and which they are."""
        found: Match = (0.0, ())
        if typed.text.isdecimal() and self._has_amount(int(typed.text)):
            return (_KNOWN, ())
        for known in self.words:
            score = similarity(typed, known)
            if score > found[0]:
                found = (score, (known,))
        for joined, parts in self.pairs.items():
            score = _sameness(typed, joined)
            if score > found[0]:
                found = (score, parts)
        return found

    def _has_amount(self, number: int) -> bool:
        """Whether a bare number is a package size here: `el de 900`, `de 2`."""
        return any(size.amount in (number, number * 1000) for size in self.sizes)

    def match(self, phrase: Phrase) -> list[Match]:
        """For each typed word its similarity and the words it means; also two typed words that are one here."""
        matches = [self.best(typed) for typed in phrase.words]
        for index, (first, second) in enumerate(pairwise(phrase.words)):
            if min(matches[index][0], matches[index + 1][0]) < _HEARD:
                score, words = self.best(word(first.text + second.text))
                # `blancas s` is no longer form of `blanca`: the second word says something of its own.
                if score >= 0.93 and words not in (matches[index][1], matches[index + 1][1]):
                    matches[index] = matches[index + 1] = (score, words)
        return matches


@lru_cache(maxsize=5_000)
def _reading(candidate: Candidate) -> _Reading:
    """A candidate taken apart once: a list of an order looks at the same products again and again."""
    return _Reading(candidate)


def _same(phrase: Phrase, other: Phrase) -> bool:
    """Whether two phrases consist of the same words, read by sound and form."""
    return (
        bool(phrase.words)
        and len(phrase.words) == len(other.words)
        and all(any(similarity(a, b) >= _KNOWN for b in other.words) for a in phrase.words)
        and all(any(similarity(a, b) >= _KNOWN for b in phrase.words) for a in other.words)
    )


def _codes(phrase: str) -> set[str]:
    """What in a phrase may be a code: all of it, its parts, two neighbours together."""
    parts = phrase.split()
    pairs = [first + second for first, second in pairwise(parts)]
    return {code for code in map(compact, (phrase, *parts, *pairs)) if len(code) >= 3}


def _is_code(sku: str, phrase: str, typed: Phrase, readings: Sequence["_Reading"]) -> bool:
    """Whether letters that spell a SKU mean it: not if they are the very word for a product (`carne` and `CAR-NE`)."""
    is_spelled = not sku.isalnum() and sku.casefold() in phrase.casefold()
    if is_spelled or any(letter.isdigit() for letter in sku):
        return True
    return not any(
        similarity(said, noun) >= _KNOWN
        for said in typed.words
        for reading in readings
        if reading.candidate.sku != sku
        for noun in reading.nouns
    )


def _fits_size(phrase: Phrase, reading: _Reading) -> bool | None:
    """Whether the named sizes are this candidate's; None if there is nothing to compare."""
    comparable = {size for size in phrase.sizes if any(size.dimension == known.dimension for known in reading.sizes)}
    return comparable <= reading.sizes if comparable else None


def _matched(matches: Sequence[Match]) -> set[Word]:
    return {known for similar, words in matches if similar >= _HEARD for known in words}


def _identifies(reading: _Reading, matched: set[Word], says_what: bool) -> bool:
    """Whether the words name the thing itself: its noun, a model number, or, if no noun was said, its brand."""
    return bool(
        matched & reading.nouns
        or (not says_what and matched & reading.brand)
        or any(known.is_exact and len(known.text) >= _MODEL_NUMBER for known in matched)
    )


def _score(phrase: Phrase, reading: _Reading, matches: Sequence[Match], weights: Sequence[float], says_what: bool) -> float:
    if not phrase.words:
        return 0.0
    if any(_same(phrase, other) for other in (reading.phrase, *reading.aliases)):
        return 1.0
    coverage = sum(w * s for w, (s, _) in zip(weights, matches, strict=True)) / sum(weights)
    matched = _matched(matches)
    share = len(matched & set(reading.name)) / len(reading.name) if reading.name else 0.0
    thing = 0.12 if _identifies(reading, matched, says_what) else 0.0
    return coverage * (0.75 + thing + 0.07 * share)


def _weights(phrase: Phrase, heard: Sequence[bool]) -> list[float]:
    """A word that fits nothing on sale says little, unless it is the first noun: that is the thing itself."""
    first = next((index for index, typed in enumerate(phrase.words) if not typed.text.isdecimal()), 0)
    return [1.0 if known else (0.8 if index == first else 0.35) for index, known in enumerate(heard)]


def _prefer_known(matches: list[list[Match]]) -> list[list[Match]]:
    """Where a typed word is on sale as it stands, its guesses elsewhere count for little."""
    if not matches:
        return matches
    is_known = [any(row[index][0] >= _KNOWN for row in matches) for index in range(len(matches[0]))]
    return [
        [
            (similar * 0.5, words) if known and similar < _KNOWN else (similar, words)
            for known, (similar, words) in zip(is_known, row, strict=True)
        ]
        for row in matches
    ]


def _prefer_size(phrase: Phrase, scored: list[tuple[_Reading, float]]) -> list[tuple[_Reading, float]]:
    """A named size decides between products that have it and products that come in another one.

    If none has it, the customer meant a quantity, and it decides nothing.
    """
    fits = [_fits_size(phrase, reading) for reading, _ in scored]
    if not any(fit and score >= PLAUSIBLE for fit, (_, score) in zip(fits, scored, strict=True)):
        return scored
    bonus = {True: 0.04, False: -0.06, None: 0.0}
    return [
        (reading, score if score == 0 else min(max(score, 0.99), max(0.0, score + bonus[fit])))
        for fit, (reading, score) in zip(fits, scored, strict=True)
    ]


def _narrowed(
    phrase: Phrase, readings: Sequence[_Reading], matches: Sequence[Sequence[Match]], says_what: bool
) -> _Reading | None:
    """The only candidate with all that was said: `pepsi lata`, `pepsi 2 l`. One word, or a model number, is too little."""
    said = len(phrase.sizes) + sum(not typed.is_exact for typed in phrase.words)
    if says_what or said < 2:
        return None
    fitting = [
        reading
        for reading, match in zip(readings, matches, strict=True)
        if all(similar >= _KNOWN for similar, _ in match) and phrase.sizes <= reading.sizes
    ]
    return fitting[0] if len(fitting) == 1 else None


def rank(phrase: str, candidates: Sequence[Candidate]) -> list[Hit]:
    """Score the candidates for a phrase, best first; those that share nothing with it are left out."""
    typed, codes = read(phrase), _codes(phrase)
    readings = [_reading(candidate) for candidate in candidates]
    matches = _prefer_known([reading.match(typed) for reading in readings])
    heard = [any(match[index][0] >= _HEARD for match in matches) for index in range(len(typed.words))]
    unmatched = tuple(w.text for w, known in zip(typed.words, heard, strict=True) if not known)
    weights = _weights(typed, heard)
    says_what = any(_matched(match) & reading.nouns for reading, match in zip(readings, matches, strict=True))
    scored = [(r, _score(typed, r, match, weights, says_what)) for r, match in zip(readings, matches, strict=True)]
    narrowed = _narrowed(typed, readings, matches, says_what)
    hits = []
    for reading, score in _prefer_size(typed, scored):
        candidate = reading.candidate
        score = max(score, _NARROWED) if reading is narrowed else score
        if compact(candidate.sku) in codes and _is_code(candidate.sku, phrase, typed, readings):
            hits.append(Hit(candidate.sku, candidate.name, 1.0))
        elif score > 0:
            hits.append(Hit(candidate.sku, candidate.name, round(score, 4), unmatched))
    return sorted(hits, key=lambda hit: (-hit.score, hit.name, hit.sku))


def merge(rankings: Iterable[Sequence[Hit]]) -> list[Hit]:
    """The best score of each candidate over several readings of the same phrase."""
    best: dict[str, Hit] = {}
    for hit in (hit for ranking in rankings for hit in ranking):
        if hit.sku not in best or hit.score > best[hit.sku].score:
            best[hit.sku] = hit
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.name, hit.sku))


def decide(hits: Sequence[Found]) -> Decision[Found]:
    """Whether the hits settle which product is meant: one, a question among several, or none."""
    plausible = [hit for hit in hits if hit.score >= PLAUSIBLE]
    if not plausible:
        return Decision(Verdict.NONE, ())
    best = plausible[0]
    if len(plausible) == 1 and best.score >= ALONE and not best.unmatched:
        return Decision(Verdict.ONE, (best,))
    if best.score >= CLEAR and (len(plausible) == 1 or best.score - plausible[1].score >= GAP):
        return Decision(Verdict.ONE, (best,))
    return Decision(Verdict.SEVERAL, tuple(hit for hit in plausible if best.score - hit.score <= ASK_WITHIN))
