"""What models say of a machine, how far what it measures has drifted from what taught them, and how often they were right.

A model of which a sensor is silent says nothing: nothing stands in for what is not measured. What is told of whole hours is
made once an hour, and kept with the prediction until the next.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from analytics.machines.cards import Served
from analytics.machines.drift import DRIFTED, LEAST_ROWS
from core.work import Work
from domain.machines import _hours as hours
from domain.machines import _model_repository as repository
from domain.machines import units
from domain.machines._hours import HOUR, Hours
from domain.machines._knowing import Known
from domain.machines.kinds import Cause, MachineState, ModelKind, Way
from domain.machines.model_schemas import ModelView
from domain.machines.models import MachinePrediction, Sensor
from domain.machines.schemas import Chance, Foretold, Life, Reason, Record

Model = tuple[ModelView, Served]

WEEK: Final = timedelta(days=7)
RELEASE: Final = 0.8
"""A warning that holds ends below this share of its limit, so that it does not flutter."""

LEAST_SEEN: Final = 5
"""So many failures or warnings are to be over before it is said that a model is unreliable."""

_LEAST_HOURS: Final = 10
"""A life that is younger tells nothing of how it goes on."""
_AWAY: Final = (MachineState.FAILED, MachineState.MAINTENANCE)


@dataclass(frozen=True, slots=True)
class Said:
    """What came of asking the models."""

    told: dict[str, Any] | None
    ways: tuple[Way, ...] = ()
    reasons: tuple[Reason, ...] = ()


async def foretell(work: Work, known: Known, models: Sequence[Model], before: MachinePrediction | None) -> Said:
    """Ask the models of a machine; nothing where it has none."""
    if not models:
        return Said(None)
    prior = Foretold.model_validate(before.foretold) if before is not None and before.foretold is not None else None
    numbers = tuple(sorted(model.number for model, _ in models))
    this_hour = known.now.replace(minute=0, second=0, microsecond=0)
    if prior is not None and (prior.models, prior.as_of) == (numbers, this_hour):
        hourly = prior
    else:
        hourly = await _hourly(work, known, models, Foretold(models=numbers, as_of=this_hour))
    chances = {model.number: _chance(known, model, served) for model, served in models}
    chance, strayed = next((said for said in chances.values() if said is not None), (None, {}))
    is_away = known.machine.state in _AWAY
    told = hourly.model_copy(update={"chance": chance, "life": None if is_away else hourly.life})
    ways = (Way.FAILURE_MODEL,) * (chance is not None) + (Way.LIFE_MODEL,) * (told.life is not None)
    return Said(told.model_dump(mode="json"), ways, tuple(_reasons(known, told, strayed)))


def _chance(known: Known, model: ModelView, served: Served) -> tuple[Chance, Mapping[str, float]] | None:
    """How probable a failure is by the means of the last hour, and which sensors lie off; None where one is not known."""
    sensors = _sensors(known, served)
    if model.kind is not ModelKind.FAILURE or sensors is None or known.machine.state in _AWAY:
        return None
    means = [known.value(sensor, HOUR) for sensor in sensors]
    if any(sensor not in known.fresh for sensor in sensors) or None in means:
        return None
    pairs = zip(means, sensors, served.card.units, strict=True)
    values = np.array([units.convert(mean, sensor.unit, unit) for mean, sensor, unit in pairs if mean is not None])
    probability = float(served.ask(values[None])[0])
    if not math.isfinite(probability):
        return None
    chance = Chance(
        model=model.number,
        probability=round(probability, 4),
        horizon_hours=served.card.horizon_hours,
        threshold=round(served.card.threshold, 4),
    )
    return chance, served.strayed(values)


def _sensors(known: Known, served: Served) -> list[Sensor] | None:
    """The sensors that a model takes, in its order; None where the machine lacks one, or measures another thing by it."""
    by_code = {sensor.code: sensor for sensor in known.sensors}
    pairs = [(by_code.get(code), unit) for code, unit in zip(served.card.sensors, served.card.units, strict=True)]
    found = [sensor if sensor is not None and units.are_alike(sensor.unit, unit) else None for sensor, unit in pairs]
    return [sensor for sensor in found if sensor is not None] if None not in found else None


async def _hourly(work: Work, known: Known, models: Sequence[Model], told: Foretold) -> Foretold:
    """What is told of whole hours: the life that is left, the drift, and what has come of the warnings."""
    drift: dict[str, float] = {}
    life: Life | None = None
    record: Record | None = None
    for model, served in models:
        sensors = _sensors(known, served)
        if sensors is None:
            continue
        since = await _renewed(work, known) if model.kind is ModelKind.REMAINING_LIFE else told.as_of - WEEK
        rows = await repository.hours(work, [one.id for one in sensors], min(since, told.as_of - WEEK), told.as_of)
        past = hours.table(rows, sensors, served.card.units)
        for code, index in _drift(served, past.between(told.as_of - WEEK, told.as_of)).items():
            drift[code] = max(index, drift.get(code, 0.0))
        if model.kind is ModelKind.REMAINING_LIFE:
            life = _life(model, served, past.between(since, told.as_of), told.as_of)
        elif model.decided_at is not None:
            horizon = served.card.horizon_hours * 3600
            record = await repository.record(work, known.machine.id, model.decided_at, horizon)
    return told.model_copy(update={"drift": drift, "life": life, "record": record})


async def _renewed(work: Work, known: Known) -> datetime:
    """Since when the machine has been as new."""
    since = known.now - hours.LONGEST
    events = await repository.happened(work, [known.machine.id], hours.RENEWING, since)
    return max((at for _, _, at in events), default=since)


def _life(model: ModelView, served: Served, past: Hours, now: datetime) -> Life | None:
    if len(past.starts) < _LEAST_HOURS or past.starts[-1] + 2 * HOUR < now:
        return None
    left = served.hours_left(past.values)
    if not math.isfinite(left):
        return None
    return Life(
        model=model.number,
        hours=round(left, 1),
        error_hours=served.card.error_hours,
        warns_below=served.card.threshold,
        as_of=past.starts[-1] + HOUR,
    )


def _drift(served: Served, past: Hours) -> dict[str, float]:
    if len(past.starts) < LEAST_ROWS:
        return {}
    index = served.card.reference.index(past.values)
    return {code: round(float(each), 3) for code, each in zip(served.card.sensors, index, strict=True)}


def _reasons(known: Known, told: Foretold, strayed: Mapping[str, float]) -> list[Reason]:
    found = []
    chance, life, record = told.chance, told.life, told.record
    if chance is not None and chance.probability >= chance.threshold * _held(known, Cause.FAILURE_FORETOLD):
        shares = 100 * chance.probability, 100 * chance.threshold
        found.append(known.reason(Cause.FAILURE_FORETOLD, None, *shares, "%", strayed))
    if life is not None and life.hours * _held(known, Cause.LIFE_ENDING) <= life.warns_below:
        found.append(known.reason(Cause.LIFE_ENDING, None, life.hours, life.error_hours, "h"))
    drifted = {code: index for code, index in told.drift.items() if index > DRIFTED * _held(known, Cause.MODEL_DRIFTED)}
    if drifted:
        found.append(known.reason(Cause.MODEL_DRIFTED, None, max(drifted.values()), DRIFTED, None, drifted))
    if record is not None:
        for right, seen in ((record.foretold, record.failed), (record.came_true, record.warned)):
            if seen >= LEAST_SEEN and 2 * right < seen:
                found.append(known.reason(Cause.MODEL_UNRELIABLE, None, float(right), float(seen)))
                break
    return found


def _held(known: Known, cause: Cause) -> float:
    return RELEASE if cause.value in known.prior else 1.0
