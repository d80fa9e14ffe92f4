"""What a turn wants of one product, and the line of the draft that it comes to."""

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
    price: Decimal | None = None
    """The price of one that the customer wrote."""
    total: Decimal | None = None
    """The sum of the line that the customer wrote."""
    is_less: bool = False
    """The quantity is taken off what the draft has."""

    @property
    def line(self) -> dict[str, Any]:
        """The line of `update_draft` that brings it about."""
        line: dict[str, Any] = {"product": self.product}
        if self.is_less or self.is_total:
            line["mode"] = "remove" if self.is_less else "set"
        if self.quantity is not None:
            line["quantity"] = number(self.quantity)
        if self.unit:
            line["unit"] = self.unit
        if self.price is not None:
            line["price"] = number(self.price)
        if self.total is not None:
            line["total"] = number(self.total)
        return line


def number(value: Decimal) -> int | float:
    """A quantity as JSON has it: whole numbers without a fraction."""
    return int(value) if value == value.to_integral_value() else float(value)
