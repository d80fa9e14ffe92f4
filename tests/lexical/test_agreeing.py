"""Answers in a hurry: a yes that points at what was offered, the end of an order, and second thoughts of one figure."""

from typing import Any

import pytest

from agent.lexical.assent import is_pure_assent
from tests.lexical.test_understanding import after, heard, which

MEANT = which("arroz integral", "ARR", quantity=3)
OPEN: dict[str, Any] = {"draft": {"SAL": 2}, "state": "COLLECTING_ORDER"}


@pytest.mark.parametrize(
    "said", ["sí, ese", "ajá sí", "ajá", "sí eso", "sí, esa misma porfa", "yes, that one", "that one please"]
)
async def test_a_yes_that_points_takes_the_one_product_that_was_meant(said: str) -> None:
    assert (await after("ve", said, draft={"SAL": 2}, pending=MEANT)).counts == {"SAL": 2, "ARR": 3}


@pytest.mark.parametrize("said", ["ese no", "no, ese no", "eso es todo", "that's all"])
async def test_what_only_sounds_like_pointing_takes_nothing(said: str) -> None:
    assert (await after("ve", said, draft={"SAL": 2}, pending=MEANT)).counts == {"SAL": 2}


@pytest.mark.parametrize("said", ["sí, ese", "ajá"])
def test_pointing_does_not_confirm_an_order(said: str) -> None:
    assert not is_pure_assent([said], "es")


@pytest.mark.parametrize("said", ["listo, procesa mi pedido por favor", "ya, procesen el pedido", "puedes procesar la orden"])
def test_an_order_to_be_processed_is_complete(said: str) -> None:
    assert heard(said, **OPEN) == {"finish"}


@pytest.mark.parametrize("said", ["no espera, 3", "no, 3", "espera, 3", "no, dame 3"])
async def test_a_figure_behind_a_no_sets_what_was_ordered_last(said: str) -> None:
    assert (await after("ve", said, **OPEN)).counts == {"SAL": 3}


async def test_a_time_behind_a_no_changes_nothing() -> None:
    assert (await after("ve", "no, a las 3", **OPEN)).counts == {"SAL": 2}


async def test_what_is_ordered_before_an_offered_price_stays_ordered() -> None:
    assert (await after("ve", "2 arroz, te doy 2000", **OPEN)).counts == {"SAL": 2, "ARR": 2}


async def test_what_a_question_for_a_discount_names_is_not_ordered_yet() -> None:
    assert (await after("ve", "2 arroz, me haces descuento?", **OPEN)).counts == {"SAL": 2}


def test_at_the_price_it_has_is_a_yes() -> None:
    assert is_pure_assent(["ándale pues, al precio que es"], "es")


@pytest.mark.parametrize("said", ["una entera", "1 entero por favor"])
async def test_a_whole_one_is_one(said: str) -> None:
    asked = {"kind": "choose_quantity", "tool": "add_item_to_draft", "args": {"product": "SAL"}, "options": []}
    assert (await after("ve", said, pending=asked)).counts == {"SAL": 1}


@pytest.mark.parametrize("said", ["una bolsa entera de arroz", "ya, entonces una bolsa entera de arroz"])
async def test_a_whole_bag_of_something_is_that_something(said: str) -> None:
    assert (await after("ve", said)).counts == {"ARR": 1}


async def test_the_usual_address_is_no_part_of_a_product() -> None:
    shop = await after("ve", "2 arroz mary a la misma dirección de siempre")
    assert shop.counts == {"ARR": 2}
    assert ("set_delivery_details", {"fulfilment": "delivery"}) in shop.calls
