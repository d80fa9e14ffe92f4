"""Tables of forecasts: the newest one of each series, and the runs that made them."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.forecasts.kinds import Level


class ForecastRun(WorkspaceRow):
    """One making of all forecasts. `position` is how far the events had been read: the version of the data.

    `accuracy` is a backtest on the shop's own past, with its period; None where the past is too short for one.
    """

    __tablename__ = "forecast_runs"
    __table_args__ = (
        of_workspace(),
        Index("ix_forecast_runs_newest", "workspace_id", "created_at"),
        CheckConstraint("horizon > 0 AND series >= 0", name="counts_up"),
    )

    position: Mapped[int] = mapped_column(BigInteger)
    first_day: Mapped[date]
    horizon: Mapped[int]
    series: Mapped[int]
    chosen: Mapped[dict[str, Any]]
    """The candidate taken for each class of demand."""
    accuracy: Mapped[dict[str, Any] | None]
    seconds: Mapped[float] = mapped_column(Float)


class Forecast(WorkspaceRow):
    """Units a day ahead of one series or sum, and what errors of such forecasts were. Each run replaces them all.

    `day_width` and `sum_widths` are half the widths of the 80 % band for an expected demand of 1: of a day, and of the sums
    over the spans of `intervals.SPANS`; they grow with the root of what is expected.
    """

    __tablename__ = "forecasts"
    __table_args__ = (
        of_workspace(),
        belongs_to("forecast_runs", "run_id", ondelete="CASCADE"),
        belongs_to("stores", "store_id"),
        belongs_to("product_variants", "variant_id", ondelete="CASCADE"),
        belongs_to("categories", "category_id", ondelete="CASCADE"),
        UniqueConstraint(
            "workspace_id",
            "level",
            "store_id",
            "variant_id",
            "category_id",
            name="uq_forecasts_series",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_forecasts_variant", "workspace_id", "variant_id"),
    )

    run_id: Mapped[UUID]
    level: Mapped[Level] = mapped_column(one_of(Level, 20))
    store_id: Mapped[UUID | None]
    variant_id: Mapped[UUID | None]
    category_id: Mapped[UUID | None]
    demand_class: Mapped[str] = mapped_column(String(20))
    model: Mapped[str] = mapped_column(String(40))
    mean: Mapped[list[Any]]
    day_width: Mapped[float] = mapped_column(Float)
    sum_widths: Mapped[list[Any]]
    expected: Mapped[float] = mapped_column(Float)
    """Units expected of the last seven days, four weeks before they were over."""
    came: Mapped[float] = mapped_column(Float)
    surprise: Mapped[float] = mapped_column(Float)
    """How far what came lay from it, in standard deviations of such forecasts."""
