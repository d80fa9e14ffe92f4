"""What a turn wants of one product, and the call on the draft that it comes to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call to make."""

    tool: str
    arguments: dict[str, Any]


@dataclass
class Wanted:
    """A product wanted in this turn: what is known of it, and how much."""

    product: str
    quantity: Decimal | None
    unit: str | None
    name: str
    phrase: str = ""
    is_total: bool = False
    """The quantity replaces what the draft has, instead of adding to it."""

    @property
    def call(self) -> Call:
        """The call that brings it about."""
        arguments: dict[str, Any] = {"product": self.product}
        if self.quantity is not None:
            arguments["quantity"] = number(self.quantity)
        if self.unit:
            arguments["unit"] = self.unit
        return Call("change_item_in_draft" if self.is_total else "add_item_to_draft", arguments)


def number(value: Decimal) -> int | float:
    """A quantity as JSON has it: whole numbers without a fraction."""
    return int(value) if value == value.to_integral_value() else float(value)
