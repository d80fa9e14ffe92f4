"""The recording path itself: what the real client said to a server is replayed when the server is gone."""

from pathlib import Path

import pytest
from anthropic import AsyncAnthropic
from pydantic_ai import Agent, models
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from sandbox.anthropic.answers import calls, says
from sandbox.anthropic.server import AnthropicServer
from tests.cassettes.recording import cassette


async def answer(url: str, words: str) -> str:
    """What an agent with one tool says over the real client."""
    client = AsyncAnthropic(api_key="sk-secret-of-tests", base_url=url, max_retries=0)
    agent: Agent[None, str] = Agent(AnthropicModel("claude-haiku-5-5", provider=AnthropicProvider(anthropic_client=client)))

    @agent.tool_plain
    def price_of(product: str) -> str:
        """Tell the price of a product."""
        return "f1.0"

    async with client:
        result = await agent.run(words)
    return result.output


async def test_a_recorded_conversation_is_replayed_without_the_server(tmp_path: Path) -> None:
    with AnthropicServer() as server, models.override_allow_model_requests(True):
        server.answers(calls(("price_of", {"product": "harina"})), says("Cuesta {f1.0}."))
        with cassette("price.yaml", tmp_path, record=True):
            await answer(server.url, "¿cuánto cuesta la harina?")
        url = server.url

    with cassette("price.yaml", tmp_path, record=False), models.override_allow_model_requests(True):
        replayed = await answer(url, "¿cuánto cuesta la harina?")

    assert replayed == "Cuesta {f1.0}."
    assert "sk-secret-of-tests" not in (tmp_path / "price.yaml").read_text("utf-8")


async def test_a_request_that_was_not_recorded_never_reaches_a_network(tmp_path: Path) -> None:
    with AnthropicServer() as server, models.override_allow_model_requests(True):
        server.answers(says("Hola."))
        with cassette("greeting.yaml", tmp_path, record=True):
            await answer(server.url, "hola")

        with cassette("greeting.yaml", tmp_path, record=False), pytest.raises(Exception, match=r"greeting\.yaml|onnection"):
            await answer(server.url, "otra cosa")

        assert len(server.requests) == 1
