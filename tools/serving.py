"""What a customer's tool is given beside what every tool gets: who the customer is, and what they agreed to and wish for."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.connections.medium import Medium
from tools.context import ToolContext


class Consent(BaseModel):
    """What the customer has done about the open confirmation, as code reads it under the conversation's lock."""

    model_config = ConfigDict(frozen=True)

    open_messages: bool = False
    token_pressed: str | None = None
    pure_assent: bool = False
    summary_sent_at: datetime | None = None


class Wishes(BaseModel):
    """What the customer's own words of this turn wish for, as code reads them.

    `phrases` are their words for goods that they want; `named` is where the thread named goods that they only agreed to,
    chose among or counted. `changes` tells whether they wish for any change of the order at all. `delivery` tells
    whether they may have said how the order reaches them. `said` is all that they have written in the thread, and what
    was noted of them before.
    """

    model_config = ConfigDict(frozen=True)

    phrases: list[str] = Field(default_factory=list)
    named: str = ""
    changes: bool = False
    delivery: bool = False
    said: str = ""


@dataclass(slots=True, kw_only=True)
class CustomerContext(ToolContext):
    """The surroundings of one call for a customer.

    `wishes` is None where the caller itself acts on nothing but what it has read in the customer's words.
    """

    conversation_id: UUID
    customer_id: UUID
    connection_id: UUID
    medium: Medium
    consent: Consent = field(default_factory=Consent)
    wishes: Wishes | None = None

    def settle(self, sku: str) -> None:
        """Close the points about a product, as it is in the order now, or out of it, as the customer wants."""
        self.settled.extend(point for point in self.points if point.is_of_order and sku in point.skus)

    def settle_all(self) -> None:
        """Close all points about the order, as there is nothing left that they could be about."""
        self.settled.extend(point for point in self.points if point.is_of_order)
