"""Models that speak OpenAI's protocol, its own or those of a server of one's own."""

from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

from core.settings import Settings

KEY = "OPENAI_API_KEY"


def make(name: str, settings: Settings) -> Model | None:
    """The model of a name; None without a key for OpenAI or the address of a server of one's own."""
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    if not key and not settings.openai_base_url:
        return None
    return OpenAIChatModel(
        name,
        provider=OpenAIProvider(base_url=settings.openai_base_url, api_key=key or "none"),
        settings=ModelSettings(max_tokens=settings.llm_max_tokens, max_retries=0, timeout=settings.llm_timeout_seconds),
    )
