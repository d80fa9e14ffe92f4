"""The words and patterns of all languages, read once from `words/*.yaml` and compiled."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.language.words import Words, words_of

WORDS_FOLDER = Path(__file__).parent / "words"


class WordFile(BaseModel):
    """One language's words. Everything is written folded: lower case, without accents."""

    model_config = ConfigDict(extra="forbid")

    spellings: dict[str, str] = Field(default_factory=dict)
    guessable: list[str] = Field(default_factory=list)
    """Long words in which one wrong letter is repaired."""
    keywords: list[str] = Field(default_factory=list)
    """Words that steer an order; slips in them are repaired where nothing of that name is sold."""
    ordinary: list[str] = Field(default_factory=list)
    """Words without a meaning in the grammar that look like a keyword."""
    containers: list[str] = Field(default_factory=list)
    bulk: list[str] = Field(default_factory=list)
    """Containers of many, which only a shop that says so sells by."""
    paired: list[str] = Field(default_factory=list)
    """What comes in pairs wherever it is sold, in the singular."""
    sets: list[str] = Field(default_factory=list)
    """Units of sale that hold several things which belong together."""
    articles: list[str] = Field(default_factory=list)
    prepositions: list[str] = Field(default_factory=list)
    linking: list[str] = Field(default_factory=list)
    """Words between a product and what it is for or with."""
    manners: list[str] = Field(default_factory=list)
    """How a thing shall be, which makes no other product of it unless one is called so."""
    size_words: list[str] = Field(default_factory=list)
    dimensions: list[str] = Field(default_factory=list)
    """Words behind a number that tells how large or strong a thing is, never how many are wanted."""
    conjunctions: list[str] = Field(default_factory=list)
    fillers: list[str] = Field(default_factory=list)
    ordinals: dict[str, int] = Field(default_factory=dict)
    banks: list[str] = Field(default_factory=list)
    methods: dict[str, list[str]] = Field(default_factory=dict)
    glossary: dict[str, list[str]] = Field(default_factory=dict)
    """What a thing that this language names may be called in the catalogue."""
    assent: list[str] = Field(default_factory=list)
    assent_padding: list[str] = Field(default_factory=list)
    pieces: dict[str, str] = Field(default_factory=dict)
    """What stands in the patterns as `<name>`, beside `<n>`, which is any number in figures or words."""
    patterns: dict[str, list[str]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All languages together: customers mix them, so the model reads them at once."""

    spellings: dict[str, str]
    guessable: tuple[str, ...]
    keywords: tuple[str, ...]
    ordinary: frozenset[str]
    numbers: dict[str, Decimal]
    multiples: dict[str, Decimal]
    units: dict[str, str]
    containers: frozenset[str]
    bulk: frozenset[str]
    pairs: dict[str, tuple[str, ...]]
    """What two of a kind are called, with what comes in pairs where it is called so."""
    sets: frozenset[str]
    packs: dict[str, Decimal]
    plural_parts: frozenset[str]
    articles: frozenset[str]
    prepositions: frozenset[str]
    linking: frozenset[str]
    manners: frozenset[str]
    size_words: frozenset[str]
    dimensions: frozenset[str]
    conjunctions: frozenset[str]
    fillers: frozenset[str]
    joiners: frozenset[str]
    ordinals: dict[str, int]
    banks: tuple[str, ...]
    methods: tuple[tuple[str, re.Pattern[str]], ...]
    glossary: dict[str, list[str]]
    assent: frozenset[str]
    assent_padding: frozenset[str]
    patterns: dict[str, re.Pattern[str]]

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The glossary, for whoever only reads it."""
        return {word: tuple(names) for word, names in self.glossary.items()}

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


def _compile(alternatives: list[str], pieces: dict[str, str]) -> re.Pattern[str]:
    """One pattern of several, with the pieces put in their places."""
    whole = "|".join(f"(?:{alternative})" for alternative in alternatives)
    return re.compile(re.sub(r"<(\w+)>", lambda name: pieces.get(name[1], name[0]), whole))


def _any_number(spoken: Words) -> str:
    said = spoken.numbers.keys() | spoken.parts.keys() | spoken.dozens.keys()
    return rf"(?:\d+(?:[.,/]\d+)*(?![\w.,/-]*[a-z])|(?:{'|'.join(sorted(said, key=len, reverse=True))})\b)"


def _pairs(spanish: WordFile, others: list[WordFile]) -> dict[str, tuple[str, ...]]:
    """`un par de jeans` are two, `a pair of jeans` is one; the names of what is sold are Spanish in both."""
    foreign = words_of(("en",)).pairs
    every = tuple(noun for file in (spanish, *others) for noun in file.paired)
    return {said: every if said in foreign else tuple(spanish.paired) for said in words_of(("es", "en")).pairs}


@lru_cache
def vocabulary() -> Vocabulary:
    """The merged vocabulary of this process."""
    files = [
        WordFile.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
        for path in sorted(WORDS_FOLDER.glob("*.yaml"), key=lambda path: (path.stem != "es", path.stem))
    ]
    spoken = words_of(("es", "en"))
    patterns: dict[str, list[str]] = {}
    methods: dict[str, list[str]] = {}
    for file in files:
        for name, alternatives in file.patterns.items():
            patterns.setdefault(name, []).extend(alternatives)
        for name, alternatives in file.methods.items():
            methods.setdefault(name, []).extend(alternatives)
    pieces = {"n": _any_number(spoken)} | {name: piece for file in files for name, piece in file.pieces.items()}
    return Vocabulary(
        spellings={wrong: right for file in reversed(files) for wrong, right in file.spellings.items()},
        guessable=tuple(sorted({word for file in files for word in file.guessable})),
        keywords=tuple(sorted({word for file in files for word in file.keywords})),
        ordinary=frozenset(word for file in files for word in file.ordinary),
        numbers={word: value for word, value in spoken.numbers.items() if value},
        multiples=spoken.parts | spoken.dozens,
        units=spoken.units,
        containers=frozenset(word for file in files for word in (*file.containers, *file.bulk)),
        bulk=frozenset(word for file in files for word in file.bulk),
        pairs=_pairs(files[0], files[1:]),
        sets=frozenset(word for file in files for word in file.sets),
        packs={word: spoken.dozens[word] for word in spoken.packs},
        plural_parts=spoken.plural_parts,
        articles=frozenset(word for file in files for word in file.articles),
        prepositions=frozenset(word for file in files for word in file.prepositions),
        linking=frozenset(word for file in files for word in file.linking),
        manners=frozenset(word for file in files for word in file.manners),
        size_words=frozenset(word for file in files for word in file.size_words),
        dimensions=frozenset(word for file in files for word in file.dimensions),
        conjunctions=frozenset(word for file in files for word in file.conjunctions),
        fillers=frozenset(word for file in files for word in file.fillers),
        joiners=spoken.joiners,
        ordinals={word: value for file in reversed(files) for word, value in file.ordinals.items()},
        banks=tuple(sorted({bank for file in files for bank in file.banks}, key=len, reverse=True)),
        methods=tuple((name, _compile(alternatives, pieces)) for name, alternatives in methods.items()),
        glossary={word: names for file in files for word, names in file.glossary.items()},
        assent=frozenset(word for file in files for word in file.assent),
        assent_padding=frozenset(word for file in files for word in file.assent_padding),
        patterns={name: _compile(alternatives, pieces) for name, alternatives in patterns.items()},
    )
