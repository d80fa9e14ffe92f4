"""Stage 7 where an order exists: what a line does to it. The order is looked at before the catalogue.

| said of | nothing, a number | `que sean` | `2 más`, `otra` | `quita`, `no` | `cambia … por`, `en vez de` |
|---|---|---|---|---|---|
| what the order has | added | so many in all | so many more | so many less, or out | takes its place |
| a number alone | asked | of what was ordered last | likewise | likewise | so many in all |
| a size, another of its kind | added if counted, else asked | takes its place | added | nothing | takes its place |
| `todo menos` | the rest is taken out, if all that is kept is there |||||
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from agent.lexical.reader.amounts import amount_of, comes_in
from agent.lexical.reader.goods import Goods, Product
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.quantities import SMALLEST_SHOE, Quantity
from agent.lexical.reader.sizes import size_said
from core.language.folding import fold
from core.language.words import MEASURES
from domain.catalog.search import Verdict, decide, rank
from domain.catalog.words import read

_SHOWN = 5
EditMode = Literal["add", "set", "remove"]
EditKind = Literal["which", "confirm", "number", "quantity", "contradiction"]


@dataclass(frozen=True, slots=True)
class Edit:
    """What a line does to the order: so much of a product more, in all, or less (all of it without a quantity).

    `kind` is None where that is sure, else what is asked about it; `skus` are those in question.
    """

    line: Line
    skus: tuple[str, ...] = ()
    mode: EditMode = "add"
    quantity: Decimal | None = None
    kind: EditKind | None = None


@dataclass
class Editor:
    """Finds the edits of one message on an order; `cart` has the quantities by SKU, in its order."""

    goods: Goods
    cart: Mapping[str, Decimal]
    words: Callable[[int, int], str]
    lines: Sequence[Line]
    asked: frozenset[str] = frozenset()
    """What the message has not answered any question about."""
    is_denial: bool = False
    """The message begins with a no: a number alone is then one in all."""
    is_shared: bool = False
    """It speaks of somebody's share (`las mías`): of several of a thing it may be only a part that goes."""
    is_added: bool = False
    """It says that something comes to what there is: `también`."""
    done: set[int] = field(default_factory=set, init=False)
    """The lines, by identity, that another one has settled."""

    def edits(self) -> dict[int, list[Edit]]:
        """What each line does, by its identity; a line that does nothing to what the order has is not among them."""
        found: dict[int, list[Edit]] = {}
        if not self.cart:
            return found
        self._resize()
        kept = [line for line in self.lines if line.is_kept and line.quantity is None]
        if kept:
            found[id(kept[0])] = self._rest(kept)
        for place, line in enumerate(self.lines):
            if line.is_part and (part := self._part(line, self.lines[place - 1] if place else None)) is not None:
                found[id(line)] = part
                self.done.add(id(line))
        for place, line in enumerate(self.lines):
            if line.is_out and (made := self._swapped(place, line)) is not None:
                found[id(line)] = made
        for line in self.lines:
            if line.is_out or id(line) in self.done or line.mode in (Mode.TELL, Mode.CONDITION, Mode.ASK, Mode.ASK_PRICE):
                continue
            if (made := self._of(line)) is not None:
                found[id(line)] = made
        return found

    def _resize(self) -> None:
        """`cambia el vestido a talle M`: it stays, in another size."""
        for line in self.lines:
            is_new = line.mention is not None and bool(line.mention.label) and not self._held(line)
            if line.is_out and (line.sized or is_new) and line.quantity is None:
                line.is_out, line.is_set, line.mode = False, True, Mode.CORRECT

    def _of(self, line: Line) -> list[Edit] | None:
        if line.of_size:
            return self._of_another_size(line)
        if line.mention is None and not line.sized and line.quantity is not None:
            return self._number(line)
        held = self._held(line)
        if line.mention is None and not line.sized:
            if (target := None if line.touched else self._last(line)) is not None:
                return self._taken(line, target)
            return [Edit(line, tuple(self.cart)[-_SHOWN:], "remove", kind="which")]
        if line.mode is Mode.REFUSE:
            several = [Edit(line, tuple(held), "remove", kind="which")]
            return several if len(held) > 1 else self._taken(line, held[0]) if held else None
        if line.is_more and len(held) == 1 and line.quantity is not None:
            return self._counted(line, held[0], "add")
        is_resized = line.sized and line.quantity is None and (line.is_single or (self.is_denial and line.is_bare))
        if line.is_set or line.instead_of is not None or is_resized:
            return self._set(line, held)
        is_said = line.quantity is not None and line.mode is Mode.ADD and not line.is_more and not self._is_size(line)
        if len(held) == 1 and is_said and (made := self._said_again(line, held[0])) is not None:
            return made
        if len(held) == 1 and line.is_single and line.quantity is not None and self._is_size(line):
            return self._resized(line, line.quantity, held[0])
        return self._only_named(line, held) if line.quantity is None and line.mode is Mode.ADD else None

    def _only_named(self, line: Line, held: Sequence[str]) -> list[Edit] | None:
        """`la malta sí`: no wish for more; `el vestido en S` beside an M: nothing says whether it takes its place."""
        if held:
            return [] if line.is_definite else None
        sizes = self._other_sizes(line)
        if len(sizes) != 1 or line.is_more or line.is_asked or self.is_added:
            return None
        kind: EditKind | None = None if self.is_denial and len(self.lines) == 1 else "confirm"
        return [replace(edit, kind=kind) for edit in self._replaced(line, *sizes[0])]

    def _other_sizes(self, line: Line) -> list[tuple[str, Product]]:
        """What the order has in another size than a line names, each with what is named."""
        named = line.mention.products if line.mention is not None and line.mention.label else ()
        return [(old, self.goods.by_sku[new]) for new in named for old in self.cart if self.goods.is_other_size(old, new)]

    def _part(self, line: Line, total: Line | None) -> list[Edit] | None:
        """`4 en total, y que una sea amarilla`: so many of what is there are to be another of its kind."""
        if line.mention is None or line.quantity is None or len(self.cart) > 1:
            return None
        (held,) = self.cart
        other = self._sibling(line.mention.words, held)
        amount = amount_of(other, line.quantity, None) if other is not None else None
        whole = total.quantity if total is not None and total.is_bare and total.is_set else None
        if other is None or not amount or amount >= (whole.value if whole is not None else self.cart[held]):
            return None
        line.is_doubted = False
        if total is None or whole is None:
            return [Edit(line, (held,), "remove", amount), Edit(line, (other.sku,), "add", amount)]
        total.quantity = replace(whole, value=whole.value - amount)
        return [Edit(line, (other.sku,), "add", amount)]

    def _said_again(self, line: Line, sku: str) -> list[Edit] | None:
        """`no, 2 harinas`, or as much as there is already: so many in all. More of it is said as such, or asked."""
        amount = self._amount(line, sku)
        is_same = amount == self.cart[sku]
        if amount is None or (line.is_wished and not is_same and not self.is_denial):
            return None
        is_clear = self.is_denial or (is_same and not line.is_wished)
        return [Edit(line, (sku,), "set", amount, None if is_clear else "confirm")]

    def _held(self, line: Line) -> list[str]:
        """Which products of the order a line may mean."""
        if line.mention is None:
            return []
        named = [sku for mention in (line.mention, *line.either) for sku in mention.products]
        held = [sku for sku in self.cart if sku in named]
        if len(held) < 2 or line.either:
            return held
        decision = decide(rank(line.mention.words, [self.goods.by_sku[sku].candidate for sku in held]))
        return [decision.hits[0].sku] if decision.verdict is Verdict.ONE else held

    def _amount(self, line: Line, sku: str) -> Decimal | None:
        return amount_of(self.goods.by_sku[sku], line.quantity, line.mention) if line.quantity is not None else None

    def _counted(self, line: Line, sku: str, mode: EditMode) -> list[Edit]:
        amount = self._amount(line, sku)
        return [Edit(line, (sku,), mode, amount, None if amount else "quantity")]

    def _number(self, line: Line) -> list[Edit] | None:
        """`mejor 3`, `2 más`, `una menos`."""
        is_total = line.is_set or line.instead_of is not None or (self.is_denial and len(self.lines) == 1)
        mode: EditMode = "remove" if line.mode is Mode.REFUSE else "set" if is_total and not line.is_more else "add"
        if mode == "add" and not line.is_more:
            return None
        target = self._of_size(line) or self._last(line)
        if target is None:
            return [Edit(line, (), mode, line.quantity.value if line.quantity is not None else None, "number")]
        if mode == "set" and line.quantity is not None and self._is_size(line):
            return self._resized(line, line.quantity, target)
        if mode == "set" and (other := self._variant(line, target)) is not None:
            return self._replaced(line, target, other)
        return self._taken(line, target) if mode == "remove" else self._counted(line, target, mode)

    def _of_another_size(self, line: Line) -> list[Edit]:
        """`el 39 que sea 37`: another size of the one thing that comes in it, else so many of it; of two of them neither."""
        held = [sku for sku in self.cart if self.goods.by_sku[sku].label == line.of_size]
        if len(held) != 1:
            return [Edit(line, tuple(held), "set", kind="which" if held else "number")]
        if (other := self._sibling(size_said(line), held[0])) is not None:
            return self._replaced(line, held[0], other)
        is_count = line.quantity is not None and line.quantity.value < SMALLEST_SHOE
        return self._counted(line, held[0], "set") if is_count else [Edit(line, (held[0],), "set", kind="quantity")]

    def _of_size(self, line: Line) -> str | None:
        """`no, las 40 mejor no`: a number behind an article that is the size of one thing of the order."""
        said = line.quantity
        label = f"{said.value.normalize():f}" if line.is_definite and said is not None and said.is_plain else ""
        held = [sku for sku in self.cart if label and self.goods.by_sku[sku].label == label]
        if len(held) == 1:
            line.quantity = None
        return held[0] if len(held) == 1 else None

    def _last(self, line: Line) -> str | None:
        """What is meant where nothing is named: what comes so or has the number that is denied, else the last.

        Behind a no, and of a number that is said to be all there is, only the one thing that there is.
        """
        denied, said = line.instead_of, line.quantity
        held = [sku for sku in self.cart if denied is None or self.cart[sku] == amount_of(self.goods.by_sku[sku], denied, None)]
        fitting = [sku for sku in held if said is not None and comes_in(self.goods.by_sku[sku], said)] or held
        is_clear = len(fitting) == 1 or (denied is None and not self.is_denial and not line.is_total)
        # While something is asked that it may count as well, nobody knows.
        is_clear = is_clear and (denied is not None or said is None or self.asked <= set(fitting[-1:]))
        return fitting[-1] if is_clear else None

    def _taken(self, line: Line, sku: str) -> list[Edit]:
        """Taken out, or so many less; a number that is only denied is one of two things."""
        amount, has = self._amount(line, sku), self.cart[sku]
        if line.quantity is None and self.is_shared and has > 1:
            return [Edit(line, (sku,), "set", kind="quantity")]
        if line.quantity is None or (amount is not None and amount >= has):
            return [Edit(line, (sku,), "remove")]
        if amount is None or not (line.is_taken or line.is_out):
            return [Edit(line, (sku,), "remove", amount, "contradiction")]
        return [Edit(line, (sku,), "remove", amount)]

    def _set(self, line: Line, held: Sequence[str]) -> list[Edit] | None:
        """So many in all, or another of its kind in its place."""
        if len(held) > 1:
            return [Edit(line, tuple(held), "set", line.quantity.value if line.quantity is not None else None, "which")]
        if len(held) == 1:
            if line.quantity is None and not line.sized:
                return []
            if line.quantity is None and (other := self._variant(line, held[0])) is not None:
                return self._replaced(line, held[0], other)
            is_figured = line.mention is not None and any(letter.isdigit() for letter in line.mention.words)
            is_resized = line.is_changed and line.quantity is not None and (line.quantity.container or is_figured)
            is_size = self._is_size(line) and not self.goods.by_sku[held[0]].is_measured
            if line.quantity is not None and (is_resized or is_size):
                return self._resized(line, line.quantity, held[0])
            made = self._counted(line, held[0], "set")
            if line.is_definite and line.mention is not None and (others := self._others(line, held[0], made[0].quantity)):
                kind: EditKind | None = None if line.mention.label else "confirm"
                return [replace(made[0], kind=kind), *(Edit(line, (sku,), "remove", kind=kind) for sku in others)]
            return [replace(made[0], kind="confirm")] if line.is_unclear and made[0].quantity else made
        if line.is_unclear:
            return None
        kin = [sku for sku in self.cart if line.mention is None or self._is_kin(sku, line)]
        sizes = self._other_sizes(line)
        resized = sizes or [(sku, new) for sku in kin if (new := self._variant(line, sku)) is not None]
        if len(resized) == 1:
            return self._replaced(line, *resized[0])
        if len({new.sku for _, new in sizes}) == 1 and line.quantity is not None:
            # `mejor que las dos chombas sean L`
            sku, *olds = sizes[0][1].sku, *(old for old, _ in sizes)
            amount = self._amount(line, sku)
            kind = None if amount == sum(self.cart[old] for old in olds) else "confirm"
            return [Edit(line, (sku,), "add", amount, kind), *(Edit(line, (old,), "remove", kind=kind) for old in olds)]
        return [Edit(line, (), "set", kind="number")] if resized and line.is_bare else None

    def _others(self, line: Line, sku: str, amount: Decimal | None) -> list[str]:
        """`mejor las 12 que sean polar`, `las dos que sean M`: the others of its kind, if they come to just so many with it."""
        kin = [old for old, _ in self._other_sizes(line)] if line.counted_at == line.start else []
        if line.mention is not None and not line.mention.label:
            kin = [one for one in self.cart if one != sku and self.goods.noun_of(one) == self.goods.noun_of(sku)]
        return kin if amount == sum(self.cart[one] for one in (sku, *kin)) else []

    def _is_size(self, line: Line) -> bool:
        """`el café de 500`, `de 250`: the number stands behind `de` and tells which, not how many."""
        said = line.quantity
        if said is None or not said.is_plain or said.is_article:
            return False
        before = self.words(line.start - 1, line.start) if line.mention is None and line.start else ""
        behind = self.words(line.start, line.end).split()
        if line.mention is None or len(behind) < 3 or fold(behind[-1]) in line.mention.words.split():
            return before in ("de", "of")
        return behind[-2] in ("de", "of")

    def _resized(self, line: Line, said: Quantity, old: str) -> list[Edit]:
        """`cambia el café de 250 por el de 500`, `la pepsi de 2 litros por 6 latas`: the number tells another of its kind."""
        words = said.container or f"{said.value.normalize():f} {said.unit or ''}"
        other = self._sibling(words, old)
        if other is None:
            return [Edit(line, (old,), "set", kind="quantity")]
        return [Edit(line, (old,), "remove"), Edit(line, (other.sku,), "add", said.value if said.container else self.cart[old])]

    def _replaced(self, line: Line, old: str, new: Product, moved: Decimal | None = None) -> list[Edit]:
        """Another product in the place of one, as many of it if nothing else is said."""
        has = self.cart[old]
        is_part = moved is not None and moved < has
        is_counted = line.quantity is not None and (line.mention is not None or line.quantity.container)
        said = amount_of(new, line.quantity, line.mention) if line.quantity is not None and is_counted else None
        quantity = said if said is not None else moved if is_part else has
        return [Edit(line, (old,), "remove", moved if is_part else None), Edit(line, (new.sku,), "add", quantity)]

    def _swapped(self, place: int, old: Line) -> list[Edit] | None:
        """`cambia A por B`, `en vez de A, B`, `B en vez de A`."""
        others = [self.lines[place - 1]] if old.is_replaced_by_last and place else list(self.lines[place + 1 : place + 2])
        new = others[0] if others and others[0].mode in (Mode.ADD, Mode.CORRECT) and not others[0].is_out else None
        if new is None:
            return self._unfinished(old)
        if old.mention is None:
            new.instead_of = old.quantity
            self.done.add(id(old))
            return None
        held = self._held(old)
        if len(held) != 1:
            return [Edit(old, tuple(held), "remove", kind="which")] if held else None
        self.done.add(id(new))
        is_size = new.quantity is not None and (bool(new.quantity.container) or old.mention.has_size)
        if new.mention is None and new.quantity is not None and not is_size:
            amount = self._amount(new, held[0])
            return [Edit(new, (held[0],), "set", amount, None if amount else "quantity")]
        other = self._meant(new, held[0])
        if other is None:
            self.done.discard(id(new))
            return self._unfinished(old)
        moved = self._amount(old, held[0])
        return self._replaced(new, held[0], other, moved)

    def _unfinished(self, old: Line) -> list[Edit] | None:
        """Something is to take its place, and nobody knows what."""
        held = self._held(old)
        return [Edit(old, tuple(held), "remove", kind="contradiction" if len(held) == 1 else "which")] if held else None

    def _meant(self, new: Line, old: str) -> Product | None:
        """The product that takes the place of another."""
        variant = self._variant(new, old)
        if new.mention is not None and new.mention.has_head:
            verdict, products = self.goods.settle(new.mention)
            is_noun = fold(new.mention.words).split()[0] == self.goods.noun_of(products[0].sku)
            # `la mayonesa mejor que sea mavesa`: another of its kind, though margarine is called so as well.
            if verdict is Verdict.ONE and (is_noun or variant is None):
                return products[0]
        return variant

    def _is_kin(self, sku: str, line: Line) -> bool:
        """Whether a line may mean something with the same noun as a product of the order."""
        named = line.mention.products if line.mention is not None else ()
        return any(self.goods.noun_of(one) == self.goods.noun_of(sku) for one in named)

    def _variant(self, line: Line, sku: str) -> Product | None:
        """Another product with the noun of one that the order has and the words of a line; what they leave open stays."""
        quantity = line.quantity
        if line.mention is not None and len(line.mention.products) == 1 and self._is_kin(sku, line):
            return self.goods.by_sku[line.mention.products[0]]
        if line.mention is None and quantity is not None and self.goods.by_sku[sku].unit in MEASURES:
            return None
        start, end = min((line.start, *line.sized)), max((line.end, *(at + 1 for at in line.sized)))
        said = quantity.container if line.mention is None and quantity is not None else ""
        return self._sibling(said or self.words(start, end), sku)

    def _sibling(self, said: str, sku: str) -> Product | None:
        """Another product with the noun of one and these words."""
        known = self.goods.by_sku[sku]
        decision = decide(rank(f"{self.goods.noun_of(sku)} {said}", [one.candidate for one in self.goods.products]))
        others = [self.goods.by_sku[hit.sku] for hit in decision.hits if hit.sku != sku]
        others = [one for one in others if self.goods.noun_of(one.sku) == self.goods.noun_of(sku)]
        if not others or any(hit.sku == sku for hit in decision.hits):
            return None
        shared = [len(set(read(one.name).words) & set(read(known.name).words)) for one in others]
        return others[shared.index(max(shared))] if shared.count(max(shared)) == 1 else None

    def _rest(self, kept: Sequence[Line]) -> list[Edit]:
        """All but these is taken out; if one of them is not there, it is not clear what is meant."""
        stays = [self._held(line) for line in kept]
        self.done.update(id(line) for line in kept)
        if any(len(held) != 1 for held in stays):
            return [Edit(kept[0], tuple(stays[0]), "remove", kind="contradiction")]
        left = {sku for held in stays for sku in held}
        return [Edit(kept[0], (sku,), "remove") for sku in self.cart if sku not in left]
