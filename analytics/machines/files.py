"""The public layouts of machine data: AI4I readings, C-MAPSS runs and SKAB experiments, read into arrays."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analytics.data import BadData, Table, read_table
from analytics.machines.conditions import regime
from analytics.machines.labelled import Labelled
from analytics.machines.remaining_life import Run
from analytics.machines.rolling import Flags, Floats
from analytics.machines.rules import QUALITIES, Readings

_MEASURED = ("air temperature", "process temperature", "rotational speed", "torque", "tool wear")
_FAILED = "machine failure"
_SETTINGS = slice(2, 5)
_FIRST_SENSOR = 5


def read_readings(path: Path) -> tuple[Readings, Flags]:
    """AI4I 2020: type, five measured columns and `machine failure`; the columns that name the failure are never read."""
    table = read_table(path)
    table.require(("type", *_MEASURED, _FAILED))
    measured = table.numbers(_MEASURED)
    quality = [_quality(table, row, letter.upper()) for row, letter in enumerate(table.text("type"))]
    return Readings(np.array(quality, dtype=np.intp), *measured.T), flags(table, _FAILED)


def _quality(table: Table, row: int, letter: str) -> int:
    if letter not in QUALITIES:
        raise BadData("quality_unknown", file=table.file, line=table.lines[row], value=letter[:20])
    return QUALITIES.index(letter)


def flags(table: Table, name: str) -> Flags:
    """(N,) a column of 0 and 1; raises `BadData` where it holds anything else."""
    values = table.numbers((name,))[:, 0]
    wrong = np.flatnonzero((values != 0) & (values != 1))
    if len(wrong):
        raise BadData("flag_unreadable", file=table.file, line=table.lines[int(wrong[0])], column=name)
    return np.asarray(values == 1)


def read_runs(path: Path) -> list[Run]:
    """C-MAPSS: unit, cycle, three settings and the sensors, in this order, with or without a header; runs in order of unit."""
    table = read_table(path)
    if len(table.names) <= _FIRST_SENSOR:
        raise BadData("runs_columns_missing", file=table.file, columns=len(table.names))
    values = table.numbers(table.names)
    runs = []
    for unit in np.unique(values[:, 0]):
        rows = values[values[:, 0] == unit]
        rows = rows[np.argsort(rows[:, 1], kind="stable")]
        if (np.diff(rows[:, 1]) <= 0).any():
            raise BadData("cycle_twice", file=table.file, unit=f"{unit:g}")
        runs.append(Run(f"{unit:g}", rows[:, _SETTINGS], rows[:, _FIRST_SENSOR:]))
    return runs


def read_remaining(path: Path) -> Floats:
    """(U,) the cycles that each unit of a test file had left: one number a line, in order of unit."""
    table = read_table(path)
    if len(table.names) != 1:
        raise BadData("truth_columns", file=table.file, columns=len(table.names))
    return table.numbers(table.names)[:, 0]


def read_labelled(path: Path, sensors: Sequence[str]) -> Labelled:
    """A plant's own readings by the hour: `failure` (0 or 1: it failed soon after), sensors, perhaps `unit` and `hours_before`.

    Other columns are left out. Rows of one unit belong together; without units each row stands for itself.
    """
    table = read_table(path)
    table.require(("failure",))
    known = _sensors(table, sensors)
    units = table.text("unit") if "unit" in table.names else [str(row) for row in range(len(table.rows))]
    has_hours = "hours_before" in table.names
    hours = table.numbers(("hours_before",), gaps=True)[:, 0] if has_hours else np.full(len(table.rows), np.nan)
    numbers = {unit: number for number, unit in enumerate(dict.fromkeys(units))}
    groups = np.array([numbers[unit] for unit in units], dtype=np.intp)
    return Labelled(tuple(known), table.numbers(known), flags(table, "failure"), groups, hours)


def read_own_runs(path: Path, sensors: Sequence[str], settings: Sequence[str]) -> tuple[list[Run], list[str]]:
    """A plant's own runs to failure, a row an hour: `unit`, `cycle` and sensors by name; the runs, and which sensors they have.

    `settings` are the sensors that tell in which regime it worked.
    """
    table = read_table(path)
    table.require(("unit", "cycle", *settings))
    known = _sensors(table, sensors)
    values, cycles = table.numbers(known), table.numbers(("cycle",))[:, 0]
    of_unit: dict[str, list[int]] = {}
    for row, unit in enumerate(table.text("unit")):
        of_unit.setdefault(unit, []).append(row)
    runs = []
    for unit, told in sorted(of_unit.items()):
        rows = np.array(told)[np.argsort(cycles[told], kind="stable")]
        if (np.diff(cycles[rows]) <= 0).any():
            raise BadData("cycle_twice", file=table.file, unit=unit[:40])
        runs.append(Run(unit, regime(values[rows], [known.index(name) for name in settings]), values[rows]))
    return runs, known


def _sensors(table: Table, sensors: Sequence[str]) -> list[str]:
    known = [name for name in sensors if name in table.names]
    if not known:
        raise BadData("sensors_missing", file=table.file)
    return known


_LABELS = ("anomaly", "changepoint")


def read_experiments(paths: Sequence[Path]) -> list[tuple[Floats, Flags]]:
    """SKAB: signals (T, K) and anomalies (T,) of each file, in files or in folders with their subfolders.

    Columns are datetime, the sensors, anomaly and perhaps changepoint. Files of a folder without labels are left out; raises
    `BadData` if none has any. A reading may be missing.
    """
    found = [file for path in paths for file in (sorted(path.rglob("*.csv")) if path.is_dir() else [path])]
    tables = [table for table in map(read_table, found) if "anomaly" in table.names]
    if not tables:
        raise BadData("labels_missing", files=len(found))
    return [_experiment(table) for table in tables]


def _experiment(table: Table) -> tuple[Floats, Flags]:
    table.require(("datetime",))
    sensors = [name for name in table.names if name not in (*_LABELS, "datetime")]
    if not sensors:
        raise BadData("sensors_missing", file=table.file)
    return table.numbers(sensors, gaps=True), flags(table, "anomaly")
