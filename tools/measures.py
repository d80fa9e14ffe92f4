"""How much of a product an amount is that a customer gave in words of their own: a dozen, half a kilo, 500 grams."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from core.language.words import MEASURES, measured
from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.catalog.words import plain, read

_SOLD_IN = {"g": "KG", "ml": "LT", "mm": "M"}
"""The unit of sale that holds a thousand of the smallest unit of a dimension."""

_SAME_EVERYWHERE = frozenset({"kg", "g", "l", "ml", "m", "cm"})
"""What weighs and measures the same wherever a shop is; a pound does not."""


@dataclass(frozen=True, slots=True)
class UnitMismatch:
    """The amount cannot be said in the unit in which the product is sold."""

    unit: str


@dataclass(frozen=True, slots=True)
class TooLittle:
    """An amount of money that does not buy any of the product."""

    money: Decimal


def money_of(quantity: Decimal, unit: str | None, currency: str) -> Decimal | None:
    """The amount of money that a quantity is, if its unit is what people call this currency."""
    word = plain(unit or "").strip().rstrip(".")
    for money in measured().money:
        if word in money.words and currency in money.currencies:
            return quantity * money.of
    return None


def bought_for(money: Decimal, variant: VariantView) -> Decimal:
    """As much of a product as an amount of money buys, in steps in which it can be sold; perhaps nothing."""
    steps = (money / variant.price / variant.grain).to_integral_value(ROUND_FLOOR) if variant.price else Decimal(0)
    return steps * variant.grain


def is_tray(word: str) -> bool:
    """Whether a unit holds several of what is sold loose: a carton of eggs, a crate of bottles."""
    return word in measured().trays


def is_sold_by_tray(name: str, word: str) -> bool:
    """Whether one such holder is one of the product: its name says so, or how much is in it."""
    said, product = read(word), read(name)
    return bool(product.sizes) or any(one.forms & known.forms for one in said.words for known in product.words)


async def in_unit_of_sale(work: Work, variant: VariantView, quantity: Decimal, unit: str | None) -> Decimal | UnitMismatch:
    """The quantity in the product's own unit. What is sold by the piece is counted out by what one piece holds."""
    if unit is None or not unit.strip():
        return quantity
    word = plain(unit).strip().rstrip(".")
    if word == plain(variant.unit) or await _names_unit(work, variant.unit, word):
        return quantity
    if is_tray(word):
        return quantity if is_sold_by_tray(variant.name, word) else UnitMismatch(variant.unit)
    if word in measured().pieces:
        return quantity * measured().pieces[word]
    meant = _in_sale(quantity, word)
    if meant is None:
        return UnitMismatch(variant.unit)
    amount, sold_in = meant
    if sold_in == variant.unit.upper():
        return amount
    if variant.content_quantity is not None and variant.content_unit is not None:
        held = _in_sale(variant.content_quantity, plain(variant.content_unit))
        if held is not None and held[1] == sold_in and amount % held[0] == 0:
            return amount / held[0]
    return UnitMismatch(variant.unit)


async def amount_sold(
    work: Work, variant: VariantView, quantity: Decimal, unit: str | None
) -> Decimal | UnitMismatch | TooLittle:
    """How much of a product a quantity in any unit is, or an amount of money buys, in steps in which it is sold."""
    money = money_of(quantity, unit, variant.currency)
    if money is not None:
        return bought_for(money, variant) or TooLittle(money)
    amount = await in_unit_of_sale(work, variant, quantity, unit)
    return amount if isinstance(amount, UnitMismatch) or variant.allows(amount) else UnitMismatch(variant.unit)


def _in_sale(quantity: Decimal, word: str) -> tuple[Decimal, str] | None:
    """An amount of a weight, a volume or a length in the unit in which such is sold."""
    unit = measured().units.get(word)
    if unit not in _SAME_EVERYWHERE:
        return None
    smallest, factor = MEASURES[unit]
    return quantity * factor / 1000, _SOLD_IN[smallest]


async def _names_unit(work: Work, code: str, word: str) -> bool:
    units = await catalog.units(work)
    return any(unit.code == code and word in {plain(name) for name in (unit.name, *unit.aliases)} for unit in units)
