"""Which products a phrase means: cutting run-on lists where the catalogue says so, choosing by size and by the draft."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from agent.lexical.reader.goods import Shelf
from agent.lexical.vocabulary import vocabulary
from domain.catalog.search import Candidate, Decision, Hit, Verdict, decide, rank
from domain.catalog.words import read


@dataclass(frozen=True, slots=True)
class Offer:
    """A product on sale that a phrase may mean, with its score and the typed words that fit nothing on sale."""

    sku: str
    name: str
    score: float
    unmatched: tuple[str, ...] = ()
    is_counted: bool = False
    """Sold by the piece, so that `la mochila` is one; of what is weighed one has to say how much."""


Lookup = Callable[[str], Awaitable[list[Offer]]]

MOST_LOOKUPS = 60
"""Per turn; a longer list is read as it stands."""

_YEAR = re.compile(r"(?:19|20)\d\d")

_CHOICE = 0.4
_CHOICE_GAP = 0.08


_NOTHING: Decision[Offer] = Decision(Verdict.NONE, ())


class Catalogue:
    """The shop's products as one turn sees them: each phrase is looked up once, and not too many of them."""

    def __init__(self, lookup: Lookup, shelf: Shelf) -> None:
        self._lookup = lookup
        self.shelf = shelf
        self._known: dict[str, list[Offer]] = {}

    async def hits(self, phrase: str) -> list[Offer]:
        """The products that fit a phrase, best first."""
        if phrase not in self._known:
            if len(self._known) >= MOST_LOOKUPS:
                return []
            self._known[phrase] = list(await self._lookup(phrase))
        return self._known[phrase]

    async def decide(self, phrase: str) -> Decision[Offer]:
        """What a phrase settles."""
        return decide(await self.hits(phrase)) if phrase else _NOTHING

    async def essence(self, phrase: str) -> str:
        """A phrase without what says only what the thing is for or like."""
        return _without_occasion(phrase, await self.hits(phrase)) or phrase


def _without_occasion(phrase: str, hits: Sequence[Offer]) -> str | None:
    """`mayonesa para la parrilla`, `queso rebanado`: without what it is for or like, if nothing on sale is so."""
    known = vocabulary()
    words, foreign = phrase.split(), set(hits[0].unmatched) if hits else set()
    idle = {word for word in foreign if word in known.manners or _YEAR.fullmatch(word)}
    if len(plain := [word for word in words if word not in idle]) < len(words):
        return " ".join(plain)
    for index, word in enumerate(words[:-1]):
        behind = words[index + 1 :]
        is_occasion = (
            behind[0] in known.articles or word in known.articles or known.matches("telling", " ".join(behind)) is not None
        )
        if index and word in known.purpose | known.circumstance and is_occasion and set(behind) <= foreign | known.fillers:
            return " ".join(words[:index])
    return None


def _content(words: Sequence[str]) -> int:
    """How many words say anything."""
    return sum(word not in vocabulary().fillers for word in words)


def among(phrase: str, known: Sequence[tuple[str, str]]) -> Decision[Hit]:
    """Which of a few known products (sku, name) a phrase means: the lines of a draft, the options of a question."""
    if not phrase or not known:
        return Decision(Verdict.NONE, ())
    return decide(rank(phrase, [Candidate(sku, name) for sku, name in known]))


def choose(phrase: str, options: Sequence[tuple[str, str]], *, is_sure: bool = False) -> str | None:
    """The option that words pick out: any word or size that only one of them has will do.

    With `is_sure` the options were merely shown, and the words must fit one of them well.
    """
    if not phrase:
        return None
    hits = rank(phrase, [Candidate(sku, name) for sku, name in options])
    known = vocabulary().fillers | vocabulary().size_words
    foreign = [word for word in hits[0].unmatched if word not in known] if hits else []
    if foreign and (is_sure or len(foreign) * 2 >= _content(phrase.split())):
        return None
    if hits and (len(hits) == 1 or hits[0].score - hits[1].score >= _CHOICE_GAP) and hits[0].score >= _CHOICE:
        return hits[0].sku
    wanted = read(phrase).sizes
    fitting = [sku for sku, name in options if wanted and wanted <= read(name).sizes]
    if len(fitting) == 1:
        return fitting[0]
    numbers = set(re.findall(r"\d+", phrase))
    numbered = [sku for sku, name in options if numbers & set(re.findall(r"\d+", name))]
    return numbered[0] if len(numbered) == 1 else None
