"""Anthropic's models, over their own client."""

from anthropic import AsyncAnthropic
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
from pydantic_ai.providers.anthropic import AnthropicProvider

from core.settings import Settings

KEY = "ANTHROPIC_API_KEY"


def make(name: str, settings: Settings) -> Model | None:
    """The model of a name; None without a key for Anthropic or the address of a server of one's own."""
    key = settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else None
    if not key and not settings.anthropic_base_url:
        return None
    client = AsyncAnthropic(
        api_key=key or "none",
        base_url=settings.anthropic_base_url,
        max_retries=0,
        timeout=settings.llm_timeout_seconds,
    )
    return AnthropicModel(
        name,
        provider=AnthropicProvider(anthropic_client=client),
        settings=AnthropicModelSettings(
            max_tokens=settings.llm_max_tokens,
            anthropic_cache_instructions=True,
            anthropic_cache_tool_definitions=True,
            anthropic_cache=True,
        ),
    )
