"""What other rooms see of emissions, and what they may ask of it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from analytics.emissions.calculate import Quality
from analytics.emissions.countries import country_code
from analytics.emissions.gases import Gwp
from domain.emissions.kinds import Approach, Category, Grouping, Meaning, ReportFormat, ReportLanguage, ReportStatus, SourceKind

POTENTIALS: Final = tuple(Gwp)
"""The reports by whose potentials gases are added up."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Activity = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
UnitName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=6)]
PerUnit = Annotated[Decimal, Field(gt=0, max_digits=20, decimal_places=9)]
PerCent = Annotated[Decimal, Field(ge=0, le=1_000, max_digits=6, decimal_places=2)]
Year = Annotated[int, Field(ge=1990, le=2100)]
Scope = Annotated[int, Field(ge=1, le=3)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InventoryView(View):
    """What a workspace counts as its own, by which potentials, and how often all of it was calculated."""

    gwp: Gwp
    approach: Approach
    boundary: str | None
    base_year: int | None
    calculation: int
    version: int


class ChangeInventory(_Command):
    """A partial change of the boundaries; the potentials change with a calculation."""

    approach: Approach | None = None
    boundary: str | None = Field(None, max_length=4_000)
    base_year: Year | None = None


class EmissionSourceView(View):
    """Something that emits."""

    id: UUID
    name: str
    kind: SourceKind
    activity: str
    unit: str
    country: str | None
    scope: int | None
    category: Category | None
    contract: Decimal | None
    site_id: UUID | None
    machine_id: UUID | None
    sensor_id: UUID | None
    meaning: Meaning | None
    supplier_id: UUID | None
    variant_id: UUID | None
    is_active: bool
    version: int


class NewEmissionSource(_Command):
    """A source to be told of. Of a machine, its site is taken; of a purchase, the unit is a currency."""

    name: Name
    kind: SourceKind
    activity: Activity
    unit: UnitName
    country: str | None = Field(None, max_length=60, description="ISO 3166 code or name; by default the workspace's.")
    scope: Scope | None = Field(None, description="By default the lowest that has a factor.")
    category: Category | None = Field(None, description="Of scope 3.")
    contract: Amount | None = Field(None, description="kg CO2e per kWh by the electricity contract.")
    site_id: UUID | None = None
    machine_id: UUID | None = None
    sensor_id: UUID | None = None
    meaning: Meaning | None = None
    supplier_id: UUID | None = None
    variant_id: UUID | None = Field(None, description="The product for which it is used.")

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        code = country_code(value) if value else None
        if value and code is None:
            raise ValueError("no such country")
        return code


class ChangeEmissionSource(_Command):
    """A partial change of a source; what it is stays, as its history rests on it."""

    name: Name | None = None
    contract: Amount | None = None
    is_active: bool | None = None


class FactorView(View):
    """A factor: kilograms per unit of an activity, from whom, for where and when, and under what terms."""

    id: str
    activity: str
    unit: str
    scope: int
    country: str = Field(description="ISO 3166; `*` is the world.")
    year: int
    valid_to: int | None
    method: str = Field(description="`location` or `residual` of electricity.")
    gases: dict[str, Decimal]
    co2e: Decimal | None
    biogenic_co2: Decimal
    uncertainty: Decimal | None = Field(description="Half of the 95 % range in per cent.")
    source: str
    licence: str
    gwp: str
    is_own: bool = Field(description="Whether the workspace has added it.")


class NewEmissionFactor(_Command):
    """A factor of one's own: by gas, or as CO2e of a report. A published 0 is no factor."""

    activity: Activity
    unit: UnitName
    co2: PerUnit | None = None
    ch4: PerUnit | None = None
    n2o: PerUnit | None = None
    co2e: PerUnit | None = None
    biogenic_co2: PerUnit | None = None
    scope: Scope
    is_residual: bool = False
    country: str = Field("*", max_length=60)
    year: Year
    valid_to: Year | None = Field(None, description="The last year that it is for; without one, that of publication.")
    uncertainty: PerCent | None = None
    source: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    licence: str = Field("", max_length=200)
    gwp: Gwp | None = Field(None, description="The report by which `co2e` was added up.")

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        code = value if value == "*" else country_code(value)
        if code is None:
            raise ValueError("no such country")
        return code

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.co2e is None) == (self.co2 is None and self.ch4 is None and self.n2o is None):
            raise ValueError("either gases or co2e")
        if self.valid_to is not None and self.valid_to < self.year:
            raise ValueError("valid_to lies before year")
        return self


