"""Which number belongs to which open question: by its sentence, its unit and its order, and by nothing else.

A number answers a question only if its sentence names nothing else that it may count, and if no other question may have
it as well. What could belong to two is bound to neither, so that it is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.lexical.reader.amounts import amount_asked_for
from agent.lexical.reader.arcs import Arc
from agent.lexical.reader.certainty import ENDS
from agent.lexical.reader.choices import is_size
from agent.lexical.reader.closed import Role
from agent.lexical.reader.goods import Product
from agent.lexical.reader.lines import Line
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.tokens import Token
from tools.context import Pending

_ECHO, _ASKED, _OTHER = range(3)
"""A number is the one that was proposed, is asked for, or would be another than was proposed."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An open question that a number may answer: its place among the points, and the products in question."""

    place: int
    point: Pending
    products: Sequence[Product]

    def rank(self, line: Line) -> int | None:
        """How well a number answers it; None if it does not."""
        said, known = line.quantity, self.point.arguments.get("quantity")
        assert said is not None
        if len(self.products) > 1:
            return _ASKED if line.is_set or known is None else None
        (product,) = self.products
        amount = amount_asked_for(product, said)
        if not amount or (said.is_plain and is_size(f"{said.value.normalize():f}", product.name)):
            return None
        if not self.point.is_proposal or known is None:
            return _ASKED
        unit = self.point.arguments.get("unit")
        proposed = amount_asked_for(product, Quantity(Decimal(str(known)), unit)) if unit else Decimal(str(known))
        return _ECHO if amount == proposed else _OTHER


def bound(numbers: Sequence[Line], slots: Sequence[Slot], *, is_yes: bool, is_no: bool) -> Mapping[int, Slot]:
    """The question that each number answers, by the number's place; what is not among them could belong to several."""
    ranks = [{at: rank for at, slot in enumerate(slots) if (rank := slot.rank(line)) is not None} for line in numbers]
    if len(numbers) == 1:
        meant = _only(ranks[0], is_yes=is_yes, is_no=is_no)
        return {} if meant is None else {0: slots[meant]}
    asked = sorted({at for fits in ranks for at, rank in fits.items() if rank < _OTHER or is_no})
    if len(asked) == len(numbers) and all(at in fits for at, fits in zip(asked, ranks, strict=True)):
        return {number: slots[at] for number, at in enumerate(asked)}
    alone = {number: next(iter(fits)) for number, fits in enumerate(ranks) if len(fits) == 1}
    found = {number: slots[at] for number, at in alone.items() if sum(at in fits for fits in ranks) == 1}
    if not found and len(asked) == 1 and _is_once(numbers, slots[asked[0]]):
        return {0: slots[asked[0]]}
    return found


def _only(fits: Mapping[int, int], *, is_yes: bool, is_no: bool) -> int | None:
    """The one question that a number answers: with a yes what was proposed, with a no what was proposed otherwise."""
    echoed, asked, other = ([at for at, rank in fits.items() if rank == wanted] for wanted in (_ECHO, _ASKED, _OTHER))
    likely = echoed if is_yes and echoed else [*asked, *other] if is_no else [*echoed, *asked] or other
    return likely[0] if len(likely) == 1 else None


def _is_once(numbers: Sequence[Line], slot: Slot) -> bool:
    """`medio kilo, 500 gramos`, `medio kilo, uno grande`: one amount, said once more."""
    if len(slot.products) > 1 or len({line.clause for line in numbers}) > 1:
        return False
    said = [line.quantity for line in numbers if line.quantity is not None]
    amounts = {amount_asked_for(slot.products[0], one) for one in (said[0], *(s for s in said[1:] if not s.is_article))}
    return len(amounts) == 1


def is_of_another(line: Line, arcs: Sequence[Arc], tokens: Sequence[Token]) -> bool:
    """`espadrilles, one pair, 40`: whether something that nobody knows stands before a number in its sentence."""
    for arc in reversed([arc for arc in arcs if arc.end <= line.start]):
        if arc.role is Role.UNKNOWN:
            return True
        if arc.mention is not None or arc.role is Role.WISH or tokens[arc.start].text in ENDS:
            return False
    return False
