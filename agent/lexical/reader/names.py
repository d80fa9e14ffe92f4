"""Stage 3, names: the runs of words of a message that name one and the same product, sizes and figures inside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from agent.lexical.reader.goods import LONGEST_TERM, Goods, Match, Mention, has_number, phrases_of, size_of
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.tokens import Token
from domain.catalog.words import STOPWORDS, read

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
        if token.kind != "word" or token.text in STOPWORDS | _WITHOUT:
            return
        if (sku := self.goods.has_code(token.text)) is not None:
            yield start + 1, Mention((sku,), token.text, has_head=True, is_head_first=True)
            return
        for end, said, found in self._words(start):
            heads = [match.of_head for match in found.values() if match.is_head]
            label, things = self.goods.label_in(said, found), self.goods.brand_of(said)
            first = _heard(
                found,
                Mention(
                    (),
                    label or said,
                    of_head=max(heads, default=1.0),
                    label=label,
                    is_foreign=end > start + 1 or not self.goods.matches(said),
                    has_brand=things == 1,
                    is_shared=things > 1,
                ),
            )
            chain = _Chain(found, replace(first, is_head_first=first.has_head))
            yield end, chain.mention
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
        if place >= len(self.tokens) or place - at > 2 or len(chain.mention.words.split()) >= _LONGEST_NAME:
            return
        if self.tokens[place - 1].text in _WITHOUT and place > at:
            yield from self._lacking(place, chain)
            return
        for end, longer in self._extended(place, chain):
            yield end, longer.mention
            yield from self._longer(end, longer)

    def _lacking(self, at: int, chain: "_Chain") -> Iterator[tuple[int, Mention]]:
        """`coca cola sin azúcar`, where the name says so; of all else, what it shall be without is no part of it."""
        said = f" {self.tokens[at - 1].text} {self.tokens[at].text} "
        without = {sku for sku in chain.matches if any(said in f" {name} " for name in self.goods.names_of(sku))}
        more = self.goods.matches(self.tokens[at].text)
        if without and without <= set(more):
            longer = chain.extended(without, self.tokens[at].text, more)
            yield at + 1, longer.mention
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
                having = {sku for sku in chain.matches if any(size in p.sizes for p in phrases_of(self.goods.by_sku[sku]))}
                if having:
                    words = (token.text for token in self.tokens[place:end])
                    yield end, chain.narrowed(having, *words, sizes=chain.mention.sizes | {size}, has_size=True)
        if token.kind == "word" and token.text not in STOPWORDS:
            for end, said, more in self._words(place):
                if both := {sku for sku in chain.matches if sku in more}:
                    label = self.goods.label_in(said, both)
                    yield end, chain.extended(both, label or said, more, label=label or chain.mention.label)
        elif token.kind == "number":
            yield from self._numbered(place, chain)
        yield from self._figured(place, chain)

    def _figured(self, place: int, chain: "_Chain") -> Iterator[tuple[int, "_Chain"]]:
        """`etapa 2`, `etapa dos` of what is sold as `etapa 3`: the figure is part of the name, though nothing is called so."""
        names = {sku: [said.text for said in read(self.goods.by_sku[sku].name).words] for sku in chain.matches}
        before = self.tokens[place - 1].text
        is_led = all(len(name) > 1 and name[-1].isdigit() and name[-2] == before for name in names.values())
        if not is_led or self.goods.brand_of(before) or any(self.goods.by_sku[sku].label for sku in names):
            return
        for end, said in self.measures.get(place, ()):
            if said.is_plain:
                having = {sku for sku, name in names.items() if name[-1] == f"{said.value.normalize():f}"}
                words = (token.text for token in self.tokens[place:end])
                kept = having or set(names)
                yield end, chain.narrowed(kept, *words, has_figure=True, is_missing=not having)

    def _numbered(self, place: int, chain: "_Chain") -> Iterator[tuple[int, "_Chain"]]:
        """A number of the name itself: `etapa 3`, `rollos x 4`, `abrazadera 2 pulgadas`, `la de 500`."""
        figure = self.tokens[place].text
        numbered = {sku for sku in chain.matches if has_number(self.goods.by_sku[sku], figure)}
        if not numbered:
            return
        longer = chain.narrowed(numbered, figure)
        labelled = {sku for sku in numbered if self.goods.by_sku[sku].label == figure}
        if labelled and not chain.mention.label:
            yield place + 1, chain.narrowed(labelled, figure, label=figure, has_figure=True)
        elif self.tokens[place - 1].text in self.inner or self._is_of_name(place, numbered):
            yield place + 1, chain.narrowed(numbered, figure, has_figure=self._is_of_name(place, numbered))
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
    """A run of words so far: the products that have all of them, how each was heard, and what that names."""

    matches: Mapping[str, Match]
    mention: Mention

    def narrowed(self, skus: set[str], *said: str, **more: Any) -> "_Chain":
        """Kept to some of the products, by words that are no words of their own; `more` are fields of the mention."""
        return self._with({sku: match for sku, match in self.matches.items() if sku in skus}, *said, **more)

    def extended(self, skus: set[str], said: str, more: Mapping[str, Match], **fields: Any) -> "_Chain":
        """With one more word of the products' names."""
        count = self.mention.count
        both = {
            sku: Match((match.similarity * count + more[sku].similarity) / (count + 1), match.is_head or more[sku].is_head)
            for sku, match in self.matches.items()
            if sku in skus
        }
        return self._with(both, said, count=count + 1, is_shared=False, **fields)

    def _with(self, matches: Mapping[str, Match], *said: str, **fields: Any) -> "_Chain":
        return _Chain(matches, _heard(matches, replace(self.mention, words=" ".join((self.mention.words, *said)), **fields)))


def _heard(matches: Mapping[str, Match], said: Mention) -> Mention:
    """A mention of the products that have its words: those of which one is the noun, if there are any."""
    heads = tuple(sku for sku, match in matches.items() if match.is_head and not said.is_shared)
    similarity = max(match.similarity for match in matches.values())
    return replace(said, products=heads or tuple(matches), has_head=bool(heads), similarity=similarity)
