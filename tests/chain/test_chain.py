"""The chain against a provider that answers, stumbles, hangs and lies about its JSON, over real HTTP."""

import time
from decimal import Decimal

import pytest
from pydantic_ai import Agent

from agent import breaker, spend
from agent.chain import ChainFailed, LinkLost
from core.access import Principal
from core.work import open_work
from sandbox.anthropic.answers import (
    Answer,
    broken_json,
    calls,
    drops,
    empty,
    fails,
    garbage,
    half_call,
    hangs,
    pauses,
    same_ids,
    says,
)
from sandbox.anthropic.server import AnthropicServer
from tests.chain.conftest import FIRST, SECOND, Chains, Configure, ask


async def test_the_first_link_answers_and_its_tokens_and_cost_are_reported(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(says("¡Hola! ¿Qué vas a llevar?").costing(input_tokens=1000, output_tokens=100))

    assert await chains.say(FIRST, "lexical") == "¡Hola! ¿Qué vas a llevar?"

    [call] = chains.reported
    assert (call.model, call.outcome, call.attempts) == (FIRST, "answered", 1)
    assert (call.input_tokens, call.output_tokens) == (1000, 100)
    assert float(call.cost) == pytest.approx((1000 * 2 + 100 * 10) / 1_000_000)
    assert call.latency_ms > 0


async def test_the_request_asks_for_prompt_caching_and_a_bounded_answer(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.always(says("ok"))
    agent = Agent(chains.of(FIRST), instructions="Atiendes una tienda.")

    @agent.tool_plain
    def list_products(query: str) -> str:
        """Search products."""
        return query

    await agent.run("hola")
    second = await agent.run("otra vez")

    [body, _] = anthropic.bodies
    assert body["max_tokens"] == 1024
    assert body["system"][-1]["cache_control"]["type"] == "ephemeral"
    assert body["tools"][-1]["cache_control"]["type"] == "ephemeral"
    assert second.usage.cache_read_tokens > 0


async def test_a_tool_round_trip_goes_through_the_real_client(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(calls(("price_of", {"product": "harina"}), text="Déjame ver."), says("Cuesta {f1.0}."))
    agent = Agent(chains.of(FIRST, "lexical"))

    @agent.tool_plain
    def price_of(product: str) -> str:
        """Tell the price."""
        return f"{product}: f1.0"

    result = await agent.run("¿cuánto vale la harina?")

    assert result.output == "Cuesta {f1.0}."
    result_block = anthropic.bodies[1]["messages"][2]["content"][0]
    assert result_block["type"] == "tool_result"
    assert "harina: f1.0" in str(result_block["content"])


@pytest.mark.parametrize("status", [429, 500, 503, 529])
async def test_a_passing_trouble_is_tried_again(chains: Chains, anthropic: AnthropicServer, status: int) -> None:
    anthropic.answers(fails(status, retry_after=0), says("aquí estoy"))

    assert await chains.say(FIRST, "lexical") == "aquí estoy"

    assert chains.reported[0].attempts == 2


async def test_a_broken_connection_is_tried_again(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(drops(), says("aquí estoy"))

    assert await chains.say(FIRST, "lexical") == "aquí estoy"

    assert chains.reported[0].attempts == 2


async def test_the_wait_that_the_provider_asks_for_is_kept(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(fails(429, retry_after=1), says("ya"))
    started = time.monotonic()

    await chains.say(FIRST, "lexical")

    assert time.monotonic() - started >= 1


async def test_a_wait_longer_than_the_turn_can_bear_passes_to_the_next_link(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(fails(429, retry_after=40), says("soy el segundo"))
    started = time.monotonic()

    assert await chains.say(FIRST, SECOND, "lexical") == "soy el segundo"

    assert time.monotonic() - started < 5
    assert chains.outcomes == [(FIRST, "failed"), (SECOND, "answered")]


async def test_a_link_that_stays_down_is_left_after_three_tries(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(*[fails(529, retry_after=0)] * 3, says("soy el segundo"))

    assert await chains.say(FIRST, SECOND) == "soy el segundo"

    assert [asked.body["model"] for asked in anthropic.requests] == ["claude-sonnet-5-5"] * 3 + ["claude-haiku-5-5"]


@pytest.mark.parametrize("answer", [broken_json(), garbage(), empty(), half_call("add_item_to_draft")], ids=lambda a: a.fault)
async def test_an_answer_that_is_no_answer_passes_to_the_next_link(
    chains: Chains, anthropic: AnthropicServer, answer: object
) -> None:
    anthropic.answers(answer, says("soy el segundo"))  # type: ignore[arg-type]  # parametrize gives objects

    assert await chains.say(FIRST, SECOND) == "soy el segundo"

    assert chains.outcomes == [(FIRST, "failed"), (SECOND, "answered")]


async def test_a_provider_that_hangs_costs_its_time_and_no_more(
    chains: Chains, anthropic: AnthropicServer, configure: Configure
) -> None:
    configure(LLM_TIMEOUT_SECONDS=0.5)
    anthropic.answers(hangs())
    started = time.monotonic()

    assert await chains.say(FIRST, "lexical") == "dicho sin red"

    assert time.monotonic() - started < 5
    assert len(anthropic.requests) == 1


async def test_the_turns_time_is_never_overrun_for_a_model(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(hangs())
    started = time.monotonic()

    assert await chains.say(FIRST, SECOND, "lexical", seconds=3) == "dicho sin red"

    assert time.monotonic() - started < 3
    assert chains.outcomes == [(FIRST, "failed"), (SECOND, "no_time"), ("lexical", "answered")]


async def test_a_request_that_the_provider_calls_wrong_goes_to_the_offline_link_only(
    chains: Chains, anthropic: AnthropicServer
) -> None:
    anthropic.answers(fails(400))

    assert await chains.say(FIRST, SECOND, "lexical") == "dicho sin red"

    assert chains.outcomes == [(FIRST, "failed"), ("lexical", "answered")]
    assert len(anthropic.requests) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_link_that_is_not_ours_to_use_passes_to_the_next(
    chains: Chains, anthropic: AnthropicServer, status: int
) -> None:
    anthropic.answers(fails(status), says("soy el segundo"))

    assert await chains.say(FIRST, SECOND) == "soy el segundo"

    assert chains.reported[0].attempts == 1


async def test_a_link_that_fails_in_the_middle_of_a_run_ends_the_run_and_is_left_alone(
    chains: Chains, anthropic: AnthropicServer
) -> None:
    # Given a link that has called a tool and then breaks down
    anthropic.answers(calls(("price_of", {"product": "harina"})), *[fails(500, retry_after=0)] * 3, says("soy el segundo"))
    chain = chains.of(FIRST, SECOND, "lexical")
    agent = Agent(chain)

    @agent.tool_plain
    def price_of(product: str) -> str:
        """Tell the price."""
        return product

    # When the run is lost, then the next one begins with the next link
    with pytest.raises(LinkLost):
        await agent.run("¿cuánto vale la harina?")
    assert await ask(chain) == "soy el segundo"
    assert chains.outcomes == [(FIRST, "answered"), (FIRST, "failed"), (SECOND, "answered")]


@pytest.mark.parametrize("answer", [pauses(), same_ids("price_of")], ids=["paused", "one id"])
async def test_an_answer_that_is_malformed_passes_to_the_next_link(
    chains: Chains, anthropic: AnthropicServer, answer: Answer
) -> None:
    anthropic.answers(answer, says("soy el segundo"))

    assert await chains.say(FIRST, SECOND) == "soy el segundo"

    assert chains.outcomes == [(FIRST, "failed"), (SECOND, "answered")]


async def test_nothing_answers_and_the_caller_is_told_by_whom(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(fails(401), fails(404))

    with pytest.raises(ChainFailed, match=r"claude-sonnet-5-5.*claude-haiku-5-5"):
        await chains.say(FIRST, SECOND)


async def test_a_link_without_its_key_is_passed_over(chains: Chains, anthropic: AnthropicServer, configure: Configure) -> None:
    configure(OPENAI_API_KEY="", LLM_MODELS="openai:gpt-5,lexical")

    assert await chains.say("openai:gpt-5", "lexical") == "dicho sin red"

    assert chains.outcomes == [("openai:gpt-5", "not_configured"), ("lexical", "answered")]


async def test_three_turns_of_trouble_open_the_breaker_and_the_model_is_left_alone(
    chains: Chains, anthropic: AnthropicServer
) -> None:
    anthropic.answers(*[fails(401)] * 3)
    for _ in range(3):
        await chains.say(FIRST, "lexical")
    anthropic.always(says("no deberías oírme"))

    assert await chains.say(FIRST, "lexical") == "dicho sin red"

    assert len(anthropic.requests) == 3
    assert chains.outcomes[-2:] == [(FIRST, "breaker_open"), ("lexical", "answered")]
    assert await breaker.states() == {FIRST: True}


async def test_after_a_while_one_call_probes_and_closes_the_breaker(
    chains: Chains, anthropic: AnthropicServer, configure: Configure
) -> None:
    configure(BREAKER_FAILURES=1, BREAKER_OPEN_SECONDS=0.01)
    anthropic.answers(fails(401), says("de vuelta"))
    await chains.say(FIRST, "lexical")

    while (answer := await chains.say(FIRST, "lexical")) == "dicho sin red":
        continue

    assert answer == "de vuelta"
    assert await breaker.states() == {FIRST: False}


async def test_the_ceiling_is_reached_and_the_turn_goes_on_without_cost(
    chains: Chains, anthropic: AnthropicServer, configure: Configure
) -> None:
    configure(SPEND_CEILING_USD=0.02)
    anthropic.always(says("caro").costing(input_tokens=4000, output_tokens=200))

    answers = [await chains.say(FIRST, "lexical") for _ in range(3)]

    assert answers == ["caro", "dicho sin red", "dicho sin red"]
    assert chains.outcomes[-2:] == [(FIRST, "ceiling_reached"), ("lexical", "answered")]
    async with open_work(Principal.system(chains.workspace_id)) as work:
        spent = await spend.spending(work)
    assert spent.reserved == 0
    assert float(spent.spent) == pytest.approx(0.01)


async def test_a_cheaper_link_is_used_when_the_dearer_one_could_pass_the_ceiling(
    chains: Chains, anthropic: AnthropicServer, configure: Configure
) -> None:
    configure(SPEND_CEILING_USD=0.008)
    anthropic.always(says("barato"))

    assert await chains.say(FIRST, SECOND, "lexical") == "barato"

    assert chains.outcomes == [(FIRST, "ceiling_reached"), (SECOND, "answered")]


async def test_calls_that_failed_before_an_answer_cost_nothing(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(fails(401))

    await chains.say(FIRST, "lexical")

    async with open_work(Principal.system(chains.workspace_id)) as work:
        spent = await spend.spending(work)
    assert spent.spent + spent.reserved == Decimal(0)


async def test_an_answer_that_was_cut_off_is_booked_in_full(chains: Chains, anthropic: AnthropicServer) -> None:
    anthropic.answers(half_call("add_item_to_draft"))

    await chains.say(FIRST, "lexical")

    async with open_work(Principal.system(chains.workspace_id)) as work:
        spent = await spend.spending(work)
    assert spent.spent > 0
    assert spent.reserved == 0
