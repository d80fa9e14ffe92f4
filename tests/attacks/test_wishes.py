"""Models that fill carts unasked: what enters an order needs a wish in the customer's own words, else it is proposed."""

from typing import Any

import pytest

from core.settings import get_settings
from sandbox.anthropic.answers import calls, fails, moves
from sandbox.anthropic.server import AnthropicServer
from tests.factories.customer import Customer, Query

CART = "SELECT sku, quantity::int FROM order_lines ORDER BY sku"
QUOTES = moves({"move": "say", "call": 1})
"""What the call has to say, word for word."""

FLOUR = ("add_item_to_draft", {"product": "HAR-1", "quantity": 2})


@pytest.mark.parametrize(
    "question",
    [
        "¿cuánto cuesta la harina pan?",
        "cuanto sale la harina",
        "¿tienen harina pan?",
        "hola",
        "gracias",
        "¿hasta qué hora abren?",
        "¿y la harina?",
    ],
)
async def test_a_question_changes_no_cart(customer: Customer, model: AnthropicServer, query: Query, question: str) -> None:
    # Given a model that puts goods into the cart of whoever asks
    model.answers(calls(FLOUR), QUOTES)
    said = await customer.says(question)
    # Then nothing is in it, and the goods are proposed with price and quantity
    assert await query(CART) == []
    assert said.startswith("Harina P.A.N. Blanca: ")
    assert said.endswith("¿Quieres 2 × Harina P.A.N. Blanca en tu pedido?")


