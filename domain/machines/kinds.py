"""The closed sets of machines: states, events, what sensors measure, and what becomes of a reading."""

from enum import StrEnum
from typing import Final


class MachineState(StrEnum):
    """What a machine is doing."""

    RUNNING = "running"
    IDLE = "idle"
    DEGRADED = "degraded"
    FAILED = "failed"
    MAINTENANCE = "maintenance"


class MachineEventKind(StrEnum):
    """What happened to a machine, or was done to it."""

    STARTED = "started"
    STOPPED = "stopped"
    DEGRADED = "degraded"
    FAILED = "failed"
    MAINTENANCE_BEGUN = "maintenance_begun"
    MAINTENANCE_ENDED = "maintenance_ended"
    PART_REPLACED = "part_replaced"
    INSPECTED = "inspected"
    NOTED = "noted"


STATE_AFTER: Final = {
    MachineEventKind.STARTED: MachineState.RUNNING,
    MachineEventKind.STOPPED: MachineState.IDLE,
    MachineEventKind.DEGRADED: MachineState.DEGRADED,
    MachineEventKind.FAILED: MachineState.FAILED,
    MachineEventKind.MAINTENANCE_BEGUN: MachineState.MAINTENANCE,
    MachineEventKind.MAINTENANCE_ENDED: MachineState.IDLE,
}
"""The state to which an event leads; the others leave it as it is."""


class ToolGrade(StrEnum):
    """How much strain the tool of a mill bears: light, medium or heavy duty."""

    LIGHT = "L"
    MEDIUM = "M"
    HEAVY = "H"


class SensorRole(StrEnum):
    """What a sensor is to the rules of physics; `other` is judged by its limits and its baseline alone."""

    AIR_TEMPERATURE = "air_temperature"
    PROCESS_TEMPERATURE = "process_temperature"
    SPEED = "speed"
    TORQUE = "torque"
    TOOL_WEAR = "tool_wear"
    OTHER = "other"


ROLE_UNITS: Final = {
    SensorRole.AIR_TEMPERATURE: "kelvin",
    SensorRole.PROCESS_TEMPERATURE: "kelvin",
    SensorRole.SPEED: "rpm",
    SensorRole.TORQUE: "N*m",
    SensorRole.TOOL_WEAR: "min",
}
"""The unit in which the rules take a role; a sensor of it measures something that converts."""


class Verdict(StrEnum):
    """What became of a reading that came in."""

    STORED = "stored"
    LATE = "late"
    """Stored, though newer ones of its sensor were there: it changes the history, and never what stands now."""
    EARLY = "early"
    """Stored, though it is of a few moments ahead of our clock."""
    DUPLICATE = "duplicate"
    """The same reading is there already."""
    CONFLICT = "conflict"
    """Another value of the same sensor and moment is there already."""
    OUT_OF_RANGE = "out_of_range"
    NOT_A_NUMBER = "not_a_number"
    CLOCK_SKEWED = "clock_skewed"
    """It says to be of a time that has not come."""
    TOO_OLD = "too_old"
    UNKNOWN_MACHINE = "unknown_machine"
    UNKNOWN_SENSOR = "unknown_sensor"
    UNIT_MISMATCH = "unit_mismatch"
    MALFORMED = "malformed"


KEPT: Final = frozenset({Verdict.STORED, Verdict.LATE, Verdict.EARLY})
"""Verdicts of readings that are in the history from now on."""

SETTLED: Final = KEPT | {Verdict.DUPLICATE}
"""Verdicts after which nothing is left to do; all others are quarantined."""


class RollupLevel(StrEnum):
    """Over how long readings are added up; days are those of the workspace's time zone."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class RiskLevel(StrEnum):
    """How a machine is, by all that is known of it."""

    UNKNOWN = "unknown"
    """Too little is known to say anything: nothing is made up."""
    LOW = "low"
    ELEVATED = "elevated"
    HIGH = "high"


class Way(StrEnum):
    """The ways by which a machine is judged, each of which needs something."""

    LIMITS = "limits"
    """The limits of its sensors."""
    RULES = "rules"
    """The documented rules of physics of a mill: sensors of five roles, and the grade of its tool."""
    ANOMALY = "anomaly"
    """What it did while all was well: a baseline that a person has chosen."""
    FAILURE_MODEL = "failure_model"
    """What was learned from failures of machines of its kind: a model that a person has promoted."""
    LIFE_MODEL = "life_model"
    """What was learned from machines of its kind that ran until they failed."""


class Cause(StrEnum):
    """Why a machine is not well."""

    ABOVE_ALARM = "above_alarm"
    BELOW_ALARM = "below_alarm"
    ABOVE_WARNING = "above_warning"
    BELOW_WARNING = "below_warning"
    HEAT_DISSIPATION = "heat_dissipation"
    POWER = "power"
    OVERSTRAIN = "overstrain"
    ANOMALY = "anomaly"
    FAILURE_FORETOLD = "failure_foretold"
    LIFE_ENDING = "life_ending"
    SILENT = "silent"
    """A sensor has stopped saying anything: nobody knows how the machine is."""
    MODEL_DRIFTED = "model_drifted"
    """What it measures is no longer like what its model was taught on."""
    MODEL_UNRELIABLE = "model_unreliable"
    """Of its last failures the model foretold fewer than half, or of its warnings fewer than half came true."""


OF_KNOWING: Final = frozenset({Cause.SILENT, Cause.MODEL_DRIFTED, Cause.MODEL_UNRELIABLE})
"""Causes that tell how well the machine is known, and nothing of how it is."""


class ModelKind(StrEnum):
    """What a model says of a machine."""

    FAILURE = "failure"
    """How probable a failure is within the hours for which it was taught."""
    REMAINING_LIFE = "remaining_life"
    """How many hours of work are left."""


class ModelSource(StrEnum):
    """Of what a model is made."""

    HISTORY = "history"
    """Of the workspace's own readings and failures."""
    FILE = "file"
    """Of a table of readings whose outcome is known."""
    MODEL = "model"
    """It is a model already, from another house or an earlier day."""


class ModelStatus(StrEnum):
    """Where a model is: a worker makes it, a person decides."""

    PENDING = "pending"
    CANDIDATE = "candidate"
    PROMOTED = "promoted"
    RETIRED = "retired"
    REFUSED = "refused"
    """Nothing could be made of what was given; the reason says why."""


class BaselineStatus(StrEnum):
    """Where a baseline is: offered, in use because a person said so, or replaced."""

    CANDIDATE = "candidate"
    PROMOTED = "promoted"
    RETIRED = "retired"


class CauseSeverity(StrEnum):
    """How bad a cause is."""

    WARNING = "warning"
    CRITICAL = "critical"


CRITICAL: Final = frozenset({Cause.ABOVE_ALARM, Cause.BELOW_ALARM, Cause.HEAT_DISSIPATION, Cause.POWER, Cause.OVERSTRAIN})
"""Causes that make a risk high; the others raise it."""
