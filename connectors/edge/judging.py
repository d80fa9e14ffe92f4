"""What a box says of its machines by itself: the limits that it was told, and the model of failures, run beside the machine.

It needs no line to the house, which judges anew once it has the readings. A model of which a sensor is not heard says nothing.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from analytics.machines.cards import Served
from domain.machines import units
from domain.machines.edge import EdgeConfiguration, EdgeMachine

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a machine is by what the box knows: `level` is low, elevated or high; each reason names what can be checked."""

    machine: str
    level: str
    reasons: tuple[str, ...]
    probability: float | None = None


@dataclass(slots=True)
class Judge:
    """Judges machines by the windows that come in; what it said last is said once."""

    told: EdgeConfiguration
    models: Mapping[str, Served]
    _means: dict[tuple[str, str], deque[tuple[int, float]]] = field(default_factory=dict)
    _said: dict[str, Verdict] = field(default_factory=dict)

    def hear(self, machine: str, sensor: str, starts_at: int, features: Mapping[str, float]) -> None:
        """Take in the features of a window."""
        if "mean" in features:
            kept = self._means.setdefault((machine, sensor), deque())
            kept.append((starts_at, features["mean"]))
            while kept and kept[0][0] <= starts_at - HOUR_MS:
                kept.popleft()

    def judge(self, now: int) -> list[Verdict]:
        """Of which machines something else is to be said than before, at a time in milliseconds."""
        changed = []
        for machine in self.told.machines:
            said = self._verdict(machine, now)
            before = self._said.get(machine.code)
            if said is not None and (before is None or (said.level, said.reasons) != (before.level, before.reasons)):
                changed.append(said)
            if said is not None:
                self._said[machine.code] = said
        return changed

    def _verdict(self, machine: EdgeMachine, now: int) -> Verdict | None:
        lately = {code: means for (one, code), means in self._means.items() if one == machine.code}
        fresh = {
            code: means for code, means in lately.items() if means and means[-1][0] > now - 3 * self.told.window_seconds * 1000
        }
        if not fresh:
            return None
        critical, warning = self._beyond(machine, {code: means[-1][1] for code, means in fresh.items()})
        probability = self._chance(machine, {code: [mean for _, mean in means] for code, means in fresh.items()})
        served = self.models.get(machine.model_sha256 or "")
        if probability is not None and served is not None and probability >= served.card.threshold:
            warning.append("failure_foretold")
        level = "high" if critical else "elevated" if warning else "low"
        return Verdict(machine.code, level, tuple(critical + warning), probability)

    def _beyond(self, machine: EdgeMachine, values: Mapping[str, float]) -> tuple[list[str], list[str]]:
        critical: list[str] = []
        warning: list[str] = []
        for sensor in machine.sensors:
            value = values.get(sensor.code)
            if value is None:
                continue
            for found, name, limit, sign in (
                (critical, "above_alarm", sensor.alarm_high, 1),
                (critical, "below_alarm", sensor.alarm_low, -1),
                (warning, "above_warning", sensor.warn_high, 1),
                (warning, "below_warning", sensor.warn_low, -1),
            ):
                if limit is not None and sign * (value - limit) > 0:
                    found.append(f"{name}:{sensor.code}")
                    break
        return critical, warning

    def _chance(self, machine: EdgeMachine, means: Mapping[str, Sequence[float]]) -> float | None:
        served = self.models.get(machine.model_sha256 or "")
        if served is None or not set(served.card.sensors) <= means.keys():
            return None
        unit_of = {sensor.code: sensor.unit for sensor in machine.sensors}
        values = [
            units.convert(sum(means[code]) / len(means[code]), unit_of[code], unit)
            for code, unit in zip(served.card.sensors, served.card.units, strict=True)
            if code in unit_of and units.are_alike(unit_of[code], unit)
        ]
        return round(float(served.ask(np.array([values]))[0]), 4) if len(values) == len(served.card.sensors) else None
