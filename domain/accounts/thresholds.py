"""What a shop settles about alerts and about ordering again: thresholds, delays and aims; the defaults work."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Minutes = Annotated[int, Field(ge=5, le=20_160)]
Delays = Annotated[tuple[Minutes, ...], Field(max_length=5)]
Share = Annotated[Decimal, Field(ge=Decimal("0.5"), le=Decimal("0.999"))]


class AlertSettings(BaseModel):
    """When something is worth an alert, and after how many minutes one that nobody takes on is brought to notice again.

    The first time it is told again to those who were told; from the second on, to who runs the shop.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    critical_after: Delays = (60, 240)
    warning_after: Delays = (1_440, 4_320)
    dead_days: int = Field(90, ge=7, le=730)
    slow_cover_days: int = Field(180, ge=14, le=1_825)
    shrinkage_percent: int = Field(5, ge=1, le=100)
    payment_minutes: int = Field(120, ge=5, le=10_080)
    surprise: int = Field(5, ge=3, le=20)
    """From how many standard deviations of such forecasts on a week's sales are odd."""
    surprise_units: int = Field(5, ge=1, le=100_000)

    def delays(self, severity: str) -> tuple[int, ...]:
        """Minutes before each time that an alert of a severity is brought to notice again; none for what can wait."""
        return {"critical": self.critical_after, "warning": self.warning_after}.get(severity, ())

    @property
    def thresholds(self) -> dict[str, int]:
        """The thresholds by name."""
        return self.model_dump(exclude={"critical_after", "warning_after"})


class ReplenishmentSettings(BaseModel):
    """How a shop orders again: the share of wanted units that is to be there, by class, and the rhythm of its orders.

    A supplier's own lead time and order days go before `lead_days` and `review_days`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fill_a: Share = Decimal("0.98")
    fill_b: Share = Decimal("0.95")
    fill_c: Share = Decimal("0.90")
    review_days: int = Field(7, ge=1, le=60)
    lead_days: int = Field(7, ge=1, le=120)
    a_percent: int = Field(80, ge=1, le=99)
    b_percent: int = Field(95, ge=1, le=100)
    writes_drafts: bool = True
    """Whether proposals are put into draft orders by themselves; a draft is sent by a person."""
    sends_up_to: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=2)
    """Drafts up to this total are sent by themselves; None means that a person sends each."""
    budget: Decimal | None = Field(None, gt=0, max_digits=14, decimal_places=2)
    """The most that all proposals of a day may cost together; what matters least waits."""

    @model_validator(mode="after")
    def _classes_follow(self) -> "ReplenishmentSettings":
        if self.b_percent <= self.a_percent:
            raise ValueError("class B ends behind class A")
        return self


class Thresholds(BaseModel):
    """What a shop settles about what it is told of and what it orders again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alerts: AlertSettings = AlertSettings()
    replenishment: ReplenishmentSettings = ReplenishmentSettings()
