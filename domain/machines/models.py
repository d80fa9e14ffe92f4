"""Tables of machines and of what their sensors said."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.access import PrincipalKind
from core.tables import OfWorkspace, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.machines.kinds import (
    BaselineStatus,
    Cause,
    CauseSeverity,
    MachineEventKind,
    MachineState,
    ModelKind,
    ModelSource,
    ModelStatus,
    RiskLevel,
    RollupLevel,
    SensorRole,
    ToolGrade,
    Verdict,
)


class Site(WorkspaceRow):
    """A place where machines stand. `name_key` is the name as it is compared."""

    __tablename__ = "sites"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "name_key"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="on_earth"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="placed_whole"),
    )

    name: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(String(500))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Machine(WorkspaceRow):
    """A machine, known to devices by its code. `judged_at` is when its risk was looked at last."""

    __tablename__ = "machines"
    __table_args__ = (
        of_workspace(),
        belongs_to("sites", "site_id"),
        UniqueConstraint("workspace_id", "code"),
        Index("ix_machines_site", "workspace_id", "site_id"),
        Index("ix_machines_judged", "judged_at"),
        CheckConstraint("code = upper(code) AND length(code) > 0", name="code_is_upper"),
    )

    site_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str | None] = mapped_column(String(50))
    tool_grade: Mapped[ToolGrade | None] = mapped_column(one_of(ToolGrade, 1))
    state: Mapped[MachineState] = mapped_column(one_of(MachineState, 20), default=MachineState.IDLE)
    state_since: Mapped[datetime]
    judged_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Sensor(WorkspaceRow):
    """What a machine measures of itself, in `unit`.

    Outside `low` and `high` a reading cannot be true; beyond the limits of warning and alarm the machine is not well.
    """

    __tablename__ = "sensors"
    __table_args__ = (
        of_workspace(),
        belongs_to("machines", "machine_id"),
        UniqueConstraint("workspace_id", "machine_id", "code"),
        CheckConstraint("code = lower(code) AND length(code) > 0", name="code_is_lower"),
        CheckConstraint("low < high", name="range_is_ordered"),
        CheckConstraint("sampling_seconds > 0", name="sampled"),
    )

    machine_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(255))
    role: Mapped[SensorRole] = mapped_column(one_of(SensorRole, 30), default=SensorRole.OTHER)
    unit: Mapped[str] = mapped_column(String(40))
    low: Mapped[float | None] = mapped_column(Float)
    high: Mapped[float | None] = mapped_column(Float)
    warn_low: Mapped[float | None] = mapped_column(Float)
    warn_high: Mapped[float | None] = mapped_column(Float)
    alarm_low: Mapped[float | None] = mapped_column(Float)
    alarm_high: Mapped[float | None] = mapped_column(Float)
    sampling_seconds: Mapped[float] = mapped_column(Float, default=60.0)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class MachineEvent(WorkspaceRow):
    """What happened to a machine or was done to it, as a person or a device has noted it."""

    __tablename__ = "machine_events"
    __table_args__ = (
        of_workspace(),
        belongs_to("machines", "machine_id"),
        Index("ix_machine_events_at", "workspace_id", "machine_id", "at", "id"),
    )

    machine_id: Mapped[UUID]
    kind: Mapped[MachineEventKind] = mapped_column(one_of(MachineEventKind, 30))
    at: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(Text)
    actor_kind: Mapped[PrincipalKind] = mapped_column(one_of(PrincipalKind, 20))
    actor_id: Mapped[UUID | None]


class Reading(OfWorkspace):
    """One value of a sensor at a moment, once. Without foreign keys: the door knows the sensor.

    The table is divided by month; the function `keep_reading_month` makes a month's part, in a schema of its own.
    """

    __tablename__ = "readings"
    __table_args__ = ({"postgresql_partition_by": "RANGE (measured_at)"},)

    sensor_id: Mapped[UUID] = mapped_column(primary_key=True)
    measured_at: Mapped[datetime] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(Float)
    received_at: Mapped[datetime]


class ReadingRollup(OfWorkspace):
    """The readings of a sensor in one minute, hour or day, added up in the transaction that stored them."""

    __tablename__ = "reading_rollups"
    __table_args__ = (Index("ix_reading_rollups_age", "starts_at", postgresql_using="brin"),)

    sensor_id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[RollupLevel] = mapped_column(one_of(RollupLevel, 10), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]
    total: Mapped[float] = mapped_column(Float)
    low: Mapped[float] = mapped_column(Float)
    high: Mapped[float] = mapped_column(Float)


class SensorStatus(OfWorkspace):
    """The newest reading of a sensor, and how many came in which way. `last_at` moves forward only."""

    __tablename__ = "sensor_status"
    __table_args__ = (belongs_to("sensors", "sensor_id"),)

    sensor_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_at: Mapped[datetime | None]
    last_value: Mapped[float | None] = mapped_column(Float)
    received_at: Mapped[datetime]
    stored: Mapped[int] = mapped_column(BigInteger)
    late: Mapped[int] = mapped_column(BigInteger)
    duplicates: Mapped[int] = mapped_column(BigInteger)


class SensorFeatures(OfWorkspace):
    """What a device itself has made of the readings of a window, such as their RMS."""

    __tablename__ = "sensor_features"
    __table_args__ = (
        belongs_to("sensors", "sensor_id"),
        Index("ix_sensor_features_age", "starts_at", postgresql_using="brin"),
    )

    sensor_id: Mapped[UUID] = mapped_column(primary_key=True)
    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    features: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class QuarantinedReading(WorkspaceRow):
    """Something that came in as a reading and is none that can be stored: kept as it was said, with the reason.

    `digest` is made of what was said, so that what is sent again is there once.
    """

    __tablename__ = "quarantined_readings"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "digest"),
        Index("ix_quarantined_readings_reason", "workspace_id", "reason", "id"),
    )

    reason: Mapped[Verdict] = mapped_column(one_of(Verdict, 30))
    machine: Mapped[str | None] = mapped_column(String(50))
    sensor: Mapped[str | None] = mapped_column(String(50))
    said: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class MachineBaseline(WorkspaceRow):
    """A span in which a machine was well, with which it is compared; one at most is in use, because a person said so."""

    __tablename__ = "machine_baselines"
    __table_args__ = (
        of_workspace(),
        belongs_to("machines", "machine_id"),
        UniqueConstraint("workspace_id", "machine_id", "number"),
        Index(
            "uq_machine_baselines_promoted",
            "workspace_id",
            "machine_id",
            unique=True,
            postgresql_where=text("status = 'promoted'"),
        ),
        CheckConstraint("since < until", name="span_is_ordered"),
    )

    machine_id: Mapped[UUID]
    number: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]
    status: Mapped[BaselineStatus] = mapped_column(one_of(BaselineStatus, 20))
    figures: Mapped[dict[str, Any]]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]


class MachineModel(WorkspaceRow):
    """What was learned of the machines of one kind (`Machine.kind`); of each sort one at most is in use, as a person said so.

    `sha256` names what was given as long as it is pending, and the model from then on; `learned_from` says of what it is made.
    """

    __tablename__ = "machine_models"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "number"),
        Index(
            "uq_machine_models_promoted",
            "workspace_id",
            "machine_kind",
            "kind",
            unique=True,
            postgresql_where=text("status = 'promoted'"),
        ),
        Index("ix_machine_models_due", "next_try_at", postgresql_where=text("status = 'pending'")),
        CheckConstraint(
            "status NOT IN ('candidate', 'promoted', 'retired') OR sha256 IS NOT NULL AND trained_at IS NOT NULL",
            name="made_has_file",
        ),
        CheckConstraint("(status = 'refused') = (reason IS NOT NULL)", name="refused_has_reason"),
    )

    number: Mapped[int]
    kind: Mapped[ModelKind] = mapped_column(one_of(ModelKind, 20))
    machine_kind: Mapped[str] = mapped_column(String(50))
    source: Mapped[ModelSource] = mapped_column(one_of(ModelSource, 10))
    filename: Mapped[str | None] = mapped_column(String(255))
    horizon_hours: Mapped[float] = mapped_column(Float)
    settings: Mapped[list[Any]]
    status: Mapped[ModelStatus] = mapped_column(one_of(ModelStatus, 20), default=ModelStatus.PENDING)
    sha256: Mapped[str | None] = mapped_column(String(64))
    sensors: Mapped[list[Any]]
    figures: Mapped[dict[str, Any]]
    learned_from: Mapped[dict[str, Any]]
    reason: Mapped[str | None] = mapped_column(String(50))
    details: Mapped[dict[str, Any]]
    asked_by: Mapped[UUID | None]
    trained_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]


class MachinePrediction(WorkspaceRow):
    """How a machine was judged from `since` on, until the next one: one row for as long as nothing changes.

    `data_until` is the newest reading that was known when it was judged last, at `judged_at`.
    """

    __tablename__ = "machine_predictions"
    __table_args__ = (
        of_workspace(),
        belongs_to("machines", "machine_id"),
        Index("ix_machine_predictions_since", "workspace_id", "machine_id", "since", "id"),
    )

    machine_id: Mapped[UUID]
    since: Mapped[datetime]
    judged_at: Mapped[datetime]
    level: Mapped[RiskLevel] = mapped_column(one_of(RiskLevel, 20))
    score: Mapped[float] = mapped_column(Float)
    confidence: Mapped[float] = mapped_column(Float)
    ways: Mapped[list[Any]]
    reasons: Mapped[list[Any]]
    baseline_id: Mapped[UUID | None]
    data_until: Mapped[datetime | None]
    tool_due_at: Mapped[datetime | None]
    foretold: Mapped[dict[str, Any] | None]


class MachineCondition(WorkspaceRow):
    """A cause that holds: one open row for each machine and cause, however often it is seen.

    `raised_at` is since when it counts, as it has held for a while; of what counts `domain.alerts` tells people.
    """

    __tablename__ = "machine_conditions"
    __table_args__ = (
        of_workspace(),
        belongs_to("machines", "machine_id"),
        Index(
            "uq_machine_conditions_open",
            "workspace_id",
            "machine_id",
            "key",
            unique=True,
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_machine_conditions_seen", "workspace_id", "resolved_at", "id"),
    )

    machine_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(100))
    cause: Mapped[Cause] = mapped_column(one_of(Cause, 30))
    severity: Mapped[CauseSeverity] = mapped_column(one_of(CauseSeverity, 20))
    began_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    seen: Mapped[int]
    evidence: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
