"""The keys of the word index: a typed word and a known word that could be the same share at least one key."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from domain.catalog.search import Candidate
from domain.catalog.words import Word, compact, read, word

LONGEST_WORD = 50
_PREFIXES = range(3, 9)
_SHORTEST_MISSPELT = 4
_GUESSED_FROM = 8
"""From this length on two slips are forgiven, if the first letters are right."""


def _slips(root: str) -> set[str]:
    """The word and all that is left of it when one letter is dropped: words one slip apart share one of them."""
    if len(root) < _SHORTEST_MISSPELT:
        return {root}
    return {root, *(root[:at] + root[at + 1 :] for at in range(len(root)))}


@lru_cache(maxsize=20_000)
def keys_of_known(known: Word) -> frozenset[str]:
    """The keys under which a word of the catalogue is filed."""
    keys = {f"f:{form}" for form in known.forms}
    if known.is_exact:
        return frozenset(keys)
    keys |= {f"s:{slip}" for slip in _slips(known.root)}
    keys |= {f"p:{known.sound[:length]}" for length in _PREFIXES if length <= len(known.sound)}
    if len(known.bones) >= 2:
        keys.add(f"b:{known.bones}")
    return frozenset(keys)


def keys_of_typed(typed: Word) -> set[str]:
    """The keys under which a typed word is looked up."""
    keys = {f"f:{form}" for form in typed.forms}
    if typed.is_exact:
        return keys
    keys |= {f"s:{slip}" for slip in _slips(typed.root)}
    if len(typed.sound) >= _PREFIXES.start:
        keys.add(f"p:{typed.sound[: _PREFIXES.stop - 1]}")
    if len(typed.sound) >= _GUESSED_FROM:
        keys.add(f"p:{typed.sound[:4]}")
    if len(typed.bones) >= 2 and len(typed.sound) - len(typed.bones) <= 1:
        keys.add(f"b:{typed.bones}")
    return keys


class Filing(NamedTuple):
    """The words under which a variant is found: those of its names, and those met only as they stand.

    Two neighbours written as one and codes belong to the latter: there is one of them for nearly every product, so
    they are not filed under all the ways to misspell them.
    """

    words: frozenset[str]
    literal: frozenset[str]

    @property
    def keys(self) -> dict[str, frozenset[str]]:
        """The keys under which each word is filed."""
        literal = {text: frozenset(f"f:{form}" for form in word(text).forms) for text in self.literal}
        return literal | {text: keys_of_known(word(text)) for text in self.words}


def filing(candidate: Candidate) -> Filing:
    """The words under which a variant is found."""
    words, literal = set[str](), {compact(candidate.sku)}
    for text in (candidate.name, candidate.brand, *candidate.aliases):
        found = [known.text for known in read(text).words]
        words.update(found)
        literal.update(first + second for first, second in pairwise(found))
    return Filing(*(frozenset(text for text in texts if 0 < len(text) <= LONGEST_WORD) for texts in (words, literal)))


def typed_words(phrase: str) -> list[Word]:
    """The words of a typed phrase to look up, also two neighbours as one and codes with their separators dropped."""
    words = [typed.text for typed in read(phrase).words]
    parts = phrase.split()
    spellings: Iterable[str] = (
        *words,
        *(first + second for first, second in pairwise(words)),
        *(compact(part) for part in parts),
        *(compact(first + second) for first, second in pairwise(parts)),
        compact(phrase),
    )
    return [word(text) for text in dict.fromkeys(spellings) if 0 < len(text) <= LONGEST_WORD]


def synonym_key(phrase: str) -> str:
    """The form in which a phrase that stands for other words is filed and looked up."""
    return " ".join(typed.root for typed in read(phrase).words)
