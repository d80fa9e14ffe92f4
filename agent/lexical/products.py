"""Which products a phrase means: cutting run-on lists where the catalogue says so, choosing by size and by the draft."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.lexical.acts import Act
from agent.lexical.normalise import tokenise
from agent.lexical.reader.goods import Shelf
from agent.lexical.slips import is_slip
from agent.lexical.vocabulary import vocabulary
from agent.lexical.weights import as_weighed, comes_in_pairs, in_dozens
from core.language.folding import fold
from domain.catalog.search import Candidate, Decision, Hit, Verdict, decide, rank
from domain.catalog.words import Size, read
from tools.measures import is_tray


@dataclass(frozen=True, slots=True)
class Offer:
    """A product on sale that a phrase may mean, with its score and the typed words that fit nothing on sale."""

    sku: str
    name: str
    score: float
    unmatched: tuple[str, ...] = ()
    is_counted: bool = False
    """Sold by the piece, so that `la mochila` is one; of what is weighed one has to say how much."""
    is_paired: bool = False
    """Sold by the pair, so that `un par` is one."""
    is_set: bool = False
    """Sold by the set or the pair, so that `unos tapetes` are one."""


Lookup = Callable[[str], Awaitable[list[Offer]]]

MOST_LOOKUPS = 60
"""Per turn; a longer list is read as it stands."""

_HELD = re.compile(r"(?P<count>\d+) (?P<what>\D+)|(?P<named>\D+?) (?:de |x)?(?P<of>\d+)")
"""What a tray holds: `30 huevos`, `huevos de 30`."""

_YEAR = re.compile(r"(?:19|20)\d\d")
_SHORTEST_SLIP = 3

_SURE = 0.75
"""Below this a phrase without quantity is small talk rather than a product."""

_CHOICE = 0.4
_CHOICE_GAP = 0.08
_MEASURES = {"kg": ("g", 1000), "g": ("g", 1), "l": ("ml", 1000), "ml": ("ml", 1), "m": ("mm", 1000)}
_MEASURES |= {"lb": ("g", 454), "oz": ("g", 28)}


@dataclass(frozen=True, slots=True)
class Found:
    """An item act with what the catalogue says of its phrase."""

    act: Act
    decision: Decision[Offer]

    @property
    def sku(self) -> str | None:
        """The SKU, if exactly one product is meant."""
        return self.decision.hits[0].sku if self.decision.verdict is Verdict.ONE else None

    @property
    def name(self) -> str | None:
        """The name of the one product that is meant."""
        return self.decision.hits[0].name if self.decision.verdict is Verdict.ONE else None

    @property
    def is_counted(self) -> bool:
        """Whether everything it may mean is sold by the piece."""
        return bool(self.decision.hits) and all(hit.is_counted for hit in self.decision.hits)

    @property
    def is_set(self) -> bool:
        """Whether everything it may mean is sold by the set or comes in pairs."""
        return bool(self.decision.hits) and all(hit.is_set or comes_in_pairs(hit.name) for hit in self.decision.hits)

    @property
    def is_known(self) -> bool:
        """Whether the catalogue has anything like it."""
        return self.decision.verdict is not Verdict.NONE


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

    async def resolve(self, act: Act) -> list[Found]:
        """The products of one mention; more than one if the customer strung several together."""
        act = await self._mended(act)
        hits = await self.hits(act.phrase)
        decision = decide(hits)
        shorter = _without_occasion(act.phrase, hits) if decision.verdict is not Verdict.ONE else None
        if shorter and (await self.decide(shorter)).verdict is Verdict.ONE:
            return await self.resolve(replace(act, phrase=shorter))
        if self._is_told(act, hits):
            return [Found(act, decision)]
        return [await self._sized(act, decision)]

    def _is_told(self, act: Act, hits: Sequence[Offer]) -> bool:
        """`ando arreglando el tsuru`: nobody asked for anything, and most of the words mean nothing on sale."""
        is_wanted = act.quantity is not None or act.details.get("asked") or act.details.get("single")
        return not is_wanted and bool(hits) and len(hits[0].unmatched) * 2 > _content(act.phrase.split())

    async def _mended(self, act: Act) -> Act:
        """The mention with slips in it mended, where what was typed is nothing on sale and one word on sale is meant."""
        decision = await self.decide(act.phrase)
        is_ordered = act.quantity is not None or act.details.get("asked")
        if decision.verdict is Verdict.ONE or not is_ordered:
            return act
        sold = _name_words(await self.hits(act.phrase))
        words = [word if _is_among(word, sold) else await self._meant_word(word) for word in act.phrase.split()]
        phrase = " ".join(words)
        mended = await self.decide(phrase)
        best = decision.hits[0].score if decision.hits else 0.0
        return replace(act, phrase=phrase) if mended.hits and mended.hits[0].score > best else act

    async def _meant_word(self, word: str) -> str:
        known = vocabulary()
        if len(word) < _SHORTEST_SLIP or not word.isalpha() or word in known.fillers | known.articles | known.size_words:
            return word
        names = _name_words(await self.hits(word))
        if _is_among(word, names):
            return word
        meant = [name for name in names if any(is_slip(word, form, shortest_cut=4) for form in (name, f"{name}s"))]
        return meant[0] if len(meant) == 1 else word

    async def _sized(self, act: Act, decision: Decision[Offer]) -> Found:
        """Let a measure choose: `café 500 g` is the half-kilo bag, `queso 500 g` is half a kilo of cheese."""
        if act.details.get("container") and (held := await self._held(act)) is not None:
            return held
        if act.unit in _MEASURES and act.quantity is not None:
            hits = [hit for hit in await self.hits(act.phrase) if hit.score >= _SURE]
            wanted = _size(act.quantity, act.unit)
            fitting = [hit for hit in hits[:10] if wanted in read(hit.name).sizes]
            if act.details.get("size") and fitting:
                phrase = f"{act.phrase} {_plain(act.quantity)} {act.unit}"
                bare = replace(act, quantity=None, unit=None, details={}, phrase=phrase)
                return Found(bare, _of(fitting) if len(fitting) == 1 else await self.decide(bare.phrase))
            if decision.verdict is Verdict.SEVERAL and len(fitting) == 1:
                return Found(act, _of(fitting))
        packed = _packed(act, decision)
        if packed is not None:
            return Found(packed, await self.decide(packed.phrase))
        if decision.hits and not any(hit.is_counted for hit in decision.hits):
            act = as_weighed(act, decision.hits[0].name)
        elif Found(act, decision).is_counted:
            act = in_dozens(act)
        container = act.details.get("container", "")
        if container and decision.verdict is not Verdict.ONE:
            contained = await self.decide(f"{act.phrase} {container}")
            if contained.verdict is Verdict.ONE and _is_in_name(container, contained.hits[0].name):
                return Found(act, contained)
        return Found(act, decision)

    async def _held(self, act: Act) -> Found | None:
        """`2 cartones de huevo`: what is sold by the carton; without it `un cartón de 30 huevos` is 30 eggs."""
        container = act.details["container"]
        held = _HELD.fullmatch(act.phrase)
        if held is None and not is_tray(container):
            return None
        contained = await self.decide(f"{container} {act.phrase}")
        if contained.hits and _is_in_name(container, contained.hits[0].name):
            return Found(replace(act, phrase=f"{container} {act.phrase}"), contained)
        if held is None or act.quantity is None or read(act.phrase).sizes:
            return None
        count = held["of"] or held["count"]
        if any(count in re.findall(r"\d+", hit.name) for hit in await self.hits(act.phrase)):
            return None
        counted = replace(
            act,
            phrase=held["what"] or held["named"],
            quantity=act.quantity * int(count),
            unit=None,
            details={name: value for name, value in act.details.items() if name != "container"},
        )
        return Found(counted, await self.decide(counted.phrase))

    def is_small_talk(self, found: Found) -> bool:
        """Whether words that were taken for a product are rather something else that was said."""
        is_named = found.is_known or bool(found.act.details.get("single"))
        is_told = found.act.details.get("told") or vocabulary().matches("telling", found.act.phrase)
        if found.act.quantity is not None or (found.act.details.get("asked") and (is_named or not is_told)):
            return False
        if not found.is_known:
            return True
        best = found.decision.hits[0]
        words = [word for word in found.act.phrase.split() if word not in vocabulary().fillers]
        return best.score < _SURE or (len(best.unmatched) * 2 >= len(words) and bool(best.unmatched))


def _name_words(hits: Sequence[Offer]) -> set[str]:
    return {token.text for hit in hits for token in tokenise(fold(hit.name)) if token.kind == "word"}


def _is_among(word: str, names: set[str]) -> bool:
    return bool({word, word.removesuffix("s"), word.removesuffix("es"), f"{word}s"} & names)


def _is_in_name(said: str, name: str) -> bool:
    """Whether a word stands in a product's name; one that only looks like it does not settle anything."""
    return any(typed.forms & known.forms for typed in read(said).words for known in read(name).words)


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


