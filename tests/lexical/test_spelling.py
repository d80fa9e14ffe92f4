"""Slips of the finger in the words that steer an order are mended; what is sold, names and places stay as they are."""

from typing import Any

import pytest

from agent.lexical.listening import hear
from agent.lexical.products import Catalogue, Offer
from agent.lexical.reader.goods import Goods
from agent.lexical.spelling import meant_keyword, repaired
from evals.lexical.run import brief_of
from evals.lexical.shop import load
from tests.lexical.test_understanding import after

DRAFT = {"ARR": 2, "ACE-VT": 1}


async def read(said: str, *sold: str, **entry: Any) -> tuple[str, set[str]]:
    """The text as it is read where these names are sold, and the kinds of acts in it."""

    async def lookup(phrase: str) -> list[Offer]:
        return [Offer(name, name, 1.0) for name in sold]

    async def shelf(_: str) -> Goods:
        return Goods([])

    brief = await repaired(brief_of({"say": [said], **entry}, load("groceries_ve")), Catalogue(lookup, shelf))
    return brief.messages[0].text or "", {act.kind.value for act in hear(brief)}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("qutia", "quita"),
        ("quira", "quita"),
        ("cmabia", "cambia"),
        ("camboa", "cambia"),
        ("mjor", "mejor"),
        ("mediia", "media"),
        ("dozeen", "dozen"),
        ("pediddo", "pedido"),
        ("humno", "humano"),
        ("sepak", "speak"),
        ("wher", "where"),
        ("puefo", "puedo"),
        ("toodo", "todo"),
    ],
)
def test_one_slip_in_a_keyword_is_mended(typed: str, meant: str) -> None:
    assert meant_keyword(typed) == meant


@pytest.mark.parametrize("typed", ["medias", "medida", "nieve", "there", "were", "cambio", "gorra", "taco", "quinta", "birra"])
def test_a_word_of_its_own_is_no_slip(typed: str) -> None:
    assert meant_keyword(typed) is None


def test_of_two_keywords_the_one_that_fits_behind_an_article_is_meant() -> None:
    assert meant_keyword("cuarro") is None
    assert meant_keyword("cuarro", before="un") == "cuarto"


async def test_a_product_word_wins_over_a_keyword() -> None:
    assert await read("2 lito", "Lito de fresa") == ("2 lito", {"add"})
    assert (await read("2 lito de leche"))[0] == "2 litro de leche"


@pytest.mark.parametrize("said", ["a nombre de ana quira", "mandalo a la calle quira 5", "dile a Quira que venga"])
async def test_names_and_places_are_left_alone(said: str) -> None:
    assert (await read(said))[0] == said


async def test_nothing_is_mended_while_details_are_asked_for() -> None:
    asked: dict[str, Any] = {"draft": {"ARR": 1}, "state": "NEEDS_DETAILS", "missing": ["recipient_name"]}
    assert (await read("ana quira", **asked))[0] == "ana quira"


@pytest.mark.parametrize(
    ("said", "cart"),
    [
        ("qutia el aceite", {"ARR": 2}),
        ("quira el aceite", {"ARR": 2}),
        ("cmabia el aceite por 3 de sal", {"ARR": 2, "SAL": 3}),
        ("mjor que sean 4", {"ARR": 2, "ACE-VT": 4}),
        ("mediia docena de maltas", {**DRAFT, "MAL": 6}),
        ("a dozeen maltas please", {**DRAFT, "MAL": 12}),
    ],
)
async def test_a_misspelt_command_or_number_does_what_was_meant(said: str, cart: dict[str, float]) -> None:
    assert (await after("ve", said, draft=DRAFT, state="COLLECTING_ORDER")).counts == cart


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("me comnica con un asesor por favor?", "human"),
        ("necesito hablar con un humno", "human"),
        ("can I sepak to a human please", "human"),
        ("quiero cancelar mi pediddo", "cancel"),
        ("please canncel my order for the dog food", "cancel"),
        ("hi, whre's my order?", "status"),
        ("holaa, ya salói mi pedido?", "status"),
    ],
)
async def test_a_misspelt_wish_is_heard(said: str, kind: str) -> None:
    assert kind in (await read(said))[1]
