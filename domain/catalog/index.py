"""The keys of the word index: a typed word and a known word that could be the same share at least one key."""

from collections.abc import Iterable
from itertools import pairwise

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


def keys_of_known(known: Word) -> set[str]:
    """The keys under which a word of the catalogue is filed."""
    keys = {f"f:{form}" for form in known.forms}
    if known.is_exact:
        return keys
    keys |= {f"s:{slip}" for slip in _slips(known.root)}
    keys |= {f"p:{known.sound[:length]}" for length in _PREFIXES if length <= len(known.sound)}
    if len(known.bones) >= 2:
        keys.add(f"b:{known.bones}")
    return keys


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


def words_of(candidate: Candidate) -> set[str]:
    """The words under which a variant is found: of its names, two neighbours written as one, and its code."""
    found = {compact(candidate.sku)}
    for text in (candidate.name, candidate.brand, *candidate.aliases):
        words = [known.text for known in read(text).words]
        found.update(words)
        found.update(first + second for first, second in pairwise(words))
    return {text for text in found if 0 < len(text) <= LONGEST_WORD}


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
