"""Judging a machine by what is known of it now: the limits of its sensors, rules of physics, and its own good days.

It runs in workers only, as it computes. What cannot be judged is left out and said: `ways`, `confidence`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

import numpy as np

from analytics.machines import anomalies, rules
from core.tables import new_id
from core.work import Work
from domain.machines import _foretelling as foretelling
from domain.machines import _holding as holding
from domain.machines import _knowing as knowing
from domain.machines import _readings_repository as readings
from domain.machines import _risk_repository as repository
from domain.machines import repository as plant
from domain.machines import risk, units
from domain.machines._foretelling import Model
from domain.machines._knowing import Known
from domain.machines.kinds import (
    OF_KNOWING,
    ROLE_UNITS,
    Cause,
    CauseSeverity,
    MachineState,
    RiskLevel,
    RollupLevel,
    SensorRole,
    ToolGrade,
    Way,
)
from domain.machines.models import MachineBaseline, MachinePrediction, ReadingRollup
from domain.machines.schemas import Reason

COVERED: Final = timedelta(minutes=10)
DEAD_BAND: Final = 0.02
"""A limit that was broken holds until the value is back by so much of it."""

TOOL_MINUTES: Final = 200.0
"""After so many minutes a tool is to be changed; between here and 240 it fails by lot (AI4I 2020)."""

_AT_WORK: Final = (MachineState.RUNNING, MachineState.DEGRADED)
_WAY_OF: Final = {
    Cause.ANOMALY: Way.ANOMALY,
    Cause.FAILURE_FORETOLD: Way.FAILURE_MODEL,
    Cause.LIFE_ENDING: Way.LIFE_MODEL,
}
_LONGEST_AWAY: Final = 3
"""A baseline counts as at most so many times its own length ago: a machine that drifts is not excused for ever."""


async def judge(work: Work, machine_id: UUID, models: Sequence[Model] = ()) -> None:
    """Judge a machine, also by its models, keep what came of it, and bring what holds to that."""
    work.require_runtime()
    machine = await plant.machine(work, machine_id, locked=True)
    if machine is None or not machine.is_active:
        return
    before = (await repository.latest(work, [machine_id])).get(machine_id)
    known = await knowing.read(work, machine, before)
    baseline = await repository.promoted(work, machine_id)
    ways: list[Way] = []
    reasons = [*_silences(known)]
    if known.fresh:
        ways.append(Way.LIMITS)
        reasons += _beyond_limits(known)
    for way, found in ((Way.RULES, _by_rules(known)), (Way.ANOMALY, await _anomaly(work, known, baseline))):
        if found is not None:
            ways.append(way)
            reasons += found
    foretold = await foretelling.foretell(work, known, models, before)
    ways += foretold.ways
    reasons += foretold.reasons
    used = baseline.id if baseline is not None and Way.ANOMALY in ways else None
    row = _keep(work, known, before, ways, reasons, used)
    row.tool_due_at, row.foretold = await _tool_due(work, known), foretold.told
    machine.judged_at = known.now
    seen = {sensor.code for sensor in known.fresh}
    await holding.settle(work, machine, reasons, lambda one: _could_be_judged(one, seen, ways))


def _could_be_judged(reason: Reason, seen: set[str], ways: Sequence[Way]) -> bool:
    if reason.cause in OF_KNOWING:
        return True
    if reason.sensor is not None:
        return reason.sensor in seen
    return _WAY_OF.get(reason.cause, Way.RULES) in ways


def _silences(known: Known) -> Iterator[Reason]:
    """Sensors that have stopped saying anything; one reason where all have."""
    silent = [row for row in known.sensors if row not in known.fresh and row.id in known.statuses]
    if silent and not known.fresh:
        yield known.reason(Cause.SILENT)
    else:
        for row in silent:
            yield known.reason(Cause.SILENT, row.code)


def _beyond_limits(known: Known) -> Iterator[Reason]:
    for sensor in known.fresh:
        value = known.value(sensor)
        if value is None:
            continue
        for cause, limit, sign in (
            (Cause.ABOVE_ALARM, sensor.alarm_high, 1),
            (Cause.BELOW_ALARM, sensor.alarm_low, -1),
            (Cause.ABOVE_WARNING, sensor.warn_high, 1),
            (Cause.BELOW_WARNING, sensor.warn_low, -1),
        ):
            if limit is None:
                continue
            held = f"{cause.value}:{sensor.code}" in known.prior
            if sign * (value - limit) > (-DEAD_BAND * abs(limit) if held else 0.0):
                yield known.reason(cause, sensor.code, value, limit, sensor.unit)
                break  # an alarm says all that a warning would


def _by_rules(known: Known) -> list[Reason] | None:
    """What the rules of a mill say; None where they do not apply, as it stands still or something is not measured."""
    measured = {}
    for sensor in known.fresh:
        value = known.value(sensor)
        if sensor.role in ROLE_UNITS and value is not None:
            measured[sensor.role] = units.convert(value, sensor.unit, ROLE_UNITS[sensor.role])
    grade = known.machine.tool_grade
    if measured.keys() != ROLE_UNITS.keys() or grade is None or known.machine.state not in _AT_WORK:
        return None
    place = rules.QUALITIES.index(ToolGrade(grade).value)
    one = rules.Readings(
        np.array([place]),
        *(
            np.array([measured[role]])
            for role in (
                SensorRole.AIR_TEMPERATURE,
                SensorRole.PROCESS_TEMPERATURE,
                SensorRole.SPEED,
                SensorRole.TORQUE,
                SensorRole.TOOL_WEAR,
            )
        ),
    )
    found = []
    if rules.heat_dissipation(one)[0]:
        found.append(known.reason(Cause.HEAT_DISSIPATION, None, float((one.process - one.air)[0]), rules.COOLING_K, "K"))
    if rules.power(one)[0]:
        power, (low, high) = float(one.power[0]), rules.POWER_W
        found.append(known.reason(Cause.POWER, None, power, low if power < low else high, "W"))
    if rules.overstrain(one)[0]:
        strain = float((one.wear * one.torque)[0])
        found.append(known.reason(Cause.OVERSTRAIN, None, strain, float(rules.OVERSTRAIN[place]), "min·N·m"))
    return found


async def _anomaly(work: Work, known: Known, baseline: MachineBaseline | None) -> list[Reason] | None:
    """How far the last minutes lie from the baseline; None without one, or where too little is measured."""
    if baseline is None:
        return None
    # How far a tool has worn says when to change it, and nothing of how the machine is.
    ids = [sensor.id for sensor in known.fresh if sensor.role is not SensorRole.TOOL_WEAR]
    sound = await readings.newest_minutes(work, ids, baseline.since, baseline.until, risk.MOST_ROWS)
    good, columns = _table(sound, ids)
    columns = [each for each in columns if known.recent.get(each)]
    if not columns:
        return None
    good, _ = _table([row for row in sound if row.sensor_id in set(columns)], columns)
    good = good[-risk.MOST_ROWS :]
    last, _ = _table([row for each in columns for row in known.recent[each]], columns)
    if len(good) < anomalies.LEAST_NORMAL or len(last) < anomalies.WINDOW:
        return None
    starts = [row.starts_at for row in sound]
    apart = (max(starts) - min(starts)) / len(good)
    away = min(int((known.now - baseline.until) / apart), _LONGEST_AWAY * len(good))
    judged = anomalies.judge(np.vstack([good, last]), len(good), max(away, 0))
    score = anomalies.lasting(judged.scores[len(good) :], held=Cause.ANOMALY.value in known.prior)
    if score is None:
        return []
    codes = {sensor.id: sensor.code for sensor in known.sensors}
    strayed = {codes[each]: round(float(far), 2) for each, far in zip(columns, judged.strayed, strict=True)}
    return [known.reason(Cause.ANOMALY, None, score, 1.0, None, strayed)]


def _table(
    rows: Sequence[ReadingRollup], ids: Sequence[UUID]
) -> tuple["np.ndarray[tuple[int, int], np.dtype[np.float64]]", list[UUID]]:
    """Means by minute (T, K) of sensors, NaN where one said nothing, and the sensors that said anything at all."""
    minutes = {at: place for place, at in enumerate(sorted({row.starts_at for row in rows}))}
    columns = {each: place for place, each in enumerate(ids)}
    table = np.full((len(minutes), len(ids)), np.nan)
    for row in rows:
        table[minutes[row.starts_at], columns[row.sensor_id]] = row.total / row.count
    return table, [each for each in ids if np.isfinite(table[:, columns[each]]).any()]


async def _tool_due(work: Work, known: Known) -> datetime | None:
    """When the tool has worn so far that it is to be changed, if it goes on as in its last hours."""
    sensor = next((row for row in known.fresh if row.role is SensorRole.TOOL_WEAR), None)
    worn = known.value(sensor) if sensor is not None else None
    if sensor is None or worn is None:
        return None
    hours = await readings.rollups(work, [sensor.id], RollupLevel.HOUR, known.now - timedelta(hours=48), known.now)
    wear = [(row.starts_at, units.convert(row.total / row.count, sensor.unit, "min")) for row in hours]
    steps = [(after - before, until - since) for (since, before), (until, after) in pairwise(wear)]
    # Where it has less behind it than an hour before, it was changed: how fast the one before it wore still tells. That
    # step does not, nor does the next one, as the hour between them holds something of both tools.
    changes = {place for place, (step, _) in enumerate(steps) if step < 0}
    # Hours of which a part is missing have a mean that lies elsewhere.
    ends = {0, len(steps) - 1} if len(steps) > 2 else set()
    whole = [each for place, each in enumerate(steps) if place not in changes | ends and place - 1 not in changes]
    gained, took = sum(step for step, _ in whole), sum((span for _, span in whole), timedelta())
    if gained <= 0:
        return None
    rate = gained / (took / timedelta(hours=1))
    left = TOOL_MINUTES - units.convert(worn, sensor.unit, "min")
    return known.now + timedelta(hours=min(max(left / rate, 0.0), 24 * 365))


def _keep(
    work: Work,
    known: Known,
    before: MachinePrediction | None,
    ways: Sequence[Way],
    reasons: Sequence[Reason],
    baseline_id: UUID | None,
) -> MachinePrediction:
    """Keep what came of it: in the row of before where that says the same."""
    level = _level(known, reasons)
    is_same = (
        before is not None
        and (before.level, before.ways, before.baseline_id) == (level, [way.value for way in ways], baseline_id)
        and known.prior.keys() == {one.key for one in reasons}
    )
    if is_same:
        assert before is not None, "the same as what was before"
        row = before
    else:
        row = MachinePrediction(workspace_id=work.workspace_id, id=new_id(), machine_id=known.machine.id, since=known.now)
        work.session.add(row)
    heard = [status.last_at for status in known.statuses.values() if status.last_at is not None]
    row.level, row.ways, row.baseline_id = level, [way.value for way in ways], baseline_id
    row.judged_at, row.data_until = known.now, max(heard, default=None)
    doubted = any(one.cause in {Cause.MODEL_DRIFTED, Cause.MODEL_UNRELIABLE} for one in reasons)
    row.score, row.confidence = _score(reasons), round(_confidence(known) / (2 if doubted else 1), 2)
    row.reasons = [one.model_dump(mode="json") for one in reasons]
    return row


def _level(known: Known, reasons: Sequence[Reason]) -> RiskLevel:
    if not known.fresh:
        return RiskLevel.UNKNOWN
    telling = [one for one in reasons if one.cause not in OF_KNOWING]
    if any(one.severity is CauseSeverity.CRITICAL for one in telling):
        return RiskLevel.HIGH
    return RiskLevel.ELEVATED if telling else RiskLevel.LOW


def _score(reasons: Sequence[Reason]) -> float:
    """0 to 1, to order machines by."""
    return max((_weight(one) for one in reasons if one.cause not in OF_KNOWING), default=0.0)


def _weight(reason: Reason) -> float:
    if reason.severity is CauseSeverity.CRITICAL:
        return 1.0
    return min((reason.value or 0.0) / 2, 1.0) if reason.cause is Cause.ANOMALY else 0.5


def _confidence(known: Known) -> float:
    """0 to 1: the share of what should have been measured in the last minutes that was."""
    if not known.sensors:
        return 0.0
    shares = []
    for sensor in known.sensors:
        if sensor not in known.fresh:
            shares.append(0.0)
        elif sensor.sampling_seconds > COVERED.total_seconds() / 10:
            shares.append(1.0)
        else:
            rows = known.recent.get(sensor.id, ())
            count = sum(row.count for row in rows if row.starts_at > known.now - COVERED)
            shares.append(min(count * sensor.sampling_seconds / (0.9 * COVERED.total_seconds()), 1.0))
    return round(sum(shares) / len(shares), 2)
