"""What a call quotes of the customer must be words of theirs; what they never said is left out of the call.

A model that wants to be done fills an address, a name or a reference with whatever is at hand.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from core.language.folding import fold
from core.language.words import LANGUAGES, literal, words_of
from domain.catalog.search import similarity
from domain.catalog.service import SAME_WORD
from domain.catalog.words import Word, read

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_WITHIN_NUMBER = re.compile(r"(?<=\d)[\s().-]+(?=\d)")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")

_SUBSCRIBER = 7
"""So many digits at the end of a telephone number are written alike with and without country and area."""


def only_said(said: str, quotes: Iterable[str], arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The arguments of a call without those that quote what the customer has never said, and the names of these."""
    invented = [name for name in quotes if arguments.get(name) is not None and not is_said(arguments[name], said)]
    return {name: value for name, value in arguments.items() if name not in invented}, invented


def is_said(value: object, said: str) -> bool:
    """Whether a number, or all numbers and half of the words of a text, stand in what somebody wrote.

    A model may tidy what it quotes (`Av.` for `avenida`, a city behind the street, figures for number words); it may not
    add a number, and not make up most of it.
    """
    if isinstance(value, int | float):
        return Decimal(str(value)) in _amounts(said)
    if not isinstance(value, str):
        return True  # the tool says what is wrong with it
    return _has_numbers(value, said) and _has_words(value, said)


def _has_numbers(value: str, said: str) -> bool:
    """Whether every number of a text was said, however it is grouped."""
    given = "".join(_DIGITS.findall(value))
    if len(given) >= _SUBSCRIBER and not _WORD.search(value):
        return given[-_SUBSCRIBER:] in _WITHIN_NUMBER.sub("", said)
    known = {*_DIGITS.findall(said), *_DIGITS.findall(_WITHIN_NUMBER.sub("", said)), *map(str, _counted(said))}
    return all(number in known or number.lstrip("0") in known for number in _DIGITS.findall(value))


def _has_words(value: str, said: str) -> bool:
    words, known = _content(value), _content(said)
    heard = sum(any(similarity(word, one) >= SAME_WORD for one in known) for word in words)
    return heard * 2 >= len(words)


def _content(text: str) -> list[Word]:
    return [word for word in read(text).words if not word.text.isdecimal()]


def _amounts(said: str) -> set[Decimal]:
    """The amounts that were said: as numerals, in words, and as thousands (`50 mil`)."""
    amounts = {value for numeral in _NUMERAL.findall(said) if (value := literal(numeral)) is not None} | _counted(said)
    return amounts | {value * 1000 for value in amounts}


def _counted(said: str) -> set[Decimal]:
    """The numbers that were said in words, in any of the languages."""
    words = _WORD.findall(fold(said))
    spoken = [words_of((language,)) for language in LANGUAGES]
    found = [one.cardinal(words, start) for one in spoken for start in range(len(words))]
    return {counted[0] for counted in found if counted is not None}
