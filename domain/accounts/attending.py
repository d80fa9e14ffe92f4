"""How a shop's people attend its customers: how soon, who is given what, and what the agent leaves to them."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.accounts.zones import Money


class Assignment(StrEnum):
    """How a conversation that waits finds its person."""

    PICK = "pick"
    """Whoever is free takes the one that waits longest."""
    ROUND_ROBIN = "round_robin"
    """Each in turn."""
    LOAD = "load"
    """Whoever attends the fewest."""


Word = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=2, max_length=40)]
Minutes = Annotated[int, Field(ge=1, le=43_200)]


class Topic(BaseModel):
    """Something that a person is to answer: a customer who writes one of its words is handed over, to whoever knows of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Word
    words: tuple[Word, ...] = Field(min_length=1, max_length=50)


class DeskSettings(BaseModel):
    """How people attend: how soon, who is given what, and what the agent leaves to them.

    The clocks run in business hours while the customer waits; without minutes there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    assignment: Assignment = Assignment.PICK
    capacity: int = Field(5, ge=1, le=100)
    """How many conversations are given to one person at a time."""
    first_response_minutes: Minutes | None = 15
    next_response_minutes: Minutes | None = 15
    resolution_minutes: Minutes | None = 480
    unanswered_minutes: Minutes | None = 10
    """How long a person may leave a conversation unanswered before it goes back to those that wait."""
    vip_tags: tuple[Word, ...] = Field((), max_length=20)
    """Customers with one of these tags are attended by people."""
    amount_from: Money | None = None
    """Orders of so much are attended by people."""
    topics: tuple[Topic, ...] = Field((), max_length=50)
    leaves_insistent: bool = False
    """A customer who asks for the same a third time, while nothing was done about it, is attended by people."""
