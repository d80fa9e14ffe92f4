"""Classes of language that customers use in many words: one or two sentences stand for each."""

from typing import Any

import pytest

from tests.lexical.test_understanding import after

CARTS: list[tuple[str, str, dict[str, float], dict[str, float]]] = [
    # a number said twice
    ("ve", "dos (2) harinas de trigo y tres (3) cloros", {}, {"HAR-TR": 2, "CLO": 3}),
    ("mx", "rótula inferior (2), termostato (2)", {}, {"ROT": 2, "TER": 2}),
    # a title above a list
    ("ve", "pedido de la arepera:\n10 harina pan blanca\n2 sal", {}, {"HAR-BL": 10, "SAL": 2}),
    ("ve", "hola, esta es mi lista:\n- 2 maltas\n- 1 sal", {}, {"MAL": 2, "SAL": 1}),
    ("ar", "remeras: 2 blancas talle M, 1 negra talle L", {}, {"REM-BL-M": 2, "REM-NE-L": 1}),
    # several words that only one product has
    ("ve", "2 pepsi de 2 litros y 6 pepsi en lata", {}, {"REF-2L": 2, "REF-LA": 6}),
    # pairs and packs
    ("ar", "dos pares de medias largas y un par de gorras", {}, {"MED-LA": 2, "GOR": 2}),
    ("ve", "un six pack de cerveza", {}, {"CER": 6}),
    # so much of each
    ("ve", "cebolla y papa, dos kilos de cada una", {}, {"CEB": 2, "PAP": 2}),
    ("ve", "2 de cada una: pasta larga, pasta corta", {}, {"PAS-LA": 2, "PAS-CO": 2}),
    # what is lacking, and what is told
    ("ve", "se me acabó el café, mándame 2 de 250", {}, {"CAF-250": 2}),
    ("ar", "es el cumple de mi sobrino y le quiero regalar una gorra", {}, {"GOR": 1}),
    ("ve", "2 maltas para una reunión", {}, {"MAL": 2}),
    ("ve", "somos 5 en la casa dame 3 harina pan blanca y 10 huevos", {}, {"HAR-BL": 3, "HUE": 10}),
    ("ve", "estoy en la casa, dame 3 arroz", {}, {"ARR": 3}),
    # parts of a total
    ("mx", "dos faros de tsuru, el izquierdo y el derecho", {}, {"FAR-I": 1, "FAR-D": 1}),
    ("ve", "mándame con el motorizado 2 cloros", {}, {"CLO": 2}),
    # more, less, another one of the kind
    ("mx", "bájale una a las rótulas", {"ROT": 3}, {"ROT": 2}),
    ("ve", "al arroz súbele uno más", {"ARR": 2, "SAL": 1}, {"ARR": 3, "SAL": 1}),
    ("ve", "de las 6 maltas quítame 2", {"MAL": 6}, {"MAL": 4}),
    ("ve", "no me pongas tanto queso, con 300 gramos está bien", {"QUE-BL": 1, "ARR": 1}, {"QUE-BL": 0.3, "ARR": 1}),
    ("ve", "eran 2 harinas amarillas, no blancas", {"HAR-BL": 2}, {"HAR-AM": 2}),
    ("mx", "mejor póngale 6 abrazaderas en lugar de 4", {"ABR": 4, "FOC": 1}, {"ABR": 6, "FOC": 1}),
    ("ar", "uh me confundí, en vez de la remera blanca M mandame la blanca L", {"REM-BL-M": 1}, {"REM-BL-L": 1}),
    # a part of a line for something else
    ("ar", "cambiá una gorra por una mochila", {"GOR": 2}, {"GOR": 1, "MOC": 1}),
    ("ar", "cambiá la gorra por una mochila", {"GOR": 2}, {"MOC": 1}),
    # English nouns in a Spanish catalogue
    ("ve", "12 eggs and 1 kilo of rice please", {}, {"HUE": 12, "ARR": 1}),
    ("ve", "please remove the eggs", {"HUE": 12, "ARR": 1}, {"ARR": 1}),
    # a unit or a dozen said once, and another of the same
    ("ve", "dos docenas de huevos y una de aguacates", {}, {"HUE": 24, "AGU": 12}),
    ("ve", "el jamón son 300 gramos y el queso 500", {"JAM": 0.5, "QUE-AM": 0.3}, {"JAM": 0.3, "QUE-AM": 0.5}),
    ("ve", "que el jamón sean 300", {"JAM": 0.5}, {"JAM": 0.3}),
    ("ve", "un cuarto de jamón y otro de queso amarillo", {}, {"JAM": 0.25, "QUE-AM": 0.25}),
    # taken back within a sentence
    ("ve", "3 más, no, 2 más", {"MAL": 3}, {"MAL": 5}),
    ("ve", "quiero 1 arroz, no espera, 2 arroz y 1 azúcar", {}, {"ARR": 2, "AZU": 1}),
    ("ve", "ponle 3 maltas más", {"MAL": 3}, {"MAL": 6}),
    # refused, or only named
    ("ar", "una remera blanca M más y la gorra no va", {"REM-BL-M": 1, "GOR": 1}, {"REM-BL-M": 2}),
    ("ve", "la malta sí, el arroz no", {"MAL": 2, "ARR": 1}, {"MAL": 2}),
    ("ar", "bóxers dejame 2 y el vestido olvidate", {"VES": 1, "BOX": 3}, {"BOX": 2}),
    ("mx", "no ocupo la cinta, gracias", {"LLA-13": 2, "CIN": 1}, {"LLA-13": 2}),
    # a size in words, how a thing shall be, the year of a car, a set
    ("mx", "12 abrazadera 2 pulgadas", {}, {"ABR": 12}),
    ("ve", "un kilo de queso amarillo rebanado", {}, {"QUE-AM": 1}),
    ("mx", "balatas delanteras para aveo 2014, un juego", {}, {"BAL-D-AV": 1}),
    ("mx", "unos tapetes y unos cables pasa corriente", {}, {"TAP": 1, "CAB": 1}),
]


@pytest.mark.parametrize(("shop", "said", "draft", "cart"), CARTS)
async def test_a_class_of_language_comes_to_the_right_cart(
    shop: str, said: str, draft: dict[str, Any], cart: dict[str, float]
) -> None:
    # When
    found = await after(shop, said, **({"draft": draft} if draft else {}))

    # Then
    assert found.counts == cart
    assert not found.asked
    assert not found.unknown
    assert not found.asked_quantity


async def test_one_word_that_only_one_product_has_is_asked_about() -> None:
    # When its brand alone is said, then it is offered and not put into the cart
    found = await after("ve", "2 mazeite")
    assert found.counts == {}
    assert found.asked == [{"ACE-MZ"}]


async def test_a_kind_of_another_product_is_not_put_into_the_cart() -> None:
    # `carne de bistec` is neither the one nor the other
    found = await after("ve", "2 kilos de carne de bistec")
    assert found.counts == {}


async def test_what_is_not_sold_is_told_even_without_a_quantity() -> None:
    found = await after("ve", "quiero zanahorias")
    assert found.counts == {}
    assert found.unknown
