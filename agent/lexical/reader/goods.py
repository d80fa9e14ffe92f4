"""Stage 3, things: the products that words of a message may mean, and the runs of words that name one and the same of them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, lru_cache

from agent.lexical.reader.quantities import Quantity
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold
from core.language.words import MEASURES
from domain.catalog.search import Candidate, Verdict, decide, rank, similarity
from domain.catalog.words import Phrase, Size, Word, read, word

_HEARD = 0.75
"""From this similarity on a typed word may be a word of a product."""
_SURE = 0.8
LONGEST_TERM = 3
"""Words that may stand for others together: `ground beef`, `t-shirt`."""
_SAME = 0.97
_SOUND = 0.98
"""Written or at least spoken alike."""


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
    is_pair: bool = False
    """Sold by the pair."""

    is_set: bool = False
    """Sold by the set or the pair, so that `unos tapetes` are one."""

    @property
    def candidate(self) -> Candidate:
        """The product as the ranking reads it."""
        return Candidate(self.sku, self.name, self.brand, self.aliases)

    @property
    def label(self) -> str:
        """The size that its name says, of clothes and shoes."""
        return label_of(self.name)

    @property
    def is_measured(self) -> bool:
        """Whether it is sold by a measure of which there are parts: cheese, not flour by the whole kilo."""
        return self.unit in MEASURES and self.grain < 1


@lru_cache(maxsize=20_000)
def phrases_of(product: Product) -> tuple[Phrase, ...]:
    """All names of a product."""
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
    count: int = 1
    has_head: bool = False
    is_head_first: bool = False
    has_size: bool = False
    similarity: float = 1.0
    sizes: frozenset[Size] = frozenset()
    of_head: float = 1.0
    """How surely the noun was heard."""
    label: str = ""
    """The size among its words."""
    has_figure: bool = False
    """Has a figure of the name itself: `etapa 3`, `talle 40`."""
    is_missing: bool = False
    """Has a figure of a name that nothing on sale has: `etapa 2`."""
    has_brand: bool = False
    """Has the whole of a brand of which the shop sells one thing."""
    is_foreign: bool = False
    """Its last word only stands for one of the shop's: `socks`."""
    is_shared: bool = False
    """Only a brand under which the shop sells several things, whatever else one of them is called."""

    @property
    def is_label(self) -> bool:
        """Only a size: `talle M`, `XL`."""
        return bool(self.label) and self.words == self.label


