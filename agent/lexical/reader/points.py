"""Stage 7 where questions are open: which line answers which of them. They are looked at before the order and the catalogue.

| said | of a choice | of a quantity | of a proposal | of a number |
|---|---|---|---|---|
| one of the products in question | chosen, with the quantity that was said before | asked still | taken | counted |
| the same with a quantity | chosen, that much | that much | that much | that much |
| a size that only one of them has (`39`, `talle M`) | chosen | | taken | |
| a quantity alone | asked, that much | that much | that much | |
| a refusal that names it | left out | left out | left out | |
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal

from agent.lexical.reader.amounts import amount_asked_for, amount_of, counted_of
from agent.lexical.reader.choices import by_place, by_size, counting, is_size, own_words, pointing
from agent.lexical.reader.edits import Edit
from agent.lexical.reader.goods import Goods, Product, has_number, size_of
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.path import Path
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold
from domain.catalog.search import Verdict, decide, rank
from domain.catalog.words import Size, read
from tools.context import Pending

_NOT_AN_ANSWER = (Mode.ASK, Mode.ASK_PRICE, Mode.TELL, Mode.CONDITION)
_AGREES = frozenset({"si", "sip", "dale", "ok", "bueno", "claro", "vale", "yes", "yeah", "sure", "sim"})
_ONE = Quantity(Decimal(1), is_article=True)


@dataclass
class Answers:
    """Finds the answers of one message to the open questions, in the order in which these were asked."""

    folded: str
    goods: Goods
    points: Sequence[Pending]
    tokens: Sequence[Token]
    path: Path
    lines: Sequence[Line]
    cart: Mapping[str, Decimal]
    articles: AbstractSet[str]
    each: Quantity | None
    """How much is wanted of each: `uno de cada`."""
    edits: list[Edit] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    """The lines, by identity, that answer something."""
    chosen: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    """The places of the points that are answered."""

    def find(self) -> None:
        """Find what the lines answer."""
        if not self.points or ("?" in self.folded and not any(point.is_question for point in self.points)):
            return
        if (one := vocabulary().matches("pronoun_one", self.folded)) is not None:
            # `the 250 one`
            inside = [line for line in self.lines if one.start() <= self.tokens[line.start].start < one.end()]
            self.done.update(id(line) for line in inside if line.mode is not Mode.REFUSE)
        self._declined()
        self._choices()
        self._all()
        for line in self.lines:
            is_spoken_of = line.mode not in _NOT_AN_ANSWER and not line.is_out and id(line) not in self.done
            if line.mention is not None and is_spoken_of:
                self._named(line)
        for line in sorted(self.lines, key=lambda line: bool(line.touched)):
            if line.mention is None and line.quantity is not None and id(line) not in self.done:
                self._counted(line)
        if not self.edits and not self.lines:
            self._one()
        self._agreed()

    def _answer(self, place: int, line: Line, edit: Edit) -> None:
        self.edits.append(edit)
        if edit.kind != "which":
            self.chosen.update(edit.skus)
        self.done.add(id(line))
        self.settled.add(place)

    def _open(self, *, several: bool = False) -> Iterator[tuple[int, Pending, Sequence[str]]]:
        """The questions that nothing has answered yet, each with its place and the products in question.

        Of several products more than one may be chosen; what was only shown is no question while there are others.
        """
        has_questions = any(point.is_question for point in self.points)
        for place, point in enumerate(self.points):
            is_offer = point.kind == "offered" and not has_questions and not point.skus <= self.cart.keys()
            if not (point.is_question or is_offer):
                continue
            skus = [option.sku for option in point.options] or [str(point.arguments.get("product", ""))]
            if not all(sku in self.goods.by_sku for sku in skus) or (len(skus) == 1 and several):
                continue
            if place in self.settled and len(skus) == 1:
                continue
            left = [sku for sku in skus if sku not in self.chosen]
            if left:
                yield place, point, skus if place not in self.settled else left

    def _declined(self) -> None:
        """`ninguno, dame 2 de azúcar`: of what was to choose from nothing is wanted."""
        found = vocabulary().matches("none", self.folded)
        fillers = vocabulary().fillers
        later = [token for token in self.tokens if found is not None and token.start >= found.end()]
        behind = next((token for token in later if token.text not in fillers), None)
        if found is None or found.group().startswith("no ") or self.folded[: found.start()].strip(" ,.!"):
            return
        first = next(self._open(several=True), None)
        if first is not None and behind is not None and behind.kind in ("mark", "newline"):
            self._close(first[0], Line(0, 1), first[2])

    def _close(self, place: int, line: Line, skus: Sequence[str]) -> None:
        """Leave out what a question is about, and nothing that the order has."""
        out = [sku for sku in skus if sku not in self.cart]
        if out:
            self._answer(place, line, Edit(line, (out[0],), "remove"))
            self.chosen.update(skus)

    def _choices(self) -> None:
        """`39`, `talle 41`, `la segunda`, `un par 38 y un par 42`: which of the products in question, and what counts it."""
        bare = [line for line in self.lines if line.mention is None and line.mode not in _NOT_AN_ANSWER]
        bare = [line for line in bare if id(line) not in self.done]
        chosen: dict[int, tuple[int, str]] = {}
        for line in [*bare, *self._pointed()]:
            if self._narrowed(line):
                continue
            meant = self._placed(line) or self._sized(line)
            if meant is not None:
                chosen[id(line)] = meant
                bare = [*bare, line] if line not in bare else bare
        if not chosen:
            return
        bare.sort(key=lambda line: line.start)
        quantities = {at: self._taken(line) for at, line in counting(bare, chosen).items()}
        for line in bare:
            if id(line) not in chosen:
                continue
            place, sku = chosen[id(line)]
            said = quantities.get(id(line), self.each)
            if said is None and len(chosen) > 1 and self.points[place].arguments.get("quantity") == len(chosen):
                said = _ONE
            self._answer(place, line, self._edit(line, place, sku, said))

    def _pointed(self) -> list[Line]:
        """What points to one of several and is part of no line of its own."""
        labels = {self.goods.by_sku[sku].label for _, _, skus in self._open(several=True) for sku in skus} - {""}
        taken = [line for line in self.lines if not self._is_place(line)]
        spans = pointing(self.path, self.tokens, self.folded, labels, self.goods.closed)
        free = [span for span in spans if not any(line.start <= span[0] < line.end for line in taken)]
        return [Line(start, end, size=size, sized=tuple(range(start, end))) for start, end, size in free]

    def _is_place(self, line: Line) -> bool:
        """`la primera`, though a word of something on sale may be like it."""
        is_one = line.mention is not None and line.mention.words in vocabulary().ordinals and line.quantity is None
        if is_one and any(self._open(several=True)):
            self.done.add(id(line))
        return id(line) in self.done

    def _placed(self, line: Line) -> tuple[int, str] | None:
        """`la segunda`, `la última`, `la grande`, `cualquiera`; a number alone if no size of theirs is one."""
        said = " ".join(token.text for token in self.tokens[line.start : line.end])
        is_alone = len(self.lines) == 1 and not line.touched and not line.is_wished and not line.is_set
        for place, point, skus in self._open(several=True):
            is_place = line.sized or (is_alone and said.isdecimal() and point.is_question and not self._sized(line))
            sku = by_place(self.goods, said, skus) if is_place else None
            return None if sku is None else (place, sku)
        return None

    def _all(self) -> None:
        """`las dos`, `una de cada`: each of those that were to choose from, if nothing says otherwise how many."""
        if vocabulary().matches("both", self.folded) is None or self.done or any(line.mention for line in self.lines):
            return
        counted = next((line for line in self.lines if line.quantity is not None), None)
        count = counted.quantity.value if counted is not None and counted.quantity is not None and self.each is None else None
        for place, point, skus in self._open(several=True):
            known = point.arguments.get("quantity")
            if count not in (None, len(skus)) or (self.each is None and known not in (None, 1, len(skus))):
                return
            begin = counted or Line(0, 1)
            for sku in skus:
                self._answer(place, begin, self._edit(begin, place, sku, self.each or _ONE))
            return

    def _taken(self, line: Line) -> Quantity:
        assert line.quantity is not None
        self.done.add(id(line))
        return line.quantity

    def _sized(self, line: Line) -> tuple[int, str] | None:
        """The question and the product of which alone of those in question a figure or a measure is the size."""
        said = line.size or line.quantity
        if said is None and line.sized:
            return self._having({token.text for token in self.tokens[line.start : line.end]}, None)
        if said is None or said.is_article:
            return None
        figure = {f"{said.value.normalize():f}"} if said.is_plain else set[str]()
        return self._having(figure, size_of(said))

    def _having(self, words: AbstractSet[str], size: Size | None) -> tuple[int, str] | None:
        for place, point, skus in self._open():
            if len(skus) == 1:
                if point.is_proposal and size is None and self.goods.by_sku[skus[0]].label in words - {""}:
                    return place, skus[0]
                continue
            if (sku := by_size(self.goods, words, size, skus)) is not None:
                return place, sku
        return None

    def _narrowed(self, line: Line) -> bool:
        """`para tsuru`: a word that some of those in question have, and not all; among these it is asked again."""
        if not line.sized or line.size is not None:
            return False
        said = {token.text for token in self.tokens[line.start : line.end]}
        for place, point, skus in self._open(several=True):
            fits = tuple(sku for sku in skus if said & {word.text for word in read(self.goods.by_sku[sku].name).words})
            if 1 < len(fits) < len(skus) and place not in self.settled:
                known = point.arguments.get("quantity")
                self._answer(place, line, Edit(line, fits, "add", Decimal(str(known)) if known else None, "which"))
                return True
        return False

    def _named(self, line: Line) -> None:
        """A line that names products in question; of what else is on sale it is no answer."""
        mention = line.mention
        assert mention is not None
        for place, _point, skus in self._open():
            within = tuple(sku for sku in mention.products if sku in skus)
            if not within:
                continue
            if line.mode is Mode.REFUSE:
                self.refused.update(within if line.quantity is None else ())
                if self.refused.issuperset(skus):
                    self._close(place, line, skus)
                continue
            if place in self.settled and self.chosen.intersection(mention.products):
                self._said_with(line)
                return
            made = self._chosen(line, place, skus, within)
            if line.either:
                # `la kraft solo si no pasa de 70 mil, si no mavesa`: which of them is still open.
                made = Edit(line, tuple(skus), "add", made.quantity, "which")
            line.touched = self._unexplained(line, place)
            self._answer(place, line, made)
            return
        if not mention.has_head and mention.count == 1 and line.quantity is not None:
            # `1 entero`: no noun is said, and so it counts what is asked about.
            self._counted(line)
        else:
            self._as_elsewhere(line)

    def _unexplained(self, line: Line, place: int) -> tuple[int, ...]:
        """The words of an answer that nobody understands; what the question quoted is explained by a yes, and nothing else."""
        quoted = set(fold(self.points[place].words).split()) if self._is_yes() else set[str]()
        known = vocabulary().size_words | quoted
        return tuple(at for at in line.touched if self.tokens[at].text not in known)

    def _is_yes(self) -> bool:
        return bool(self.tokens) and self.tokens[0].text in _AGREES

    def _said_with(self, line: Line) -> None:
        """`2 coca cola normal de 2 litros`: the size has chosen it; the name only counts it."""
        assert line.mention is not None
        self.done.add(id(line))
        for at, edit in enumerate(self.edits):
            if line.quantity is not None and edit.skus and edit.skus[0] in line.mention.products and edit.mode != "remove":
                amount = amount_of(self.goods.by_sku[edit.skus[0]], line.quantity, line.mention)
                self.edits[at] = Edit(edit.line, edit.skus, edit.mode, amount, None if amount else "quantity")

    def _as_elsewhere(self, line: Line) -> None:
        """`la de jean` of the camperas in question; `de queso` to "250 of what?"."""
        mention = line.mention
        assert mention is not None
        before = [token.text for token in self.tokens[max(0, line.start - 1) : line.start]]
        if before in (["de"], ["of"]) and line.quantity is None and (meant := self._having(set(mention.words.split()), None)):
            place, sku = meant
            self._answer(place, line, self._edit(line, place, sku, None))
            return
        numbers = [point for point in self.points if point.kind == "number" and point.arguments.get("quantity")]
        is_only = len(self.lines) == 1 and not line.is_wished and line.quantity is None
        if len(numbers) == 1 and is_only and line.mode is Mode.ADD:
            known = numbers[0].arguments
            line.quantity = Quantity(Decimal(str(known["quantity"])), known.get("unit"))

    def _chosen(self, line: Line, place: int, skus: Sequence[str], within: tuple[str, ...]) -> Edit:
        """The one of the products in question that a line names, else those that are left to choose from."""
        assert line.mention is not None
        said = line.quantity
        if said is not None and said.value == 1 and vocabulary().matches("pronoun_one", self.folded):
            # `the big one`
            said = None
        if len(within) > 1 and said is not None and said.is_plain and not said.is_article:
            figure = f"{said.value.normalize():f}"
            sized = [sku for sku in within if figure in own_words(self.goods, sku, skus)]
            within, said = (tuple(sized), None) if len(sized) == 1 else (within, said)
        if len(within) > 1:
            hits = decide(rank(line.mention.words, [self.goods.by_sku[sku].candidate for sku in within]))
            within = (hits.hits[0].sku,) if hits.verdict is Verdict.ONE else within
        if len(within) == 1:
            return self._edit(line, place, within[0], said)
        known = self.points[place].arguments.get("quantity")
        kept = Decimal(str(known)) if known is not None else None
        quantity = counted_of(self._products(within), said) if said is not None else kept
        return Edit(line, within, "add", quantity, "which")

    def _products(self, skus: Sequence[str]) -> list[Product]:
        return [self.goods.by_sku[sku] for sku in skus]

    def _edit(self, line: Line, place: int, sku: str, said: Quantity | None) -> Edit:
        """So much of a product as is said now, else as was said before."""
        point = self.points[place]
        mode = point.arguments.get("mode", "add")
        product = self.goods.by_sku[sku]
        said = said or self.each
        if said is None and (known := point.arguments.get("quantity")) is not None and self.settled.isdisjoint({place}):
            unit = point.arguments.get("unit")
            if not unit and not is_size(f"{Decimal(str(known)).normalize():f}", self.goods.by_sku[sku].name):
                return Edit(line, (sku,), mode, Decimal(str(known)))
            said = Quantity(Decimal(str(known)), unit) if unit else None
        if said is None and line.is_single and not product.is_measured:
            said = _ONE
        amount = amount_of(product, said, line.mention) if said is not None else None
        is_again = amount is not None and amount == self.cart.get(sku) and len(point.options) > 1
        if sku in self.cart and (is_again or line.is_set or line.instead_of is not None):
            # It was put in when it was said first; `2 pairs, not 3`.
            mode = "set"
        return Edit(line, (sku,), mode if mode != "remove" else "add", amount, None if amount else "quantity")

    def _counted(self, line: Line) -> None:
        """A quantity alone: of the first of the open questions that it fits, each once."""
        said = line.quantity
        assert said is not None
        if line.is_more or line.instead_of is not None or line.mode in _NOT_AN_ANSWER:
            return
        if self._counts_nothing(line, said):
            self.done.add(id(line))
            return
        for place, point, skus in self._open():
            if place in self.settled:
                continue
            if len(skus) == 1:
                if self.tokens[line.start - 1].text in ("de", "of") and line.start and said.is_plain:
                    self._other_size(line, place, skus[0])
                    return
                amount = amount_asked_for(self.goods.by_sku[skus[0]], said)
                if not amount or (said.is_plain and is_size(f"{said.value.normalize():f}", self.goods.by_sku[skus[0]].name)):
                    continue
                edit = Edit(line, (skus[0],), point.arguments.get("mode", "add"), amount)
            elif line.is_set or point.arguments.get("quantity") is None:
                edit = Edit(line, tuple(skus), "add", counted_of(self._products(skus), said), "which")
            else:
                continue
            self._answer(place, line, edit)
            return
        if any(edit.line.clause == line.clause and edit.line.mention is None for edit in self.edits):
            # `medio kilo, 500 gramos`, `medio kilo, uno grande`: said once more.
            self.done.add(id(line))

    def _counts_nothing(self, line: Line, said: Quantity) -> bool:
        """`la leche líquida, la de litro` tells which, and `sim, quero os dois` means both that are in question."""
        is_size = line.is_size or (said.unit is not None and self.tokens[line.start - 1].text in ("de", "of"))
        return (is_size and bool(self.edits)) or (line.is_definite and said.value == sum(p.is_question for p in self.points))

    def _other_size(self, line: Line, place: int, sku: str) -> None:
        """`no, el de 500`: another of the kind that was proposed."""
        assert line.quantity is not None
        figure, noun = f"{line.quantity.value.normalize():f}", read(self.goods.by_sku[sku].name).words[:1]
        kin = [one for one in self.goods.products if read(one.name).words[:1] == noun and has_number(one, figure)]
        if len(kin) == 1:
            made = self._edit(line, place, kin[0].sku, None)
            self._close(place, line, [sku])
            self._answer(place, line, made)

    def _one(self) -> None:
        """`un paquete`, `una entera`: the article counts what is asked about, as nothing else is named."""
        if not self.tokens or self.tokens[0].text not in self.articles:
            return
        behind = self.tokens[1].text if len(self.tokens) > 1 else ""
        container = behind if behind in vocabulary().containers else ""
        self._counted(Line(0, 1, quantity=Quantity(Decimal(1), container=container, is_article=True)))

    def _agreed(self) -> None:
        """`sí, y 2 de arroz`, `sí, una de cada`: what is proposed and not spoken of otherwise."""
        is_yes = len(self.tokens) > 1 and self._is_yes() and self.tokens[1].kind in ("mark", "newline")
        begin = Line(0, 1)
        for place, point, skus in list(self._open()):
            if place in self.settled:
                continue
            if (is_yes and point.is_proposal) or (self.each is not None and len(skus) == 1 and point.is_question):
                self._answer(place, begin, self._edit(begin, place, skus[0], None))
