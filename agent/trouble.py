"""What can be wrong with a model's answer, and what may be done about it."""

import json
from typing import Any

from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
)
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart


class BadAnswer(UnexpectedModelBehavior):
    """The answer is no answer: nothing in it, paused without end, or calls that were cut off, share an id or are no JSON."""


def is_worth_repeating(error: BaseException) -> bool:
    """Whether the same request may be answered in a moment: busy, overloaded, broken down, or not reached at all.

    A time-out while waiting for the answer is not among them: it has taken the time that a second try would need.
    """
    if isinstance(error, ModelTimeoutError):
        return error.phase in ("pool", "connect")
    return isinstance(error, ModelConnectionError | ModelRateLimitError | ModelUnavailableError | ModelServerError)


def is_our_bug(error: Exception) -> bool:
    """Whether the provider refused the request itself, so that every other provider would refuse it too."""
    others = ModelAuthenticationError | ModelNotFoundError | ModelContextWindowExceededError
    return isinstance(error, ModelRequestRejectedError) and not isinstance(error, others)


def may_have_cost(error: Exception) -> bool:
    """Whether the provider may have thought, and so charges, although no answer came."""
    if isinstance(error, ModelHTTPError):
        return False
    return not (isinstance(error, ModelConnectionError) and error.phase in ("pool", "connect"))


def check(response: ModelResponse) -> None:
    """Refuse an answer that holds nothing, that is no whole answer, or whose calls nobody could tell apart."""
    said = any(isinstance(part, TextPart) and part.content.strip() for part in response.parts)
    calls = [part for part in response.parts if isinstance(part, ToolCallPart)]
    if response.finish_reason == "content_filter":
        raise ContentFilterError("the provider filtered the answer")
    if not said and not calls:
        raise BadAnswer("the answer is empty")
    if response.finish_reason == "length":
        raise BadAnswer("the answer was cut off")
    if response.state == "suspended":
        raise BadAnswer("the answer is paused, though nothing of ours runs at the provider")
    if len({part.tool_call_id for part in calls}) < len(calls):
        raise BadAnswer("two calls have one id")
    if not all(_is_json(call.args_as_dict()) for call in calls):
        raise BadAnswer("a call holds a number that is none")


def _is_json(arguments: dict[str, Any]) -> bool:
    """Whether arguments can be written down: parsers take `NaN`, and `1e999` for infinite, and no JSON column does."""
    try:
        json.dumps(arguments, allow_nan=False)
    except ValueError:
        return False
    return True
