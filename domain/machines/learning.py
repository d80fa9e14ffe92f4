"""Making a model of what a plant knows, or of a file: loaded by workers only, and computed beside the event loop.

What can be learned is what every machine of the kind measures. A life ends with a failure; one that ended because something was
done to the machine says nothing of how long it would have gone on. The last hours, of which nobody knows how they end, teach
nothing.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np

from analytics.data import BadData, unzipped
from analytics.machines import files, training
from analytics.machines.conditions import regime
from analytics.machines.labelled import LEAST_ROWS, Labelled
from analytics.machines.onnx_reading import open_model
from analytics.machines.remaining_life import Run
from core.work import Work
from domain.machines import _hours as hours
from domain.machines import _model_repository as repository
from domain.machines import repository as plant
from domain.machines import units
from domain.machines._hours import HOUR, Hours, Life
from domain.machines.kinds import ROLE_UNITS, MachineEventKind, ModelKind, ModelSource
from domain.machines.model_schemas import ModelView
from domain.machines.modelling import MOST_BYTES
from domain.machines.models import Sensor

_TOLD: Final = (*hours.RENEWING, MachineEventKind.STARTED)
MOST_ROWS: Final = 1_000_000
"""Of a file: a hundred machines by the hour for a year."""
_SOUND_DAYS: Final = 7
"""Days of a life that has not ended, of which each such span is a group."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the machines of a kind: the sensors that all have, with units and roles, and the lives of each."""

    sensors: tuple[str, ...]
    units: tuple[str, ...]
    roles: dict[str, str]
    until: datetime
    spans: list[tuple[Life, Hours]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Made:
    """A model as a file, the sensors that it takes, what is known of how good it is, and of what it was made."""

    content: bytes
    sensors: tuple[str, ...]
    figures: dict[str, float]
    learned_from: dict[str, Any]


async def read(work: Work, wanted: ModelView) -> Past:
    """What there is to learn from; of a model that comes from a file, which sensors it may take. Raises `BadData`."""
    work.require_runtime()
    machines = await repository.machines_of_kind(work, wanted.machine_kind)
    of_machine: dict[UUID, dict[str, Sensor]] = {machine.id: {} for machine in machines}
    for sensor in await plant.sensors(work, list(of_machine)):
        if sensor.is_active:
            of_machine[sensor.machine_id][sensor.code] = sensor
    known = [sensors for sensors in of_machine.values() if sensors]
    if not known:
        raise BadData("machines_missing", kind=wanted.machine_kind)
    first = known[0]
    shared = sorted(set.intersection(*(set(sensors) for sensors in known)))
    codes = tuple(code for code in shared if all(units.are_alike(each[code].unit, first[code].unit) for each in known))
    if not codes:
        raise BadData("sensors_differ", kind=wanted.machine_kind)
    roles = {first[code].role.value: code for code in codes if first[code].role in ROLE_UNITS}
    wanted_units = tuple(ROLE_UNITS.get(first[code].role, first[code].unit) for code in codes)
    past = Past(codes, wanted_units, roles, work.system_time)
    if wanted.source is ModelSource.HISTORY:
        for machine_id, sensors in of_machine.items():
            if sensors:
                past.spans.extend(await _spans(work, machine_id, [sensors[code] for code in codes], past))
    return past


async def _spans(work: Work, machine_id: UUID, sensors: Sequence[Sensor], past: Past) -> list[tuple[Life, Hours]]:
    since = past.until - hours.LONGEST
    events = [(kind, at) for _, kind, at in await repository.happened(work, [machine_id], _TOLD, since)]
    told = hours.table(await repository.hours(work, [one.id for one in sensors], since, past.until), sensors, past.units)
    return [(life, told.between(life.since, life.until)) for life in hours.lives(events, since, past.until)]


def make(wanted: ModelView, past: Past, content: bytes | None) -> Made:
    """The model that is wanted, of the past or of what was given. It takes its time; raises `BadData`."""
    if wanted.source is ModelSource.HISTORY:
        return _of_history(wanted, past)
    assert content is not None, "a file was given"
    if wanted.source is ModelSource.MODEL:
        return _of_model(wanted, past, content)
    plain = unzipped(content, MOST_BYTES, wanted.filename or "")
    if max(plain.count(b"\n"), plain.count(b"\r")) > MOST_ROWS:
        raise BadData("rows_too_many", most=MOST_ROWS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given"
        path.write_bytes(plain)
        return _of_file(wanted, past, path)


def _of_history(wanted: ModelView, past: Past) -> Made:
    rows = sum(len(told.starts) for _, told in past.spans)
    starts = [at for _, told in past.spans for at in told.starts[:1]]
    failures = sum(life.failed and bool(told.starts) for life, told in past.spans)
    learned_from = {"rows": rows, "failures": failures, "since": min(starts, default=past.until).isoformat()}
    learned_from |= {"until": past.until.isoformat(), "kind": wanted.machine_kind}
    if wanted.kind is ModelKind.FAILURE:
        made = training.failure_model(_labelled(past, wanted.horizon_hours), past.roles, past.units, wanted.horizon_hours)
    else:
        settings = _settings(wanted, past.sensors)
        runs = [
            Run(str(number), regime(told.values, settings), told.values)
            for number, (life, told) in enumerate(past.spans)
            if life.failed and told.starts
        ]
        made = training.life_model(runs, past.sensors, past.units, settings, wanted.horizon_hours)
    return Made(made.content, past.sensors, made.figures, learned_from)


def _settings(wanted: ModelView, sensors: Sequence[str]) -> list[int]:
    if missing := [name for name in wanted.settings if name not in sensors]:
        raise BadData("settings_missing", sensors=", ".join(missing))
    return [sensors.index(name) for name in wanted.settings]


def _labelled(past: Past, horizon: float) -> Labelled:
    """The hours of which it is known whether a failure followed; a life is a group, and each week of one that goes on."""
    values, before, groups = [], [], []
    number = 0
    for life, told in past.spans:
        for at, row in zip(told.starts, told.values, strict=True):
            left = (life.until - at - HOUR) / HOUR
            if not life.failed and left < horizon:
                continue
            values.append(row)
            before.append(left if life.failed else np.nan)
            groups.append(number if life.failed else number + (at - life.since) // timedelta(days=_SOUND_DAYS))
        number = max(groups, default=-1) + 1
    if not values:
        raise BadData("rows_too_few", rows=0, needed=LEAST_ROWS)
    hours_before = np.array(before)
    return Labelled(past.sensors, np.array(values), hours_before <= horizon, np.array(groups, dtype=np.intp), hours_before)


def _of_file(wanted: ModelView, past: Past, path: Path) -> Made:
    learned_from = {"file": wanted.filename, "sha256": wanted.sha256}
    by_name = dict(zip(past.sensors, past.units, strict=True))
    if wanted.kind is ModelKind.FAILURE:
        of = files.read_labelled(path, past.sensors)
        taken = [by_name[name] for name in of.sensors]
        made, sensors = training.failure_model(of, past.roles, taken, wanted.horizon_hours), of.sensors
        return Made(
            made.content, sensors, made.figures, learned_from | {"rows": len(of.failed), "failures": int(of.failed.sum())}
        )
    runs, known = files.read_own_runs(path, past.sensors, wanted.settings)
    settings = _settings(wanted, known)
    made = training.life_model(runs, known, [by_name[name] for name in known], settings, wanted.horizon_hours)
    rows = sum(len(run.sensors) for run in runs)
    return Made(made.content, tuple(known), made.figures, learned_from | {"rows": rows, "failures": len(runs)})


def _of_model(wanted: ModelView, past: Past, content: bytes) -> Made:
    """A file that is a model already, as it is."""
    card = open_model(content).card
    if card.kind != wanted.kind.value:
        raise BadData("model_other_kind", kind=card.kind)
    if missing := [name for name in card.sensors if name not in past.sensors]:
        raise BadData("model_sensors_missing", sensors=", ".join(missing))
    unit_of = dict(zip(past.sensors, past.units, strict=True))
    pairs = zip(card.sensors, card.units, strict=True)
    if other := [name for name, unit in pairs if not units.are_alike(unit_of[name], unit)]:
        raise BadData("model_units_differ", sensors=", ".join(other))
    return Made(content, card.sensors, {}, {"file": wanted.filename, "sha256": hashlib.sha256(content).hexdigest()})
