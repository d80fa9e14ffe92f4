"""The links of the model chain: each name of `LLM_MODELS` as a model that can be asked, with its price."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from weakref import WeakKeyDictionary

from anthropic import AsyncAnthropic
from genai_prices import calc_price
from openai import AsyncOpenAI
from pydantic_ai.models import Model, infer_model
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from core.settings import Settings

LEXICAL = "lexical"
"""The name of the link that needs no network."""

LexicalFactory = Callable[[], Model]
"""Makes the offline model of a turn."""


class NotConfigured(Exception):
    """A link of the chain lacks its key."""


@dataclass(frozen=True, slots=True)
class Link:
    """One model of the chain. An offline one costs nothing, cannot be down and is never refused."""

    name: str
    model: Model
    is_offline: bool
    unknown_price: Decimal
    """USD per million tokens, in or out, where the price list does not know the model."""

    def cost(self, usage: RequestUsage) -> Decimal:
        """What a call of this usage costs in USD."""
        if self.is_offline:
            return Decimal(0)
        provider, _, model = self.name.partition(":")
        if usage.cost is not None:
            return usage.cost
        try:
            return calc_price(usage, model, provider_id=provider).total_price
        except (LookupError, ValueError):
            return (usage.input_tokens + usage.output_tokens) * self.unknown_price / 1_000_000


_made: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, Settings], Model]] = WeakKeyDictionary()


def link(name: str, settings: Settings, lexical: LexicalFactory) -> Link:
    """The link of a name. Models are made once per process and event loop, as their connections belong to the loop."""
    unknown_price = Decimal(str(settings.llm_unknown_price_usd_per_million))
    if name == LEXICAL:
        return Link(name, lexical(), is_offline=True, unknown_price=unknown_price)
    made = _made.setdefault(asyncio.get_running_loop(), {})
    if (name, settings) not in made:
        made[name, settings] = _model(name, settings)
    return Link(name, made[name, settings], is_offline=False, unknown_price=unknown_price)


async def disconnect() -> None:
    """Close the connections of this event loop's models, when the process ends."""
    for model in _made.pop(asyncio.get_running_loop(), {}).values():
        client = getattr(model, "client", None)
        if isinstance(client, AsyncAnthropic | AsyncOpenAI):
            await client.close()


def _model(name: str, settings: Settings) -> Model:
    provider, _, model = name.partition(":")
    if provider == "anthropic":
        return _anthropic(model, settings)
    if provider == "openai":
        return _openai(model, settings)
    return infer_model(name)


def _anthropic(name: str, settings: Settings) -> Model:
    key = settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else None
    if not key and not settings.anthropic_base_url:
        raise NotConfigured("ANTHROPIC_API_KEY")
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


def _openai(name: str, settings: Settings) -> Model:
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    if not key and not settings.openai_base_url:
        raise NotConfigured("OPENAI_API_KEY")
    return OpenAIChatModel(
        name,
        provider=OpenAIProvider(base_url=settings.openai_base_url, api_key=key or "none"),
        settings=ModelSettings(max_tokens=settings.llm_max_tokens, max_retries=0, timeout=settings.llm_timeout_seconds),
    )


@lru_cache
def provider_of(name: str) -> str:
    """The provider part of a link's name, as traces call it."""
    return name.partition(":")[0]