class FigureView(View):
    """What a record came to by one calculation: kilograms, and the factors as they were."""

    calculation: int
    gwp: Gwp
    scope: int | None
    co2e: Decimal | None = Field(description="Kilograms; of electricity, location-based.")
    market: Decimal | None = Field(description="Scope 2 market-based.")
    biogenic_co2: Decimal | None
    gases: dict[str, Decimal]
    quality: Quality | None
    uncertainty: Decimal | None = Field(description="Per cent; null where the factor's source gives none.")
    factor: FactorView | None
    market_factor: FactorView | None
    notes: list[str]
    market_notes: list[str]
    reason: str | None = Field(description="Why there is no figure; it is in no total.")
    candidates: list[str]
    created_at: datetime


class RecordView(View):
    """How much a source used over some days, and what that comes to."""

    id: UUID
    source_id: UUID
    first_day: date
    last_day: date
    amount: Decimal
    unit: str
    contract: Decimal | None
    uncertainty: Decimal | None
    coverage: float | None
    note: str | None
    key: str | None
    filename: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    figures: list[FigureView] = Field(description="The newest first; the first one counts.")


class Period(_Command):
    """Days of one year, the last one included."""

    first_day: date
    last_day: date


class NewRecord(Period):
    """An amount that somebody knows, in the unit of its source."""

    amount: Amount
    uncertainty: PerCent | None = None
    note: str | None = Field(None, max_length=1_000)
    key: str | None = Field(None, min_length=1, max_length=200, description="The number of the bill: it counts once.")


class Withdraw(_Command):
    """Why a record does not count any more."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Recalculate(Withdraw):
    """Have everything calculated anew, by these potentials; older figures stay."""

    gwp: Gwp | None = None


class Recalculated(View):
    """What a calculation of everything has changed, in kilograms."""

    calculation: int
    gwp: Gwp
    records: int
    changed: int
    before: Decimal
    after: Decimal


class Row(View):
    """Kilograms of one scope, of one site, machine, product, month or what was asked for."""

    key: str | None
    name: str | None
    scope: int
    co2e: Decimal
    market: Decimal
    biogenic_co2: Decimal
    records: int
    uncertainty: Decimal | None = Field(description="Per cent, as independent; null where it is known of nothing.")
    uncertainty_known: Decimal = Field(description="The share of the kilograms whose uncertainty is known.")


class Totals(View):
    """Kilograms over a period. A record that lies in it in part counts by its days."""

    first_day: date
    last_day: date
    by: Grouping
    gwp: Gwp
    calculation: int
    rows: list[Row]
    unmatched: int = Field(description="Records without a figure; they are in no total.")
    as_of: datetime

    def of(self, *scopes: int, market: bool = False) -> Decimal:
        """Kilograms of scopes together."""
        taken = [row.market if market else row.co2e for row in self.rows if row.scope in scopes]
        return sum(taken, Decimal(0))


class Instant(View):
    """What a source emits at this moment by the newest reading of its sensor, or why that is not known."""

    source_id: UUID
    source: str
    machine_id: UUID
    gwp: Gwp
    value: float | None = Field(None, description="The reading, in `unit`.")
    unit: str | None = None
    at: datetime | None = None
    co2e: Decimal | None = Field(None, description="Kilograms an hour; of electricity, location-based.")
    scope: int | None = None
    factor: FactorView | None = Field(None, description="None for a gas that is measured itself.")
    notes: list[str] = []
    reason: str | None = None


class OutlookMonth(View):
    """A month: kilograms that are told, and, where it is not over, how many are expected of the whole of it."""

    month: date
    told: Decimal
    expected: Decimal | None


class Outlook(View):
    """What a year comes to if it goes on, in kilograms; None of too short a past.

    `low` and `high` are as far from it as the same method has missed months that are over, on average (`missed_by`, a share).
    """

    year: int
    months: list[OutlookMonth]
    told: Decimal
    total: Decimal | None
    low: Decimal | None
    high: Decimal | None
    missed_by: Decimal | None
    gwp: Gwp
    as_of: datetime


class NewReport(Period):
    """A report to be made; of one site or of all."""

    site_id: UUID | None = None
    language: ReportLanguage = ReportLanguage.ES
    format: ReportFormat = ReportFormat.PDF

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day or (self.last_day - self.first_day).days > 3_660:
            raise ValueError("first_day and last_day are in no order, or ten years apart")
        return self


class ReportView(View):
    """A report, and where it is."""

    id: UUID
    first_day: date
    last_day: date
    site_id: UUID | None
    language: ReportLanguage
    format: ReportFormat
    status: ReportStatus
    sha256: str | None
    created_at: datetime
