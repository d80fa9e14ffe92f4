"""What three machines say: a mining truck, a grinding mill and an industrial boiler; well, drifting, or on their way to fail.

A value follows from the seed, the machine, the sensor and the moment alone: who asks again hears the same.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.machines.kinds import SensorRole, ToolGrade
from domain.machines.schemas import Limits, NewSensor


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
    """A sensor, and what it says of a machine that is well: a mean, how it sways in the day, and noise."""

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


def _signal(
    code: str,
    name: str,
    unit: str,
    mean: float,
    sway: float,
    noise: float,
    limits: Limits,
    role: SensorRole = SensorRole.OTHER,
) -> Signal:
    sensor = NewSensor(code=code, name=name, unit=unit, role=role, limits=limits, sampling_seconds=15)
    return Signal(sensor, mean, sway, noise)


_VIBRATION: Final = _signal(
    "vibration", "Vibración", "mm/s", 2.2, 0.2, 0.12, Limits(low=0, warn_high=4.5, alarm_high=7.1, high=100)
)

DEVICES: Final = (
    Device(
        "TRUCK-21",
        "Camión minero 21",
        "camión minero",
        (
            _signal(
                "temperature",
                "Temperatura del motor",
                "°C",
                88,
                4,
                0.8,
                Limits(low=-40, warn_high=102, alarm_high=110, high=250),
            ),
            _VIBRATION,
            _signal("speed", "Régimen del motor", "rpm", 1650, 180, 30, Limits(low=0, high=5000)),
            _signal("co2", "CO₂ del escape", "kg/hour", 92, 12, 2.5, Limits(low=0, warn_high=135, alarm_high=160, high=1000)),
        ),
    ),
    Device(
        "MILL-3",
        "Molino tres",
        "molino",
        (
            _signal("air", "Temperatura del aire", "°C", 26, 3, 0.2, Limits(low=-40, high=80), SensorRole.AIR_TEMPERATURE),
            _signal(
                "temperature",
                "Temperatura del proceso",
                "°C",
                36.5,
                3,
                0.2,
                Limits(low=-40, warn_high=48, alarm_high=55, high=200),
                SensorRole.PROCESS_TEMPERATURE,
            ),
            _signal("speed", "Velocidad", "rpm", 1520, 30, 12, Limits(low=0, high=4000), SensorRole.SPEED),
            _signal("torque", "Par", "N*m", 40, 2, 0.8, Limits(low=0, high=200), SensorRole.TORQUE),
            _signal("wear", "Desgaste de la herramienta", "min", 0, 0, 0, Limits(low=0, high=400), SensorRole.TOOL_WEAR),
            _VIBRATION,
        ),
        ToolGrade.MEDIUM,
    ),
    Device(
        "BOILER-7",
        "Caldera siete",
        "caldera industrial",
        (
            _signal(
                "temperature", "Temperatura del agua", "°C", 168, 3, 0.7, Limits(low=0, warn_high=182, alarm_high=190, high=300)
            ),
            _signal("pressure", "Presión", "bar", 7.4, 0.2, 0.05, Limits(low=0, warn_high=8.6, alarm_high=9.5, high=25)),
            _signal(
                "co2", "CO₂ de la chimenea", "kg/hour", 310, 25, 6, Limits(low=0, warn_high=400, alarm_high=460, high=2000)
            ),
            _VIBRATION,
        ),
    ),
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
        chance = random.Random(f"{seed}/{device.code}/{one.sensor.code}/{at:.3f}")
        value = one.mean + one.sway * math.sin(2 * math.pi * at / _DAY) + chance.gauss(0, one.noise)
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
