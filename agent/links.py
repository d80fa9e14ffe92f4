"""The links of the model chain: each name of `LLM_MODELS` as a model that can be asked, with its price."""

import asyncio
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Protocol, cast
from weakref import WeakKeyDictionary

from genai_prices import calc_price
from pydantic_ai.models import Model, infer_model
from pydantic_ai.usage import RequestUsage

from core.settings import Settings

LEXICAL = "lexical"
"""The name of the link that needs no network."""

MAKERS = frozenset({"anthropic", "openai"})
"""The providers that have a module of their own in `agent.providers`."""

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
        if client is not None:
            await client.close()


def load(names: Iterable[str]) -> None:
    """Import what the links of these names need, which takes a second or two each the first time."""
    for name in names:
        _maker(provider_of(name))


def _model(name: str, settings: Settings) -> Model:
    provider, _, model = name.partition(":")
    maker = _maker(provider)
    if maker is None:
        return infer_model(name)
    made = maker.make(model, settings)
    if made is None:
        raise NotConfigured(maker.KEY)
    return made


class _Maker(Protocol):
    """A module of `agent.providers`."""

    KEY: str

    def make(self, name: str, settings: Settings) -> Model | None:
        """The model of a name; None when it is not configured."""
        ...


def _maker(provider: str) -> _Maker | None:
    if provider not in MAKERS:
        return None
    return cast("_Maker", importlib.import_module(f"agent.providers.{provider}"))


@lru_cache
def provider_of(name: str) -> str:
    """The provider part of a link's name, as traces call it."""
    return name.partition(":")[0]
