"""A turn that orders something: its messages read as one by the order reader, as lines of the draft and points to ask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from agent.brief import Brief, BriefLine
from agent.lexical.acts import SMALL_TALK, Act, ActKind
from agent.lexical.listening import context_of, ordering_texts
from agent.lexical.reader.explain import explain
from agent.lexical.reader.goods import Product, Shelf
from agent.lexical.reader.readings import Change, Question, Reading
from agent.lexical.reading import order_text
from agent.lexical.spelling import clean
from agent.lexical.wanted import Wanted, number
from agent.lexical.wants import read_want
from core.language.folding import fold
from tools.context import Pending

_READ = frozenset({ActKind.ADD, ActKind.SET, ActKind.MORE, ActKind.REMOVE})
_BESIDE = SMALL_TALK | {ActKind.UNKNOWN, ActKind.ASK_PRICE, ActKind.ASK_AVAILABILITY, ActKind.FINISH}
_BESIDE |= {ActKind.CHOOSE, ActKind.CHOOSE_NONE, ActKind.REFUSE}
_LONGEST_WORDS = 200
_MOST_SHOWN = 5
_FARTHEST = 5
"""A price that was written is at most so many times ours, or that part of it."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a turn orders, and what of it is to be asked."""

    wanted: list[Wanted]
    open_points: list[dict[str, Any]]
    declined: Sequence[Pending] = ()
    """The open questions about which nothing is wanted."""
    is_answer: bool = False
    """Whether an open question is answered by it."""


async def read_order(brief: Brief, acts: Sequence[Act], shelf: Shelf) -> Ordered | None:
    """What a turn orders and changes of the order that there is; None if that is nothing."""
    kinds = {act.kind for act in acts}
    if not (kinds & _READ or kinds <= _BESIDE):
        return None
    context = context_of(brief)
    said = "\n".join(order_text(_goods_of(text), context) for text in ordering_texts(brief)).strip()
    if not said:
        return None
    named = [*(line.name for line in _lines(brief)), *(one.name for point in brief.points for one in point.options)]
    goods = await shelf("\n".join([said, *named]))
    held = {line.sku: line.quantity for line in _lines(brief)}
    reading = explain(said, goods, brief.language, held, brief.points)
    reading.questions = [_of_offered(question, brief) for question in reading.questions]
    if not _orders(reading, kinds, brief):
        return None
    wanted = [_wanted(change, goods.by_sku[change.sku]) for change in reading.changes]
    return Ordered(wanted, [_point(question) for question in reading.questions], reading.declined, reading.answers)


def _goods_of(text: str) -> str:
    """A text without a want that is not for goods."""
    want = read_want(fold(clean(text)))
    return text if want is None else want[1]


def _lines(brief: Brief) -> Sequence[BriefLine]:
    """What the order has that the message may change: the one just placed, or the draft."""
    if brief.just_placed is not None:
        return brief.just_placed.lines
    return brief.draft.lines if brief.draft is not None else ()


def _orders(reading: Reading, kinds: set[ActKind], brief: Brief) -> bool:
    """Whether a message orders something."""
    if reading.answers:
        return True
    is_named = ActKind.ASK_PRICE not in kinds and any(question.skus for question in reading.questions)
    if not (reading.changes or is_named or (kinds & _READ and reading.questions)):
        return False
    return brief.pending is None or reading.has_goods or any(question.skus for question in reading.questions)


def _of_offered(question: Question, brief: Brief) -> Question:
    """`dame 2` behind `tienen camperas?`: a number alone is of one of those that were just shown."""
    shown = brief.pending.options if brief.pending is not None and brief.pending.kind == "offered" else []
    skus = tuple(option.sku for option in shown[:_MOST_SHOWN] if option.sku)
    return replace(question, kind="which", skus=skus) if question.kind == "number" and skus else question


def _wanted(change: Change, product: Product) -> Wanted:
    price, total = _price(change, product)
    quantity = Decimal(0) if change.mode == "remove" and change.quantity is None else change.quantity
    is_total = change.mode == "set" or quantity == 0
    is_less = change.mode == "remove" and not is_total
    return Wanted(
        change.sku, quantity, None, product.name, change.words, is_total=is_total, is_less=is_less, price=price, total=total
    )


def _price(change: Change, product: Product) -> tuple[Decimal | None, Decimal | None]:
    """What was written beside a line, as the price of one or as its sum: whichever it comes nearer to."""
    if change.price is None or change.quantity is None:
        return None, None
    total = product.price * change.quantity
    if not any(value / _FARTHEST <= change.price <= value * _FARTHEST for value in (product.price, total)):
        # No price of this: `80 muchachos`, `desde 80 mil el envío es gratis`.
        return None, None
    is_one = change.is_each or abs(change.price - product.price) <= abs(change.price - total)
    return (change.price, None) if is_one else (None, change.price)


def _point(question: Question) -> dict[str, Any]:
    point: dict[str, Any] = {"kind": question.kind, "words": question.words[:_LONGEST_WORDS], "skus": list(question.skus)}
    if question.quantity is not None and question.quantity > 0:
        point["quantity"] = number(question.quantity)
    if question.unit not in (None, "money", "money?"):
        point["unit"] = question.unit
    if question.mode != "add":
        point["mode"] = question.mode
    return point
