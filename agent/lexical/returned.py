"""What the tool calls of a run came to, as the composer reads it."""

from dataclasses import dataclass
from typing import Any

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
