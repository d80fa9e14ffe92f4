"""Made-up machines whose fate is known."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.machines.remaining_life import Run
from analytics.machines.rolling import Flags, Floats
from analytics.machines.rules import QUALITIES, Readings, by_rule

AI4I = (
    "UID",
    "Product ID",
    "Type",
    "Air temperature [K]",
    "Process temperature [K]",
    "Rotational speed [rpm]",
    "Torque [Nm]",
    "Tool wear [min]",
    "Machine failure",
)


def readings(count: int, seed: int = 0) -> Readings:
    """Readings of a mill, some of them beyond each documented limit."""
    random = np.random.default_rng(seed)
    air = random.normal(300, 2, count)
    power = random.normal(6300, 1300, count)
    speed = random.normal(1540, 180, count)
    return Readings(
        quality=random.choice(3, count, p=(0.6, 0.3, 0.1)),
        air=air,
        process=air + random.normal(10, 1, count),
        speed=speed,
        torque=power / speed * 60 / (2 * np.pi),
        wear=random.uniform(0, 250, count),
    )


def failed(of: Readings, seed: int = 1) -> Flags:
    """What the limits say, and one failure in a hundred that nothing foretells."""
    return np.asarray(by_rule(of) | (np.random.default_rng(seed).random(len(of.air)) < 0.01))


def write_readings(path: Path, of: Readings, broken: Flags, leaks: Floats | None = None) -> Path:
    """An AI4I file; `leaks` (N, 5) are the columns that name the kind of failure."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*AI4I, *(("TWF", "HDF", "PWF", "OSF", "RNF") if leaks is not None else ())])
        for row in range(len(of.air)):
            measured = (of.air[row], of.process[row], of.speed[row], of.torque[row], of.wear[row])
            leak = [] if leaks is None else leaks[row].tolist()
            table.writerow([row, f"P{row}", QUALITIES[of.quality[row]], *measured, int(broken[row]), *leak])
    return path


_REGIMES = np.array([[0.0, 0.0, 100.0], [10.0, 0.25, 100.0], [20.0, 0.7, 100.0], [25.0, 0.62, 60.0]])


def fleet(units: int, seed: int = 0, regimes: int = 1) -> list[Run]:
    """Units that wear out faster and faster; twelve noisy sensors, the last of which stands still."""
    random = np.random.default_rng(seed)
    reaction = np.random.default_rng(99).normal(0, 1, (regimes, 11)) * 0.3 + np.linspace(-1.5, 1.5, 11)
    level = np.random.default_rng(98).normal(500, 100, (regimes, 11))
    runs = []
    for unit in range(units):
        life = int(random.integers(110, 220))
        wear = np.expm1(4 * np.arange(life) / life) / np.expm1(4)
        regime = random.integers(0, regimes, life)
        sensors = level[regime] + reaction[regime] * wear[:, None] * 6 + random.normal(0, 1, (life, 11))
        settings = _REGIMES[regime] + random.normal(0, 0.001, (life, 3))
        runs.append(Run(str(unit + 1), settings, np.column_stack([sensors, np.full(life, 14.62)])))
    return runs


def cut(runs: list[Run], seed: int = 5) -> tuple[list[Run], Floats]:
    """The runs as known some time before their end, and the cycles (U,) that they had left."""
    left = np.random.default_rng(seed).integers(5, 100, len(runs))
    known = [Run(run.unit, run.settings[:-cycles], run.sensors[:-cycles]) for run, cycles in zip(runs, left, strict=True)]
    return known, left.astype(float)


def write_runs(path: Path, runs: list[Run]) -> Path:
    """A C-MAPSS file as NASA has it: blanks between numbers, no header."""
    blocks = [
        np.column_stack([np.full(len(run.sensors), float(run.unit)), _cycles(run), run.settings, run.sensors]) for run in runs
    ]
    np.savetxt(path, np.concatenate(blocks), fmt="%.4f")
    return path


def _cycles(run: Run) -> NDArray[np.float64]:
    return np.arange(1.0, len(run.sensors) + 1)


def pump(seed: int, rows: int = 1000, fault: slice = slice(600, 900), *, drift: float = 0.0) -> tuple[Floats, Flags]:
    """Six signals that share a load; within `fault` two of them shift and a third gets noisy. The last drifts all the time."""
    random = np.random.default_rng(seed)
    load = np.convolve(random.normal(0, 1, rows), np.ones(8) / 8, "same")
    signals = random.normal(0, 0.6, (rows, 6)) + load[:, None] * random.normal(0, 1, 6)
    signals[:, 5] += drift * np.arange(rows) / rows
    truth = np.zeros(rows, dtype=bool)
    truth[fault] = True
    signals[fault, :2] += (1.5, -1.5)
    signals[fault, 2] *= 3
    return signals, truth


def write_experiment(path: Path, signals: Floats, truth: Flags) -> Path:
    """A file as SKAB has it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["datetime", *(f"Sensor{number}" for number in range(signals.shape[1])), "anomaly", "changepoint"])
        for row, (values, wrong) in enumerate(zip(signals, truth, strict=True)):
            table.writerow([f"2020-03-09 10:{row // 60:02}:{row % 60:02}", *values.tolist(), float(wrong), 0.0])
    return path
