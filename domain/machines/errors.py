"""Refusals about machines."""

from core.errors import Conflict, Invalid, NotFound


class SiteNotFound(NotFound):
    """No such site."""

    code = "site_not_found"


class MachineNotFound(NotFound):
    """No such machine."""

    code = "machine_not_found"


class SensorNotFound(NotFound):
    """The machine has no such sensor."""

    code = "sensor_not_found"


class NameTaken(Conflict):
    """Another site, machine or sensor has this name or code."""

    code = "machine_name_taken"


class UnitUnknown(Invalid):
    """The unit is none that is known."""

    code = "unit_unknown"


class UnitsDiffer(Invalid):
    """The unit measures something else than what it shall be converted to."""

    code = "units_differ"


class LimitsDisordered(Invalid):
    """The limits of a sensor do not enclose each other: range, alarm, warning."""

    code = "limits_disordered"


class EventInFuture(Invalid):
    """The event says to have happened at a time that has not come."""

    code = "event_in_future"


class SpanTooLong(Invalid):
    """The span holds more points than an answer does."""

    code = "span_too_long"


class TooManyReadings(Invalid):
    """One request brings more readings than it may."""

    code = "too_many_readings"


class BodyUnreadable(Invalid):
    """The body is no JSON, no lines of JSON, or not compressed as it says."""

    code = "readings_unreadable"


class BaselineNotFound(NotFound):
    """The machine has no such baseline."""

    code = "baseline_not_found"


class BaselineTooShort(Invalid):
    """In the span too little was measured to tell what is normal."""

    code = "baseline_too_short"


class ModelNotFound(NotFound):
    """No such model."""

    code = "machine_model_not_found"


class ModelNotReady(Conflict):
    """The model is being made still, or could not be made."""

    code = "machine_model_not_ready"


class ModelsUnderWay(Conflict):
    """So many models of the workspace are being made that another one waits."""

    code = "machine_models_under_way"


class ModelFileMissing(Invalid):
    """A model is to be made of a file, and there is none."""

    code = "machine_model_file_missing"
