"""A turn that orders something: its messages read as one by the order reader, as lines of the draft and points to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.brief import Brief
from agent.lexical.acts import SMALL_TALK, Act, ActKind
from agent.lexical.listening import context_of, read_anew
from agent.lexical.normalise import clean
from agent.lexical.reader.arcs import Role
from agent.lexical.reader.explain import Change, Question, Reading, explain
from agent.lexical.reader.goods import Product, Shelf
from agent.lexical.reading import order_text
from agent.lexical.wanted import Wanted, number
from agent.lexical.wants import read_want
from core.language.folding import fold

_READ = frozenset({ActKind.ADD, ActKind.SET, ActKind.MORE, ActKind.REMOVE, ActKind.REPLACE})
_EDITS = _READ - {ActKind.ADD}
_ANSWERS = frozenset({ActKind.CHOOSE, ActKind.CHOOSE_NONE})
_BESIDE = SMALL_TALK | {ActKind.UNKNOWN, ActKind.ASK_PRICE, ActKind.ASK_AVAILABILITY, ActKind.FINISH}
_EDITING = frozenset({Role.REFUSE, Role.CORRECT, Role.SWAP, Role.MORE})
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a turn orders, and what of it is to be asked."""

    wanted: list[Wanted]
    open_points: list[dict[str, Any]]


async def read_order(brief: Brief, acts: Sequence[Act], shelf: Shelf) -> Ordered | None:
    """The order of a turn; None if it orders nothing, answers a question, or edits the order that there is."""
    kinds = {act.kind for act in acts}
    if kinds & _ANSWERS or not (kinds & _READ or kinds <= _BESIDE):
        return None
    context = context_of(brief)
    said = "\n".join(order_text(_goods_of(text), context) for text in read_anew(brief)).strip()
    if not said:
        return None
    goods = await shelf(said)
    reading = explain(said, goods, brief.language, _in_order(brief))
    if not _orders(reading, kinds, brief):
        return None
    wanted = [_wanted(change, goods.by_sku[change.sku]) for change in reading.changes]
    return Ordered(wanted, [_point(question) for question in reading.questions])


def _goods_of(text: str) -> str:
    """A text without a want that is not for goods."""
    want = read_want(fold(clean(text)))
    return text if want is None else want[1]


def _in_order(brief: Brief) -> frozenset[str]:
    placed = brief.just_placed
    lines = placed.lines if placed is not None else brief.draft.lines if brief.draft is not None else ()
    return frozenset(line.sku for line in lines)


def _orders(reading: Reading, kinds: set[ActKind], brief: Brief) -> bool:
    """Whether a message orders something: an order that exists is edited by its own grammar."""
    if not reading.changes and not (kinds & _READ and reading.questions):
        return False
    if brief.pending is not None and not reading.has_goods:
        return False
    held = _in_order(brief)
    if not held:
        return True
    named = {sku for arc in reading.arcs if arc.mention is not None for sku in arc.mention.products}
    is_edit = bool(kinds & _EDITS) or bool(_EDITING & set(reading.roles))
    return not is_edit and not (named & held and any(question.skus for question in reading.questions))


def _wanted(change: Change, product: Product) -> Wanted:
    price, total = _price(change, product)
    quantity = Decimal(0) if change.is_removed else change.quantity
    return Wanted(change.sku, quantity, None, product.name, change.words, is_total=change.is_removed, price=price, total=total)


def _price(change: Change, product: Product) -> tuple[Decimal | None, Decimal | None]:
    """What was written beside a line, as the price of one or as its sum: whichever it comes nearer to."""
    if change.price is None:
        return None, None
    total = product.price * change.quantity
    is_one = change.is_each or abs(change.price - product.price) <= abs(change.price - total)
    return (change.price, None) if is_one else (None, change.price)


def _point(question: Question) -> dict[str, Any]:
    point: dict[str, Any] = {"kind": question.kind, "words": question.words[:_LONGEST_WORDS], "skus": list(question.skus)}
    if question.quantity is not None and question.quantity > 0:
        point["quantity"] = number(question.quantity)
    if question.unit not in (None, "money", "money?"):
        point["unit"] = question.unit
    return point
