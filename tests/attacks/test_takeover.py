"""Models that loop, lie, stammer and fall silent in the middle of a turn: the next link takes over from where it stands."""

from itertools import cycle

import pytest

from agent.thinking import think
from core import messages
from core.settings import get_settings
from sandbox.anthropic.answers import Answer, calls, fails, moves, pauses, same_ids, says
from sandbox.anthropic.server import AnthropicServer, Reply
from tests.factories.customer import Customer, Query

CART = "SELECT sku, quantity::int FROM order_lines ORDER BY sku"
TROUBLE = messages.text("turn.trouble", "es")
HANDED_OVER = messages.text("tool.handoff_requested", "es")


@pytest.fixture
def chained(model: AnthropicServer, monkeypatch: pytest.MonkeyPatch) -> AnthropicServer:
    """The stand-in with the offline link behind it; what it is down with costs no waiting."""
    monkeypatch.setenv("LLM_MODELS", "anthropic:claude-sonnet-5-5,lexical")
    get_settings.cache_clear()
    return model


def over_and_over(*answers: Answer) -> Reply:
    """The answers in turn, without end, with ever new ids."""
    script = cycle(answers)

    def answer(_: object) -> Answer:
        made = next(script)
        tools = [(block["name"], block["input"]) for block in made.blocks if block["type"] == "tool_use"]
        return calls(*tools) if tools else made

    return answer


def down() -> Answer:
    """An overload that does not pass."""
    return fails(529, retry_after=0)


async def test_two_refused_calls_in_turn_cost_four_requests_and_not_the_order(
    customer: Customer, chained: AnthropicServer, query: Query
) -> None:
    # Given a model that alternates the same two refused calls
    refused = calls(("clear_draft", {})), calls(("get_order_status", {"number": "A-1"}))
    chained.always(over_and_over(*refused))
    # When the customer orders
    said = await customer.says("quiero 2 harina pan")
    # Then the next link takes the order, and nobody apologises
    assert await query(CART) == [("HAR-1", 2)]
    assert "Harina P.A.N." in said
    assert TROUBLE not in said
    assert len(chained.bodies) == 4
    # And the third answer was given from the record of the first, with a plain word
    assert await query("SELECT payload->>'repeats' FROM journal_entries WHERE kind = 'tool' ORDER BY step") == [
        (None,),
        (None,),
        ("1",),
        ("2",),
        (None,),
    ]
    assert "made before" in str(chained.bodies[3]["messages"][-1])


async def test_a_hand_off_ends_the_turn_and_is_told_once(customer: Customer, chained: AnthropicServer, query: Query) -> None:
    chained.always(over_and_over(calls(("request_human_handoff", {"reason": "cannot_answer"}))))
    await customer.says("¿cuánto cuesta la harina pan?")
    assert [message.text for message in await customer.reads()] == [HANDED_OVER]
    assert len(chained.bodies) == 1
    assert await query("SELECT count(*) FROM handoffs") == [(1,)]


async def test_a_hand_off_twelve_times_in_one_answer_is_one(customer: Customer, chained: AnthropicServer, query: Query) -> None:
    chained.always(calls(*[("request_human_handoff", {"reason": "customer_asked"})] * 12))
    await customer.says("quiero hablar con una persona")
    assert [message.text for message in await customer.reads()] == [HANDED_OVER]
    assert await query("SELECT count(*) FROM handoffs") == [(1,)]
    assert len(chained.bodies) == 1


async def test_a_summary_with_buttons_ends_the_turn(customer: Customer, chained: AnthropicServer) -> None:
    chained.answers(
        calls(("add_item_to_draft", {"product": "harina pan", "quantity": 2})),
        calls(("set_delivery_details", {"fulfilment": "pickup", "recipient_name": "Ana"})),
    )
    chained.always(over_and_over(calls(("request_confirmation", {}))))
    await customer.says("quiero 2 harina pan, lo busco en la tienda, a nombre de Ana")
    assert [message.content.kind for message in await customer.reads()] == ["text", "buttons"]
    assert len(chained.bodies) == 3


