"""Refusals about work orders."""

from core.errors import Conflict, Invalid, NotFound


class WorkOrderNotFound(NotFound):
    """No such work order."""

    code = "work_order_not_found"


class WarningNotFound(NotFound):
    """The machine has had no such warning."""

    code = "machine_warning_not_found"


class WorkOrderClosed(Conflict):
    """The work order is done or cancelled."""

    code = "work_order_closed"


class DayRefused(Invalid):
    """Work is planned from today on, for two years at most."""

    code = "work_order_day_refused"


class PartsWithoutStore(Invalid):
    """Parts come from a store."""

    code = "work_order_parts_without_store"


class PartRepeated(Invalid):
    """A product is named once among the parts."""

    code = "work_order_part_repeated"


class FindingMissing(Invalid):
    """Whoever looked into a warning says whether it was right."""

    code = "work_order_finding_missing"
