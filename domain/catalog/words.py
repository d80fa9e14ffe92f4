"""How product words are read: accents, plurals, diminutives, sound-alike spellings and package sizes fall together."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from core.language.words import MEASURES, measured

_FILLERS = (
    ("de", "del", "la", "el", "los", "las", "lo", "un", "una", "unos", "unas", "y", "e", "o", "u", "con", "para", "por"),
    ("en", "al", "a", "su", "mi", "the", "of", "with", "for", "and", "an", "in", "talle", "talla", "size"),
    ("uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "docena", "par", "media"),
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "dozen"),
)
STOPWORDS = frozenset(filler for fillers in _FILLERS for filler in fillers)
"""Words that tell nothing about which product is meant: articles, how many, and what announces a size.

`sin` is not among them: it tells much.
"""

_DOTTED_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}(?:[a-z]\b\.?)?")
_SPACED_INITIALS = re.compile(r"\b[a-z](?: [a-z]){2,}\b")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_BETWEEN_MODEL_PARTS = re.compile(r"(?<=\d[a-z])[-/](?=\d)|(?<=[a-z])-(?=\d)")

_COUNTED = ("u", "un", "und", "unds", "unid", "unids", "unidad", "unidades", "pza", "pzas", "pcs", "pieza", "piezas")
"""How a package says behind a number how many are in it."""
_SPELLED_UNITS = "kilos?|kilogramos?|litros?|liters?|metros?"
_NUMBER = r"\d+/\d+|\d+(?:[.,]\d+)?"
_RIM = re.compile(r"\b(?:rin(?:es)?|aro|rodado|r) ?(\d{2})\b")
_PARTS = {"medio": "0.5", "media": "0.5", "half": "0.5", "cuarto": "0.25", "tres cuartos": "0.75"}


class Size(NamedTuple):
    """A package size in the smallest unit of its dimension: grams, millilitres, millimetres or pieces."""

    dimension: str
    amount: Decimal


class Word(NamedTuple):
    """A word with the forms under which it meets others.

    `root` is what typing errors are measured on, `bones` is what is left in chat spelling without vowels; for an
    exact word (a number, a model, a clothing size) only the same characters will do.
    """

    text: str
    sound: str
    root: str
    bones: str
    forms: frozenset[str]
    is_exact: bool


class Phrase(NamedTuple):
    """A phrase as words without fillers, and the package sizes named in it."""

    words: tuple[Word, ...]
    sizes: frozenset[Size]


@lru_cache
def _dimensions() -> dict[str, tuple[str, Decimal]]:
    """What stands behind a number on a package: the smallest unit of its dimension, and how many of them it holds."""
    return dict.fromkeys(_COUNTED, ("u", Decimal(1))) | {name: MEASURES[unit] for name, unit in measured().units.items()}


@lru_cache
def _sizes() -> re.Pattern[str]:
    """A package size as it is written or spoken."""
    units = "|".join(sorted(_dimensions(), key=len, reverse=True))
    return re.compile(
        rf"(?<![\w/.,])(?:(?P<pack>x ?)(?P<packed>\d{{1,3}})(?![\w/])"
        rf"|(?P<number>{_NUMBER}) ?(?P<unit>{units})(?![a-z0-9])(?P<half> y medi[oa])?"
        rf"|(?P<part>medio|media|cuarto|tres cuartos|half)(?: de| a)? (?P<part_unit>{_SPELLED_UNITS})\b"
        rf"|(?:(?:un|una|one) )?(?P<alone>{_SPELLED_UNITS})\b(?P<alone_half> y medi[oa])?)"
    )


def plain(text: str) -> str:
    """Lower case without accents, with dotted initials joined: `Harina P.A.N.` becomes `harina pan`."""
    spelled = text.replace("½", " 1/2 ").replace("¼", " 1/4 ")
    # Twice, because letters in fancy type become plain capitals first.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", spelled).casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).replace("⁄", "/")
    bare = " ".join(bare.split())
    bare = _DOTTED_INITIALS.sub(lambda found: found.group().replace(".", "") + " ", bare)
    bare = _SPACED_INITIALS.sub(lambda found: found.group().replace(" ", ""), bare)
    return " ".join(re.sub(r"[’'`´]", "", bare).split())


@lru_cache(maxsize=50_000)
def compact(text: str) -> str:
    """Only the letters and digits, for comparing codes: `REM 001` and `rem-001` are the same."""
    return _NOT_WORD.sub("", plain(text))


def sound(word: str) -> str:
    """The word as a Latin American ear spells it: b and v, s, c and z, ll and y, silent h fall together."""
    word = re.sub(r"ch", "C", word)
    word = word.replace("ph", "f").replace("sh", "s").replace("h", "")
    word = re.sub(r"qu(?=[ei])", "k", word)
    word = re.sub(r"gu(?=[ei])", "G", word)
    word = re.sub(r"g(?=[ei])", "j", word)
    word = re.sub(r"s?c(?=[ei])", "s", word)
    word = word.replace("c", "k").replace("q", "k").replace("z", "s").replace("v", "b").replace("x", "s")
    word = word.replace("ll", "y").replace("G", "g").replace("w", "u")
    word = re.sub(r"y$", "i", word)
    return re.sub(r"([a-zC])\1", r"\1", word)


def _forms(sounded: str) -> frozenset[str]:
    """The word, its singulars, what it is a diminutive of; a star stands for the vowel of its gender."""
    singulars = {sounded}
    if len(sounded) > 3 and sounded.endswith("s"):
        singulars.add(sounded[:-1])
        if len(sounded) > 4 and sounded.endswith("es"):
            singulars.add(sounded[:-2])
    forms = set(singulars)
    for form in singulars:
        if len(form) > 3 and form[-1] in "aeiou":
            forms.add(form[:-1] + "*")
        if len(form) >= 6 and re.search(r"i[tk][oa]$", form):
            stem = form[:-3]
            forms |= {stem, stem + "*"}
            for ending in ("es", "s"):
                if stem.endswith(ending) and len(stem) - len(ending) >= 3:
                    forms |= {stem.removesuffix(ending), stem.removesuffix(ending) + "*"}
    return frozenset(form for form in forms if len(form) >= 3 or form == sounded)


@lru_cache(maxsize=50_000)
def word(text: str) -> Word:
    """Read one plain word."""
    if len(text) < 3 or any(letter.isdigit() for letter in text):
        return Word(text, text, text, "", frozenset({text}), True)
    sounded = sound(text)
    forms = _forms(sounded)
    if len(text) > 3 and text.endswith("s"):
        # The plural hides how the word ends: `balls` sounds like `bays`, `ball` like `bai`.
        forms |= _forms(sound(text[:-1]))
    singular = sounded[:-1] if len(sounded) > 4 and sounded.endswith("s") else sounded
    return Word(text, sounded, singular, re.sub("[aeiou]", "", singular), forms, False)


def _number(text: str) -> Decimal | None:
    try:
        if "/" in text:
            above, below = text.split("/")
            return Decimal(above) / Decimal(below) if int(below) else None
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def _size(found: re.Match[str]) -> Size | None:
    if found["packed"]:
        return Size("u", Decimal(found["packed"]))
    if found["number"]:
        amount, unit, half = _number(found["number"]), found["unit"], found["half"]
    elif found["part"]:
        amount, unit, half = Decimal(_PARTS[found["part"]]), found["part_unit"], None
    else:
        amount, unit, half = Decimal(1), found["alone"], found["alone_half"]
    if amount is None:
        return None
    dimension, factor = _dimensions()[unit]
    return Size(dimension, ((amount + (Decimal("0.5") if half else 0)) * factor).normalize())


@lru_cache(maxsize=50_000)
def read(text: str) -> Phrase:
    """Read a phrase: sizes are taken out, the rest becomes words; `rin 13` is the `R13` of tyres."""
    sizes: set[Size] = set()

    def take(found: re.Match[str]) -> str:
        size = _size(found)
        if size is None:
            return found.group()
        sizes.add(size)
        return " "

    rest = _sizes().sub(take, _RIM.sub(r"r\1", plain(text)))
    rest = _BETWEEN_MODEL_PARTS.sub("", rest)
    parts = [part for part in _NOT_WORD.split(rest) if part]
    return Phrase(tuple(word(part) for part in parts if part not in STOPWORDS), frozenset(sizes))
