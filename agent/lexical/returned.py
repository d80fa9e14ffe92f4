"""What the tool calls of a run came to, as the composer reads it."""

from dataclasses import dataclass, field
from typing import Any

TAKEN_OVER = "taken-over-"
"""How the ids of those calls begin that an earlier link of the chain has made in this turn."""

ITEM_CODES = frozenset({"item_added", "item_changed", "item_removed", "item_swapped"})


@dataclass(frozen=True, slots=True)
class Returned:
    """What one tool call of this run came to. `slots` are its facts as (kind, subject, text) by the slot's name, in order."""

    tool: str
    status: str
    code: str
    say: str
    data: dict[str, Any]
    slots: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, tool: str, shown: dict[str, Any]) -> "Returned":
        """Read the JSON that the model is shown."""
        data, facts = shown.get("data"), shown.get("facts")
        return cls(
            tool=tool,
            status=str(shown.get("status", "refused")),
            code=str(shown.get("code", "")),
            say=str(shown.get("say", "")),
            data=data if isinstance(data, dict) else {},
            slots={
                str(name): (str(fact.get("kind")), str(fact.get("subject")), str(fact.get("text")))
                for name, fact in (facts if isinstance(facts, dict) else {}).items()
                if isinstance(fact, dict)
            },
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

    def slot(self, kind: str, subject: str | None = None) -> str | None:
        """The slot of the first fact of a kind."""
        return next(
            (f"{{{name}}}" for name, (of_kind, about, _) in self.slots.items() if of_kind == kind and subject in (None, about)),
            None,
        )

    def text(self, kind: str) -> str:
        """What the first fact of a kind reads like."""
        return next((text for of_kind, _, text in self.slots.values() if of_kind == kind), "")
