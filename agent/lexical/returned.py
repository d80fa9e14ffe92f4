"""What the tool calls of a run came to, as the composer reads it."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelRequestPart, ToolReturnPart, UserPromptPart

TAKEN_OVER = "taken-over-"
"""How the ids of those calls begin that an earlier link of the chain has made in this turn."""

ITEM_CODES = frozenset({"item_added", "item_changed", "item_removed", "item_swapped"})


@dataclass(frozen=True, slots=True)
class Returned:
    """What one tool call of this run came to; `number` counts the calls of the turn."""

    tool: str
    status: str
    code: str
    say: str
    data: dict[str, Any]
    number: int = 0

    @classmethod
    def of(cls, tool: str, shown: dict[str, Any]) -> "Returned":
        """Read the JSON that the model is shown."""
        data, number = shown.get("data"), shown.get("call")
        return cls(
            tool=tool,
            status=str(shown.get("status", "refused")),
            code=str(shown.get("code", "")),
            say=str(shown.get("say", "")),
            data=data if isinstance(data, dict) else {},
            number=number if isinstance(number, int) else 0,
        )

    @property
    def asks(self) -> bool:
        """Whether something is open with the customer after it."""
        return self.status == "ask" or bool(self.data.get("open"))

    @property
    def is_item(self) -> bool:
        """Whether it changed one line of the draft."""
        return self.status == "ok" and self.code in ITEM_CODES

    @property
    def sends_summary(self) -> bool:
        """Whether the summary with its buttons goes out with the reply, and says all that the draft has."""
        return self.code in ("confirmation_requested", "price_changed", "consent_missing") and "token" in self.data


def this_run(messages: list[ModelMessage]) -> list[ModelMessage]:
    """The messages of this run: the request that began it, behind the history, and what came after."""
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if isinstance(message, ModelRequest) and any(_begins(part) for part in message.parts):
            return messages[index:]
    return messages


def _begins(part: ModelRequestPart) -> bool:
    """A run begins with the words to be answered, or with what an earlier link has come to in answering them."""
    return isinstance(part, UserPromptPart) or (isinstance(part, ToolReturnPart) and part.tool_call_id.startswith(TAKEN_OVER))


def returned(messages: list[ModelMessage], *, taken_over: bool = False) -> list[Returned]:
    """What this model's own calls came to, or those of the links before it."""
    return [
        Returned.of(part.tool_name, _shown(part))
        for message in messages
        if isinstance(message, ModelRequest)
        for part in message.parts
        if isinstance(part, ToolReturnPart) and part.tool_call_id.startswith(TAKEN_OVER) == taken_over
    ]


def _shown(part: ToolReturnPart[Any]) -> dict[str, Any]:
    """The JSON of an outcome; anything else counts as a refusal without words."""
    content: object = part.content
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            return {}
    if isinstance(content, dict):
        return content
    dump = getattr(content, "model_dump", None)
    return dump(mode="json") if callable(dump) else {}
