"""Quantities as people say them in chat."""

from decimal import Decimal

import pytest

from agent.lexical.normalise import clean, tokenise
from agent.lexical.quantities import find_quantities, in_figures
from core.language.folding import fold


@pytest.mark.parametrize(
    ("said", "value", "unit"),
    [
        ("docena y media de huevos", "18", None),
        ("media docena de huevos", "6", None),
        ("un par de aguacates", "2", None),
        ("2 kg y medio de papa", "2.5", "kg"),
        ("kilo y medio de carne", "1.5", "kg"),
        ("cuarto de kilo de queso", "0.25", "kg"),
        ("tres cuartos de kilo de jamón", "0.75", "kg"),
        ("1 1/2 kg de tomate", "1.5", "kg"),
        ("½ kilo de limón", "0.5", "kg"),
        ("0,750 kg de queso", "0.75", "kg"),
        ("1.500 kg de carne", "1.5", "kg"),
        ("doscientos cincuenta gramos de jamón", "250", "g"),
        ("treinta y dos cervezas", "32", None),
        ("x3 cloro", "3", None),
        ("3x cloro", "3", None),
        ("half a dozen eggs", "6", None),
        ("a couple of onions", "2", None),
        ("dos docenas y media de huevos", "30", None),
    ],
)
def test_a_quantity_is_read_as_it_is_meant(said: str, value: str, unit: str | None) -> None:
    # When
    found = find_quantities(tokenise(fold(clean(said))))

    # Then
    assert [(q.value, q.unit) for q in found] == [(Decimal(value), unit)]


@pytest.mark.parametrize("said", ["aceite 20W-50", "llanta 205/55 R16", "filtro GP-48", "foco H4", "remera talle L"])
def test_a_model_number_is_no_quantity(said: str) -> None:
    assert find_quantities(tokenise(fold(clean(said)))) == []


def test_spelled_numbers_are_put_in_figures() -> None:
    assert in_figures("la de dos litros") == "la de 2 l"