def names_for(said: str, table: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What a thing that another language names may be called in the shop: `eggs` are `huevos`."""
    return next((names for form in (said, said.removesuffix("s"), said.removesuffix("es")) if (names := table.get(form))), ())


def comes_in_pairs(name: str, called: str = "par") -> bool:
    """Whether a product is of a kind of which a pair, as `called`, is one wherever it is sold: shoes, socks."""
    nouns = vocabulary().pairs.get(called, ())
    return any(said.forms & word(noun).forms for said in read(name).words[:1] for noun in nouns)


@lru_cache(maxsize=20_000)
def label_of(name: str) -> str:
    """The size that the name of a variant ends in: `40` of `Pantalón Chino talle 40`; empty if it has none."""
    said = fold(name).split()
    return said[-1] if len(said) > 2 and said[-2] in vocabulary().size_words else ""


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

    def noun_of(self, sku: str) -> str:
        """What kind of thing a product is: the first word of its name."""
        return next((said.text for said in read(self.by_sku[sku].name).words), "")

    def names_of(self, sku: str) -> tuple[str, ...]:
        """What a product is called, folded."""
        product = self.by_sku[sku]
        return tuple(fold(name) for name in (product.name, *product.aliases))

    @cached_property
    def _known(self) -> dict[Word, dict[str, bool]]:
        """All words on sale, each with the products that have it and whether it is their noun."""
        known: dict[Word, dict[str, bool]] = {}
        for product in self.products:
            nouns = {phrase.words[0] for phrase in phrases_of(product) if phrase.words}
            for said in {w for phrase in (*phrases_of(product), read(product.brand)) for w in phrase.words}:
                known.setdefault(said, {})[product.sku] = said in nouns
            for phrase in phrases_of(product):
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
            nouns = [
                known for known in self._known if similarity(word(text), known) >= _SAME and any(self._known[known].values())
            ]
            own = {sku for known in nouns if _stem(known.text) == _stem(text) for sku in self._known[known]}
            found = self._match(text)
            # Where the shop has a `gorro` and a `gorra`, whoever names one does not mean the other.
            self._cache[text] = {sku: match for sku, match in found.items() if not own or sku in own or not match.is_head}
        return self._cache[text]

    def _match(self, text: str, heard: float = _HEARD) -> dict[str, Match]:
        found: dict[str, Match] = {}
        parts = read(text).words
        if len(parts) != 1:
            return found
        scored = [(known, similarity(parts[0], known)) for known in self._known]
        best = max((score for _, score in scored), default=0.0)
        least = _SAME if best >= _SAME else heard
        for known, score in scored:
            if score < _SAME and _is_swapped(text, known.text):
                score = _SURE
            is_short = score < _SURE and len(text) < 4
            if score < least or is_short or (text in self.closed and not _is_written(text, known, score)):
                continue
            for sku, is_head in self._known[known].items():
                seen = found.get(sku)
                if seen is None or (score, is_head) > (seen.similarity, seen.is_head):
                    found[sku] = Match(score, is_head)
        return found

    def is_heard(self, text: str) -> bool:
        """Whether a word is surely one of something on sale."""
        return any(match.similarity >= _SURE for match in self.matches(text).values())

    def _called(self, name: str) -> dict[str, Match]:
        """The products that have all words of a name as they are written: what stands for another is no guess besides."""
        each = [self._match(said.text, _SAME) for said in read(name).words]
        return {
            sku: Match(min(found[sku].similarity for found in each), any(found[sku].is_head for found in each))
            for sku in (each[0] if each else ())
            if all(sku in found for found in each)
        }

    def name_for(self, phrase: str) -> str:
        """What the shop calls a thing that words stand for; empty if it has none."""
        return next((name for name in names_for(phrase, self.expansions) if self._called(name)), "")

    def stands_for(self, phrase: str) -> dict[str, Match]:
        """The products that words mean by standing for others, where nothing is called so itself: `spark plugs`."""
        return {sku: match for name in names_for(phrase, self.expansions) for sku, match in self._called(name).items()}

    def _meant_by(self, noun: str) -> dict[str, Match]:
        """The products that are called so, or by what it stands for."""
        return self.matches(noun) or self.stands_for(noun)

    @cached_property
    def _brands(self) -> Counter[str]:
        """How many things there are of each brand; variants of one are one."""
        names = {(fold(p.brand), p.name.removesuffix(f" {p.label.upper()}") if p.label else p.name) for p in self.products}
        return Counter(brand for brand, _ in names if brand)

    def brand_of(self, said: str) -> int:
        """Of how many things words are the brand; of one alone it is a name of it: `una pepsi`."""
        return self._brands[said] or self._brands[said.removesuffix("s")]

    def label_in(self, said: str, skus: Iterable[str]) -> str:
        """The one size of products that a word is, or stands for: `medium` is `m`; empty if it is none."""
        labels = {self.by_sku[sku].label for sku in skus}
        label = labels.pop() if len(labels) == 1 else ""
        return label if label in (said, *names_for(said, self.expansions)) else ""

    def has_code(self, text: str) -> str | None:
        """The SKU that a word is."""
        return next((p.sku for p in self.products if p.sku.casefold().replace("-", "") == text.replace("-", "")), None)

    def settle(self, mention: Mention) -> tuple[Verdict, tuple[Product, ...]]:
        """Which product a mention means: the ranking's word, kept to those that have all that was said."""
        within = [self.by_sku[sku] for sku in mention.products]
        if len(within) == 1 or mention.is_shared:
            return Verdict.ONE if len(within) == 1 else Verdict.SEVERAL, tuple(within)
        decision = decide(rank(mention.words, [product.candidate for product in within]))
        if decision.verdict is Verdict.NONE:
            return Verdict.SEVERAL, tuple(within)
        return decision.verdict, tuple(self.by_sku[hit.sku] for hit in decision.hits)

    def completed(self, head: Mention, said: Mention) -> Mention:
        """A mention without its noun, with the noun of the one before it; as it stands if nothing is called so."""
        words = head.words.split()
        named = self.matches(said.words) if said.count == 1 else {}
        shared = {
            sku: sum(sku in self._meant_by(known) for known in words)
            for sku in (*said.products, *(sku for sku in named if sku not in said.products))
            if sku in self._meant_by(words[0])
        }
        if not shared:
            return said
        both = tuple(sku for sku, count in shared.items() if count == max(shared.values()))
        return replace(said, products=both, words=f"{words[0]} {said.words}", has_head=True, is_head_first=True)

    def labelled(self, head: Mention, label: str) -> Mention | None:
        """What a mention is called in a size that one of its kind comes in: `42` behind `bermudas, una 40 y una`."""
        kin = {_unlabelled(self.by_sku[sku]) for sku in head.products}
        among = [p.sku for p in self.products if _unlabelled(p) in kin] if head.label else head.products
        fitting = tuple(sku for sku in among if self.by_sku[sku].label == label)
        words = " ".join(said for said in head.words.split() if said != head.label)
        return replace(head, products=fitting, words=f"{words} {label}", has_size=True, label=label) if fitting else None

    def is_other_size(self, sku: str, other: str) -> bool:
        """Whether two are the same thing in two sizes."""
        return sku != other and _unlabelled(self.by_sku[sku]) == _unlabelled(self.by_sku[other])

    def in_sizes(self, first: Mention | None, second: Mention) -> bool:
        """Whether two name the same thing in two sizes, both of them said."""
        named = first.products if first is not None and first.label and second.label else ()
        return any(self.is_other_size(one, other) for one in named for other in second.products)

    def lacking(self, head: Mention, said: str) -> Mention | None:
        """Those of what is named that are not so: `leche que no sea en polvo`, `la que no tiene azúcar`; None if all are."""
        named = [sku for sku in head.products if any(f"sin {said}" in name for name in self.names_of(sku))]
        left = tuple(named or [sku for sku in head.products if sku not in self.matches(said)])
        return replace(head, products=left) if left else None

    def sized(self, head: Mention, quantity: Quantity) -> Mention | None:
        """What the noun of a mention is called in a size: `1 de 250` behind `2 cafés de 500`."""
        noun = head.words.split()[0]
        size = size_of(quantity)
        figure = f"{quantity.value.normalize():f}"
        fitting = tuple(
            sku
            for sku in self._meant_by(noun)
            if (size is not None and any(size in phrase.sizes for phrase in phrases_of(self.by_sku[sku])))
            or (size is None and has_number(self.by_sku[sku], figure))
        )
        words = f"{noun} {figure} {quantity.unit or ''}".strip()
        return replace(head, products=fitting, words=words, has_size=True) if fitting else None


Shelf = Callable[[str], Awaitable[Goods]]
"""Looks up all that a message may mean, at once."""


def _unlabelled(product: Product) -> str:
    return fold(product.name).removesuffix(f" {product.label}") if product.label else fold(product.name)


def has_number(product: Product, text: str) -> bool:
    """Whether a product has a figure in its name, or a package of that size."""
    return any(said.text == text for phrase in phrases_of(product) for said in phrase.words) or (
        text.isdecimal() and any(size.amount in (int(text), int(text) * 1000) for p in phrases_of(product) for size in p.sizes)
    )


def size_of(quantity: Quantity) -> Size | None:
    """A measure as the size of a package."""
    if quantity.unit in MEASURES and quantity.unit is not None:
        dimension, factor = MEASURES[quantity.unit]
        return Size(dimension, (quantity.value * factor).normalize())
    if quantity.container or (quantity.is_marked and quantity.price is None):
        return Size("u", quantity.value.normalize())
    return None


def _stem(text: str) -> str:
    return text.removesuffix("s").removesuffix("e")


def _is_swapped(typed: str, known: str) -> bool:
    """`sla`, `pna`: two letters of a short word changed places."""
    return len(typed) == 3 and typed[0] == known[:1] and sorted(typed) == sorted(known)


def _is_written(typed: str, known: Word, score: float) -> bool:
    """Whether a word that means something of its own is the known one as it stands, but for its number."""
    return score >= _SOUND or typed.removesuffix("s") == known.text or typed == known.text.removesuffix("s")
