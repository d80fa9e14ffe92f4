"""The words and patterns of all languages, read once from `words/*.yaml`, put together and compiled."""

import re
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from core.language.words import Words, words_of

_FOLDER = Path(__file__).parent / "words"


class Vocabulary(BaseModel):
    """All languages together, as customers mix them. Everything is folded: lower case, without accents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spellings: dict[str, str]
    guessable: frozenset[str]
    """Long words in which one wrong letter is repaired."""
    keywords: frozenset[str]
    """Words that steer an order; slips in them are repaired where nothing of that name is sold."""
    ordinary: frozenset[str]
    """Words without a meaning in the grammar that look like a keyword."""
    containers: frozenset[str]
    bulk: frozenset[str]
    """Containers of many, which only a shop that says so sells by."""
    wholes: frozenset[str]
    """What one of a thing is called, whatever it is."""
    pairs: dict[str, frozenset[str]]
    """What two of a kind are called, with what comes in pairs, in the singular, where it is called so."""
    sets: frozenset[str]
    """Units of sale that hold several things which belong together."""
    articles: frozenset[str]
    prepositions: frozenset[str]
    linking: frozenset[str]
    """Words between a product and what it is for or with."""
    manners: frozenset[str]
    """How a thing shall be, which makes no other product of it unless one is called so."""
    size_words: frozenset[str]
    dimensions: frozenset[str]
    """Words behind a number that tells how large or strong a thing is, never how many are wanted."""
    conjunctions: frozenset[str]
    fillers: frozenset[str]
    ordinals: dict[str, int]
    banks: tuple[str, ...]
    """The longest names first."""
    methods: dict[str, re.Pattern[str]]
    glossary: dict[str, tuple[str, ...]]
    """What a thing that a language names may be called in the catalogue."""
    assent: frozenset[str]
    assent_padding: frozenset[str]
    patterns: dict[str, re.Pattern[str]]
    numbers: dict[str, Decimal]
    multiples: dict[str, Decimal]
    units: dict[str, str]

    def matches(self, name: str, folded: str) -> re.Match[str] | None:
        """The first place where a named pattern occurs in folded text."""
        return self.patterns[name].search(folded)


def blank(text: str, match: re.Match[str], mark: str = " ") -> str:
    """The text without a match, every other character in its place; a mark keeps what stands around it apart."""
    return text[: match.start()] + mark + " " * (match.end() - match.start() - 1) + text[match.end() :]


def without(name: str, text: str, words: Vocabulary, mark: str = "|") -> str:
    """The text without anything that a pattern finds."""
    while match := words.matches(name, text):
        text = blank(text, match, mark)
    return text


def _compiled(named: dict[str, list[str]], pieces: dict[str, str]) -> dict[str, re.Pattern[str]]:
    """Each name's alternatives as one pattern, with the pieces in their places; `<n>` is any number."""
    wholes = {name: "|".join(f"(?:{alternative})" for alternative in alternatives) for name, alternatives in named.items()}
    return {name: re.compile(re.sub(r"<(\w+)>", lambda it: pieces.get(it[1], it[0]), whole)) for name, whole in wholes.items()}


def _any_number(spoken: Words) -> str:
    said = spoken.numbers.keys() | spoken.parts.keys() | spoken.dozens.keys()
    return rf"(?:\d+(?:[.,/]\d+)*(?![\w.,/-]*[a-z])|(?:{'|'.join(sorted(sorted(said), key=len, reverse=True))})\b)"


def _put_together(files: list[dict[str, Any]]) -> dict[str, Any]:
    """Lists one behind the other; of what two languages spell alike and mean otherwise, the first one's meaning."""
    whole: dict[str, Any] = {}
    for file in files:
        for name, said in file.items():
            if isinstance(said, list):
                whole[name] = [*whole.get(name, []), *said]
                continue
            known = whole.setdefault(name, {})
            for key, meant in said.items():
                known[key] = [*known.get(key, []), *meant] if isinstance(meant, list) else known.get(key, meant)
    return whole


@lru_cache
def vocabulary() -> Vocabulary:
    """The merged vocabulary of this process."""
    paths = sorted(_FOLDER.glob("*.yaml"), key=lambda path: (path.stem != "es", path.stem))
    files = [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for path in paths]
    spoken, whole = words_of(("es", "en")), _put_together(files)
    pieces = {"n": _any_number(spoken)} | whole.pop("pieces")
    paired, foreign = whole.pop("paired"), words_of(("en",)).pairs
    whole |= {name: _compiled(whole[name], pieces) for name in ("methods", "patterns")}
    whole["containers"] += whole["bulk"]
    whole["banks"].sort(key=len, reverse=True)
    # `un par de jeans` are two, `a pair of jeans` is one; the names of what is sold are Spanish in both.
    pairs = {said: paired if said in foreign else files[0]["paired"] for said in spoken.pairs}
    numbers = {word: value for word, value in spoken.numbers.items() if value}
    return Vocabulary(**whole, pairs=pairs, numbers=numbers, multiples=spoken.parts | spoken.dozens, units=spoken.units)
