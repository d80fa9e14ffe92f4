"""Stage 3 together: all that tokens may be, overlapping, each with its role and its cost; nothing is decided here."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.lexical.reader.closed import DENIALS, PATTERNS, Role, closed_phrases, is_wanting, phrases_at, wishes_by_sound
from agent.lexical.reader.goods import Goods, Mention
from agent.lexical.reader.names import Namer
from agent.lexical.reader.quantities import ANOTHER, LARGEST_SHOE, SAME, SMALLEST_SHOE, YEAR, Quantity, Reader
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import Vocabulary, vocabulary
from core.language.words import MEASURES, Words
from domain.catalog.words import word


@dataclass(frozen=True, slots=True)
class Arc:
    """One thing that the tokens from `start` to before `end` may be."""

    start: int
    end: int
    role: Role
    cost: float
    quantity: Quantity | None = None
    mention: Mention | None = None
    price: Decimal | None = None
    size: Quantity | None = None


_NO_FILLERS = frozenset(
    {"no", "ni", "sin", "nada", "mejor", "digo", "perdon", "pero", "otro", "otra", "otros", "otras", "menos", "tampoco"}
)
"""Little words that change what is meant: they are never padding."""
_INFINITIVE = re.compile(r"[a-z]+[aei]r(?:me|te|le|les|nos|l[oa]s?)?")
"""What a verb of wishing wishes to do: `quiero regalar`, `me faltó pedirte`."""
_CALLED = re.compile(r"[a-z]{2,}[aei]n?me(?:l[oa]s?)?")
"""An imperative with `me`: something is to be done for whoever writes."""
_ONE = frozenset({"one", "ones"})
_POINTERS = frozenset({"the", "that", "this", "which"})
_OF = frozenset({"de", "del", "of"})
_NEUTER = frozenset({"lo", "o"})
_IFS = frozenset({"si", "if"})
_POSSESSIVES = frozenset({"mi", "mis", "tu", "tus", "su", "sus", "my", "your"})
_LATEST_DAY = 31
_FIGURED = 1.5
_WHERE = frozenset({"con", "al", "a", "en", "with", "to", "at"})
_WHOSE = frozenset({"el", "la", "los", "las", "mi", "mis", "tu", "tus", "su", "sus", "un", "una", "the", "my", "your"})
_OPERATORS = frozenset({Role.WISH, Role.REFUSE, Role.CORRECT, Role.SWAP, Role.CHANGE, Role.KEEP, Role.BUT})


@dataclass(frozen=True, slots=True)
class Arcs:
    """The arcs of a message by the place at which they begin; at every place there is at least one."""

    tokens: Sequence[Token]
    by_start: Sequence[Sequence[Arc]]


class Finder:
    """Finds the arcs of one message."""

    def __init__(
        self,
        folded: str,
        tokens: Sequence[Token],
        goods: Goods,
        words: Words,
        agreed: frozenset[int] = frozenset(),
        asked: frozenset[str] = frozenset(),
    ) -> None:
        """`agreed` are the places at which a yes is written with its accent.

        `asked` are words of one of the things in question, which they mean whatever else they may (`pera`, `de mano`).
        """
        known = vocabulary()
        self.agreed, self.asked = agreed, asked
        self.tokens, self.goods, self.known = tokens, goods, known
        self.reader = Reader(tokens, words, known.containers)
        self.places = len(tokens)
        self.measures: dict[int, list[tuple[int, Quantity]]] = {at: list(self.reader.at(at)) for at in range(self.places)}
        inner = known.prepositions | known.linking | known.size_words | {"la", "el", "los", "las", "en", "in", "em", "x", "mi"}
        self.namer = Namer(tokens, goods, self.measures, inner)
        self.starts = {token.start: at for at, token in enumerate(tokens)}
        self.spans = self._spans(folded, known)
        self.wished = {end for spans in self.spans.values() for end, role, _ in spans if role is Role.WISH}
        self.taken = {end for spans in self.spans.values() for end, role, _ in spans if role is Role.REFUSE}

    def _spans(self, folded: str, known: Vocabulary) -> dict[int, list[tuple[int, Role, float]]]:
        """The stretches that a pattern of the vocabulary gives a role to."""
        found: dict[int, list[tuple[int, Role, float]]] = {}
        for name, role, cost in PATTERNS:
            for match in known.patterns[name].finditer(folded):
                inside = [
                    at for at, token in enumerate(self.tokens) if match.start() <= token.start and token.end <= match.end()
                ]
                while inside and self.tokens[inside[0]].kind in ("mark", "newline"):
                    inside.pop(0)
                while inside and self.tokens[inside[-1]].kind in ("mark", "newline"):
                    inside.pop()
                if inside and not (role is not Role.REASON and any(self.tokens[at].kind == "number" for at in inside)):
                    found.setdefault(inside[0], []).append((inside[-1] + 1, role, cost))
        return found

    def arcs(self) -> Arcs:
        """All arcs, at every place."""
        closed = [[] if self._is_thing(at) else list(self._closed(at)) for at in range(self.places)]
        for arcs in closed:
            arcs += self._unwished(arcs, closed)
        operators = {at for at, arcs in enumerate(closed) for arc in arcs if arc.role in _OPERATORS}
        return Arcs(
            self.tokens,
            [[*closed[at], *self._open(at), *self._stretches(at, operators), self._unknown(at)] for at in range(self.places)],
        )

    def _is_thing(self, at: int) -> bool:
        """`de pera`, `de mano`: behind `de` a word on sale is that, whatever else it means; so is one that is asked about."""
        text = self.tokens[at].text
        is_sold = self.reader.text(at - 1) in _OF and bool(self.goods.products) and self.goods.is_heard(text)
        return is_sold or text in self.asked

    def _unwished(self, arcs: Sequence[Arc], closed: Sequence[Sequence[Arc]]) -> list[Arc]:
        """`no hace falta`, `não preciso`: a no and the want behind it are one refusal; `no dame 2` is a no and an order."""
        refusals = [arc for arc in arcs if arc.role is Role.REFUSE and arc.end < self.places]
        return [
            Arc(refusal.start, wish.end, Role.REFUSE, 0.1)
            for refusal in refusals
            if self.tokens[refusal.start].text in DENIALS
            for wish in closed[refusal.end]
            if wish.role is Role.WISH and is_wanting(self.tokens, wish.start)
        ]

    def _open(self, at: int) -> Iterator[Arc]:
        """Numbers, prices and names."""
        for end, quantity in () if self._is_pronoun(at) else self.measures[at]:
            unsure = 0.3 if quantity.unit == "money?" else 0.5 if quantity.is_joined else 0.0
            yield Arc(at, end, Role.QUANTITY, 0.1 + unsure, quantity=quantity)
        yield from self._sizes(at)
        for end, price in self.reader.prices(at):
            yield Arc(at, end, Role.PRICE, 0.2, price=price)
        for end, mention in self.namer.at(at):
            if mention.similarity < 1 and (self.measures[at] or (not mention.has_head and self._is_done(at))):
                continue  # `melhor quatro`, `que las rompe`: a number or a verb is no slip of a word on sale
            yield Arc(at, end, Role.PRODUCT, _cost(mention), mention=mention)

    def _is_done(self, at: int) -> bool:
        """`que las rompe`: what stands behind `que` and a pronoun is what somebody does."""
        return self.reader.text(at - 2) in ("que", "q") and self.reader.text(at - 1) in self.known.articles

    def _is_pronoun(self, at: int) -> bool:
        """`the one with the hood`, `the regular one`, `lo otro`: stands for a thing and counts none."""
        before, text, behind = self.reader.text(at - 1), self.tokens[at].text, self.reader.text(at + 1)
        if text in ANOTHER or text not in _ONE:
            return before in _NEUTER and text in ANOTHER
        if before in _POINTERS:
            return True
        is_described = self.reader.text(at - 2) in _POINTERS and before not in self.known.conjunctions
        return is_described and not (behind.isalpha() and not self._is_idle(behind))

    def _sizes(self, at: int) -> Iterator[Arc]:
        """`de medio kilo` behind a product, `12 pulgadas`, `talle 40`: how large or heavy one is."""
        text = self.reader.text
        if text(at) in _OF:
            for end, quantity in self.measures[at + 1] if at + 1 < self.places else ():
                if quantity.unit in MEASURES:
                    yield Arc(at, end, Role.SIZE, 0.3, size=quantity)
        unit = self.reader.words.units.get(text(at))
        is_led = at > 0 and self.tokens[at - 1].kind == "word" and text(at - 1) not in self.reader.words.articles
        if unit is not None and len(text(at)) > 1 and is_led:
            # `4 bananas kilos`
            yield Arc(at, at + 1, Role.SIZE, 1.0, size=Quantity(Decimal(1), unit))
        number = self.reader.number(at)
        if number is not None and text(number[1]) in self.known.dimensions:
            yield Arc(at, number[1] + 1, Role.SIZE, 0.3)
        if text(at) in self.known.size_words:
            behind = at + 1 + (text(at + 1) in ("°", "."))
            if behind < self.places and self.tokens[behind].kind in ("number", "word"):
                yield Arc(at, behind + 1, Role.SIZE, 1.5)

    def _closed(self, at: int) -> Iterator[Arc]:
        token = self.tokens[at]
        if token.kind in ("mark", "newline"):
            yield Arc(at, at + 1, Role.MARK, 0.0)
            return
        if self._is_pronoun(at):
            yield Arc(at, at + 1, Role.FILLER, 0.1)
            return
        if token.kind in ("time", "phone"):
            yield Arc(at, at + 1, Role.TIME, 0.0)
        for end, role, cost in self.spans.get(at, ()):
            yield Arc(at, end, role, cost)
        for end, role in phrases_at(self.tokens, at):
            yield Arc(at, end, role, 0.1)
        yield from self._times(at)
        yield from self._none_of(at)
        yield from self._conditions(at)
        if _CALLED.fullmatch(token.text) and not self.goods.matches(token.text):
            yield Arc(at, at + 1, Role.WISH, 0.3)
        if at in self.wished and _INFINITIVE.fullmatch(token.text) and not self.goods.matches(token.text):
            yield Arc(at, at + 1, Role.WISH, 0.2)
        if token.text not in _NO_FILLERS and not self._operates(at):
            yield from self._little(at)
        if token.kind == "word" and len(token.text) > 3 and word(token.text).sound in wishes_by_sound():
            yield Arc(at, at + 1, Role.WISH, 0.2)

    def _none_of(self, at: int) -> Iterator[Arc]:
        """`de queso nada`: refuses what is named right before it."""
        before, behind = self.reader.text(at - 1), self.reader.text(at + 1)
        is_none = self.tokens[at].text == "nada" and behind != "mas" and before not in self.goods.closed
        if is_none and self.goods.matches(before):
            yield Arc(at, at + 1, Role.REFUSE, 0.1)

    def _conditions(self, at: int) -> Iterator[Arc]:
        """`si no pasa de 70 mil`, `si el toddy está agotado`: an if with something that happens before a mark or a wish."""
        if self.tokens[at].text not in _IFS or at in self.agreed or any(r is Role.FILLER for _, r, _ in self._led(at)):
            return
        for end in range(at + 1, self.places):
            token = self.tokens[end]
            if token.kind not in ("word", "number"):
                return
            if token.text == "no" and end == at + 1:
                continue
            if any(role in _OPERATORS | {Role.FILLER} for _, role, _ in self._led(end)):
                return
            if self._happens(end):
                yield Arc(at, end + 1 if end <= at + 2 else at + 1, Role.CONDITION, 0.0)
                return

    def _led(self, at: int) -> list[tuple[int, Role, float]]:
        """The stretches of closed words that begin here."""
        return [*self.spans.get(at, ()), *((end, role, 0.1) for end, role in phrases_at(self.tokens, at))]

    def _is_idle(self, text: str) -> bool:
        """Whether a word only joins, describes or holds."""
        known = self.known
        idle = (known.fillers, known.articles, known.prepositions, known.conjunctions, known.size_words, known.containers)
        return any(text in words for words in idle)

    def _happens(self, at: int) -> bool:
        """Whether a word is none that joins, counts, describes or names something on sale."""
        text, words = self.tokens[at].text, self.reader.words
        is_counting = any(text in table for table in (words.numbers, words.units, words.dozens, words.parts))
        return self.tokens[at].kind == "word" and not self._is_idle(text) and not is_counting and not self.goods.matches(text)

    def _operates(self, at: int) -> bool:
        """Whether a stretch begins here that changes an order: `que sean`, `en vez de` are more than their little words."""
        return bool({role for _, role, _ in self._led(at)} & {Role.CORRECT, Role.SWAP, Role.CHANGE, Role.KEEP})

    def _little(self, at: int) -> Iterator[Arc]:
        """Little words that join or pad; an article counts nothing only where a noun stands behind it."""
        text, known = self.tokens[at].text, self.known
        if text in self.reader.words.little:
            yield Arc(at, at + 1, Role.FILLER, 0.2)
        elif text in known.conjunctions or (text in ("o", "u") and at not in self.taken):  # `tira o cargo`
            is_more = any(role is Role.MORE for _, role, _ in self._led(at))
            yield Arc(at, at + 1, Role.AND, 0.2 if is_more else 0.0)
        elif text in self.reader.words.articles:
            behind = self.tokens[at + 1] if at + 1 < self.places else None
            if behind is not None and behind.kind == "word" and behind.text not in known.fillers:
                yield Arc(at, at + 1, Role.FILLER, 0.5)
        elif text in known.manners:
            yield Arc(at, at + 1, Role.FILLER, 0.3)
        elif text in known.fillers or text in known.articles or text in known.prepositions:
            yield Arc(at, at + 1, Role.FILLER, 0.2)

    def _times(self, at: int) -> Iterator[Arc]:
        """`a las 5`, `el 3 de noviembre`, `para 5 personas`, `de 5 años`: numbers that count nothing on sale."""
        file, number = closed_phrases(), self.reader.number(at)
        text = self.reader.text
        yield from self._worn(at)
        is_hour = text(at) in ("las", "at") or (text(at) == "a" and text(at + 1) == "las")
        hour = self.reader.number(at + 1 + (text(at + 1) == "las")) if is_hour else None
        if hour is not None:
            end = hour[1]
            while text(end) in ("y", "media", "cuarto", "de", "la", "tarde", "manana", "noche", "pm", "am"):
                end += 1
            if text(at) != "las" or end > hour[1]:
                yield Arc(at, end, Role.TIME, 0.1)
        if number is None:
            return
        yield from self._days(at, number)
        yield from self._whereabouts(at, number[1])
        if YEAR.fullmatch(text(at)):
            yield Arc(at, at + 1, Role.TIME, 0.3)
        if text(number[1]) in _OF and text(number[1] + 1) in file["months"]:
            yield Arc(at, number[1] + 2, Role.TIME, 0.0)
        if text(number[1]) in file["people"]:
            yield Arc(at, number[1] + 1, Role.PEOPLE, 0.0)
        if text(at - 1) in ("somos", "seremos", "son", "tengo", "cumple", "cumplen"):
            yield Arc(at, number[1], Role.PEOPLE, 5.0 if text(at - 1) in ("son", "tengo") else 0.3)

    def _worn(self, at: int) -> Iterator[Arc]:
        """`mi hijo calza 43`: somebody's size, where nothing that is called so comes in it."""
        number = self.reader.number(at + 1) if self.tokens[at].text in closed_phrases()["wears"] else None
        if number is None or not SMALLEST_SHOE <= number[0] <= LARGEST_SHOE:
            return
        labels = {self.goods.by_sku[sku].label for sku in self.goods.matches(self.tokens[at].text)}
        if f"{number[0].normalize():f}" not in labels:
            yield Arc(at, number[1], Role.PEOPLE, 0.0)

    def _whereabouts(self, at: int, end: int) -> Iterator[Arc]:
        """`pabellón pa 6`, `calle 2 casa 17`: for how many people, and where."""
        before = self.reader.text(at - 1)
        if before in closed_phrases()["purpose"] and self._ends_noun(end):
            yield Arc(at, end, Role.PEOPLE, 0.0)
        if self.known.matches("address", f"{before} {self.tokens[at].text}") and not self.goods.matches(before):
            yield Arc(at, end, Role.TIME, 0.0)

    def _ends_noun(self, at: int) -> bool:
        """Whether nothing stands at a place that the number before it could count."""
        text = self.reader.text(at)
        is_counted = text in self.reader.words.units or text in self.known.containers or text in self.reader.words.dozens
        return at >= self.places or self.tokens[at].kind != "word" or (self._is_idle(text) and not is_counted)

    def _days(self, at: int, number: tuple[Decimal, int]) -> Iterator[Arc]:
        """`el sábado 14`, `mi hija que tiene 17`: a day, and how old somebody is."""
        text = self.reader.text
        behind = text(number[1])
        is_day = number[0] <= _LATEST_DAY and text(at - 1) in closed_phrases()["time"] and not self.goods.matches(behind)
        if is_day and behind not in self.reader.words.units and behind not in self.known.containers:
            # `el sábado 14`
            yield Arc(at, number[1], Role.TIME, 0.0)
        is_alone = number[1] >= self.places or self.tokens[number[1]].kind in ("mark", "newline")
        if text(at - 1) in ("tiene", "tienen") and text(at - 2) == "que" and is_alone:
            # `para mi hija que tiene 17`
            yield Arc(at, number[1], Role.PEOPLE, 0.0)

    def _places(self, at: int) -> Iterator[Arc]:
        """`con el motorizado`, `al taller`, `a la casa`: with whom or where, if nothing on sale is called so."""
        text = self.reader.text
        if text(at) not in _WHERE:
            return
        end = at + 1
        while text(end) in _WHOSE:
            end += 1
        is_led = end > at + 1 or text(at) == "al"
        is_person = text(at) == "a" and text(end - 1) in _POSSESSIVES
        is_sold = end < self.places and bool(self.goods.matches(text(end)) or self.goods.stands_for(text(end)))
        if is_led and end < self.places and self.tokens[end].kind == "word" and (is_person or not is_sold):
            yield Arc(at, end + 1, Role.PURPOSE, 0.6)

    def _stretches(self, at: int, operators: set[int]) -> Iterator[Arc]:
        """What something is for, and why: to the end of the clause, and never over an operator, a number or a mark."""
        yield from self._places(at)
        file = closed_phrases()
        role = Role.PURPOSE if self.tokens[at].text in file["purpose"] else None
        for phrase in file["reason"]:
            words = phrase.split()
            if [token.text for token in self.tokens[at : at + len(words)]] == words:
                role = Role.REASON
        if role is None:
            return
        end, cost = at + 1, 0.5
        while end < self.places and end - at < 9:
            token = self.tokens[end]
            if token.kind in ("mark", "newline", "number") or end in operators or token.text in ("y", "e", "and"):
                break
            if token.text not in self.known.articles and self.reader.number(end) is not None:
                break
            if role is Role.PURPOSE and token.text in SAME and self.reader.text(end - 1) in _WHOSE:
                # `para mi novio el mismo en XL`
                break
            cost += 0.0 if token.text in self.known.fillers else (0.9 if self.goods.matches(token.text) else 0.3)
            end += 1
            yield Arc(at, end, role, cost)

    def _unknown(self, at: int) -> Arc:
        token = self.tokens[at]
        if token.kind in ("mark", "newline"):
            return Arc(at, at + 1, Role.MARK, 0.0)
        words = self.reader.words
        if (
            token.kind == "number"
            or token.text in ANOTHER
            or any(token.text in known for known in (words.numbers, words.units, words.dozens, words.parts))
            or token.text in self.known.containers
        ):
            return Arc(at, at + 1, Role.UNKNOWN, 6.0)
        is_known = self.goods.is_heard(token.text) or self.goods.stands_for(token.text)
        return Arc(at, at + 1, Role.UNKNOWN, 3.5 if is_known else 2.0)


def _cost(mention: Mention) -> float:
    """A longer and surer name is cheaper; one without its noun is dearer."""
    cost = 0.5 - 0.35 * (mention.count - 1) - (0.4 if mention.has_size else 0.0)
    # A figure of the name says which one, and not how many.
    cost -= _FIGURED if mention.has_figure else 0.0
    cost += 3 * (1 - mention.similarity) * mention.count
    if not mention.has_head:
        return cost + 0.9
    return cost if mention.is_head_first else cost + 0.8
