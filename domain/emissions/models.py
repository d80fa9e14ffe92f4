"""Tables of emissions."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from analytics.emissions.calculate import Quality
from analytics.emissions.gases import Gwp
from core.tables import OfWorkspace, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.emissions.kinds import Approach, Category, Meaning, ReportFormat, ReportLanguage, ReportStatus, SourceKind

AMOUNT = Numeric(20, 6)
KILOGRAMS = Numeric(30, 9)
SCOPES = "scope BETWEEN 1 AND 3"
CATEGORY_OF_SCOPE_3 = "category IS NULL OR scope = 3"


class Inventory(OfWorkspace):
    """What a workspace counts as its own, and by which potentials. `calculation` counts how often all was calculated."""

    __tablename__ = "emission_inventories"
    __table_args__ = (of_workspace(), CheckConstraint("version > 0 AND calculation > 0", name="counts_up"))

    gwp: Mapped[Gwp] = mapped_column(one_of(Gwp, 10), default=Gwp.AR5)
    approach: Mapped[Approach] = mapped_column(one_of(Approach, 30), default=Approach.OPERATIONAL_CONTROL)
    boundary: Mapped[str | None] = mapped_column(Text)
    base_year: Mapped[int | None]
    calculation: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)


class EmissionSource(WorkspaceRow):
    """Something that emits: where it stands, what it uses, in which unit, and from where its amounts come.

    What it is stays as it is, since its history rests on it; another setup is another source. `contract` is kg CO2e per kWh
    by the electricity contract of the day, which each record keeps for itself.
    """

    __tablename__ = "emission_sources"
    __table_args__ = (
        of_workspace(),
        belongs_to("sites", "site_id"),
        belongs_to("machines", "machine_id"),
        belongs_to("sensors", "sensor_id"),
        belongs_to("suppliers", "supplier_id"),
        belongs_to("product_variants", "variant_id"),
        UniqueConstraint("workspace_id", "name_key"),
        CheckConstraint(SCOPES, name="scope_known"),
        CheckConstraint(CATEGORY_OF_SCOPE_3, name="category_of_scope_3"),
        CheckConstraint("(kind = 'telemetry') = (sensor_id IS NOT NULL AND meaning IS NOT NULL)", name="telemetry_has_sensor"),
        CheckConstraint("(kind = 'purchases') = (supplier_id IS NOT NULL)", name="purchases_have_supplier"),
        CheckConstraint("contract >= 0", name="contract_not_negative"),
    )

    name: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(String(255))
    kind: Mapped[SourceKind] = mapped_column(one_of(SourceKind, 20))
    activity: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(40))
    country: Mapped[str | None] = mapped_column(String(2))
    scope: Mapped[int | None]
    category: Mapped[Category | None] = mapped_column(one_of(Category, 60))
    contract: Mapped[Decimal | None] = mapped_column(AMOUNT)
    site_id: Mapped[UUID | None]
    machine_id: Mapped[UUID | None]
    sensor_id: Mapped[UUID | None]
    meaning: Mapped[Meaning | None] = mapped_column(one_of(Meaning, 20))
    supplier_id: Mapped[UUID | None]
    variant_id: Mapped[UUID | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class EmissionFactor(WorkspaceRow):
    """A factor of the workspace's own beside those of the house; a row is never changed, a new year is a new row."""

    __tablename__ = "emission_factors"
    __table_args__ = (
        of_workspace(),
        Index("ix_emission_factors_activity", "workspace_id", "activity"),
        CheckConstraint(SCOPES, name="scope_known"),
        CheckConstraint("num_nonnulls(co2, ch4, n2o, co2e) > 0", name="says_something"),
        CheckConstraint("least(co2, ch4, n2o, co2e, biogenic_co2) >= 0", name="not_negative"),
        CheckConstraint("valid_to >= year", name="valid_in_order"),
    )

    activity: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(40))
    co2: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    ch4: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    n2o: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    co2e: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    biogenic_co2: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    scope: Mapped[int]
    is_residual: Mapped[bool]
    country: Mapped[str] = mapped_column(String(2))
    year: Mapped[int]
    valid_to: Mapped[int | None]
    uncertainty: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    source: Mapped[str] = mapped_column(String(500))
    licence: Mapped[str] = mapped_column(String(200))
    gwp: Mapped[Gwp | None] = mapped_column(one_of(Gwp, 10))
    added_by: Mapped[UUID | None]