def _packed(act: Act, decision: Decision[Offer]) -> Act | None:
    """`x3` that leaves open how many are wanted: behind a count without a pack of three, or alone where there is one."""
    behind = re.search(r"\bx(\d+)$", act.phrase)
    count = Decimal(behind[1]) if behind else act.quantity
    if count is None or not (behind or act.details.get("pack")) or decision.verdict is Verdict.NONE:
        return None
    has_pack = any(Size("u", count) in read(hit.name).sizes for hit in decision.hits)
    if has_pack is bool(behind):
        return None
    phrase = act.phrase if behind else f"{act.phrase} x{_plain(count)}"
    return replace(act, phrase=phrase, quantity=None, unit=None, details={"asked": "1"})


def _content(words: Sequence[str]) -> int:
    """How many words say anything."""
    return sum(word not in vocabulary().fillers for word in words)


def content_words(text: str) -> list[str]:
    """The words and figures of folded text that say anything."""
    return [token.text for token in tokenise(text) if token.kind != "mark" and token.text not in vocabulary().fillers]


def _of(hits: Sequence[Offer]) -> Decision[Offer]:
    return Decision(Verdict.ONE if len(hits) == 1 else Verdict.SEVERAL, tuple(hits))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _size(quantity: Decimal, unit: str) -> Size:
    dimension, factor = _MEASURES[unit]
    return Size(dimension, (quantity * factor).normalize())


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
