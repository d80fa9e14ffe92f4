"""Which products or other options a phrase means."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from agent.lexical.reader.goods import LONGEST_TERM, Shelf
from agent.lexical.vocabulary import vocabulary
from domain.catalog.search import Candidate, Decision, Hit, Verdict, decide, rank


@dataclass(frozen=True, slots=True)
class Offer:
    """A product on sale that a phrase may mean, with its score and the typed words that fit nothing on sale."""

    sku: str
    name: str
    score: float
    unmatched: tuple[str, ...] = ()


Lookup = Callable[[str], Awaitable[list[Offer]]]

MOST_LOOKUPS = 60
"""Per turn; a longer list is read as it stands."""

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

    async def has_any(self, phrase: str) -> bool:
        """Whether any word of a phrase is one of something on sale, or stands for one."""
        goods = await self.shelf(phrase)
        return any(goods.is_heard(word) or goods.stands_for(word) for word in phrase.split())

    async def in_shop_terms(self, phrase: str) -> str:
        """`eggs` as `huevos`, where nothing on sale is called eggs but something is called huevos."""
        goods = await self.shelf(phrase)
        words, at = phrase.split(), 0
        while at < len(words):
            for end in range(min(at + LONGEST_TERM, len(words)), at, -1):
                term = " ".join(words[at:end])
                if not goods.is_heard(term) and (name := goods.name_for(term)):
                    words[at:end] = name.split()
                    break
            at += 1
        return " ".join(words)


def among(phrase: str, known: Sequence[tuple[str, str]]) -> Decision[Hit]:
    """Which of a few known products (sku, name) a phrase means: the lines of a draft, the options of a question."""
    if not phrase or not known:
        return Decision(Verdict.NONE, ())
    return decide(rank(phrase, [Candidate(sku, name) for sku, name in known]))


def choose(phrase: str, options: Sequence[tuple[str, str]]) -> str | None:
    """The option that words pick out: any word or number that only one of them has will do."""
    if not phrase:
        return None
    hits = rank(phrase, [Candidate(sku, name) for sku, name in options])
    known = vocabulary().fillers | vocabulary().size_words
    foreign = [word for word in hits[0].unmatched if word not in known] if hits else []
    if foreign and len(foreign) * 2 >= sum(word not in vocabulary().fillers for word in phrase.split()):
        return None
    if hits and (len(hits) == 1 or hits[0].score - hits[1].score >= _CHOICE_GAP) and hits[0].score >= _CHOICE:
        return hits[0].sku
    numbers = set(re.findall(r"\d+", phrase))
    numbered = [sku for sku, name in options if numbers & set(re.findall(r"\d+", name))]
    return numbered[0] if len(numbered) == 1 else None
