"""`nexova emissions`: CO2e of a file of activities, each figure with the factor it came from."""

import json
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from analytics.data import BadData
from analytics.emissions.calculate import Figure, Statement, Unmatched, calculate
from analytics.emissions.files import read_activities
from analytics.emissions.gases import Gwp
from app.cli.figures import UNUSABLE, said
from app.cli.terminal import AsJson, fail
from core.messages import text

group = typer.Typer(no_args_is_help=True)
group.callback()(lambda: None)


@group.command("calculate")
def run_calculate(
    file: Annotated[
        Path, typer.Argument(help="A CSV file with columns activity, amount, unit, country, year; perhaps scope, contract.")
    ],
    gwp: Annotated[Gwp, typer.Option(help="Whose warming potentials over 100 years.")] = Gwp.AR5,
    as_json: AsJson = False,
) -> None:
    """Calculate kilograms of CO2e per line, and say which lines have no figure and why.

    Needs no running house. Electricity has a location-based figure, and a market-based one beside it.
    """
    try:
        statement = calculate(read_activities(file), gwp)
    except BadData as error:
        fail(said(error), UNUSABLE)
    if as_json:
        print(json.dumps(_as_dict(statement), ensure_ascii=False, indent=2))
    else:
        _print(statement)


def _as_dict(statement: Statement) -> dict[str, object]:
    return {
        "gwp": statement.gwp,
        "lines": [_line(figure) for figure in statement.figures],
        "unmatched": [
            _activity(one) | {"reason": one.reason, "message": _why(one), "candidates": list(one.candidates)}
            for one in statement.unmatched
        ],
        "totals_kg": _totals(statement),
    }


def _totals(statement: Statement) -> dict[str, float]:
    scopes = {scope: statement.total(scope) for scope in (1, 2, 3)}
    market = statement.total(2, market=True)
    return {
        "scope_1": _number(scopes[1]),
        "scope_2_location": _number(scopes[2]),
        "scope_2_market": _number(market),
        "scope_3": _number(scopes[3]),
        "location_based": _number(sum(scopes.values(), Decimal(0))),
        "market_based": _number(scopes[1] + market + scopes[3]),
        "biogenic_co2": _number(statement.biogenic_co2),
    }


def _activity(of: Figure | Unmatched) -> dict[str, object]:
    activity = of.activity
    return {
        "line": activity.line,
        "activity": activity.name,
        "amount": float(activity.amount),
        "unit": activity.unit,
        "country": activity.country,
        "year": activity.year,
    }


def _line(figure: Figure) -> dict[str, object]:
    line = _activity(figure) | {"scope": figure.scope, "method": figure.method or None} | _result(figure)
    return line | ({"market_based": _result(figure.market)} if figure.market else {})


def _result(figure: Figure) -> dict[str, object]:
    factor = figure.factor
    known = None
    if factor is not None:
        known = {
            "id": factor.id,
            "activity": factor.activity,
            "unit": factor.unit,
            "kg_per_unit": {gas: float(value) for gas, value in factor.gases.items()}
            | ({"CO2e": float(factor.co2e)} if factor.co2e is not None else {}),
            "country": factor.country,
            "year": factor.year,
            "valid_to": factor.valid_to,
            **asdict(factor.source),
        }
    return {
        "co2e_kg": _number(figure.co2e),
        "gases_kg": {gas: _number(mass) for gas, mass in figure.gases.items()},
        "biogenic_co2_kg": _number(figure.biogenic_co2),
        "quality": figure.quality,
        "uncertainty_percent": None if factor is None or factor.uncertainty is None else float(factor.uncertainty),
        "factor": known,
        "notes": list(figure.notes),
    }


def _number(value: Decimal) -> float:
    """Whole as far as a milligram; the sums before it are exact."""
    return float(round(value, 6)) if abs(value) < Decimal(10**15) else float(value)


def _why(one: Unmatched) -> str:
    return text(f"emissions.{one.reason}", "en")


def _print(statement: Statement) -> None:
    console = Console(highlight=False)
    table = Table("line", "activity", "scope", "kg CO2e", "market-based", "quality", "factor", box=None, pad_edge=False)
    for figure in statement.figures:
        market = f"{figure.market.co2e:.3f}" if figure.market else ""
        source = figure.factor.id if figure.factor else f"IPCC {statement.gwp}"
        told = (str(figure.activity.line), figure.activity.name, str(figure.scope), f"{figure.co2e:.3f}", market)
        table.add_row(*told, figure.quality, source)
    console.print(table)
    for one in statement.unmatched:
        named = f" ({'; '.join(one.candidates)})" if one.candidates else ""
        console.print(f"line {one.activity.line}, {one.activity.name}: {_why(one)}{named} \\[{one.reason}]")
    for name, total in _totals(statement).items():
        console.print(f"{name.replace('_', ' ')}: {total:.3f} kg")
