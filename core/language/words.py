"""The number and unit words of one or several languages, read from the files beside this one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

_FOLDER = Path(__file__).parent
_TENS = frozenset(range(20, 100, 10))

LANGUAGES = ("es", "en", "pt")

MEASURES: dict[str, tuple[str, Decimal]] = {
    "kg": ("g", Decimal(1000)),
    "g": ("g", Decimal(1)),
    "lb": ("g", Decimal(454)),
    "oz": ("g", Decimal(28)),
    "l": ("ml", Decimal(1000)),
    "ml": ("ml", Decimal(1)),
    "m": ("mm", Decimal(1000)),
    "cm": ("mm", Decimal(10)),
    "mm": ("mm", Decimal(1)),
}
"""What one of a unit is in the smallest unit of its dimension: grams, millilitres, millimetres."""


class Money(BaseModel):
    """What people call an amount of money: which currencies it may be, and how much of them one is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: frozenset[str]
    currencies: frozenset[str]
    of: int = 1


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    numbers: dict[str, int]
    articles: list[str]
    joiners: list[str]
    alternatives: list[str]
    parts: dict[str, Decimal]
    plural_parts: list[str]
    dozens: dict[str, int]
    packs: dict[str, int]
    hundreds: dict[str, int]
    pairs: list[str]
    units: dict[str, list[str]]
    alone: dict[str, list[str]]
    pieces: list[str]
    trays: list[str]
    money: list[Money]
    each: list[str]
    little: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the languages that a clause is read in; all of them folded."""

    numbers: dict[str, Decimal]
    articles: frozenset[str]
    """What counts one and may also be no number at all."""
    joiners: frozenset[str]
    alternatives: frozenset[str]
    parts: dict[str, Decimal]
    plural_parts: frozenset[str]
    dozens: dict[str, Decimal]
    packs: frozenset[str]
    """The dozens that may also be one of what is sold so."""
    pairs: frozenset[str]
    units: dict[str, str]
    money: frozenset[str]
    each: frozenset[str]
    little: frozenset[str]
    """Words that join or point, in a language that is read alone."""

    def cardinal(self, words: Sequence[str], start: int) -> tuple[Decimal, int] | None:
        """The number said in words from a place on, and the place behind it: `treinta y dos`, `doscientos cincuenta`."""
        if start >= len(words) or words[start] not in self.numbers:
            return None
        total = last = self.numbers[words[start]]
        index = start + 1
        while index < len(words):
            joined = 1 if words[index] in self.joiners and last >= 20 and last % 10 == 0 else 0
            value = self.numbers.get(words[index + joined]) if index + joined < len(words) else None
            if value is None:
                break
            if value == 1000 and total < 1000 and not joined:
                total, last = total * 1000, value
            elif self._adds(last, value, is_joined=bool(joined)):
                total, last = total + value, value
            else:
                break
            index += joined + 1
        return total, index

    def _adds(self, last: Decimal, value: Decimal, *, is_joined: bool) -> bool:
        """`treinta y dos`, `doscientos cincuenta`, and in English `twenty two`."""
        if is_joined:
            return value < 10 <= last <= 90
        return (value < last and last >= 100) or (value < 10 and last in _TENS and "and" in self.joiners)


@lru_cache
def _file(language: str) -> _File:
    loaded = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return _File.model_validate(loaded)


@lru_cache
def words_of(languages: tuple[str, ...]) -> Words:
    """The words of languages together; where two disagree, the first one is right."""
    files = [_file(language) for language in reversed(languages)]
    articles = files[-1].articles
    return Words(
        numbers={word: Decimal(value) for file in files for word, value in file.numbers.items()}
        | dict.fromkeys(articles, Decimal(1)),
        articles=frozenset(articles),
        joiners=_all(file.joiners for file in files),
        alternatives=_all(file.alternatives for file in files),
        parts={word: value for file in files for word, value in file.parts.items()},
        plural_parts=_all(file.plural_parts for file in files),
        dozens={word: Decimal(value) for file in files for word, value in (file.dozens | file.packs).items()},
        packs=_all(file.packs for file in files),
        pairs=_all(file.pairs for file in files),
        units={word: unit for file in files for unit, words in file.units.items() for word in words},
        money=_all(money.words for file in files for money in file.money),
        each=_all(file.each for file in files),
        little=_all(file.little for file in files),
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What may stand as the unit of an amount, in any language; all of it folded."""

    units: dict[str, str]
    """The names of weights, volumes and lengths, of which `MEASURES` says what they hold."""
    pieces: dict[str, int]
    """How many of what is sold by the piece one such holds."""
    trays: frozenset[str]
    money: tuple[Money, ...]


@lru_cache
def measured() -> Measured:
    """The unit words of all languages: where a unit is expected, no sentence tells in which language it is."""
    files = [_file(language) for language in LANGUAGES]
    named = [(unit, words) for file in files for unit, words in (*file.units.items(), *file.alone.items())]
    held = [held for file in files for held in (file.dozens, file.hundreds)]
    return Measured(
        units={word: unit for unit, words in named for word in words},
        pieces=dict.fromkeys(_all(file.pieces for file in files), 1)
        | {word: many for one in held for word, many in one.items()},
        trays=_all(file.trays for file in files),
        money=tuple(money for file in files for money in file.money),
    )


def _all(lists: Iterable[Iterable[str]]) -> frozenset[str]:
    return frozenset(word for words in lists for word in words)


_ONLY_PORTUGUESE = frozenset(
    {
        "um",
        "uma",
        "dois",
        "duas",
        "quero",
        "voce",
        "nao",
        "obrigado",
        "obrigada",
        "quilo",
        "quilos",
        "oi",
        "ola",
        "meia",
        "meio",
    }
)
_ONLY_ENGLISH = frozenset(
    {"the", "please", "and", "of", "want", "need", "give", "send", "get", "with", "would", "like", "have"}
)
_ONLY_SPANISH = frozenset({"un", "el", "los", "las", "y", "del", "quiero", "dame", "con", "por", "necesito"})


def languages_of(said: Iterable[str], native: str) -> tuple[str, ...]:
    """In which languages folded words are to be read: Portuguese alone, else the shop's and English together.

    English comes first where its function words outnumber the Spanish ones, so that its `a` counts one.
    """
    words = list(said)
    portuguese, english, spanish = (
        sum(word in known for word in words) for known in (_ONLY_PORTUGUESE, _ONLY_ENGLISH, _ONLY_SPANISH)
    )
    if portuguese > max(spanish, english) or (native == "pt" and spanish <= portuguese):
        return ("pt",)
    return ("en", "es") if english > spanish else ("es", "en")


def literal(text: str) -> Decimal | None:
    """The value of a numeral: `1.5`, `0,750`, `1/2`, `½`, `50.000` (groups of three are thousands), `1.250,50`."""
    signs = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}
    text = signs.get(text, text)
    above, slash, below = text.partition("/")
    if slash:
        return Decimal(above) / Decimal(below) if above.isdecimal() and below.isdecimal() and int(below) else None
    groups = text.replace(",", ".").split(".")
    if not all(group.isascii() and group.isdecimal() for group in groups):
        return None
    if len(groups) == 1:
        return Decimal(text)
    if all(len(group) == 3 for group in groups[1:]) and groups[0].lstrip("0"):
        return Decimal("".join(groups))
    if len(groups) > 2 and len(groups[-1]) <= 2:
        return Decimal("".join(groups[:-1]) + "." + groups[-1])
    return Decimal(groups[0] + "." + "".join(groups[1:]))
