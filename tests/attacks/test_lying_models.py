"""Lying models: whatever a model invents, in text or in whatever move serves it, the customer reads only what is so."""

from typing import Any

import pytest

from core.settings import get_settings
from sandbox.anthropic.answers import calls, moves, says
from sandbox.anthropic.server import AnthropicServer
from tests.factories.customer import Customer, Query

LIES = (
    "La harina está a 12.500 bolívares.",
    "Claro, la harina cuesta doce mil.",
    "Sí hay aceite, te quedan disponibles.",
    "Ya registré tu pago, ¡gracias!",
    "Listo, tu pedido 4711 quedó confirmado.",
    "Te paso con una persona del equipo ahora mismo.",
    "Agregué dos harinas a tu pedido.",
    "Mañana te llega el pedido.",
    "Te hago un descuento del diez por ciento.",
    "Transfiere a la cuenta 0102-0345-67-8901234567 del Banco de Venezuela.",
    "Your order is confirmed and paid.",
    "Tu número de pedido es {f9.9}.",
    "Seu pedido chega amanhã, já está pago.",
)

FALSE_MOVES: tuple[tuple[dict[str, Any], ...], ...] = (
    ({"move": "say", "call": 1}, {"move": "say", "call": 7}),
    ({"move": "state", "facts": ["f1.0", "s9", "s1"]},),
    ({"move": "suggest", "what": "cheapest", "facts": ["f1.0"]},),
    ({"move": "compare", "facts": ["f1.0", "f2.0"]},),
    ({"move": "state", "what": "confirm_by_button"}, {"move": "ask", "what": "confirm"}),
    ({"move": "aside", "words": "Ya registré tu pago, mañana te llega."},),
    ({"move": "social", "what": "payment_received"}, {"move": "promise", "words": "mañana"}),
    ({"move": "offer", "what": "tu pedido quedó confirmado"},),
    ({"move": "ask", "what": "same_address", "facts": ["Calle 5"], "words": "¿Te lo llevo gratis mañana?"},),
    ({"move": "state", "facts": ["tu pago fue recibido"], "words": "Tu pago fue recibido."},),
)


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_in_text_never_reaches_the_customer_and_costs_no_second_request(
    customer: Customer, model: AnthropicServer, query: Query, lie: str
) -> None:
    # Given a model that answers with a lie
    model.always(says(lie))
    # When the customer asks something
    await customer.writes("hola, ¿me ayudas?")
    await customer.is_answered()
    # Then nothing of it is said, the model is not asked again, and the failure is counted
    said = [message.text or "" for message in await customer.reads()]
    assert said
    assert all(lie not in text for text in said)
    assert len(model.bodies) == 1
    assert await query("SELECT failures FROM agent_sessions") == [(1,)]


@pytest.mark.parametrize("lie", FALSE_MOVES)
async def test_no_move_says_what_is_not_so(
    customer: Customer, model: AnthropicServer, query: Query, lie: tuple[dict[str, Any], ...]
) -> None:
    model.always(moves(*lie))
    await customer.writes("hola, ¿me ayudas?")
    await customer.is_answered()

    said = " ".join(message.text or "" for message in await customer.reads()).casefold()
    assert said
    assert not any(map(str.isnumeric, said))
    assert not [word for word in ("pago", "confirm", "mañana", "gratis", "llega", "calle") if word in said]
    assert len(model.bodies) == 1


