"""`nexova forecast backtest` and `nexova replenish backtest`: a file in, figures out, without a running house."""

import csv
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import build
from tests.analytics.shops import FIRST_DAY, rates, sales

_METRICS = {"wape_day", "wape_week", "wape_horizon", "rmsse", "bias", "coverage_80"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stores with six products over ten months."""
    path = tmp_path_factory.mktemp("history") / "sales.csv"
    sold = sales(rates(12, 300))
    with path.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(["store", "product", "date", "quantity"])
        for series, days in enumerate(sold):
            for day, quantity in enumerate(days):
                table.writerow([f"s{series % 2}", f"p{series // 2}", (FIRST_DAY + timedelta(days=day)).isoformat(), quantity])
    return path


def _run(arguments: Sequence[str]) -> Result:
    return CliRunner().invoke(build(arguments[0]), list(arguments))


def test_a_forecast_backtest_tells_every_level_and_candidate(file: Path) -> None:
    done = _run(["forecast", "backtest", str(file), "--horizon", "14", "--origins", "2", "--json"])

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert set(told["levels"]) == {"product_store", "product", "store", "total"}
    for level in told["levels"].values():
        assert set(level["chosen"]) >= _METRICS
        assert {"flat_mean", "weekday_mean", "seasonal_naive", "tsb_weekday", "average"} <= set(level["candidates"])
    last = FIRST_DAY + timedelta(days=300)
    assert told["origins"] == [(last - timedelta(days=28)).isoformat(), (last - timedelta(days=14)).isoformat()]


def test_a_replenishment_backtest_tells_ours_and_the_rules(file: Path) -> None:
    done = _run(["replenish", "backtest", str(file), "--target", "0.95", "--lead", "7", "--review", "7", "--json"])

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert 0 < told["fill_rate"] <= 1
    assert told["days_of_stock"] > 0
    assert all(set(rule) == {"fill_rate", "days_of_stock"} for rule in told["rules"].values())


@pytest.mark.parametrize("command", ["forecast", "replenish"])
def test_a_history_that_is_too_short_is_refused_with_its_code(command: str, tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("store,product,date,quantity\na,x,2026-01-01,1\na,x,2026-01-02,1\n", encoding="utf-8")

    done = _run([command, "backtest", str(path)])

    assert done.exit_code == 1
    assert "[history_too_short]" in done.output
