"""Kinds of first readings, in other words than those of any set: which size, pairs, what takes back, what is no detail."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.lexical.reading import Context, read
from tests.lexical.reading import asked, cart, demo_goods
from tests.lexical.reading import read as explained

VE, AR = "fluxion", "demo-store"

CARTS: list[tuple[str, str, dict[str, str]]] = [
    # a size said with the thing, apart from it, or for each piece
    (AR, "2 borcegos de cuero 42", {"BOR-001-42": "2"}),
    (AR, "dame un pantalón chino 44 y una bufanda", {"PAN-001-44": "1", "BUF-001": "1"}),
    (AR, "tres sandalias, dos 38 y una 39", {"SAN-001-38": "2", "SAN-001-39": "1"}),
    (AR, "2 pijama S y 1 L", {"PIJ-001": "2", "PIJ-001-L": "1"}),
    (AR, "quiero dos pares de mocasines, unos 41 y otros 42", {"MOC-001-41": "1", "MOC-001-42": "1"}),
    # pairs: one of what comes in pairs, two of all else, and as each language counts
    (AR, "un par de alpargatas 40", {"ALP-001-40": "1"}),
    (AR, "un par de bufandas", {"BUF-001": "2"}),
    (AR, "un par de jeans", {"JEA-001": "2"}),
    # what a thing shall not be tells which
    (VE, "dos de leche que no sea líquida", {"LEC-001": "2"}),
    (VE, "3 coca cola sin azúcar", {"BEB-002": "3"}),
    # a number of its own, and a half that begins another measure
    (VE, "tomate perita 1 kg y medio de papa lavada", {"FRU-002": "1", "FRU-004": "0.5"}),
    (VE, "2 kilos y medio de papa lavada", {"FRU-004": "2.5"}),
    # one more of this message; one of them is another
    (AR, "4 bufandas y sumale una más", {"BUF-001": "5"}),
    (VE, "quiero 3 harina pan blanca, y que una sea amarilla", {"HAR-001": "2", "HAR-002": "1"}),
    (VE, "$196000 de pollo entero", {"POL-001": "2"}),
]


@pytest.mark.parametrize(("shop", "said", "wanted"), CARTS)
def test_what_is_explained_is_put_in_the_cart_as_it_was_said(shop: str, said: str, wanted: dict[str, str]) -> None:
    assert cart(explained(shop, said)) == {sku: Decimal(quantity) for sku, quantity in wanted.items()}


@pytest.mark.parametrize(
    ("shop", "said", "sku"),
    [
        (AR, "una bufanda y dos pañuelos. Ah no, pañuelos tengo muchos", "PNU-001"),
        (AR, "quería 2 bufandas pero uf. Dame mejor el gorro de lana", "BUF-001"),
        (VE, "12 malta. Si no hay rebaja que sean 6", "BEB-004"),
        (AR, "zapatillas para correr, 43", "ZAP-001"),
    ],
)
def test_what_may_be_taken_back_is_asked(shop: str, said: str, sku: str) -> None:
    reading = explained(shop, said)
    assert sku not in cart(reading)
    assert any(sku in skus for _, skus, _ in asked(reading))


@pytest.mark.parametrize(
    "said",
    [
        "es para un cumpleaños, 2 remeras",
        "es para mi sobrina, 2 remeras",
        "busco para regalar",
        "si no hay dejalo, otro color no",
    ],
)
def test_no_detail_is_taken_from_an_ordinary_sentence(said: str) -> None:
    details = {key for act in read(said, Context()) for key in act.details}
    assert not details & {"recipient_name", "address", "fulfilment"}


def test_a_name_behind_its_word_is_one() -> None:
    (name,) = [act.details["recipient_name"] for act in read("recibe mi tía Ana Suárez", Context()) if act.details]
    assert name == "Ana Suárez"


THINGS = ["bufanda", "mochila", "pañuelo estampado", "cinto de cuero", "gorra trucker", "xyzzy"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 9), st.sampled_from(THINGS)), min_size=1, max_size=4, unique_by=lambda one: one[1]))
def test_every_number_is_used_once_or_asked(said: list[tuple[int, str]]) -> None:
    """Whatever is listed, sold or not: the numbers that come out are those that were said, each once."""
    reading = explained(AR, ", ".join(f"{count} {thing}" for count, thing in said))
    out = [change.quantity for change in reading.changes] + [question.quantity for question in reading.questions]
    assert sorted(value for value in out if value is not None) == sorted(Decimal(count) for count, _ in said)
    assert len(reading.roles) == len(reading.tokens)


def test_the_demo_shop_has_what_is_spoken_of() -> None:
    assert {"BUF-001", "PNU-001", "ZAP-001"} <= set(demo_goods(AR).by_sku)
