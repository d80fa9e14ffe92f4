"""Stage 3, things: the products that words of a message may mean, and the runs of words that name one and the same of them."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, lru_cache

from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary
from core.language.words import MEASURES
from domain.catalog.search import Candidate, Verdict, decide, rank, similarity
from domain.catalog.words import STOPWORDS, Phrase, Size, Word, read, word

_HEARD = 0.75
"""From this similarity on a typed word may be a word of a product."""
_SURE = 0.8
_SAME = 0.97
_SOUND = 0.98
"""Written or at least spoken alike."""
_LONGEST_NAME = 12


@dataclass(frozen=True, slots=True)
class Product:
    """Something on sale: `unit` folded as the shop has it, `grain` the smallest quantity of it that is sold, `price` of one."""

    sku: str
    name: str
    unit: str
    grain: Decimal
    price: Decimal
    brand: str = ""
    aliases: tuple[str, ...] = ()
    is_paired: bool = False
    """Sold by the pair, or of a kind that comes in pairs."""

    is_set: bool = False
    """Sold by the set or the pair, so that `unos tapetes` are one."""

    @property
    def candidate(self) -> Candidate:
        """The product as the ranking reads it."""
        return Candidate(self.sku, self.name, self.brand, self.aliases)

    @property
    def is_measured(self) -> bool:
        """Whether it is sold by a measure of which there are parts: cheese, not flour by the whole kilo."""
        return self.unit in MEASURES and self.grain < 1


@lru_cache(maxsize=20_000)
def _phrases(product: Product) -> tuple[Phrase, ...]:
    return tuple(read(text) for text in (product.name, *product.aliases))


@dataclass(frozen=True, slots=True)
class Match:
    """How a typed word is found in one product."""

    similarity: float
    is_head: bool

    @property
    def of_head(self) -> float:
        """How surely the noun was heard, where this is it."""
        return self.similarity if self.is_head else 1.0


@dataclass(frozen=True, slots=True)
class Mention:
    """A run of words that names something on sale: the products that have all of them, each with how surely."""

    products: tuple[str, ...]
    words: str
    count: int
    has_head: bool
    is_head_first: bool
    has_size: bool
    similarity: float
    sizes: frozenset[Size] = frozenset()
    of_head: float = 1.0
    """How surely the noun was heard."""


def shop_names(said: str) -> tuple[str, ...]:
    """What a thing that another language names may be called in the shop: `eggs` are `huevos`."""
    return next(
        (names for form in (said, said.removesuffix("s"), said.removesuffix("es")) if (names := vocabulary().names.get(form))),
        (),
    )


def comes_in_pairs(name: str) -> bool:
    """Whether a product is of a kind that comes in pairs wherever it is sold: shoes, socks."""
    nouns = {noun for known in vocabulary().pairs.values() for noun in known}
    return any(said.forms & word(noun).forms for said in read(name).words[:1] for noun in nouns)


@dataclass
class Goods:
    """What is on sale that words of a message may mean.

    `expansions` are words that stand for others (`birra` for `cerveza`), each with all that it may stand for.
    """

    products: Sequence[Product]
    expansions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    """Words that mean something of their own, and are no slip of a word on sale."""

    @cached_property
    def by_sku(self) -> dict[str, Product]:
        """The products by their SKU."""
        return {product.sku: product for product in self.products}

    @cached_property
    def _known(self) -> dict[Word, dict[str, bool]]:
        """All words on sale, each with the products that have it and whether it is their noun."""
        known: dict[Word, dict[str, bool]] = {}
        for product in self.products:
            nouns = {phrase.words[0] for phrase in _phrases(product) if phrase.words}
            for said in {w for phrase in (*_phrases(product), read(product.brand)) for w in phrase.words}:
                known.setdefault(said, {})[product.sku] = said in nouns
            for phrase in _phrases(product):
                for first, second in zip(phrase.words, phrase.words[1:], strict=False):
                    joined = known.setdefault(word(first.text + second.text), {})
                    joined[product.sku] = joined.get(product.sku, False) or first in nouns
        return known

    @cached_property
    def _cache(self) -> dict[str, dict[str, Match]]:
        return {}

    def matches(self, text: str) -> dict[str, Match]:
        """The products of which a folded word is a word, by SKU; a word that is on sale as it stands is nothing else."""
        if text not in self._cache:
            self._cache[text] = self._match(text)
        return self._cache[text]

    def _match(self, text: str) -> dict[str, Match]:
        found: dict[str, Match] = {}
        parts = read(text).words
        if len(parts) != 1:
            return found
        scored = [(known, similarity(parts[0], known)) for known in self._known]
        best = max((score for _, score in scored), default=0.0)
        least = _SAME if best >= _SAME else _HEARD
        for known, score in scored:
            if score < _SAME and _is_swapped(text, known.text):
                score = _SURE
            if (
                score < least
                or (score < _SURE and len(text) < 4)
                or (text in self.closed and not _is_written(text, known, score))
            ):
                continue
            for sku, is_head in self._known[known].items():
                seen = found.get(sku)
                if seen is None or (score, is_head) > (seen.similarity, seen.is_head):
                    found[sku] = Match(score, is_head)
        return found

    def is_heard(self, text: str) -> bool:
        """Whether a word is surely one of something on sale."""
        return any(match.similarity >= _SURE for match in self.matches(text).values())

    def stands_for(self, phrase: str) -> dict[str, Match]:
        """The products that words mean by standing for others, where nothing is called so itself: `spark plugs`."""
        names = self.expansions.get(phrase) or self.expansions.get(phrase.removesuffix("s")) or ()
        found: dict[str, Match] = {}
        for name in names:
            each = [self.matches(said.text) for said in read(name).words]
            for sku in set[str].intersection(*map(set, each)) if each else ():
                is_head = any(matches[sku].is_head for matches in each)
                found[sku] = Match(min(matches[sku].similarity for matches in each), is_head)
        return found

    def has_code(self, text: str) -> str | None:
        """The SKU that a word is."""
        return next((p.sku for p in self.products if p.sku.casefold().replace("-", "") == text.replace("-", "")), None)

    def settle(self, mention: Mention) -> tuple[Verdict, tuple[Product, ...]]:
        """Which product a mention means: the ranking's word, kept to those that have all that was said."""
        within = [self.by_sku[sku] for sku in mention.products]
        if len(within) == 1:
            return Verdict.ONE, tuple(within)
        decision = decide(rank(mention.words, [product.candidate for product in within]))
        if decision.verdict is Verdict.NONE:
            return Verdict.SEVERAL, tuple(within)
        return decision.verdict, tuple(self.by_sku[hit.sku] for hit in decision.hits)

    def completed(self, head: Mention, said: Mention) -> Mention:
        """A mention without its noun, with the noun of the one before it; as it stands if nothing is called so."""
        words = head.words.split()
        shared = {
            sku: sum(sku in self.matches(known) for known in words) for sku in said.products if sku in self.matches(words[0])
        }
        if not shared:
            return said
        both = tuple(sku for sku, count in shared.items() if count == max(shared.values()))
        return replace(said, products=both, words=f"{words[0]} {said.words}", has_head=True, is_head_first=True)

    def sized(self, head: Mention, quantity: Quantity) -> Mention | None:
        """What the noun of a mention is called in a size: `1 de 250` behind `2 cafés de 500`."""
        noun = head.words.split()[0]
        size = _size_of(quantity)
        figure = f"{quantity.value.normalize():f}"
        fitting = tuple(
            sku
            for sku in self.matches(noun)
            if (size is not None and any(size in phrase.sizes for phrase in _phrases(self.by_sku[sku])))
            or (size is None and _has_number(self.by_sku[sku], figure))
        )
        words = f"{noun} {figure} {quantity.unit or ''}".strip()
        return replace(head, products=fitting, words=words, has_size=True) if fitting else None


