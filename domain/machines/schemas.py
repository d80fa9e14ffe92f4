"""What other rooms see of machines, and what they may ask of them."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.machines.errors import LimitsDisordered
from domain.machines.kinds import (
    CRITICAL,
    BaselineStatus,
    Cause,
    CauseSeverity,
    MachineEventKind,
    MachineState,
    RiskLevel,
    RollupLevel,
    SensorRole,
    ToolGrade,
    Way,
)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
MachineCode = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$")
]
SensorCode = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$")
]
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Latitude = Annotated[Finite, Field(ge=-90, le=90)]
Longitude = Annotated[Finite, Field(ge=-180, le=180)]
Sampling = Annotated[Finite, Field(gt=0, le=86_400)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SiteView(View):
    """A place where machines stand."""

    id: UUID
    name: str
    address: str | None
    latitude: float | None
    longitude: float | None
    is_active: bool
    version: int


class _Place(_Command):
    """Where a site is: both coordinates, or none."""

    address: str | None = Field(None, max_length=500)
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    @model_validator(mode="after")
    def _a_place_has_both(self) -> Self:
        if (self.latitude is None) is not (self.longitude is None):
            raise ValueError("a place has a latitude and a longitude")
        return self


class NewSite(_Place):
    """A site to be opened."""

    name: Name


class ChangeSite(_Place):
    """A partial change of a site: only the fields that are set are changed."""

    name: Name | None = None
    is_active: bool | None = None


class MachineView(View):
    """A machine; devices know it by its code."""

    id: UUID
    site_id: UUID
    code: str
    name: str
    kind: str | None
    tool_grade: ToolGrade | None
    state: MachineState
    state_since: datetime
    is_active: bool
    version: int


class NewMachine(_Command):
    """A machine to be registered; it stands idle until something is known of it."""

    site_id: UUID
    code: MachineCode
    name: Name
    kind: str | None = Field(None, max_length=50)
    tool_grade: ToolGrade | None = None


class ChangeMachine(_Command):
    """A partial change of a machine. Its code stays: devices know it by that."""

    site_id: UUID | None = None
    name: Name | None = None
    kind: str | None = Field(None, max_length=50)
    tool_grade: ToolGrade | None = None
    is_active: bool | None = None


class MachinePage(View):
    """A page of machines by code, and where the next one starts."""

    items: tuple[MachineView, ...]
    next_cursor: UUID | None


class Limits(View):
    """Within what a sensor's readings are true (`low` to `high`), and beyond what they warn or alarm; in its unit."""

    low: Finite | None = None
    high: Finite | None = None
    warn_low: Finite | None = None
    warn_high: Finite | None = None
    alarm_low: Finite | None = None
    alarm_high: Finite | None = None

    def require_ordered(self) -> None:
        """Raise LimitsDisordered unless the range encloses the alarms, and these the warnings."""
        given = (self.low, self.alarm_low, self.warn_low, self.warn_high, self.alarm_high, self.high)
        known = [value for value in given if value is not None]
        if any(below > above for below, above in pairwise(known)) or (self.low is not None and self.low == self.high):
            raise LimitsDisordered


class SensorView(Limits):
    """What a machine measures, in which unit, and how often."""

    id: UUID
    machine_id: UUID
    code: str
    name: str
    role: SensorRole
    unit: str
    sampling_seconds: float
    is_active: bool
    version: int


class NewSensor(_Command):
    """A sensor to be registered. Its unit is that in which its readings are stored, whatever they come in."""

    code: SensorCode
    name: Name
    role: SensorRole = SensorRole.OTHER
    unit: Unit
    limits: Limits = Limits()
    sampling_seconds: Sampling = 60.0


class ChangeSensor(_Command):
    """A partial change of a sensor; the limits are given whole. Its unit stays, as its history is in it."""

    name: Name | None = None
    role: SensorRole | None = None
    limits: Limits | None = None
    sampling_seconds: Sampling | None = None
    is_active: bool | None = None


class MachineEventView(View):
    """What happened to a machine."""

    id: UUID
    machine_id: UUID
    kind: MachineEventKind
    at: datetime
    note: str | None
    actor_kind: str
    actor_id: UUID | None


class NewMachineEvent(_Command):
    """Something that happened to a machine; without a time it has just happened. A note says what."""

    kind: MachineEventKind
    at: AwareDatetime | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)] | None = None

    @model_validator(mode="after")
    def _a_note_says_something(self) -> Self:
        if self.kind is MachineEventKind.NOTED and not self.note:
            raise ValueError("a note says something")
        return self


class MachineEventPage(View):
    """A page of what happened to a machine, the newest first, and where the next one starts."""

    items: tuple[MachineEventView, ...]
    next_cursor: UUID | None


