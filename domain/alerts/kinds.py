"""The closed sets of alerts."""

from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert is about."""

    STOCK_OUT = "stock_out"
    STOCK_LOW = "stock_low"
    STOCK_OUT_AHEAD = "stock_out_ahead"
    """What is there and on its way will not last until a new order could arrive."""
    SALES_UNEXPECTED = "sales_unexpected"
    """Far more or far less was sold in a week than had been forecast."""
    SHRINKAGE = "shrinkage"
    DEAD_STOCK = "dead_stock"
    SLOW_STOCK = "slow_stock"
    HOLD_EXPIRING = "hold_expiring"
    PRICE_BELOW_COST = "price_below_cost"
    PAYMENT_WAITING = "payment_waiting"
    ERP_LATE = "erp_late"
    """The shop's ERP has not been read for a day, or for three times as long as it should be."""
    MACHINE_UNWELL = "machine_unwell"
    """A cause of risk has held for a while; what is in evidence is worth looking at."""


class Severity(StrEnum):
    """How much it matters, the least first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Its place among the others."""
        return list(Severity).index(self)


class AlertStatus(StrEnum):
    """Where an alert stands. Whoever acknowledges it is on to it; a snoozed one comes back; a resolved one's cause is gone."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