class EmissionRecord(WorkspaceRow):
    """How much of its activity a source had over some days of one year; withdrawn where it was wrong, and never changed.

    `coverage` is the share of the period for which there were readings. `key` makes one bill count once.
    """

    __tablename__ = "emission_records"
    __table_args__ = (
        of_workspace(),
        belongs_to("emission_sources", "source_id"),
        Index("ix_emission_records_days", "workspace_id", "first_day", "last_day"),
        Index("ix_emission_records_source", "workspace_id", "source_id", "last_day"),
        Index(
            "uq_emission_records_key",
            "workspace_id",
            "source_id",
            "key",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_for_a_reason"),
    )

    source_id: Mapped[UUID]
    first_day: Mapped[date]
    last_day: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str] = mapped_column(String(40))
    contract: Mapped[Decimal | None] = mapped_column(AMOUNT)
    uncertainty: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    coverage: Mapped[float | None] = mapped_column(Float)
    note: Mapped[str | None] = mapped_column(String(1000))
    key: Mapped[str | None] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64))
    filename: Mapped[str | None] = mapped_column(String(255))
    recorded_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(String(500))


class EmissionFigure(WorkspaceRow):
    """What a record comes to by one calculation, with the factors as they were; the newest one counts, all are kept.

    `reason` stands in place of the rest where no factor was found. `market` is scope 2 by contract, residual mix or grid.
    """

    __tablename__ = "emission_figures"
    __table_args__ = (
        of_workspace(),
        belongs_to("emission_records", "record_id"),
        UniqueConstraint("workspace_id", "record_id", "calculation"),
        CheckConstraint(SCOPES, name="scope_known"),
        CheckConstraint("(reason IS NULL) = (co2e IS NOT NULL AND scope IS NOT NULL)", name="figure_or_reason"),
    )

    record_id: Mapped[UUID]
    calculation: Mapped[int]
    gwp: Mapped[Gwp] = mapped_column(one_of(Gwp, 10))
    scope: Mapped[int | None]
    co2e: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    market: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    biogenic_co2: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    gases: Mapped[dict[str, Any]]
    quality: Mapped[Quality | None] = mapped_column(one_of(Quality, 20))
    uncertainty: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    factor: Mapped[dict[str, Any] | None]
    market_factor: Mapped[dict[str, Any] | None]
    notes: Mapped[list[Any]]
    market_notes: Mapped[list[Any]]
    reason: Mapped[str | None] = mapped_column(String(50))
    candidates: Mapped[list[Any]]


class EmissionReport(WorkspaceRow):
    """A report: all that stands in it, as it was when somebody wanted it, and the file that a worker made of that."""

    __tablename__ = "emission_reports"
    __table_args__ = (
        of_workspace(),
        belongs_to("sites", "site_id"),
        Index("ix_emission_reports_due", "next_try_at", postgresql_where=text("status = 'pending'")),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("(status = 'done') = (sha256 IS NOT NULL)", name="done_has_file"),
    )

    first_day: Mapped[date]
    last_day: Mapped[date]
    site_id: Mapped[UUID | None]
    language: Mapped[ReportLanguage] = mapped_column(one_of(ReportLanguage, 2))
    format: Mapped[ReportFormat] = mapped_column(one_of(ReportFormat, 10))
    content: Mapped[dict[str, Any]]
    status: Mapped[ReportStatus] = mapped_column(one_of(ReportStatus, 10), default=ReportStatus.PENDING)
    sha256: Mapped[str | None] = mapped_column(String(64))
    asked_by: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
