"""What the models that need no network have in common: their name, and how their calls and replies are written down."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_ai.messages import ModelResponse, ModelResponsePart, ToolCallPart
from pydantic_ai.models import Model
from pydantic_ai.usage import RequestUsage

from agent.reply.moves import REPLY, Reply

NAME = "lexical"


class OfflineModel(Model[None]):
    """A model of our own: it costs nothing, and says in a reply's details where it did not understand."""

    @property
    def model_name(self) -> str:
        """The model's name in a chain."""
        return NAME

    @property
    def system(self) -> str:
        """The provider: ourselves."""
        return NAME


def calling(calls: Sequence[tuple[str, Mapping[str, Any]]], step: int) -> ModelResponse:
    """An answer that calls tools, each given by its name and arguments; `step` counts the answers of the turn."""
    return _response(
        [ToolCallPart(tool, dict(arguments), f"lexical-{step}-{index}") for index, (tool, arguments) in enumerate(calls)]
    )


def replying(reply: Reply, *, understood: bool) -> ModelResponse:
    """An answer that ends the turn."""
    part = ToolCallPart(REPLY, reply.arguments(), "lexical-reply")
    return _response([part], None if understood else {"understood": False})


def _response(parts: Sequence[ModelResponsePart], details: dict[str, Any] | None = None) -> ModelResponse:
    return ModelResponse(parts=list(parts), usage=RequestUsage(), model_name=NAME, provider_name=NAME, provider_details=details)