async def test_the_same_addition_in_every_answer_is_made_once(
    customer: Customer, chained: AnthropicServer, query: Query
) -> None:
    # Given a model that never notices that it has added what was ordered, whatever it adds between
    flour = calls(("add_item_to_draft", {"product": "harina pan", "quantity": 2}))
    oil = calls(("add_item_to_draft", {"product": "aceite mazeite", "quantity": 1}))
    chained.always(over_and_over(flour, oil))
    said = await customer.says("quiero 2 harina pan y un aceite mazeite")
    # Then each stands in the order once and is told once
    assert await query(CART) == [("ACE-1", 1), ("HAR-1", 2)]
    assert said.count("Harina P.A.N.") == 1
    assert len(chained.bodies) == 4


BREAKS: dict[str, list[Answer]] = {
    "an unknown tool, then an overload": [calls(("fly_to_the_moon", {})), *[down()] * 3],
    "an unknown tool again and again": [calls(("fly_to_the_moon", {}))] * 3,
    "a lie in text": [says("Ya registré tu pago.")],
    "moves that do not hold": [moves({"move": "say", "call": 9}, {"move": "state", "facts": ["f1.0"]})],
    "a reply without moves": [moves()],
    "a pause without end": [pauses()],
    "two calls with one id": [same_ids("list_products")],
    "done, it says, and did nothing": [says("Listo.")],
    "a look-up, then an overload": [calls(("list_products", {"query": "harina"})), *[down()] * 3],
    "a look-up, then an unauthorised key": [calls(("list_products", {"query": "harina"})), fails(401)],
    "a look-up, then a request of ours that is refused": [calls(("list_products", {"query": "harina"})), fails(400)],
    "ever new look-ups": [calls(("list_products", {"query": f"harina {number}"})) for number in range(14)],
    "arguments that do not fit": [
        calls(("add_item_to_draft", {"product": "harina pan", "quantity": -number})) for number in range(1, 5)
    ],
}


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)
async def test_the_order_is_taken_however_the_first_link_breaks(
    customer: Customer, chained: AnthropicServer, query: Query, broken: list[Answer]
) -> None:
    # Given a model that breaks so, and is asked for nothing more
    chained.answers(*broken)
    # When the customer orders
    said = await customer.says("quiero 2 harina pan")
    # Then the order is taken by the next link, in words that hold no trace of what went wrong
    assert await query(CART) == [("HAR-1", 2)]
    assert "Harina P.A.N." in said
    assert TROUBLE not in said
    assert messages.text("error.invalid_arguments", "es") not in said
    assert await query("SELECT failures FROM agent_sessions") == [(0,)]
    assert len(chained.bodies) <= len(broken)


async def test_what_the_first_link_has_done_is_told_and_not_done_again(
    customer: Customer, chained: AnthropicServer, query: Query
) -> None:
    # Given a model that takes half of the order and falls silent
    chained.answers(calls(("add_item_to_draft", {"product": "harina pan", "quantity": 2})), *[down()] * 3)
    said = await customer.says("quiero 2 harina pan y un aceite mazeite")
    assert await query(CART) == [("ACE-1", 1), ("HAR-1", 2)]
    assert said.count("Harina P.A.N.") == 1
    assert said.count("Mazeite") == 1


async def test_what_the_first_link_got_wrong_is_set_right(customer: Customer, chained: AnthropicServer, query: Query) -> None:
    chained.answers(calls(("add_item_to_draft", {"product": "HAR-1", "quantity": 1})), *[down()] * 3)
    await customer.says("quiero 3 harina pan")
    assert await query(CART) == [("HAR-1", 3)]


