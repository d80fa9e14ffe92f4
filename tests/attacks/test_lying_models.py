"""Lying models: whatever a model invents, the customer reads only what has a receipt."""

import pytest

from evals.stand_in.answers import calls, says
from evals.stand_in.server import AnthropicServer
from tests.mind.conftest import Customer, Query

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
)


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_never_reaches_the_customer(customer: Customer, model: AnthropicServer, query: Query, lie: str) -> None:
    # Given a model that insists on a lie
    model.always(says(lie))
    # When the customer asks something
    await customer.writes("hola, ¿me ayudas?")
    await customer.is_answered()
    # Then nothing of it is said, the model was told why, and the failure is counted
    said = [message.text or "" for message in await customer.reads()]
    assert said
    assert all(lie not in text for text in said)
    assert len(model.bodies) == 3
    assert await query("SELECT failures FROM agent_sessions") == [(1,)]


async def test_a_lie_beside_a_true_deed_is_replaced_by_the_receipt(customer: Customer, model: AnthropicServer) -> None:
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


async def test_the_price_of_one_product_cannot_be_said_of_another(customer: Customer, model: AnthropicServer) -> None:
    model.answers(calls(("list_products", {"query": "harina pan"})), calls(("list_products", {"query": "aceite"})))
    model.always(says("El aceite Mazeite cuesta {f1.1}."))
    await customer.writes("¿a cómo está el aceite?")
    await customer.is_answered()
    assert not any("25.000" in (message.text or "") for message in await customer.reads())


async def test_an_honest_reply_with_slots_goes_out(customer: Customer, model: AnthropicServer) -> None:
    model.answers(calls(("add_item_to_draft", {"product": "harina pan", "quantity": "2"})))
    model.answers(says("¡Perfecto! Agregué {f1.0} de {f1.1}. ¿Algo más?"))
    await customer.writes("quiero 2 harina pan")
    await customer.is_answered()
    assert (await customer.reads())[-1].text == "¡Perfecto! Agregué 2 de Harina P.A.N. Blanca. ¿Algo más?"


async def test_three_lying_turns_bring_a_person(customer: Customer, model: AnthropicServer, query: Query) -> None:
    model.always(says("Ya registré tu pago."))
    for words in ("hola", "¿y entonces?", "¿me respondes?"):
        await customer.says(words)
    assert await query("SELECT reason FROM handoffs") == [("repeated_failure",)]
    assert await query("SELECT count(*) FROM payments") == [(0,)]


async def test_a_promise_of_a_person_is_kept_or_not_made(customer: Customer, model: AnthropicServer, query: Query) -> None:
    # Given a model that really asks for a person
    model.answers(calls(("request_human_handoff", {"reason": "customer_asked"})), says("Te paso con una persona del equipo."))
    await customer.writes("quiero hablar con alguien")
    await customer.is_answered()
    # Then it may say so, and the person is really asked for
    assert "persona" in ((await customer.reads())[-1].text or "")
    assert await query("SELECT count(*) FROM handoffs WHERE released_at IS NULL") == [(1,)]
