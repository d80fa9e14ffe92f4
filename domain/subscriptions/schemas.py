"""What the rest of the house sees of subscriptions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.subscriptions.kinds import DeliveryStatus, SubscriptionStatus

Pattern = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z_]+\.(\*|[a-z_]+(\.[a-z_]+)?))$", max_length=100)]
"""A type of event or a name of `names`, all of a kind of subject (`order.*`), or everything (`*`)."""

TYPES = "`order.confirmed`, `order.*` or `*`; `stock.updated` is whatever changes a level."

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSubscription(_Body):
    """An address that shall be told of events."""

    url: Url
    types: list[Pattern] = Field(
        min_length=1,
        max_length=100,
        description=TYPES,
    )
    description: str | None = Field(None, max_length=200)


class ChangeSubscription(_Body):
    """What is to be different; what is not said stays."""

    url: Url | None = None
    types: list[Pattern] | None = Field(None, min_length=1, max_length=100)
    description: str | None = Field(None, max_length=200)
    is_active: bool | None = Field(None, description="Pause it, or go on with all that happened since.")


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class SubscriptionView(_View):
    """An address that is told of events."""

    id: UUID
    url: str
    types: list[str]
    description: str | None
    status: SubscriptionStatus
    position: int
    failing_since: datetime | None
    created_at: datetime
    version: int


class SubscriptionSecret(SubscriptionView):
    """A subscription with the secret that signs from now on; it is shown this once."""

    secret: str


class Try(_View):
    """One try: the status of the answer, or why there was none."""

    at: datetime
    status: int | None
    error: str | None


class DeliveryView(_View):
    """One event for one subscription, with every try to tell it."""

    id: UUID
    subscription_id: UUID
    type: str
    subject_id: UUID
    position: int
    body: dict[str, object]
    is_by_hand: bool
    status: DeliveryStatus
    tries: list[Try]
    next_try_at: datetime
    delivered_at: datetime | None
    created_at: datetime


class DeliveryPage(_View):
    """A part of a delivery log, the newest first."""

    items: list[DeliveryView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is to be sent now: where, what, and the secrets with which it is signed."""

    delivery_id: UUID
    number: int
    url: str
    body: bytes
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try. Only 2xx is success; `retry_after` are seconds that the other side asks for."""

    status: int | None
    error: str | None = None
    retry_after: int = 0

    @property
    def is_success(self) -> bool:
        """Whether the other side has taken it."""
        return self.status is not None and 200 <= self.status < 300
