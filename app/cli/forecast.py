"""`nexova forecast`: how good demand forecasts would have been on a shop's own history."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from analytics.forecasting.backtest import Backtest, backtest
from analytics.forecasting.history import BadHistory, History, read_csv
from analytics.forecasting.metrics import Metrics
from app.cli.figures import said
from app.cli.terminal import AsJson, fail

HistoryFile = Annotated[
    Path, typer.Argument(help="A CSV file with columns store, product, date, quantity; perhaps price, promo, open.")
]

group = typer.Typer(no_args_is_help=True)
group.callback()(lambda: None)


@group.command("backtest")
def run_backtest(
    file: HistoryFile,
    horizon: Annotated[int, typer.Option(min=1, max=365, help="Days ahead.")] = 28,
    origins: Annotated[int, typer.Option(min=1, max=24, help="How often to forecast, a horizon apart, up to the end.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Forecast the last days of a history from what was known before, and measure the errors per level.

    Needs no running house. WAPE, bias and coverage are shares (0.1 is 10 %).
    """
    try:
        result = backtest(history_or_exit(file), horizon, origins)
    except BadHistory as error:
        fail(said(error))
    if as_json:
        print(json.dumps(_as_dict(result), ensure_ascii=False, indent=2))
    else:
        _print(result)


def history_or_exit(file: Path) -> History:
    """The history in the file, or the end of the command with what is wrong with it."""
    try:
        return read_csv(file)
    except BadHistory as error:
        fail(said(error))


def _as_dict(result: Backtest) -> dict[str, object]:
    levels = {
        name: {"chosen": level.chosen.as_dict(), "candidates": {key: one.as_dict() for key, one in level.candidates.items()}}
        for name, level in result.levels.items()
    }
    return asdict(result) | {"levels": levels}


_COLUMNS = ("wape_day", "wape_week", "wape_horizon", "rmsse", "bias", "coverage_80", "coverage_80_horizon")


def _print(result: Backtest) -> None:
    console = Console(highlight=False)
    console.print(f"{result.series} series, {result.horizon} days ahead from {', '.join(result.origins)}")
    for name, level in result.levels.items():
        table = Table(name, *_COLUMNS, box=None, pad_edge=False, header_style="bold")
        table.add_row("chosen", *_cells(level.chosen), style="bold")
        for candidate, metrics in level.candidates.items():
            table.add_row(candidate, *_cells(metrics))
        console.print(table)


def _cells(metrics: Metrics) -> list[str]:
    values = metrics.as_dict()
    return ["-" if (value := values[column]) is None else f"{value:.3f}" for column in _COLUMNS]
