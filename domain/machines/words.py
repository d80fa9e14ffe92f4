"""How the reason why a machine is not well is said to people."""

from decimal import Decimal

from core import messages
from domain.machines.kinds import Cause
from domain.machines.schemas import Reason

_DIGITS = 4
_CHOSEN = 2
"""How many of the sensors that strayed furthest are named."""


def figure(value: float) -> Decimal:
    """A measured value with as many digits as are worth saying."""
    rounded = Decimal(f"{value:.{_DIGITS}g}")
    return Decimal(format(rounded, "f"))


def furthest(reason: Reason) -> list[str]:
    """How the sensors are called that strayed furthest."""
    return [
        reason.names.get(each, each) for each in sorted(reason.strayed, key=lambda one: -abs(reason.strayed[one]))[:_CHOSEN]
    ]


def called(reason: Reason) -> str:
    """How the sensor is called of which a reason is; nothing for one of the whole machine."""
    return reason.names.get(reason.sensor, reason.sensor) if reason.sensor else ""


def sentence(reason: Reason, language: str, *, sensor: str, value: str, limit: str, sensors: str) -> str:
    """A reason in one sentence, of which the parts are said by whoever asks."""
    whole = "_all" if reason.cause is Cause.SILENT and reason.sensor is None else ""
    key = f"machine.reason.{reason.cause}{whole}"
    return messages.text(key, language, sensor=sensor, value=value, limit=limit, sensors=sensors)


def said(reason: Reason, language: str, country: str | None = None) -> str:
    """A reason in one sentence of plain text."""

    def number(value: float | None) -> str:
        if value is None:
            return ""
        shown = messages.quantity(figure(value), "U", country, language)
        return f"{shown} {reason.unit}" if reason.unit else shown

    return sentence(
        reason,
        language,
        sensor=called(reason),
        value=number(reason.value),
        limit=number(reason.limit),
        sensors=", ".join(furthest(reason)),
    )
