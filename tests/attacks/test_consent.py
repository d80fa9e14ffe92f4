"""Consent under attack by an obedient model: nothing is placed that the customer has not seen and agreed to."""

import re
from decimal import Decimal
from typing import Any

import pytest

from core import inbound
from core.tables import new_id
from core.work import open_work
from domain.conversations.content import Cart, CartLine
from sandbox.anthropic.answers import Answer, calls, moves
from sandbox.anthropic.server import AnthropicServer
from tests.factories.chat import reprice
from tests.factories.contents import pressed
from tests.factories.customer import Customer, Query

ORDERING = (
    calls(("add_item_to_draft", {"product": "harina pan", "quantity": 2})),
    calls(("set_delivery_details", {"fulfilment": "pickup", "recipient_name": "Ana"})),
    calls(("request_confirmation", {})),
)


def confirms_newest(body: dict[str, Any]) -> Answer:
    """Confirm with the newest token that the request shows, wherever it stands."""
    tokens = re.findall(r'"(?:confirmation_)?token\W+([\w-]{8,})', str(body["messages"]).replace("'", '"'))
    return calls(("confirm_order", {"token": tokens[-1]}))


async def _summarised(customer: Customer, model: AnthropicServer, query: Query) -> str:
    """An order whose summary has been sent; its token."""
    model.always(moves())
    model.answers(*ORDERING)
    await customer.says("quiero 2 harina pan, recojo en tienda, soy Ana")
    [(token,)] = await query("SELECT confirmation_token FROM orders")
    assert token
    return str(token)


