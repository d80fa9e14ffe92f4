"""One order's worth of talk with the real provider, replayed from a cassette that somebody with a key has recorded."""

import os

import pytest
from anthropic import AsyncAnthropic
from pydantic_ai import Agent, models
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
from pydantic_ai.providers.anthropic import AnthropicProvider

from tests.cassettes.recording import FOLDER, cassette, is_recording

CASSETTE = "anthropic_tool_round_trip.yaml"


@pytest.mark.enable_socket
@pytest.mark.skipif(
    not is_recording() and not (FOLDER / CASSETTE).exists(),
    reason="no cassette is recorded; see tests/cassettes/README.md",
)
async def test_the_real_provider_calls_a_tool_and_answers_with_what_it_said() -> None:
    client = AsyncAnthropic(api_key=os.environ.get("ANTHROPIC_API_KEY", "replayed"), max_retries=0)
    model = AnthropicModel(
        os.environ.get("NEXOVA_RECORD_MODEL", "claude-haiku-5-5"),
        provider=AnthropicProvider(anthropic_client=client),
        settings=AnthropicModelSettings(
            max_tokens=512, anthropic_cache_instructions=True, anthropic_cache_tool_definitions=True
        ),
    )
    agent = Agent(
        model, instructions="You serve a shop. Answer in Spanish, and state a price only as the slot that the tool gives."
    )

    @agent.tool_plain
    def price_of(product: str) -> str:
        """Tell the price of a product, as a slot such as {f1.0}."""
        return "{f1.0}"

    async with client:
        with models.override_allow_model_requests(True), cassette(CASSETTE):
            result = await agent.run("¿Cuánto cuesta la harina?")

    assert "{f1.0}" in result.output
    assert result.usage.input_tokens > 0
