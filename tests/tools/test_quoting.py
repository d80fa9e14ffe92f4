"""What a model notes of a customer are the customer's words: property and examples of the judge."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.quoting import is_said, only_said

SAID = (
    "hola, quiero 2 remeras. mandalas a la avenida corrientes mil doscientos 34 piso tres, "
    "la recibe ana torres, mi cel es 11 5555-0000"
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Av. Corrientes 1200 34, piso 3", SAID),
        ("Ana Torres", SAID),
        ("+54 9 11 5555 0000", SAID),
        ("1155550000", SAID),
        ("Thames 1820 3B, Palermo, Buenos Aires", "a thames 1820 3b palermo"),
        ("Llamar al timbre dos veces", "tocá el timbre 2 veces por favor, llamar"),
        (5000, "pagué 5.000 por transferencia"),
        (5000.0, "ya te mandé cinco mil"),
        (50000, "pague 50 mil"),
        (12.5, "paguei 12,50"),
    ],
)
def test_what_was_said_may_be_tidied(value: object, said: str) -> None:
    assert is_said(value, said)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Gorriti 4800, Palermo", "quiero 2 remeras básicas"),
        ("Cliente", "quiero 2 remeras básicas"),
        ("1234567890", "quiero 2 remeras básicas"),
        ("No hay notas adicionales", "quiero 2 remeras básicas"),
        ("Thames 1840", "a thames 1820"),
        ("Ana Torres de la Vega Gómez Pérez", "la recibe ana torres"),
        ("998877", "ya pagué por transferencia"),
        (5000, "ya pagué por transferencia"),
        (3000, "pagué 5000"),
        ("Banco Galicia Sucursal Norte", "pagué por transferencia"),
    ],
)
def test_what_was_never_said_is_made_up(value: object, said: str) -> None:
    assert not is_said(value, said)


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "Nd", "Zs", "P")), max_size=80))
def test_their_own_words_are_never_left_out(words: str) -> None:
    assert only_said(f"hola\n{words}", ("address",), {"address": words}) == ({"address": words}, [])


@given(st.decimals(min_value=Decimal("0.01"), max_value=10**9, places=2))
def test_an_amount_that_was_written_is_said(amount: Decimal) -> None:
    assert is_said(float(amount), f"pagué {amount}")