Shelf = Callable[[str], Awaitable[Goods]]
"""Looks up all that a message may mean, at once."""


@dataclass(frozen=True, slots=True)
class Namer:
    """Finds mentions in the tokens of one message."""

    tokens: Sequence[Token]
    goods: Goods
    measures: Mapping[int, Sequence[tuple[int, Quantity]]]
    """The quantities that begin at each place: a measure may be the size of a package."""
    inner: frozenset[str]
    """Words that may stand inside a name: `de`, `con`, `talle`."""

    def at(self, start: int) -> Iterator[tuple[int, Mention]]:
        """All mentions that begin here, with the place behind each."""
        token = self.tokens[start]
        if token.kind != "word" or token.text in STOPWORDS:
            return
        if (sku := self.goods.has_code(token.text)) is not None:
            yield start + 1, Mention((sku,), token.text, 1, True, True, False, 1.0)
            return
        for end, said, found in self._words(start):
            heads = [match.of_head for match in found.values() if match.is_head]
            chain = _Chain(found, (said,), frozenset(), of_head=max(heads, default=1.0))
            yield end, chain.mention()
            yield from self._longer(end, chain)

    def _words(self, at: int) -> Iterator[tuple[int, str, Mapping[str, Match]]]:
        """What one word here may be of, and what up to three words stand for."""
        if found := self.goods.matches(self.tokens[at].text):
            yield at + 1, self.tokens[at].text, found
        if not self.goods.expansions:
            return
        for end in range(at + 1, min(at + 3, len(self.tokens)) + 1):
            said = " ".join(token.text for token in self.tokens[at:end])
            if found := self.goods.stands_for(said):
                yield end, said, found

    def _longer(self, at: int, chain: "_Chain") -> Iterator[tuple[int, Mention]]:
        place = at
        while place < len(self.tokens) and (self.tokens[place].text in self.inner or self._is_hyphen(place)):
            place += 1
        if place >= len(self.tokens) or place - at > 2 or len(chain.words) >= _LONGEST_NAME:
            return
        for end, longer in self._extended(place, chain):
            yield end, longer.mention()
            yield from self._longer(end, longer)

    def _is_hyphen(self, at: int) -> bool:
        """`coca-cola`: a hyphen with no space around it."""
        token = self.tokens[at]
        if token.text != "-" or not 0 < at < len(self.tokens) - 1:
            return False
        return self.tokens[at - 1].end == token.start and self.tokens[at + 1].start == token.end

    def _extended(self, place: int, chain: "_Chain") -> Iterator[tuple[int, "_Chain"]]:
        token = self.tokens[place]
        for end, quantity in self.measures.get(place, ()):
            if (size := _size_of(quantity)) is not None:
                having = {sku for sku in chain.products if any(size in p.sizes for p in _phrases(self.goods.by_sku[sku]))}
                if having:
                    yield end, chain.narrowed(having, tuple(t.text for t in self.tokens[place:end]), size)
        if token.kind == "word" and token.text not in STOPWORDS:
            for end, said, more in self._words(place):
                if both := {sku for sku in chain.products if sku in more}:
                    yield end, chain.extended(both, said, more)
        elif token.kind == "number":
            yield from self._numbered(place, chain)

    def _numbered(self, place: int, chain: "_Chain") -> Iterator[tuple[int, "_Chain"]]:
        """A number of the name itself: `etapa 3`, `rollos x 4`, `abrazadera 2 pulgadas`, `la de 500`."""
        figure = self.tokens[place].text
        numbered = {sku for sku in chain.products if _has_number(self.goods.by_sku[sku], figure)}
        if not numbered:
            return
        longer = chain.narrowed(numbered, (figure,), None)
        if self.tokens[place - 1].text in self.inner:
            yield place + 1, longer
        elif place + 1 < len(self.tokens) and self.tokens[place + 1].kind == "word":
            behind = self.tokens[place + 1].text
            more = {sku for sku in numbered if sku in self.goods.matches(behind)}
            if more:
                yield place + 2, longer.extended(more, behind, self.goods.matches(behind))


