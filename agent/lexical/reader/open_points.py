"""The questions that are open while a message is read: what of them is answered, chosen and left out so far."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal

from agent.lexical.reader.amounts import amount_of
from agent.lexical.reader.choices import by_size, is_size
from agent.lexical.reader.edits import Edit
from agent.lexical.reader.goods import Goods, Product, size_of
from agent.lexical.reader.lines import Line
from agent.lexical.reader.path import Path
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold
from domain.catalog.words import Size, read
from tools.context import Pending

ONE = Quantity(Decimal(1), is_article=True)


@dataclass
class OpenPoints:
    """The open questions of one message, in the order in which they were asked."""

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
    declined: list[Pending] = field(default_factory=list)
    """The points about which nothing is wanted."""
    is_all: bool = False
    """As many are meant as there are questions: `all three`."""
    settled: set[int] = field(default_factory=set)
    """The places of the points that are answered."""

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

    def _close(self, place: int, line: Line, skus: Sequence[str]) -> None:
        """Leave out what a question is about, and nothing that the order has."""
        self.declined.append(self.points[place])
        self.settled.add(place)
        self.chosen.update(skus)
        self.done.add(id(line))

    def _products(self, skus: Sequence[str]) -> list[Product]:
        return [self.goods.by_sku[sku] for sku in skus]

    def _edit(self, line: Line, place: int, sku: str, said: Quantity | None) -> Edit:
        """So much of a product as is said now, else as was said before."""
        point = self.points[place]
        mode = point.arguments.get("mode", "add")
        product = self.goods.by_sku[sku]
        said = said or (self.each if line.mention is None else None)  # what is named has the number that is said of it
        if said is None and (known := point.arguments.get("quantity")) is not None and self.settled.isdisjoint({place}):
            unit = point.arguments.get("unit")
            if not unit and not is_size(f"{Decimal(str(known)).normalize():f}", self.goods.by_sku[sku].name):
                return Edit(line, (sku,), mode, Decimal(str(known)))
            said = Quantity(Decimal(str(known)), unit) if unit else None
        if said is None and line.is_single and mode != "remove" and not product.is_measured:
            said = ONE
        amount = amount_of(product, said, line.mention) if said is not None else None
        is_again = amount is not None and amount == self.cart.get(sku) and mode != "remove"
        if is_again and point.kind == "choose_quantity":
            # `meio quilo, o que já tá`: so much more, or what there is already.
            return Edit(line, (sku,), "set", amount, "confirm")
        is_again = is_again and len(point.options) > 1
        if sku in self.cart and (is_again or line.is_set or line.instead_of is not None):
            # It was put in when it was said first; `2 pairs, not 3`.
            mode = "set"
        if mode == "remove" and point.kind in ("choose_product", "confirm") and sku in self.cart:
            return Edit(line, (sku,), mode, amount)
        return Edit(line, (sku,), mode if mode != "remove" else "add", amount, None if amount else "quantity")

    def _is_yes(self) -> bool:
        said = self.tokens[0].text if self.tokens else ""
        return said in vocabulary().assent and vocabulary().matches("finish", said) is None

    def _unexplained(self, line: Line, place: int) -> tuple[int, ...]:
        """The words of an answer that nobody understands; what the question quoted is explained by a yes, and nothing else."""
        quoted = {self.tokens[0].text, *fold(self.points[place].words).split()} if self._is_yes() else set[str]()
        known = vocabulary().size_words | quoted
        return tuple(at for at in line.touched if self.tokens[at].text not in known)

    def _sized(self, line: Line) -> tuple[int, str] | None:
        """The question and the product of which alone of those in question a figure or a measure is the size."""
        said = line.size or line.quantity
        if said is None and line.sized:
            return self._having({token.text for token in self.tokens[line.start : line.end]}, None)
        if said is None or said.is_article:
            return None
        in_question = [product for _, _, skus in self._open() for product in self._products(skus) if product.is_measured]
        if line.size is None and said.unit and any(amount_of(product, said, None) for product in in_question):
            # `medio kilo` is how much of the cheese, and not which margarine.
            return None
        figure = {f"{said.value.normalize():f}"} if said.is_plain else set[str]()
        return self._having(figure, size_of(said), is_pointed=line.is_definite)

    def _having(self, words: AbstractSet[str], size: Size | None, *, is_pointed: bool = False) -> tuple[int, str] | None:
        """The one product in question that it is the size of; of two questions it is neither's. `2 litros` is how much."""
        fits = []
        for place, point, skus in self._open():
            if len(skus) == 1:
                product = self.goods.by_sku[skus[0]]
                is_so = product.label in words - {""} if size is None else is_pointed and size in read(product.name).sizes
                if point.is_proposal and is_so:
                    fits.append((place, skus[0]))
            elif (sku := by_size(self.goods, words, size, skus)) is not None:
                fits.append((place, sku))
        return fits[0] if len(fits) == 1 else None
