"""What three machines say: a mining truck, a grinding mill and an industrial boiler; well, drifting, or on their way to fail.

A value follows from the seed, the machine, the sensor and the moment alone: who asks again hears the same.
"""

import math
import random
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

import yaml
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from domain.machines.kinds import SensorRole, ToolGrade
from domain.machines.schemas import NewSensor


class Mode(StrEnum):
    """How a machine is."""

    NORMAL = "normal"
    DRIFT = "drift"
    """It grows warmer by the hour."""
    FAILURE = "failure"
    """A bearing goes: it vibrates ever more, and stands still in the end."""


class Fault(StrEnum):
    """What may be put on top of it."""

    VIBRATION_SPIKE = "vibration_spike"
    TEMPERATURE_DRIFT = "temperature_drift"
    CO2_EXCESS = "co2_excess"


@dataclass(frozen=True, slots=True)
class Signal:
    """A sensor, and what it says of a machine that is well: a mean, how it sways in the day, and noise.

    Most of the noise stays for a minute: whether a minute is heard once or every second, its mean is as restless.
    """

    sensor: NewSensor
    mean: float
    sway: float
    noise: float


@dataclass(frozen=True, slots=True)
class Device:
    """A machine as its sensors see it."""

    code: str
    name: str
    kind: str
    signals: tuple[Signal, ...]
    tool_grade: ToolGrade | None = None


DEVICES: Final = TypeAdapter(tuple[Device, ...]).validate_python(
    yaml.safe_load(Path(__file__).with_name("devices.yaml").read_text(encoding="utf-8"))
)
BY_CODE: Final[Mapping[str, Device]] = {device.code: device for device in DEVICES}

_TOOL_MINUTES: Final = 200
_TOOL_HOURS: Final = 60.0
"""How long a tool lasts, whatever the clock says."""

_FAILS_AFTER: Final = 12.0
"""In how many hours a bearing goes."""

_WARMS_FOR: Final = 12.0
"""After so many hours a machine that drifts is as warm as it gets."""

_SPIKE_EVERY: Final = 0.02
_NOISE: Final = (0.95, 0.3)
"""Which part of the noise stays for a minute, and which is of the moment."""

_DAY: Final = 86_400.0


def values(
    device: Device,
    at: float,
    *,
    mode: Mode = Mode.NORMAL,
    faults: frozenset[Fault] = frozenset(),
    since: float = 0.0,
    seed: int = 1,
) -> dict[str, float]:
    """What a machine's sensors say at a moment (seconds since 1970), when its mode began at `since`."""
    hours = max(at - since, 0.0) / 3600
    if mode is Mode.FAILURE and hours > _FAILS_AFTER:
        return {one.sensor.code: _still(one) for one in device.signals}
    said = {}
    for one in device.signals:
        chance, lasting = (random.Random(f"{seed}/{device.code}/{one.sensor.code}/{of}") for of in (f"{at:.3f}", at // 60))
        noise = one.noise * (_NOISE[0] * lasting.gauss() + _NOISE[1] * chance.gauss())
        value = one.mean + one.sway * math.sin(2 * math.pi * at / _DAY) + noise
        if one.sensor.role is SensorRole.TOOL_WEAR:
            value = (at / 3600 % _TOOL_HOURS) / _TOOL_HOURS * _TOOL_MINUTES
        said[one.sensor.code] = round(value + _wrong(one, chance, mode, faults, hours), 3)
    return said


def _still(one: Signal) -> float:
    return 25.0 if one.sensor.unit == "°C" else 0.0


def _wrong(one: Signal, chance: random.Random, mode: Mode, faults: frozenset[Fault], hours: float) -> float:
    """What is wrong, in the unit of the sensor."""
    code, wrong = one.sensor.code, 0.0
    if code == "temperature" and (mode is Mode.DRIFT or Fault.TEMPERATURE_DRIFT in faults):
        wrong += 1.5 * min(hours, _WARMS_FOR)
    if code == "vibration":
        if mode is Mode.FAILURE:
            wrong += 0.15 * (math.exp(hours / 3) - 1)
        if Fault.VIBRATION_SPIKE in faults and chance.random() < _SPIKE_EVERY:
            wrong += 12.0
    if code == "co2" and Fault.CO2_EXCESS in faults:
        wrong += 0.6 * one.mean
    return wrong


def readings(device: Device, at: float, said: Mapping[str, float]) -> dict[str, object]:
    """A moment of a machine as devices send it."""
    return {"machine": device.code, "at": int(at * 1000), "values": dict(said)}
