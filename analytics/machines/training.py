"""From a plant's own history to a model in a file, with what it was measured by and how equal the file is to the trainer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from analytics.data import BadData
from analytics.machines import labelled, onnx_writing
from analytics.machines.cards import EQUAL, Card, Kind, life_inputs
from analytics.machines.drift import Reference
from analytics.machines.labelled import Labelled
from analytics.machines.life_features import CAP
from analytics.machines.metrics import precision_recall_f1, root_mean_square
from analytics.machines.onnx_reading import open_model
from analytics.machines.onnx_writing import examples_of, regimes_of
from analytics.machines.remaining_life import LEAST_UNITS, RemainingLife, Run
from analytics.machines.rolling import Floats

LEAST_HOURS: Final = 30
"""A run that was shorter tells nothing of how anything wore."""
_FOLDS: Final = 3
_CUTS: Final = (5, 10, 20, 40, 60, 80, 100)
"""Hours before the end of a run at which it is asked how many are left."""
_SPREAD: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as a file, and what is to be known of it before anybody believes it."""

    content: bytes
    figures: dict[str, float]


def failure_model(of: Labelled, roles: Mapping[str, str], units: Sequence[str], horizon_hours: float) -> Trained:
    """Learn who fails, from labelled rows; raises `BadData`."""
    model, figures = labelled.learn(of, roles)
    answers = model.probability(of.values)
    card = _card(
        "failure",
        of.sensors,
        units,
        of.values[~of.failed],
        of.values,
        horizon_hours=horizon_hours,
        threshold=model.threshold,
        weights=model.weights.tolist(),
        **examples_of(of.values, answers),
    )
    content = onnx_writing.of_failure(model, card)
    told = {name: value for name, value in asdict(figures).items() if value is not None}
    return _checked(content, of.values, answers, 1.0, told)


def life_model(
    runs: Sequence[Run], sensors: Sequence[str], units: Sequence[str], settings: Sequence[int], horizon_hours: float
) -> Trained:
    """Learn how many hours are left, from runs to failure by the hour; raises `BadData`."""
    kept = [run for run in runs if len(run.sensors) >= LEAST_HOURS]
    if len(kept) < LEAST_UNITS:
        raise BadData("units_too_few", units=len(kept), needed=LEAST_UNITS)
    said, left = _out_of_fold(kept)
    error = root_mean_square(said - np.minimum(left, CAP))
    warned, ended = said <= horizon_hours, left <= horizon_hours
    precision, recall, f1 = precision_recall_f1(warned, ended)
    model = RemainingLife.learn(kept)
    values = np.concatenate([run.sensors for run in kept])
    fresh = np.concatenate([run.sensors[: max(len(run.sensors) // 3, 1)] for run in kept])
    weights = np.zeros(len(sensors))
    weights[model.conditions.informative] = np.abs(model.indices).mean(1)
    regimes = regimes_of(model)
    card = _card(
        "remaining_life",
        sensors,
        units,
        fresh,
        values,
        settings=tuple(settings),
        horizon_hours=horizon_hours,
        threshold=horizon_hours,
        weights=(weights / max(float(weights.sum()), 1e-12)).tolist(),
        regimes=regimes,
        error_hours=error,
        examples=[[0.0]],
        answers=[0.0],
    )
    rows = np.concatenate([life_inputs(card, regimes, run.sensors) for run in kept]).astype(np.float32).astype(float)
    answers = np.clip(np.mean([one.predict(rows, num_threads=1) for one in model.models], axis=0), 0.0, CAP)
    card = Card.model_validate(card.model_dump() | examples_of(rows, answers))
    content = onnx_writing.of_remaining_life(model, rows.shape[1], card)
    told = {"units": float(len(kept)), "rows": float(len(values)), "rmse_hours": error, "precision": precision}
    return _checked(content, rows, answers, CAP, told | {"recall": recall, "f1": f1})


def _out_of_fold(runs: Sequence[Run]) -> tuple[Floats, Floats]:
    """What is said of runs that were cut before their end by a model that saw none of them, and what was left."""
    fold = np.random.default_rng(1).permutation(len(runs)) % _FOLDS
    said, left = [], []
    for number in range(_FOLDS):
        model = RemainingLife.learn([run for run, at in zip(runs, fold, strict=True) if at != number])
        for run in (run for run, at in zip(runs, fold, strict=True) if at == number):
            cuts = [cut for cut in _CUTS if cut < len(run.sensors)]
            cut_runs = [Run(run.unit, run.settings[:-cut], run.sensors[:-cut]) for cut in cuts]
            said.append(model.predict(cut_runs))
            left.append(np.array(cuts, dtype=float))
    return np.concatenate(said), np.concatenate(left)


def _card(kind: Kind, sensors: Sequence[str], units: Sequence[str], sound: Floats, every: Floats, **more: Any) -> Card:
    spread = np.maximum(sound.std(0), np.maximum(_SPREAD, _SPREAD * np.abs(sound).max(0)))
    known = {
        "kind": kind,
        "sensors": tuple(sensors),
        "units": tuple(units),
        "sound_mean": sound.mean(0).tolist(),
        "sound_spread": spread.tolist(),
        "reference": Reference.of(every),
    }
    return Card.model_validate(known | more)


def _checked(content: bytes, rows: Floats, answers: Floats, scale: float, figures: dict[str, float]) -> Trained:
    """The file, once it says of every row what the trainer says; raises `BadData` where it does not."""
    apart = float(np.abs(open_model(content).ask(rows) - answers).max()) / scale
    if apart > EQUAL:
        raise BadData("model_disagrees", rows=len(rows))
    return Trained(content, figures | {"apart": apart})
