"""What the rest of the house sees of statistics: periods, filters, and figures that say what they are."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.errors import Invalid
from domain.stock.kinds import MovementType

LONGEST_DAYS = 5 * 366


class Kind(StrEnum):
    """What kind of number a metric is; the unit of a figure says more (a currency, a unit of goods)."""

    COUNT = "count"
    MONEY = "money"
    QUANTITY = "quantity"
    RATIO = "ratio"
    DURATION = "duration"


class Grain(StrEnum):
    """What a figure can be split by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    STORE = "store"
    PRODUCT = "product"
    CATEGORY = "category"
    METHOD = "method"


class PeriodName(StrEnum):
    """Periods that people name; a week begins on Monday."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"


class PeriodRefused(Invalid):
    """The period ends before it begins, or is longer than five years."""

    code = "period_refused"


class MetricUnknown(Invalid):
    """No metric has this name."""

    code = "metric_unknown"


class GrainRefused(Invalid):
    """The metric cannot be split, or not be limited, in this way."""

    code = "grain_refused"


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the workspace's calendar, from the first to the last, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first or (self.last - self.first).days >= LONGEST_DAYS:
            raise PeriodRefused(first=self.first, last=self.last)

    @classmethod
    def named(cls, name: PeriodName, today: date) -> Self:
        """A period that people name, seen from a day."""
        monday, month = today - timedelta(days=today.weekday()), today.replace(day=1)
        end_of_last = month - timedelta(days=1)
        first, last = {
            PeriodName.TODAY: (today, today),
            PeriodName.YESTERDAY: (today - timedelta(days=1), today - timedelta(days=1)),
            PeriodName.THIS_WEEK: (monday, today),
            PeriodName.LAST_WEEK: (monday - timedelta(days=7), monday - timedelta(days=1)),
            PeriodName.THIS_MONTH: (month, today),
            PeriodName.LAST_MONTH: (end_of_last.replace(day=1), end_of_last),
            PeriodName.LAST_7_DAYS: (today - timedelta(days=6), today),
            PeriodName.LAST_30_DAYS: (today - timedelta(days=29), today),
            PeriodName.LAST_90_DAYS: (today - timedelta(days=89), today),
        }[name]
        return cls(first, last)


@dataclass(frozen=True, slots=True)
class Filters:
    """How a metric is narrowed and split. No stores means all that the caller may see; no grain, the metric's own."""

    stores: tuple[UUID, ...] = ()
    grain: Grain | None = None
    limit: int = 100
    product: UUID | None = None


class Value(BaseModel):
    """One number: of everything, or of one day, store, product …; `key` is its id or first day, `label` its name."""

    model_config = ConfigDict(frozen=True)

    key: str | None = None
    label: str | None = None
    value: Decimal | None = Field(description="Null where there is nothing to take an average of.")
    unit: str = Field(description="A currency, a unit of goods, or what is counted.")


class Span(BaseModel):
    """The period of a figure, in days of the workspace's calendar."""

    model_config = ConfigDict(frozen=True)

    first: date
    last: date
    timezone: str


class Figure(BaseModel):
    """What a metric came to, with all that is needed to read it."""

    model_config = ConfigDict(frozen=True)

    metric: str
    kind: Kind
    period: Span | None = Field(description="Null for what stands as it is now.")
    as_of: datetime = Field(description="The moment up to which everything that was written is counted.")
    grain: Grain | None
    stores: list[UUID] | None = Field(description="The stores that were counted, null for all.")
    values: list[Value]


class MetricView(BaseModel):
    """What a metric is."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    formula: str
    time: str | None = Field(description="The moment by which something falls into a period; null for what stands now.")
    grains: list[Grain]
    by_store: bool = Field(description="Whether it can be limited to stores.")

    @property
    def by_product(self) -> bool:
        """Whether it can be limited to a product."""
        return Grain.PRODUCT in self.grains


class ProductMovements(BaseModel):
    """What moved of one product in one way: sold, bought, counted … Quantities are positive."""

    model_config = ConfigDict(frozen=True)

    product_id: UUID
    code: str
    name: str
    unit: str
    type: MovementType
    total_quantity: Decimal
    average_quantity: Decimal
    stores: int
    total_value: Decimal
    currency: str
    movements: int
    first_at: datetime
    last_at: datetime
