"""What other rooms see of demand."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class DemandDayView(BaseModel):
    """One day of a variant in a store."""

    model_config = ConfigDict(frozen=True)

    day: date
    demand: Decimal = Field(description="Sold less returned; not less than zero.")
    sold: Decimal
    returned: Decimal
    price: Decimal | None
    is_censored: bool = Field(description="The shelf was empty for some of the day: more may have been wanted.")
    is_bulk: bool = Field(description="One sale stands out so far that it says nothing of other days.")


class DemandSeries(BaseModel):
    """The demand of a variant in a store, every day from the first to the last, both included."""

    model_config = ConfigDict(frozen=True)

    store_id: UUID
    variant_id: UUID
    unit: str
    first: date
    last: date
    days: list[DemandDayView]


@dataclass(frozen=True, slots=True)
class Place:
    """A variant in a store: one series."""

    store_id: UUID
    variant_id: UUID
