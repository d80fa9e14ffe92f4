"""The steps of a turn under attack: calls that fail, and calls that undo each other."""

import pytest
from pydantic_ai.messages import ModelResponse, ToolCallPart

from agent.grounds import Grounds
from agent.thinking import think
from agent.trouble import BadAnswer, check
from sandbox.anthropic.answers import calls, moves
from sandbox.anthropic.server import AnthropicServer
from tests.factories.commits import failing
from tests.factories.customer import Customer, Query


async def test_a_call_that_failed_is_recorded_and_never_tried_again(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a turn whose call the tool refused with an error, and which died before it finished
    model.answers(
        calls(("add_item_to_draft", {"product": "harina pan", "quantity": -1})),
        moves({"move": "ask", "what": "quantity"}),
        moves({"move": "ask", "what": "quantity"}),
    )
    await customer.writes("quiero harina pan")
    turn = await customer.has_turn_taken()
    first = await think(turn)
    recorded = await query("SELECT id, outcome FROM journal_entries WHERE kind = 'tool'")
    assert [row[1] for row in recorded] == ["refusal"]
    # When another worker resumes it
    again = await customer.has_turn_resumed()
    second = await think(again)
    # Then the tool was not asked again, and the model only for its reply
    assert second.reply == first.reply
    assert len(model.bodies) == 3
    assert await query("SELECT id, outcome FROM journal_entries WHERE kind = 'tool'") == recorded


async def test_no_button_goes_out_for_a_summary_that_the_same_turn_made_void(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a model that asks for the confirmation and changes the order in one breath
    model.answers(
        calls(("add_item_to_draft", {"product": "harina pan", "quantity": 2})),
        calls(("set_delivery_details", {"fulfilment": "pickup", "recipient_name": "Ana"})),
        calls(("request_confirmation", {}), ("change_item_in_draft", {"product": "harina pan", "quantity": 4})),
    )
    model.always(moves({"move": "ask", "what": "anything_else"}))
    await customer.writes("quiero 2 harina pan, recojo en tienda, soy Ana; no, mejor 4")
    await customer.is_answered()
    # Then no button is out, and none is armed
    assert [message.content.kind for message in await customer.reads()] == ["text"]
    assert await query("SELECT confirmation_token, confirmation_message_id FROM agent_sessions") == [(None, None)]
    assert await query("SELECT status, confirmation_token FROM orders") == [("draft", None)]


async def test_an_answer_that_calls_a_tool_that_there_is_not_is_recorded_too(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a model that calls a tool of another shop, and a turn that died before it finished
    model.answers(calls(("fly_to_the_moon", {})), *[moves({"move": "social", "what": "here_for_you"})] * 2)
    await customer.writes("hola")
    turn = await customer.has_turn_taken()
    await think(turn)
    # When another worker resumes it
    again = await customer.has_turn_resumed()
    await think(again)
    # Then the answer that was followed by another is read from the journal
    assert await query("SELECT step FROM journal_entries WHERE kind = 'model' ORDER BY step") == [(0,)]
    assert len(model.bodies) == 3


async def test_a_worker_that_dies_after_its_calls_leaves_them_done_once(customer: Customer, query: Query) -> None:
    # Given a turn whose calls are recorded, with the answer that made them, and whose reply is not
    await customer.writes("quiero 2 harina pan y un aceite mazeite")
    turn = await customer.has_turn_taken()
    first = await think(turn)
    assert await query("SELECT count(*) FROM journal_entries WHERE step > 0") == [(0,)]
    # When another worker resumes it
    again = await customer.has_turn_resumed()
    second = await think(again)
    # Then the offline model knows its calls for its own, and does not make them again
    assert second.reply == first.reply
    assert sorted(await query("SELECT sku, quantity::int FROM order_lines")) == [("ACE-1", 1), ("HAR-1", 2)]


async def test_the_last_answer_is_recorded_with_the_words_that_it_becomes(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    model.answers(moves({"move": "social", "what": "greet"}, {"move": "ask", "what": "items"}))
    await customer.writes("hola")
    thought = await think(await customer.has_turn_taken())
    assert thought.reply is not None
    assert await query("SELECT count(*) FROM journal_entries") == [(0,)]
    # When the turn is finished by whoever takes it up
    model.answers(moves({"move": "social", "what": "greet"}, {"move": "ask", "what": "items"}))
    await query("UPDATE agent_sessions SET lease_until = clock_timestamp() RETURNING id")
    await customer.is_answered()
    assert [message.text for message in await customer.reads()] == [thought.reply]
    assert await query("SELECT step, kind FROM journal_entries") == [(0, "model")]


async def test_a_turn_whose_end_fails_is_not_asked_again(customer: Customer, model: AnthropicServer, query: Query) -> None:
    # Given a turn whose end comes to nothing: its taking is the first transaction, its end the second
    model.answers(moves({"move": "social", "what": "greet"}, {"move": "ask", "what": "items"}))
    await customer.writes("hola")
    with failing(2), pytest.raises(RuntimeError):
        await customer.is_answered()
    assert await customer.reads() == []
    # When another worker takes it up
    await query("UPDATE agent_sessions SET lease_until = clock_timestamp() RETURNING id")
    await customer.is_answered()
    # Then it is answered, and nobody was asked or paid for it a second time
    assert await query("SELECT outcome FROM turns") == [("answered",)]
    assert len(model.requests) == 1


async def test_a_reply_whose_words_are_never_found_is_not_asked_for_again(
    customer: Customer, model: AnthropicServer, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an answer at which the house itself stumbles, before the turn's end has begun
    model.answers(moves({"move": "social", "what": "greet"}, {"move": "ask", "what": "items"}))
    await customer.writes("hola")
    with monkeypatch.context() as broken:
        broken.delattr(Grounds, "of")
        with pytest.raises(AttributeError):
            await customer.is_answered()
    # When another worker takes it up, with the fault mended
    await query("UPDATE agent_sessions SET lease_until = clock_timestamp() RETURNING id")
    await customer.is_answered()
    # Then it is answered, and nobody was asked or paid for it a second time
    assert await query("SELECT outcome FROM turns") == [("answered",)]
    assert len(model.requests) == 1


async def test_a_worker_that_dies_with_an_answer_pays_for_both_and_does_nothing_twice(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given a worker that has put two in the cart, has its last answer, and dies with it
    two = ("add_item_to_draft", {"product": "harina pan", "quantity": 2})
    model.answers(calls(two), moves({"move": "say", "call": 1}))
    await customer.writes("quiero 2 harina pan")
    await think(await customer.has_turn_taken())
    # When the model is asked again, and now wants the same goods once more
    model.answers(calls(two), moves({"move": "say", "call": 1}))
    await query("UPDATE agent_sessions SET lease_until = clock_timestamp() RETURNING id")
    await customer.is_answered()
    # Then they are there once, and every request stands in the books
    assert await query("SELECT quantity::int FROM order_lines") == [(2,)]
    assert len(model.bodies) == 4
    assert await query("SELECT count(*) FROM spend_reservations WHERE cost > 0") == [(4,)]
    assert await query("SELECT reserved FROM spend_periods") == [(0,)]


@pytest.mark.parametrize("quantity", ["1e999", "-1e999", "NaN"])
def test_a_call_with_a_number_that_no_journal_holds_is_no_answer(quantity: str) -> None:
    call = ToolCallPart("add_item_to_draft", f'{{"product": "harina pan", "quantity": {quantity}}}')
    with pytest.raises(BadAnswer):
        check(ModelResponse(parts=[call]))


async def test_a_turn_that_died_after_a_call_and_the_reply_in_one_answer_is_not_asked_again(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    reply = ("reply", {"moves": [{"move": "say", "call": 1}]})
    model.answers(calls(("add_item_to_draft", {"product": "harina pan", "quantity": 2}), reply))
    await customer.writes("quiero 2 harina pan")
    turn = await customer.has_turn_taken()
    first = await think(turn)

    second = await think(await customer.has_turn_resumed())

    assert second.reply == first.reply
    assert len(model.bodies) == 1
    assert await query("SELECT quantity FROM order_lines") == [(2,)]