class Signal(View):
    """What a sensor said last. `is_silent` is whether it should have said something since."""

    sensor: SensorView
    last_at: datetime | None
    last_value: float | None
    is_silent: bool
    stored: int
    late: int
    duplicates: int


class Point(View):
    """The readings of a span: how many, their mean, least and greatest. A gap has none, and no values."""

    at: datetime
    count: int
    mean: float | None
    low: float | None
    high: float | None


class Series(View):
    """A sensor's history in its unit, at one level; None for the readings themselves. A gap is a point of no readings."""

    sensor: SensorView
    level: RollupLevel | None
    since: datetime
    until: datetime
    points: tuple[Point, ...]


class Reason(View):
    """Why a machine is not well, with what a person can check it by.

    `value` and `limit` are in `unit`. Of an anomaly the value is the distance from the baseline in units of its limit, and
    `strayed` are the sensors that have moved furthest, in spreads of what they did when all was well.
    """

    cause: Cause
    sensor: str | None = None
    value: float | None = None
    limit: float | None = None
    unit: str | None = None
    strayed: Mapping[str, float] = {}
    names: Mapping[str, str] = {}
    """How the sensors that it speaks of are called."""
    since: datetime

    @property
    def key(self) -> str:
        """What makes two reasons the same: the cause, and the sensor where it is one's."""
        return f"{self.cause.value}:{self.sensor}" if self.sensor else self.cause.value

    @property
    def severity(self) -> CauseSeverity:
        """How bad it is."""
        return CauseSeverity.CRITICAL if self.cause in CRITICAL else CauseSeverity.WARNING


class Chance(View):
    """How probable a failure within the next hours is, by a model, and from which probability on it warns."""

    model: int
    probability: float
    horizon_hours: float
    threshold: float


class Life(View):
    """How many hours of work a machine has left, by a model; by how many it was wrong of others, and until when it knew."""

    model: int
    hours: float
    error_hours: float | None
    warns_below: float
    as_of: datetime


class Record(View):
    """Since its model was promoted: how often a machine failed, and was warned of it; how often it was warned, and failed."""

    failed: int
    foretold: int
    warned: int
    came_true: int


class Foretold(View):
    """What the models of a machine say, and how far they can be believed.

    `drift` is the stability index of each sensor over the last week against what its model was taught on; above 0.25 it is
    another population. All but `chance` is of whole hours, and made at `as_of`.
    """

    models: tuple[int, ...]
    as_of: datetime
    chance: Chance | None = None
    life: Life | None = None
    drift: Mapping[str, float] = {}
    record: Record | None = None


class RiskView(View):
    """How a machine is, since when, and why.

    `score` orders machines, from 0 to 1: a warning is 0.5, an alarm 1, an anomaly half of its distance. It is no probability:
    that, where a model was learned from failures, is in `foretold`. `confidence` is the share of what should have been measured
    lately that was, halved where a model has drifted or proved unreliable. `ways` are those by which it could be judged. A
    tool's change is a date and no prediction.
    """

    machine_id: UUID
    level: RiskLevel
    score: float
    confidence: float
    ways: tuple[Way, ...]
    reasons: tuple[Reason, ...]
    since: datetime | None
    judged_at: datetime | None
    data_until: datetime | None
    baseline: int | None
    tool_due_at: datetime | None
    foretold: Foretold | None = None


class PredictionPage(View):
    """How a machine was judged, the newest first, and where the next page starts."""

    items: tuple[RiskView, ...]
    next_cursor: UUID | None


class BaselineView(View):
    """A span with which a machine is compared, and what was measured in it."""

    id: UUID
    machine_id: UUID
    number: int
    since: datetime
    until: datetime
    status: BaselineStatus
    figures: Mapping[str, float]
    decided_at: datetime | None
    decided_by: UUID | None
    created_at: datetime


class NewBaseline(_Command):
    """A span in which the machine was well; it is offered, and used once somebody says so."""

    since: AwareDatetime
    until: AwareDatetime

    @model_validator(mode="after")
    def _a_span_has_a_length(self) -> Self:
        if self.until <= self.since:
            raise ValueError("a span ends after it has begun")
        return self


class ConditionView(View):
    """A cause that holds, or held; it counts once it has held for a while."""

    id: UUID
    machine_id: UUID
    cause: Cause
    severity: CauseSeverity
    began_at: datetime
    last_seen_at: datetime
    seen: int
    evidence: Reason
    raised_at: datetime | None
    resolved_at: datetime | None


class ConditionPage(View):
    """A page of conditions, the newest first, and where the next one starts."""

    items: tuple[ConditionView, ...]
    next_cursor: UUID | None
