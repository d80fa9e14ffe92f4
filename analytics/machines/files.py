"""The public layouts of machine data: AI4I readings and C-MAPSS runs, read into arrays."""

from pathlib import Path

import numpy as np

from analytics.data import BadData, Table, read_table
from analytics.machines.failures import QUALITIES, Readings
from analytics.machines.remaining_life import Run
from analytics.machines.rolling import Flags, Floats

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
