"""Forecasts: what ten thousand series cost, beside the bare seasonal mean, and how far both are off."""

import time
from collections.abc import Callable
from datetime import date
from typing import Final

import numpy as np

from analytics.forecasting import classic
from analytics.forecasting.forecast import forecast
from analytics.forecasting.metrics import Tally
from analytics.forecasting.panel import Floats, Panel
from bench.report import Section, Table

FIRST_DAY: Final = date(2024, 1, 1)
YEARS_DAYS: Final = 2 * 365
HORIZON: Final = 28
BATCH: Final = 5_000
"""Series that are worked on at once, as by `forecast.train` (`domain/demand/panels.py`)."""

_WEEK: Final = np.array([0.9, 0.85, 0.85, 0.9, 1.1, 1.3, 1.1])
Forecaster = Callable[[Panel, int], Floats]


def _made_up(series: int, seed: int) -> Floats:
    """(S, T + H) units a day: fast and slow sellers, busy at the end of the week and of the year, drifting, with offers."""
    drawn = np.random.default_rng(seed)
    days = YEARS_DAYS + HORIZON
    base = drawn.lognormal(0.0, 1.2, (series, 1))
    drift = np.exp(0.02 * np.cumsum(drawn.normal(0, 1, (series, days)), axis=1))
    year = 1 + drawn.uniform(0, 0.4, (series, 1)) * np.cos(2 * np.pi * (np.arange(days) - 350) / 365)
    expected = base * _WEEK[np.arange(days) % 7] * drift * year
    sold: Floats = drawn.negative_binomial(1.5, 1.5 / (1.5 + expected)).astype(float)
    return sold


def _ours(panel: Panel, horizon: int) -> Floats:
    return forecast(panel, horizon).mean


def _known(quantity: Floats) -> Panel:
    """What is known on the day of the forecast."""
    seen = np.ones((len(quantity), YEARS_DAYS), dtype=bool)
    return Panel(FIRST_DAY, quantity[:, :YEARS_DAYS], seen, np.ones(quantity.shape, dtype=bool))


def _row(name: str, forecaster: Forecaster, batches: list[Floats], bare: float | None) -> tuple[list[str], float]:
    """The row of one way to forecast, and its seconds of processor; without a bare one to be held against, it is that."""
    tally, processor, wall = Tally(), 0.0, 0.0
    for quantity in batches:
        panel = _known(quantity)
        began, used = time.perf_counter(), time.process_time()
        said = forecaster(panel, HORIZON)
        wall, processor = wall + time.perf_counter() - began, processor + time.process_time() - used
        tally.add(said, quantity[:, YEARS_DAYS:], panel.quantity)
    off = tally.metrics()
    errors = ["-" if one is None else f"{100 * one:.1f} %" for one in (off.wape_day, off.wape_week, off.wape_horizon, off.bias)]
    ratio = "1" if bare is None else f"{processor / bare:,.1f}"
    count = sum(len(each) for each in batches)
    return [name, f"{count:,}", f"{processor:.2f} s", ratio, f"{wall:.1f} s", *errors], processor


def measure(quick: bool) -> Section:
    """Forecast four weeks from two years of sales: all products at once, and one that has changed alone."""
    count, batch = (400, 200) if quick else (10_000, BATCH)
    batches = [_made_up(batch, seed) for seed in range(count // batch)]
    bare, seconds = _row("bare: mean of the weekday", classic.weekday_mean, batches, None)
    rows = [
        bare,
        _row("flat mean of 28 days", classic.flat_mean, batches, seconds)[0],
        _row("`forecast`, with choice and band", _ours, batches, seconds)[0],
    ]
    alone, _ = _row("`forecast`, one product alone", _ours, [batches[0][:1]], seconds)
    off = ("off, day", "off, week", f"off, {HORIZON} days", "bias")
    table = Table(
        ("", "series", "processor", "ratio to bare", "wall", *off), [*rows, [*alone[:3], "", alone[4], *[""] * len(off)]]
    )
    about = (
        f"Two years of made-up sales, {HORIZON} days ahead; the level is a product in a store, `off` the errors over the "
        f"sum of demand in the {HORIZON} days that follow (WAPE). One thread, {batch:,} series at once."
    )
    return Section("Forecasts", about, [table])
