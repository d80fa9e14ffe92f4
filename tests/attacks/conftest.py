"""Fixtures of the attacks: a shop, its customer, and a model that says what the test scripts."""

from collections.abc import Iterator

import pytest
from pydantic_ai import models

from core.settings import get_settings
from sandbox.anthropic.server import AnthropicServer
from tests.mind.conftest import customer, query, shop

__all__ = ["customer", "model", "query", "shop"]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnthropicServer]:
    """The only model of the chain: a stand-in that speaks Anthropic's wire format over HTTP."""
    with AnthropicServer() as server, models.override_allow_model_requests(True):
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "key-of-tests")
        monkeypatch.setenv("LLM_MODELS", "anthropic:claude-sonnet-5-5")
        get_settings.cache_clear()
        yield server
        monkeypatch.undo()
        get_settings.cache_clear()
