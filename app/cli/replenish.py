"""`nexova replenish`: how a shop's shelves would have been filled on its own history."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from analytics.forecasting.history import BadHistory
from analytics.replenishment.backtest import backtest
from app.cli.figures import said
from app.cli.forecast import HistoryFile, history_or_exit
from app.cli.terminal import AsJson, fail

group = typer.Typer(no_args_is_help=True)
group.callback()(lambda: None)


@group.command("backtest")
def run_backtest(
    file: HistoryFile,
    target: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="The share of units to be there when they are wanted.")
    ] = 0.98,
    lead: Annotated[int, typer.Option(min=1, max=120, help="Days from order to delivery.")] = 7,
    review: Annotated[int, typer.Option(min=1, max=60, help="Days between two orders.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Simulate the last year of a history with lost sales: units served and stock held, beside three textbook rules.

    Needs no running house.
    """
    history = history_or_exit(file)
    try:
        result = backtest(history.panel, target=target, lead=lead, review=review)
    except BadHistory as error:
        fail(said(error))
    if as_json:
        rest = {"target": target, "first_day": result.first_day, "days": result.days, "series": result.series}
        rules = {name: asdict(served) for name, served in result.rules.items()}
        print(json.dumps({**asdict(result.ours), "rules": rules, **rest}, indent=2))
        return
    table = Table("rule", "fill rate", "days of stock", box=None, pad_edge=False, header_style="bold")
    for name, served in {"ours": result.ours, **result.rules}.items():
        table.add_row(name, f"{served.fill_rate:.2%}", f"{served.days_of_stock:.1f}")
    Console(highlight=False).print(table)
