"""Refusals about forecasts."""

from core.errors import Conflict, DomainError, Invalid, NotFound


class ForecastNotReady(DomainError):
    """No forecast has been made yet; the first follows the first sales by some minutes."""

    code = "forecast_not_ready"
    http_status = 503


class DemandUnknown(Conflict):
    """Nothing of it was sold in the last half year, so nothing can be said of the days ahead."""

    code = "demand_unknown"


class SalesNotImported(Conflict):
    """The import holds no sales, or is not through yet."""

    code = "sales_not_imported"


class PeriodNotAhead(Invalid):
    """The period is over, or ends more than a year from now."""

    code = "period_not_ahead"


class RunNotFound(NotFound):
    """No forecasts were made yet."""

    code = "forecast_run_not_found"
