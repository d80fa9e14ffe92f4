"""How much of a product an amount is that a customer gave in words of their own: a dozen, half a kilo, 500 grams."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.catalog.words import plain, read

_DATA = Path(__file__).parent / "measures.yaml"


class _Pieces(BaseModel):
    model_config = ConfigDict(frozen=True)

    words: tuple[str, ...]
    of: int


class _Measure(BaseModel):
    model_config = ConfigDict(frozen=True)

    words: tuple[str, ...]
    unit: str
    factor: Decimal


class _Money(BaseModel):
    model_config = ConfigDict(frozen=True)

    words: tuple[str, ...]
    currencies: frozenset[str]
    of: int = 1


class _Words(BaseModel):
    pieces: tuple[_Pieces, ...]
    trays: frozenset[str]
    measures: tuple[_Measure, ...]
    money: tuple[_Money, ...]


@lru_cache
def _file() -> _Words:
    return _Words.model_validate(yaml.safe_load(_DATA.read_text(encoding="utf-8")))


@lru_cache
def _words() -> tuple[dict[str, int], dict[str, _Measure]]:
    words = _file()
    return (
        {word: entry.of for entry in words.pieces for word in entry.words},
        {word: entry for entry in words.measures for word in entry.words},
    )


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
    for money in _file().money:
        if word in money.words and currency in money.currencies:
            return quantity * money.of
    return None


def bought_for(money: Decimal, variant: VariantView) -> Decimal:
    """As much of a product as an amount of money buys, in steps in which it can be sold; perhaps nothing."""
    steps = (money / variant.price / variant.grain).to_integral_value(ROUND_FLOOR) if variant.price else Decimal(0)
    return steps * variant.grain


def is_tray(word: str) -> bool:
    """Whether a unit holds several of what is sold loose: a carton of eggs, a crate of bottles."""
    return word in _file().trays


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
    pieces, measures = _words()
    if word in pieces:
        return quantity * pieces[word]
    measure = measures.get(word)
    if measure is None:
        return UnitMismatch(variant.unit)
    amount = quantity * measure.factor
    if measure.unit == variant.unit.upper():
        return amount
    if variant.content_quantity is not None and variant.content_unit is not None:
        held = _in_base(variant.content_quantity, variant.content_unit)
        if held is not None and held[1] == measure.unit and amount % held[0] == 0:
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


def _in_base(quantity: Decimal, unit: str) -> tuple[Decimal, str] | None:
    measure = _words()[1].get(plain(unit))
    return (quantity * measure.factor, measure.unit) if measure is not None else None


async def _names_unit(work: Work, code: str, word: str) -> bool:
    units = await catalog.units(work)
    return any(unit.code == code and word in {plain(name) for name in (unit.name, *unit.aliases)} for unit in units)
