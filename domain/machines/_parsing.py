"""What devices send, taken apart: each reading by itself, so that a broken one costs no other.

A reading is `{"machine", "sensor", "at", "value"}`, perhaps with `unit`. Several sensors at one moment may come together as
`{"machine", "at", "values": {sensor: value}}`. Times are ISO 8601 with an offset, or milliseconds since 1970.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from core.db import storable
from domain.machines.kinds import Verdict

_LONGEST_SAID: Final = 2_000
_LONGEST_CODE: Final = 50
FEATURES: Final = frozenset({"count", "mean", "sma", "low", "high", "rms", "slope", "peaks", "kurtosis", "crest_factor"})
"""What devices make of a window."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A reading as it was sent, in whatever unit; `index` is the place of what it came in."""

    index: int
    machine: str
    sensor: str
    at: datetime
    value: float
    unit: str | None
    said: object


@dataclass(frozen=True, slots=True)
class SentFeatures:
    """What a device made of the readings of a window."""

    index: int
    machine: str
    sensor: str
    starts_at: datetime
    seconds: int
    values: Mapping[str, float]
    said: object


@dataclass(frozen=True, slots=True)
class Broken:
    """What cannot be taken as a reading, and why."""

    index: int
    verdict: Verdict
    said: object
    machine: str | None = None
    sensor: str | None = None


def readings(items: Iterable[object]) -> Iterator[Sent | Broken]:
    """Each reading of what was sent."""
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            yield Broken(index, Verdict.MALFORMED, item)
            continue
        machine, at, unit = _code(item.get("machine"), str.upper), _moment(item.get("at")), item.get("unit")
        together = item.get("values")
        pairs = list(together.items()) if isinstance(together, dict) else [(item.get("sensor"), item.get("value"))]
        if machine is None or at is None or not isinstance(unit, str | None) or not pairs:
            yield Broken(index, Verdict.MALFORMED, item)
            continue
        for sensor, value in pairs:
            said = {name: known for name, known in item.items() if name != "values"} | {"sensor": sensor, "value": value}
            yield _reading(index, machine, sensor, at, value, unit, said)


def _reading(
    index: int, machine: str, sensor: object, at: datetime, value: object, unit: str | None, said: object
) -> Sent | Broken:
    code = _code(sensor, str.lower)
    if code is None:
        return Broken(index, Verdict.MALFORMED, said, machine)
    number = _number(value)
    if number is None:
        return Broken(index, Verdict.NOT_A_NUMBER, said, machine, code)
    return Sent(index, machine, code, at, number, unit, said)


def features(items: Iterable[object]) -> Iterator[SentFeatures | Broken]:
    """The features of each window of what was sent: `{"machine", "sensor", "starts_at", "seconds", "values"}`."""
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            yield Broken(index, Verdict.MALFORMED, item)
            continue
        machine, sensor = _code(item.get("machine"), str.upper), _code(item.get("sensor"), str.lower)
        at, seconds = _moment(item.get("starts_at")), item.get("seconds")
        values = item.get("values") if _is_span(seconds) else None
        if machine is None or sensor is None or at is None or not isinstance(values, dict) or not values:
            yield Broken(index, Verdict.MALFORMED, item)
            continue
        codes = machine, sensor
        numbers = {str(name): _number(value) for name, value in values.items()}
        if not FEATURES.issuperset(numbers):
            yield Broken(index, Verdict.MALFORMED, item, *codes)
        elif any(number is None for number in numbers.values()):
            yield Broken(index, Verdict.NOT_A_NUMBER, item, *codes)
        else:
            known = {name: number for name, number in numbers.items() if number is not None}
            yield SentFeatures(index, *codes, at, int(str(seconds)), known, item)


def _is_span(seconds: object) -> bool:
    return isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds <= 86_400


def _code(said: object, written: Callable[[str], str]) -> str | None:
    """A code as it is kept, None for what is none; in capitals some letters are several."""
    if not isinstance(said, str) or storable(said) != said:
        return None
    code = written(said.strip())
    return code if 0 < len(code) <= _LONGEST_CODE else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _moment(said: object) -> datetime | None:
    """A time with its offset; None for what is none, or beyond all calendars."""
    try:
        if isinstance(said, str) and len(said) <= _LONGEST_CODE:
            at = datetime.fromisoformat(said)
            return None if at.tzinfo is None else at.astimezone(UTC)
        if isinstance(said, int | float) and not isinstance(said, bool):
            return datetime.fromtimestamp(said / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def is_window(said: object) -> bool:
    """Whether what was said is about a window and no reading."""
    return isinstance(said, dict) and "starts_at" in said


def said_again(quote: str) -> object:
    """What `quoted` was given, if it was not cut."""
    try:
        return json.loads(quote)
    except ValueError:
        return quote


def quoted(said: object) -> str:
    """What was said as text that can be stored, cut where it is very long."""
    words = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)
    return str(storable(words))[:_LONGEST_SAID]
