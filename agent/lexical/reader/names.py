"""Stage 3, names: the runs of words of a message that name one and the same product, sizes and figures inside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agent.lexical.reader.goods import LONGEST_TERM, Goods, Match, Mention, has_number, phrases_of, size_of
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.tokens import Token
from domain.catalog.words import STOPWORDS, Size, read

_LONGEST_NAME = 12
_WITHOUT = frozenset({"sin", "without", "sem"})


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
            label, things = self.goods.label_in(said, found), self.goods.brand_of(said)
            is_foreign = end > start + 1 or not self.goods.matches(said)
            chain = _Chain(found, (label or said,), frozenset(), of_head=max(heads, default=1.0), label=label)
            chain = replace(chain, is_foreign=is_foreign, has_brand=things == 1, is_shared=things > 1)
            yield end, chain.mention()
            yield from self._longer(end, chain)

    def _words(self, at: int) -> Iterator[tuple[int, str, Mapping[str, Match]]]:
        """What one word here may be of, and what up to three words stand for."""
        if found := self.goods.matches(self.tokens[at].text):
            yield at + 1, self.tokens[at].text, found
        if not self.goods.expansions:
            return
        for end in range(at + 1, min(at + LONGEST_TERM, len(self.tokens)) + 1):
            said = " ".join(token.text for token in self.tokens[at:end]).replace(" - ", "-")
            if found := self.goods.stands_for(said):
                yield end, said, found

    def _longer(self, at: int, chain: "_Chain") -> Iterator[tuple[int, Mention]]:
        place = at
        while place < len(self.tokens) and (self.tokens[place].text in self.inner or self._is_hyphen(place)):
            place += 1
            if self.tokens[place - 1].text in _WITHOUT:
                break
        if place >= len(self.tokens) or place - at > 2 or len(chain.words) >= _LONGEST_NAME:
            return
        if self.tokens[place - 1].text in _WITHOUT and place > at:
            yield from self._lacking(place, chain)
            return
        for end, longer in self._extended(place, chain):
            yield end, longer.mention()
            yield from self._longer(end, longer)

    def _lacking(self, at: int, chain: "_Chain") -> Iterator[tuple[int, Mention]]:
        """`coca cola sin azúcar`, where the name says so; of all else, what it shall be without is no part of it."""
        said = f" {self.tokens[at - 1].text} {self.tokens[at].text} "
        without = {sku for sku in chain.products if any(said in f" {name} " for name in self.goods.names_of(sku))}
        more = self.goods.matches(self.tokens[at].text)
        if without and without <= set(more):
            longer = chain.extended(without, self.tokens[at].text, more)
            yield at + 1, longer.mention()
            yield from self._longer(at + 1, longer)

    def _is_hyphen(self, at: int) -> bool:
        """`coca-cola`: a hyphen with no space around it."""
        token = self.tokens[at]
        if token.text != "-" or not 0 < at < len(self.tokens) - 1:
            return False
        return self.tokens[at - 1].end == token.start and self.tokens[at + 1].start == token.end

    def _extended(self, place: int, chain: "_Chain") -> Iterator[tuple[int, "_Chain"]]:
        token = self.tokens[place]
        for end, quantity in self.measures.get(place, ()):
            if (size := size_of(quantity)) is not None:
                having = {sku for sku in chain.products if any(size in p.sizes for p in phrases_of(self.goods.by_sku[sku]))}
                if having:
                    yield end, chain.narrowed(having, tuple(t.text for t in self.tokens[place:end]), size)
        if token.kind == "word" and token.text not in STOPWORDS:
            for end, said, more in self._words(place):
                if both := {sku for sku in chain.products if sku in more}:
                    label = self.goods.label_in(said, both)
                    longer = chain.extended(both, label or said, more)
                    yield end, replace(longer, label=label) if label else longer
        elif token.kind == "number":
            yield from self._numbered(place, chain)

    def _numbered(self, place: int, chain: "_Chain") -> Iterator[tuple[int, "_Chain"]]:
        """A number of the name itself: `etapa 3`, `rollos x 4`, `abrazadera 2 pulgadas`, `la de 500`."""
        figure = self.tokens[place].text
        numbered = {sku for sku in chain.products if has_number(self.goods.by_sku[sku], figure)}
        if not numbered:
            return
        longer = chain.narrowed(numbered, (figure,), None)
        labelled = {sku for sku in numbered if self.goods.by_sku[sku].label == figure}
        if labelled and not chain.label:
            yield place + 1, replace(chain.narrowed(labelled, (figure,), None), label=figure, has_figure=True)
        elif self.tokens[place - 1].text in self.inner or self._is_of_name(place, numbered):
            yield place + 1, replace(longer, has_figure=self._is_of_name(place, numbered))
        elif place + 1 < len(self.tokens) and self.tokens[place + 1].kind == "word":
            behind = self.tokens[place + 1].text
            more = {sku for sku in numbered if sku in self.goods.matches(behind)}
            if more:
                yield place + 2, longer.extended(more, behind, self.goods.matches(behind))

    def _is_of_name(self, place: int, skus: set[str]) -> bool:
        """Whether a number stands in a name as it is written: `etapa 3`."""
        said = (self.tokens[place - 1].text, self.tokens[place].text)
        is_model = place + 1 < len(self.tokens) and self.tokens[place + 1].kind == "number"
        return not is_model and all(
            said in pairwise(word.text for word in read(self.goods.by_sku[sku].name).words) for sku in skus
        )


@dataclass(frozen=True, slots=True)
class _Chain:
    """A run of words so far, with the products that have all of them."""

    products: Mapping[str, Match]
    words: tuple[str, ...]
    sizes: frozenset[Size]
    count: int = 1
    is_head_first: bool | None = None
    of_head: float = 1.0
    label: str = ""
    has_brand: bool = False
    has_figure: bool = False
    is_foreign: bool = False
    is_shared: bool = False

    def mention(self) -> Mention:
        heads = [sku for sku, match in self.products.items() if match.is_head and not self.is_shared]
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
            is_label=bool(self.label) and self.count == 1 and self.words[-1] == self.label and len(self.words) == 1,
            label=self.label,
            has_brand=self.has_brand,
            has_figure=self.has_figure,
            is_foreign=self.is_foreign,
            is_shared=self.is_shared,
        )

    def narrowed(self, skus: set[str], said: tuple[str, ...], size: Size | None) -> "_Chain":
        products = {sku: match for sku, match in self.products.items() if sku in skus}
        sizes = self.sizes | {size} if size is not None else self.sizes
        return replace(self, products=products, words=(*self.words, *said), sizes=sizes, is_head_first=self._head_first())

    def extended(self, skus: set[str], said: str, more: Mapping[str, Match]) -> "_Chain":
        products = {
            sku: Match(
                (match.similarity * self.count + more[sku].similarity) / (self.count + 1), match.is_head or more[sku].is_head
            )
            for sku, match in self.products.items()
            if sku in skus
        }
        return replace(
            self,
            products=products,
            words=(*self.words, said),
            count=self.count + 1,
            is_head_first=self._head_first(),
            is_shared=False,
        )

    def _head_first(self) -> bool:
        return self.is_head_first if self.is_head_first is not None else any(m.is_head for m in self.products.values())