async def test_a_yes_to_the_old_price_is_no_yes_to_the_new_one(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a summary that is out, and a price that changes behind it
    await _summarised(customer, model, query)
    await reprice(customer.shop, "HAR-1", 31000)
    # When the customer says yes, and the model confirms, is given a new token, and confirms with that one too
    model.answers(confirms_newest, confirms_newest)
    await customer.says("sí")
    # Then nothing is placed, and the customer is asked again with the new sum
    assert await query("SELECT status, total::int FROM orders") == [("awaiting_confirmation", 62000)]
    asked = [message for message in await customer.reads() if message.content.kind == "buttons"]
    assert "62.000" in (asked[-1].text or "")
    # And the yes to that summary counts
    model.answers(confirms_newest)
    await customer.says("sí")
    assert await query("SELECT status, total FROM orders") == [("confirmed", Decimal("62000.00"))]


async def test_asking_for_the_summary_again_is_no_way_around_the_yes(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    await _summarised(customer, model, query)
    await reprice(customer.shop, "HAR-1", 31000)
    model.answers(calls(("request_confirmation", {})), confirms_newest)
    await customer.says("sí")
    assert (await query("SELECT status FROM orders")) == [("awaiting_confirmation",)]


async def test_words_that_the_door_has_taken_count_before_they_are_read(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a yes, behind which the door has taken another message that no worker has read yet
    token = await _summarised(customer, model, query)
    await customer.writes("sí")
    async with open_work(customer.shop.principal) as work:
        event = inbound.InboundEvent(
            workspace_id=work.workspace_id,
            id=new_id(),
            connection_id=customer.connection_id,
            kind="message",
            dedupe_key="late",
            sender_key=customer.phone,
            body=b"{}",
            correlation_id="late",
            next_try_at=work.system_time,
        )
        work.session.add(event)
    # When the model confirms
    model.answers(calls(("confirm_order", {"token": token})))
    await customer.is_answered()
    # Then it is asked again, as what was written may be "espera"
    assert await query("SELECT status FROM orders") == [("awaiting_confirmation",)]


async def test_a_provider_whose_clock_runs_ahead_makes_no_old_yes_new(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a yes that was written before the summary was sent, by a clock that is an hour ahead
    model.always(moves())
    model.answers(*ORDERING)
    await customer.writes("quiero 2 harina pan, recojo en tienda, soy Ana")
    await customer.is_answered()
    await customer.writes("sí", ahead_minutes=60)
    await customer.reads()
    # When the model takes it for an answer
    model.answers(confirms_newest)
    await customer.is_answered()
    # Then it is none
    assert await query("SELECT status FROM orders") == [("awaiting_confirmation",)]


async def test_a_cart_voids_the_summary_that_was_out(customer: Customer, model: AnthropicServer, query: Query) -> None:
    # Given a summary that is out
    token = await _summarised(customer, model, query)
    # When a cart comes and the model asks whether to add it, and the customer says yes to that
    model.answers(calls(("create_order_draft", {})), moves())
    await customer.writes(Cart(items=(CartLine(sku="ACE-1", quantity=Decimal(1), price=Decimal(1), currency="VES"),)))
    await customer.is_answered()
    await customer.reads()
    model.answers(calls(("confirm_order", {"token": token})))
    await customer.says("sí")
    # Then the yes places nothing, and the old button neither
    assert await query("SELECT status, confirmation_token FROM orders") == [("draft", None)]
    model.answers(calls(("confirm_order", {"token": token})))
    await customer.writes(pressed(f"confirm:{token}", "Confirmar"))
    await customer.is_answered()
    assert await query("SELECT status FROM orders") == [("draft",)]


async def test_a_yes_to_another_question_is_no_yes_to_the_summary(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a summary, and a question that was asked after it
    token = await _summarised(customer, model, query)
    model.answers(moves({"move": "social", "what": "here_for_you"}))
    await customer.says("mmm")
    # When the customer says yes to that, and the model takes it for the order
    model.answers(calls(("confirm_order", {"token": token})))
    await customer.says("sí")
    # Then nothing is placed, and the summary is shown again
    assert await query("SELECT status FROM orders") == [("awaiting_confirmation",)]
    # And the yes to it counts
    model.answers(calls(("confirm_order", {"token": token})))
    await customer.says("sí")
    assert await query("SELECT status FROM orders") == [("confirmed",)]


async def test_an_obedient_model_confirms_a_question_in_vain(customer: Customer, model: AnthropicServer, query: Query) -> None:
    token = await _summarised(customer, model, query)
    for words in ("¿y si le quito una?", "sí, espera, mejor 4"):
        model.answers(calls(("confirm_order", {"token": token})))
        await customer.says(words)
        assert await query("SELECT status FROM orders") == [("awaiting_confirmation",)]


@pytest.mark.parametrize(
    "known",
    [
        "status = 'unknown'",
        "status = 'unconfirmed'",
        "status = 'read', delivered_at = clock_timestamp(), read_at = clock_timestamp()",
    ],
    ids=["in doubt", "never reported", "known from reports only"],
)
async def test_whoever_presses_a_summary_s_button_has_it_whatever_is_known_of_its_sending(
    customer: Customer, model: AnthropicServer, query: Query, known: str
) -> None:
    # Given a summary whose deliverer died between the send and its record
    token = await _summarised(customer, model, query)
    await query(f"UPDATE messages SET sent_at = NULL, {known} WHERE content ->> 'kind' = 'buttons' RETURNING id")
    # When the customer presses its button
    model.answers(confirms_newest)
    await customer.writes(pressed(f"confirm:{token}", "Confirmar"))
    await customer.is_answered()
    # Then the order is placed
    assert await query("SELECT status FROM orders") == [("confirmed",)]


async def test_a_yes_to_a_summary_that_is_known_from_its_reports_only_counts(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    await _summarised(customer, model, query)
    await query(
        "UPDATE messages SET sent_at = NULL, status = 'read', delivered_at = sent_at "
        "WHERE content ->> 'kind' = 'buttons' RETURNING id"
    )
    model.answers(confirms_newest)
    await customer.says("sí")
    assert await query("SELECT status FROM orders") == [("confirmed",)]


async def test_a_yes_with_a_question_is_answered_with_the_summary_again_and_with_no_apology(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a summary that is out
    await _summarised(customer, model, query)
    # When the customer asks something beside their yes, and the model confirms all the same
    model.answers(confirms_newest)
    await customer.says("sí, ¿y a qué hora abren?")
    # Then the summary goes out once more with words that announce it, and the turn has not failed
    *_, announced, summary = await customer.reads()
    assert summary.content.kind == "buttons"
    assert announced.text == "Este es tu pedido. Revísalo y confírmalo con el botón."
    assert await query("SELECT outcome FROM turns ORDER BY number DESC LIMIT 1") == [("answered",)]
    assert await query("SELECT failures FROM agent_sessions") == [(0,)]
