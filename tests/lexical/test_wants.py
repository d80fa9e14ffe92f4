"""Wants that are not goods are known as such, in every state, and never searched for in the catalogue."""

from decimal import Decimal
from typing import Any

import pytest

from agent.brief import LastOrder
from evals.lexical.run import converse
from tests.lexical.test_model import RecordingShop, brief, draft
from tests.lexical.test_understanding import after, heard

STATES: dict[str, dict[str, Any]] = {
    "new": {},
    "cart": {"draft": draft(), "state": "COLLECTING_ORDER"},
    "summary": {"draft": draft(confirmation_token="T", missing=[]), "state": "AWAITING_CONFIRMATION"},
    "ordered": {
        "state": "DONE",
        "last_order": LastOrder(number="7", status="delivered", payment_status="paid", total=Decimal(5)),
    },
}


async def calls(said: str, **state: Any) -> list[tuple[str, dict[str, Any]]]:
    shop = RecordingShop()
    await converse(brief(said, **state), shop)
    return shop.arguments


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "said",
    [
        "quiero la devolución de mi plata",
        "necesito un reembolso",
        "como hago para devolver una remera?",
        "devuélvanme el dinero",
        "me llegó una remera rota",
        "recibí el pedido incompleto",
        "nunca me llegó el pedido",
        "me mandaron otro talle",
        "la remera que compré me quedó chica",
        "hacen cambios?",
        "quiero cambiar el jean que me llegó",
        "I want a refund",
        "it arrived broken",
    ],
)
async def test_what_only_a_person_can_see_to_is_handed_over(said: str, state: str) -> None:
    ((tool, arguments),) = await calls(said, **STATES[state])
    assert tool == "request_human_handoff"
    assert arguments["reason"] == "cannot_answer"
    assert arguments["detail"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "said",
    [
        "me hacés factura?",
        "necesito factura A",
        "están contratando personal?",
        "busco trabajo",
        "les dejo mi cv",
        "hola, dónde están ubicados?",
    ],
)
async def test_what_is_asked_of_the_shop_is_answered_without_a_search(said: str, state: str) -> None:
    assert not {"list_products", "update_draft"} & {tool for tool, _ in await calls(said, **STATES[state])}


@pytest.mark.parametrize(
    "said", ["Hola! Quiero más información", "info", "buenas tardes, me das información por favor?", "more info please"]
)
async def test_a_wish_for_information_is_answered_by_what_the_shop_sells(said: str) -> None:
    assert await calls(said) == [("send_catalog", {})]


async def test_what_is_ordered_beside_an_invoice_is_taken() -> None:
    assert await calls("2 azúcar, y necesito factura") == [("update_draft", {"lines": [{"product": "AZU", "quantity": 2}]})]


@pytest.mark.parametrize(
    "said", ["cambiá el arroz por azúcar", "quiero cambiar la dirección", "me falta 1 azúcar", "mandame 2 azúcar"]
)
async def test_what_is_said_of_an_order_in_the_making_is_none(said: str) -> None:
    made = await calls(said, **STATES["cart"])
    assert "request_human_handoff" not in {tool for tool, _ in made}


@pytest.mark.parametrize(
    "said",
    [
        "hi! my spanish is terrible sorry 😅",
        "sorry! my spanish is terrible",
        "sorry for my broken english",
        "perdón, soy una inútil con esto",
        "perdón por el audio",
        "desculpa, vc entende português?",
    ],
)
async def test_an_apology_of_the_customer_is_no_complaint(said: str) -> None:
    shop = await after("ar", said)
    assert "complaint" not in heard(said)
    assert "request_human_handoff" not in [tool for tool, _ in getattr(shop, "calls", [])]


async def test_what_is_ordered_behind_an_apology_is_ordered() -> None:
    shop = await after("ar", "sorry my spanish is terrible, 2 gorras")
    assert shop.counts == {"GOR": 2}


@pytest.mark.parametrize(
    "said",
    [
        "this is terrible, sorry",
        "my order is terrible, sorry",
        "sorry but my experience is terrible",
        "sorry, the cheese is rotten",
        "perdón pero el queso llegó malo",
    ],
)
def test_a_complaint_stays_one_beside_an_apology(said: str) -> None:
    assert "complaint" in heard(said)