async def test_a_draft_of_before_is_counted_once(customer: Customer, chained: AnthropicServer, query: Query) -> None:
    chained.always(down())
    await customer.says("quiero 2 harina pan")
    chained.answers(calls(("add_item_to_draft", {"product": "harina pan", "quantity": 3})))
    await customer.says("agrega 3 harina pan más")
    assert await query(CART) == [("HAR-1", 5)]


async def test_a_turn_that_was_taken_over_resumes_as_it_was(customer: Customer, chained: AnthropicServer, query: Query) -> None:
    # Given a turn whose first link repeated itself and broke down, and which died before it finished
    search = calls(("list_products", {"query": "harina"}))
    chained.answers(search, calls(("add_item_to_draft", {"product": "HAR-1", "quantity": 1})))
    chained.answers(calls(("list_products", {"query": "aceite"})), *[down()] * 3)
    await customer.writes("quiero 3 harina pan y un aceite mazeite")
    first = await think(await customer.has_turn_taken())
    steps = await query("SELECT id FROM journal_entries ORDER BY step, kind, ordinal")
    asked = len(chained.requests)
    # When another worker resumes it
    second = await think(await customer.has_turn_resumed())
    # Then nobody is asked and nothing is done again, and it says the same
    assert second.reply == first.reply
    assert second.failure is None
    assert len(chained.requests) == asked
    assert await query("SELECT id FROM journal_entries ORDER BY step, kind, ordinal") == steps
    assert await query(CART) == [("ACE-1", 1), ("HAR-1", 3)]


async def test_a_resumed_turn_goes_on_with_the_link_that_had_taken_over(
    customer: Customer, chained: AnthropicServer, query: Query
) -> None:
    # Given a turn that died in the middle of what the second link did
    chained.answers(calls(("list_products", {"query": "harina"})), *[down()] * 3)
    await customer.writes("quiero 3 harina pan")
    first = await think(await customer.has_turn_taken())
    asked = len(chained.requests)
    # When it is resumed
    second = await think(await customer.has_turn_resumed())
    # Then the second link finishes what it began
    assert second.reply == first.reply
    assert len(chained.requests) == asked
    assert await query(CART) == [("HAR-1", 3)]


async def test_an_open_question_of_a_tool_is_better_than_an_apology(
    customer: Customer, model: AnthropicServer, query: Query
) -> None:
    # Given the only model of the chain, which gets a question from a tool and cannot put it
    model.always(over_and_over(calls(("add_item_to_draft", {"product": "harina pan"}))))
    said = await customer.says("quiero harina pan")
    # Then the customer reads the question, and an answer to it is understood
    assert said == messages.text("tool.quantity_missing", "es", product="Harina P.A.N. Blanca")
    assert [kind for (kind,) in await query("SELECT pending->>'kind' FROM agent_sessions")] == ["choose_quantity"]


async def test_the_text_of_an_argument_error_is_for_the_model_alone(customer: Customer, model: AnthropicServer) -> None:
    # Given a model that calls amiss and then says whatever the tool gave it to say
    amiss = calls(("add_item_to_draft", {"product": "harina pan", "quantity": -1}))
    model.answers(amiss, moves({"move": "say", "call": 1}))
    said = await customer.says("quiero harina pan")
    # Then there was nothing to say, and the customer reads a plea and no error
    assert said.endswith("?")
    assert "quantity" not in said
    assert "datos" not in said


async def test_what_cannot_be_read_is_sent_back_once(customer: Customer, chained: AnthropicServer, query: Query) -> None:
    # Given a model that calls what there is not, and calls it again when it is told so
    chained.answers(*[calls(("fly_to_the_moon", {}))] * 2)
    await customer.says("hola")
    # Then the next link has taken over, and the customer is answered
    assert "There is no tool 'fly_to_the_moon'" in str(chained.bodies[1])
    assert len(chained.bodies) == 2
    assert await query("SELECT model_name, outcome FROM turns") == [("lexical", "answered")]
