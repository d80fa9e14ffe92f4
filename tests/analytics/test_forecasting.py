"""Forecasts keep what is known, never go below zero, and their bands cover what they say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.forecasting import classic, trees
from analytics.forecasting.backtest import LEVELS, backtest
from analytics.forecasting.classes import DemandClass, classify
from analytics.forecasting.forecast import AVERAGE, candidates, forecast
from analytics.forecasting.history import History
from analytics.forecasting.metrics import Tally
from analytics.forecasting.panel import Floats, Panel
from tests.analytics.shops import panel, rates, sales


def _history(of: Panel, stores: int) -> History:
    series = len(of.quantity)
    numbers = np.arange(series)
    products = series // stores
    return History(
        of, numbers // products, numbers % products, [f"s{n}" for n in range(stores)], [f"p{n}" for n in range(products)]
    )


def test_a_worked_example_of_teunter_syntetos_and_babai() -> None:
    # By hand, alpha = beta = 0.5: chance 1, ½, ¾; size 4, 4, 4 + ½ (8 - 4) = 6
    path = classic.tsb_path(panel(np.array([[4.0, 0.0, 8.0]])), alpha=0.5, beta=0.5)
    assert path.tolist() == [[4.0, 2.0, 4.5]]


def test_a_day_that_was_not_observed_moves_no_level() -> None:
    quantity = sales(rates(20, 200))
    hidden = panel(quantity)
    emptied = quantity.copy()
    emptied[:, 150:160] = 0
    unseen = hidden.observed.copy()
    unseen[:, 150:160] = False
    masked = replace(hidden, quantity=emptied, observed=unseen)
    told_zero = replace(hidden, quantity=emptied)

    assert np.all(classic.smoothed_path(masked)[:, 159] == classic.smoothed_path(masked)[:, 149])
    assert classic.smoothed_path(told_zero)[:, 159].sum() < classic.smoothed_path(masked)[:, 159].sum()


def test_demand_hidden_by_empty_shelves_is_forecast_without_bias() -> None:
    # Given shelves that were empty on a fifth of the days, and a shop that knows on which
    expected = np.repeat(np.random.default_rng(3).lognormal(1, 0.8, (60, 1)), 300, axis=1)
    shop = panel(sales(expected), known_ahead=28)
    empty = np.random.default_rng(4).random(shop.quantity.shape) < 0.2
    sold = np.where(empty, 0, shop.quantity)
    told = replace(shop, quantity=sold, observed=~empty)
    untold = replace(shop, quantity=sold)

    def bias(of: Panel) -> float:
        return float(forecast(of, 28).mean.sum() / expected[:, :28].sum() - 1)

    assert abs(bias(told)) <= 0.05
    assert bias(untold) < -0.15


def test_a_closed_day_ahead_sells_nothing_and_a_promoted_one_sells_more() -> None:
    days, ahead = 300, 14
    promo = (np.random.default_rng(5).random((60, days + ahead)) < 0.1).astype(float)
    promo[:, days:] = 0
    promo[:, days + 8] = 1
    expected = rates(60, days) * np.exp(0.8 * promo[:, :days])
    shop = panel(sales(expected), known_ahead=ahead, promo=promo)
    shop.open[:, days + 3] = False

    said = forecast(shop, ahead)
    without = forecast(replace(shop, promo=np.where(np.arange(days + ahead) == days + 8, 0, promo)), ahead)

    assert not said.mean[:, 3].any()
    assert said.mean[:, 8].sum() > 1.4 * without.mean[:, 8].sum()
    assert np.allclose(said.mean[:, :8].sum(), without.mean[:, :8].sum(), rtol=0.05)


def test_a_deeper_offer_sells_more_than_a_shallow_one() -> None:
    days, ahead = 300, 14
    random = np.random.default_rng(7)
    promo = (random.random((60, days + ahead)) < 0.15).astype(float)
    price = np.where(promo > 0, random.choice([0.9, 0.5], promo.shape), 1.0)
    for known, usual in ((promo, 0.0), (price, 1.0)):
        known[:, days:] = usual
    # The same weekday twice, a little cheaper and for half the price.
    promo[:, [days + 4, days + 11]] = 1
    price[:, days + 4], price[:, days + 11] = 0.9, 0.5
    expected = rates(60, days) * np.exp(2.5 * (1 - price[:, :days]))
    told = panel(sales(expected), known_ahead=ahead, promo=promo)

    shallow, deep = (trees.boosted(replace(told, price=price), ahead)[:, day].sum() for day in (4, 11))
    flat = trees.boosted(told, ahead)

    assert deep > 1.5 * shallow
    assert flat[:, 11].sum() < 1.2 * flat[:, 4].sum()


@pytest.mark.slow
def test_bands_cover_what_they_say_and_never_cross() -> None:
    quantity = sales(rates(120, 400))
    shop = panel(quantity)
    tally = Tally()
    for days in (344, 372):
        known = shop.until(days)
        said = forecast(known, 28)
        assert (said.low >= 0).all()
        assert (said.low <= said.mean).all()
        assert (said.mean <= said.high).all()
        tally.add(said.mean, quantity[:, days : days + 28], known.quantity)
        tally.add_band(said.low, said.high, quantity[:, days : days + 28])
    metrics = tally.metrics()
    assert metrics.coverage_80 == pytest.approx(0.8, abs=0.04)
    assert metrics.bias == pytest.approx(0, abs=0.06)


@pytest.mark.slow
def test_what_is_chosen_beats_the_textbook_in_a_shop_with_weekdays() -> None:
    result = backtest(_history(panel(sales(rates(120, 420))), stores=4), horizon=28, origins=2)

    level = result.levels["product_store"]
    textbook = [level.candidates[name] for name in ("flat_mean", "weekday_mean", "seasonal_naive")]
    chosen = level.chosen
    assert chosen.wape_day is not None
    assert chosen.wape_horizon is not None
    assert all(other.wape_day is not None and chosen.wape_day < other.wape_day for other in textbook)
    assert all(other.wape_horizon is not None and chosen.wape_horizon < other.wape_horizon for other in textbook)
    assert set(result.levels) == set(LEVELS)
    assert result.levels["total"].chosen.bias == pytest.approx(chosen.bias)


@pytest.mark.slow
def test_the_future_of_a_series_changes_nothing_that_was_said_before() -> None:
    quantity = sales(rates(60, 300))
    changed = quantity.copy()
    changed[:, 272:] *= 50

    before, after = (forecast(panel(values).until(272), 28).mean for values in (quantity, changed))

    assert np.array_equal(before, after)


def test_kinds_of_demand_are_told_by_gaps_and_unevenness() -> None:
    every_day = np.ones(100)
    uneven = np.where(np.arange(100) % 2 == 0, 1.0, 20.0)
    rare = np.where(np.arange(100) % 5 == 0, 3.0, 0.0)
    rare_uneven = rare * np.where(np.arange(100) % 10 == 0, 1, 20)
    never = np.zeros(100)
    kinds = classify(panel(np.stack([every_day, uneven, rare, rare_uneven, never])))
    assert kinds.tolist() == [
        DemandClass.SMOOTH, DemandClass.ERRATIC, DemandClass.INTERMITTENT, DemandClass.LUMPY, DemandClass.LUMPY,
    ]  # fmt: skip


def test_metrics_of_a_worked_example() -> None:
    tally = Tally()
    demand = np.array([[2.0] * 7 + [0.0] * 7, [0.0] * 14])
    said = np.array([[1.0] * 14, [0.0] * 14])
    tally.add(said, demand, history=np.array([[0.0, 2.0, 0.0], [1.0, 1.0, 1.0]]))
    metrics = tally.metrics()
    assert metrics.wape_day == 1.0
    assert metrics.wape_week == 1.0
    assert metrics.wape_horizon == 0.0
    assert metrics.bias == 0.0
    # Each error is 1, each step of the history 2; the second series never changed and is counted apart.
    assert metrics.rmsse == 0.5
    assert metrics.series_unscaled == 1


def test_nothing_sold_gives_no_share_rather_than_infinity() -> None:
    tally = Tally()
    tally.add(np.ones((2, 7)), np.zeros((2, 7)), history=np.zeros((2, 10)))
    metrics = tally.metrics()
    assert (metrics.wape_day, metrics.bias, metrics.rmsse) == (None, None, None)


@given(arrays(float, (3, 70), elements=st.floats(0, 1e6, allow_subnormal=False)))
def test_every_candidate_is_finite_and_not_negative(quantity: Floats) -> None:
    said = candidates(panel(quantity, known_ahead=14), 14)
    assert AVERAGE in said
    for values in said.values():
        assert np.isfinite(values).all()
        assert (values >= 0).all()
