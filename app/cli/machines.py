"""`nexova machines`: how good warnings of failures would have been on data of known outcome."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from analytics.data import BadData
from analytics.machines import backtest, files
from app.cli.figures import UNUSABLE, said
from app.cli.terminal import AsJson, fail

group = typer.Typer(no_args_is_help=True)
group.callback()(lambda: None)

Figures = backtest.FailureFigures | backtest.LifeFigures | backtest.AlarmFigures


class Kind(StrEnum):
    """What the files hold, named after the public data sets of that layout."""

    AI4I = "ai4i"
    CMAPSS = "cmapss"
    SKAB = "skab"


@group.command("backtest")
def run_backtest(
    kind: Annotated[
        Kind, typer.Argument(help="ai4i: failures by reading. cmapss: remaining life, of files train, test, truth.")
    ],
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Delimited text, perhaps gzipped; skab takes folders too.")
    ],
    as_json: AsJson = False,
) -> None:
    """Measure failure warnings, remaining lives or alarms on rows and units that nothing was learned from.

    Needs no running house. Shares are 0 to 1, remaining lives are in cycles.
    """
    try:
        figures = asdict(_BACKTESTS[kind](paths))
    except BadData as error:
        fail(said(error), UNUSABLE)
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    table = Table(*figures, box=None, pad_edge=False, header_style="bold")
    table.add_row(*(f"{value:.3f}" for value in figures.values()))
    Console(highlight=False).print(table)


def _failures(paths: Sequence[Path]) -> Figures:
    _want(Kind.AI4I, paths, 1, "one file")
    return backtest.failures(*files.read_readings(paths[0]))


def _remaining_life(paths: Sequence[Path]) -> Figures:
    _want(Kind.CMAPSS, paths, 3, "three files (train, test, truth)")
    train, test, truth = paths
    return backtest.remaining_life(files.read_runs(train), files.read_runs(test), files.read_remaining(truth))


def _anomalies(paths: Sequence[Path]) -> Figures:
    return backtest.anomalies(files.read_experiments(paths))


def _want(kind: Kind, paths: Sequence[Path], count: int, wanted: str) -> None:
    if len(paths) != count:
        raise BadData("files_wanted", kind=kind, wanted=wanted, given=len(paths))


_BACKTESTS: dict[Kind, Callable[[Sequence[Path]], Figures]] = {
    Kind.AI4I: _failures,
    Kind.CMAPSS: _remaining_life,
    Kind.SKAB: _anomalies,
}