async def test_a_yes_to_the_proposal_puts_it_in(
    customer: Customer, model: AnthropicServer, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given goods that a model proposed, and the offline link that has to go on without it
    model.answers(calls(FLOUR), QUOTES)
    await customer.says("¿cuánto cuesta la harina pan?")
    monkeypatch.setenv("LLM_MODELS", "lexical")
    get_settings.cache_clear()
    await customer.says("sí")
    assert await query(CART) == [("HAR-1", 2)]


async def test_a_yes_lets_the_model_put_in_what_it_had_named(customer: Customer, model: AnthropicServer, query: Query) -> None:
    model.answers(calls(FLOUR), QUOTES)
    await customer.says("¿cuánto cuesta la harina pan?")
    model.answers(calls(FLOUR), QUOTES)
    await customer.says("sí, dale")
    assert await query(CART) == [("HAR-1", 2)]


@pytest.mark.parametrize(
    "wish",
    [
        "quiero 2 harina pan",
        "me das dos harinas?",
        "ponme 2 paquetes de harina pan porfa",
        "hola! me llevaría un par de harinas de esas blancas",
        "agrega harina pan x2",
        "necesito harina, 2",
        "2 harinas y dime cuánto es",
        "i want two harina pan",
    ],
)
async def test_a_wish_in_any_words_is_one(customer: Customer, model: AnthropicServer, query: Query, wish: str) -> None:
    model.answers(calls(FLOUR), QUOTES)
    await customer.says(wish)
    assert await query(CART) == [("HAR-1", 2)]


async def test_a_wish_for_one_thing_is_none_for_another(customer: Customer, model: AnthropicServer, query: Query) -> None:
    model.answers(calls(("add_item_to_draft", {"product": "ACE-1", "quantity": 1}), FLOUR), QUOTES)
    await customer.says("quiero un aceite mazeite. ¿cuánto cuesta la harina pan?")
    assert await query(CART) == [("ACE-1", 1)]


@pytest.mark.parametrize("quantity", [5, 0])
async def test_a_question_changes_no_line(customer: Customer, model: AnthropicServer, query: Query, quantity: int) -> None:
    model.answers(calls(FLOUR), QUOTES)
    await customer.says("quiero 2 harina pan")
    model.answers(calls(("change_item_in_draft", {"product": "HAR-1", "quantity": quantity})), QUOTES)
    said = await customer.says("¿cuánto cuesta la harina pan?")
    assert await query(CART) == [("HAR-1", 2)]
    assert "?" in said


async def test_a_correction_changes_a_line(customer: Customer, model: AnthropicServer, query: Query) -> None:
    model.answers(calls(FLOUR), QUOTES)
    await customer.says("quiero 2 harina pan")
    model.answers(calls(("change_item_in_draft", {"product": "HAR-1", "quantity": 3})), QUOTES)
    await customer.says("mejor que sean 3")
    assert await query(CART) == [("HAR-1", 3)]


async def test_of_many_lines_only_those_that_were_wished_for_enter(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    lines = [{"product": "ACE-1", "quantity": 1}, {"product": "HAR-1", "quantity": 2}]
    model.answers(calls(("update_draft", {"lines": lines})), QUOTES)
    said = await customer.says("quiero un aceite mazeite. ¿cuánto cuesta la harina pan?")
    assert await query(CART) == [("ACE-1", 1)]
    assert "Harina P.A.N. Blanca" in said
    assert "?" in said


@pytest.mark.parametrize("line", [{"quantity": 5, "mode": "set"}, {"mode": "remove"}])
async def test_a_question_changes_none_of_many_lines(
    customer: Customer, model: AnthropicServer, query: Query, line: dict[str, Any]
) -> None:
    model.answers(calls(FLOUR), QUOTES)
    await customer.says("quiero 2 harina pan")
    model.answers(calls(("update_draft", {"lines": [{"product": "HAR-1", **line}]})))
    model.always(moves({"move": "ask", "what": "anything_else"}))
    await customer.says("¿cuánto cuesta la harina pan?")
    assert await query(CART) == [("HAR-1", 2)]


async def test_a_cart_that_a_model_made_up_is_refused(customer: Customer, model: AnthropicServer, query: Query) -> None:
    # Given a real model's answer to a question of price: a cart of everything that it had seen
    cart = [{"sku": "ACE-1", "quantity": 1}, {"sku": "HAR-1", "quantity": 1}]
    model.answers(calls(("create_order_draft", {"cart": cart})))
    model.always(moves({"move": "ask", "what": "anything_else"}))
    await customer.says("¿cuánto cuesta la harina pan?")
    assert await query(CART) == []


async def test_a_price_that_is_asked_is_told_once_whatever_the_model_repeats(
    customer: Customer, model: AnthropicServer, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a model that fills the cart, answers itself with more calls, and is followed by an overload
    monkeypatch.setenv("LLM_MODELS", "anthropic:claude-sonnet-5-5,lexical")
    get_settings.cache_clear()
    model.answers(calls(FLOUR), calls(FLOUR), calls(FLOUR))
    model.always(fails(529, retry_after=0))
    said = await customer.says("¿cuánto cuesta la harina pan?")
    # Then the next link answers the question, once, and the cart is empty
    assert await query(CART) == []
    assert said.count("25.000") == 1
    assert len(model.requests) == 3


MADE_UP = {
    "fulfilment": "delivery",
    "address": "Gorriti 4800, Palermo",
    "recipient_name": "Cliente",
    "phone": "1234567890",
    "notes": "No hay notas adicionales",
}
NOTED = "SELECT fulfilment, address->>'text', recipient_name, recipient_phone, notes FROM orders"


async def test_details_that_nobody_gave_are_not_noted(customer: Customer, model: AnthropicServer, query: Query) -> None:
    # Given a model that fills in where the order goes, as a small one did
    model.answers(calls(FLOUR), calls(("set_delivery_details", MADE_UP)), QUOTES)
    said = await customer.says("quiero 2 harina pan")
    # Then the goods are in, and of the person only what the shop knew
    assert await query(CART) == [("HAR-1", 2)]
    assert await query(NOTED) == [(None, None, "Ana", "+584141112233", None)]
    assert "Gorriti" not in said


async def test_details_in_the_customers_words_are_noted(customer: Customer, model: AnthropicServer, query: Query) -> None:
    given = {"fulfilment": "delivery", "address": "Av. Bolívar 22, piso 3", "recipient_name": "Ana Torres"}
    model.answers(calls(FLOUR, ("set_delivery_details", given)), QUOTES)
    await customer.says("quiero 2 harina pan a la avenida bolivar 22 piso tres, la recibe ana torres")
    assert await query(NOTED) == [("delivery", "Av. Bolívar 22, piso 3", "Ana Torres", "+584141112233", None)]


async def test_an_amount_that_nobody_named_is_not_claimed(customer: Customer, model: AnthropicServer, query: Query) -> None:
    model.answers(calls(("register_payment", {"method": "efectivo", "reference": "123456", "amount": 99})), QUOTES)
    await customer.says("ya pagué en efectivo, el recibo es el 123456")
    assert await query("SELECT reference, amount FROM payments") == [("123456", None)]
