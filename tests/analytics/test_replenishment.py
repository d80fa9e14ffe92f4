"""Shelves: nothing is lost or made in the simulation, and ours meets the fill rate that is aimed at with less stock."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.forecasting.panel import Floats
from analytics.replenishment.backtest import backtest
from analytics.replenishment.simulate import simulate
from tests.analytics.shops import panel, rates, sales


def test_a_worked_example_of_a_shelf() -> None:
    # Filled to 5 at days 0, 2, 4; orders take one day. Day 0: 3 of 3. Day 1: 2 of 4, nothing was due.
    # Day 2: orders 5 (for day 3), nothing there. Day 3: 5 arrive, 1 sold. Day 4: orders 1. Day 5: 1 arrives, 4 sold.
    shelf = simulate(np.array([[3.0, 4.0, 2.0, 1.0, 0.0, 4.0]]), lambda _: np.array([5.0]), first=0, lead=1, review=2)
    assert shelf.lost.tolist() == [0, 2, 2, 0, 0, 0]
    assert shelf.stock.tolist() == [2, 0, 0, 4, 4, 1]
    assert shelf.fill_rate(slice(0, 6)) == pytest.approx(1 - 4 / 14)


@given(arrays(float, (2, 40), elements=st.integers(0, 50)), st.integers(0, 60), st.integers(1, 9), st.integers(1, 9))
def test_no_shelf_sells_what_it_has_not_and_more_stock_never_loses_more(
    demand: Floats, level: int, lead: int, review: int
) -> None:
    def run(up_to: int) -> tuple[Floats, Floats]:
        shelf = simulate(demand, lambda _: np.full(2, float(up_to)), first=0, lead=lead, review=review)
        return shelf.lost, shelf.stock

    lost, stock = run(level)
    fuller, _ = run(level + 5)
    assert (stock >= 0).all()
    assert (lost >= 0).all()
    assert (lost <= demand.sum(0)).all()
    assert fuller.sum() <= lost.sum()


@pytest.mark.parametrize("target", [0.95, 0.98])
def test_the_target_is_met_with_less_stock_than_the_textbook_needs_for_as_much(target: float) -> None:
    shop = panel(sales(rates(150, 730)))
    result = backtest(shop, target=target, lead=7, review=7)
    assert result.ours.fill_rate == pytest.approx(target, abs=0.005)
    as_good = [rule for rule in result.rules.values() if rule.fill_rate >= result.ours.fill_rate - 0.003]
    assert all(rule.days_of_stock > result.ours.days_of_stock for rule in as_good)
    assert set(result.rules) == {"mean_cover_1_5", "normal_sigma_root_lead", "quantile_of_demand"}
