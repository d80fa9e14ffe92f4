"""Amounts in words of the customer's own, in the unit in which a product is sold."""

from collections import Counter
from decimal import Decimal

import pytest
from pydantic import ValidationError

from core.language.words import LANGUAGES, measured, words_of
from core.work import open_work
from domain.catalog import service as catalog
from tests.factories.chat import Chat
from tools.measures import UnitMismatch, amount_sold, money_of
from tools.outcome import Fact, FactKind


@pytest.mark.parametrize(
    ("sku", "quantity", "unit", "amount"),
    [
        ("HAR-1", 1, "docena", 12),
        ("HAR-1", 2, "dozen", 24),
        ("HAR-1", 1, "dúzia", 12),
        ("HAR-1", 3, "bolsas", 3),
        ("QUE-1", 500, "grs", "0.5"),
        ("QUE-1", 1, "quilo", 1),
        ("CAF-1", 500, "g", 2),
    ],
)
async def test_a_unit_is_read_in_each_language(chat: Chat, sku: str, quantity: int, unit: str, amount: int | str) -> None:
    async with open_work(chat.shop.principal) as work:
        variant = await catalog.get_variant(work, sku)
        assert await amount_sold(work, variant, Decimal(quantity), unit) == Decimal(amount)


@pytest.mark.parametrize(("sku", "unit"), [("QUE-1", "libra"), ("QUE-1", "lb"), ("HAR-1", "carton"), ("HAR-1", "kg")])
async def test_what_is_no_sure_amount_of_a_product_is_asked(chat: Chat, sku: str, unit: str) -> None:
    async with open_work(chat.shop.principal) as work:
        assert isinstance(await amount_sold(work, await catalog.get_variant(work, sku), Decimal(1), unit), UnitMismatch)


def test_money_is_that_of_the_shop() -> None:
    assert money_of(Decimal(2), "lucas", "CLP") == 2000
    assert money_of(Decimal(500), "bs.", "VES") == 500
    assert money_of(Decimal(10), "reais", "BRL") == 10
    assert money_of(Decimal(10), "soles", "MXN") is None


def test_no_word_is_two_measures() -> None:
    known = measured()
    for language in LANGUAGES:
        assert all(known.units[word] == unit for word, unit in words_of((language,)).units.items())
    names = [*known.units, *known.pieces, *known.trays]
    assert [word for word, times in Counter(names).items() if times > 1] == []


def test_money_is_no_fact_without_its_currency() -> None:
    with pytest.raises(ValidationError, match="names no currency"):
        Fact(kind=FactKind.TOTAL, subject="draft", value="10.00", text="10")
    assert Fact(kind=FactKind.TOTAL, subject="draft", value="10.00", currency="USD", text="10").currency == "USD"