async def test_a_courtesy_in_place_of_an_answer_leaves_the_turn_to_the_next_model(
    customer: Customer, model: AnthropicServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a model that only wishes well where goods are ordered, and the offline one behind it
    monkeypatch.setenv("LLM_MODELS", "anthropic:claude-sonnet-5-5,lexical")
    get_settings.cache_clear()
    model.always(moves({"move": "social", "what": "enjoy_meal"}))
    # When the customer orders
    await customer.writes("dame 2 harina pan")
    await customer.is_answered()
    # Then the offline model carries it out, and nobody was wished a good meal for nothing
    said = [message.text or "" for message in await customer.reads()]
    assert any("Agregué 2" in text for text in said)
    assert not any("provecho" in text for text in said)
    assert len(model.bodies) == 1


async def test_a_lie_beside_a_true_deed_is_replaced_by_the_deed(customer: Customer, model: AnthropicServer) -> None:
    # Given a model that adds two and claims three
    model.answers(calls(("add_item_to_draft", {"product": "harina pan", "quantity": "2"})))
    model.always(says("Agregué tres harinas por 60.000."))
    await customer.writes("quiero 2 harina pan")
    await customer.is_answered()
    # Then the customer is told what was really done
    said = (await customer.reads())[-1].text or ""
    assert "2 × Harina P.A.N. Blanca" in said
    assert "tres" not in said
    assert "60.000" not in said


async def test_the_price_of_one_product_is_never_said_of_another(customer: Customer, model: AnthropicServer) -> None:
    model.answers(calls(("list_products", {"query": "harina pan"})), calls(("list_products", {"query": "aceite"})))
    model.always(moves({"move": "state", "facts": ["f1.0"], "words": "El aceite cuesta"}))
    await customer.writes("¿a cómo está el aceite?")
    await customer.is_answered()

    said = (await customer.reads())[-1].text or ""
    # Then each is said at its own price, in a sentence of its own
    assert "Aceite Mazeite 1 L a Bs. 45.000,00." in said
    assert "Harina P.A.N. Blanca está disponible, a Bs. 25.000,00." in said


async def test_honest_moves_go_out(customer: Customer, model: AnthropicServer) -> None:
    model.answers(calls(("add_item_to_draft", {"product": "harina pan", "quantity": "2"})))
    model.answers(moves({"move": "say", "call": 1}, {"move": "ask", "what": "anything_else"}))
    await customer.writes("quiero 2 harina pan")
    await customer.is_answered()

    said = (await customer.reads())[-1].text or ""
    assert said.startswith("Agregué 2 × Harina P.A.N. Blanca")
    assert said.endswith("?")


@pytest.mark.parametrize("reply_first", [False, True])
async def test_a_call_and_the_reply_may_come_in_one_answer(
    customer: Customer, model: AnthropicServer, query: Query, reply_first: bool
) -> None:
    # Given a model that adds and replies at once, without having read the price that it names
    reply = ("reply", {"moves": [{"move": "say", "call": 1}, {"move": "suggest", "what": "cheapest", "facts": ["f1.2"]}]})
    added = ("add_item_to_draft", {"product": "harina pan", "quantity": 2})
    model.answers(calls(*((reply, added) if reply_first else (added, reply))))
    await customer.writes("quiero 2 harina pan")
    await customer.is_answered()

    # Then one request did it, the tool has run, and what it really said is told
    said = (await customer.reads())[-1].text or ""
    assert "Agregué 2 × Harina P.A.N. Blanca" in said
    assert "económica" not in said
    assert len(model.bodies) == 1
    assert await query("SELECT quantity FROM order_lines") == [(2,)]


async def test_three_lying_turns_bring_a_person(customer: Customer, model: AnthropicServer, query: Query) -> None:
    model.always(says("Ya registré tu pago."))
    for words in ("hola", "¿y entonces?", "¿me respondes?"):
        await customer.says(words)
    assert await query("SELECT reason FROM handoffs") == [("repeated_failure",)]
    assert await query("SELECT count(*) FROM payments") == [(0,)]


async def test_a_person_is_promised_by_really_asking_for_one(customer: Customer, model: AnthropicServer, query: Query) -> None:
    # Given a model that really asks for a person
    model.answers(calls(("request_human_handoff", {"reason": "customer_asked"})), moves({"move": "say", "call": 1}))
    await customer.writes("quiero hablar con alguien")
    await customer.is_answered()
    # Then it may say so, and the person is really asked for
    assert "persona" in ((await customer.reads())[-1].text or "")
    assert await query("SELECT count(*) FROM handoffs WHERE released_at IS NULL") == [(1,)]
