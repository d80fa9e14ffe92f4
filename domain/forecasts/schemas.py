"""What other rooms see of forecasts. A number is never alone: it has its unit, level, period, interval and date of data."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.forecasts.kinds import Basis, Level


class View(BaseModel):
    """A frozen view."""

    model_config = ConfigDict(frozen=True)


class Interval(View):
    """Units of demand with the interval that should hold in four of five cases."""

    value: float
    low: float
    high: float


class DayAhead(Interval):
    """One day ahead."""

    date: date


class Accuracy(View):
    """How good such forecasts were on the shop's own past, in all its stores, at one level over one period.

    Shares, 0.1 for 10 %.
    """

    level: str = Field(description="What was added up before errors were taken: product_store, product, store, total.")
    first: date = Field(description="The first day that was forecast.")
    last: date
    horizon_days: int
    origins: int
    series: int
    wape_day: float | None = Field(description="Absolute errors of days over what was sold.")
    wape_week: float | None
    wape_horizon: float | None
    rmsse: float | None
    bias: float | None = Field(description="Forecast less sold, over sold.")
    coverage_80: float | None = Field(description="How often a day lay within its 80 % interval.")


class RunView(View):
    """One making of all forecasts."""

    id: UUID
    made_at: datetime
    data_version: int = Field(description="How far the stream of events had been read.")
    first_day: date
    data_until: date = Field(description="The last day whose sales are in it.")
    horizon_days: int
    series: int = Field(description="Products in stores, of those stores that whoever asks works in.")
    chosen: dict[str, str] = Field(description="The candidate taken for each class of demand.")
    accuracy: list[Accuracy]
    seconds: float


class ForecastView(View):
    """What will probably be sold of something in a period."""

    level: Level
    store_id: UUID | None
    variant_id: UUID | None
    category_id: UUID | None
    first: date
    last: date
    total: Interval
    basis: Basis
    demand_class: str
    model: str


class Outlook(View):
    """What will probably be sold in a period: the sum, its days, and on what it rests."""

    level: Level
    first: date
    last: date
    total: Interval
    basis: Basis
    days: list[DayAhead]
    data_until: date = Field(description="The last day whose sales are in it.")
    made_at: datetime
    data_version: int
    models: list[str]
    accuracy: Accuracy | None = Field(description="Null where the past is too short to measure.")


class ProductNamed(View):
    """The product that is meant."""

    id: UUID
    code: str
    name: str


class Prediction(View):
    """What will probably be sold of a product."""

    product: ProductNamed
    unit: str
    days_ahead: int
    prediction: Outlook
    generated_at: datetime