def _has_number(product: Product, text: str) -> bool:
    return any(said.text == text for phrase in _phrases(product) for said in phrase.words) or (
        text.isdecimal() and any(size.amount in (int(text), int(text) * 1000) for p in _phrases(product) for size in p.sizes)
    )


def _size_of(quantity: Quantity) -> Size | None:
    """A measure as the size of a package."""
    if quantity.unit in MEASURES and quantity.unit is not None:
        dimension, factor = MEASURES[quantity.unit]
        return Size(dimension, (quantity.value * factor).normalize())
    if quantity.container or (quantity.is_marked and quantity.price is None):
        return Size("u", quantity.value.normalize())
    return None


def _is_swapped(typed: str, known: str) -> bool:
    """`sla`, `pna`: two letters of a short word changed places."""
    return len(typed) == 3 and typed[0] == known[:1] and sorted(typed) == sorted(known)


def _is_written(typed: str, known: Word, score: float) -> bool:
    """Whether a word that means something of its own is the known one as it stands, but for its number."""
    return score >= _SOUND or typed.removesuffix("s") == known.text or typed == known.text.removesuffix("s")


@dataclass(frozen=True, slots=True)
class _Chain:
    """A run of words so far, with the products that have all of them."""

    products: Mapping[str, Match]
    words: tuple[str, ...]
    sizes: frozenset[Size]
    count: int = 1
    is_head_first: bool | None = None
    of_head: float = 1.0

    def mention(self) -> Mention:
        heads = [sku for sku, match in self.products.items() if match.is_head]
        sureness = max(match.similarity for match in self.products.values())
        return Mention(
            products=tuple(heads or self.products),
            words=" ".join(self.words),
            count=self.count,
            has_head=bool(heads),
            is_head_first=self.is_head_first if self.is_head_first is not None else bool(heads),
            has_size=bool(self.sizes),
            similarity=sureness,
            sizes=self.sizes,
            of_head=self.of_head,
        )

    def narrowed(self, skus: set[str], said: tuple[str, ...], size: Size | None) -> "_Chain":
        products = {sku: match for sku, match in self.products.items() if sku in skus}
        sizes = self.sizes | {size} if size is not None else self.sizes
        return _Chain(products, (*self.words, *said), sizes, self.count, self._head_first(), self.of_head)

    def extended(self, skus: set[str], said: str, more: Mapping[str, Match]) -> "_Chain":
        products = {
            sku: Match(
                (match.similarity * self.count + more[sku].similarity) / (self.count + 1), match.is_head or more[sku].is_head
            )
            for sku, match in self.products.items()
            if sku in skus
        }
        return _Chain(products, (*self.words, said), self.sizes, self.count + 1, self._head_first(), self.of_head)

    def _head_first(self) -> bool:
        return self.is_head_first if self.is_head_first is not None else any(m.is_head for m in self.products.values())
