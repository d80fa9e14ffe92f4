"""What nobody expected: injected oddities are found, and ordinary weeks are left alone, at stated rates."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.forecasting.classes import classify
from analytics.forecasting.forecast import forecast
from analytics.forecasting.panel import Floats
from analytics.forecasting.spans import LATELY, sum_widths, surprises
from tests.analytics.shops import panel, rates, sales

SERIES, DAYS, HORIZON = 120, 250, 28


def told(quantity: Floats) -> NDArray[np.bool_]:
    """Which series a shop would be told of, by the defaults of its settings (`domain/alerts/catalogue.py`)."""
    shop = panel(quantity, known_ahead=HORIZON)
    said, classes = forecast(shop, HORIZON), classify(shop)
    expected, came = (part[:, -LATELY:].sum(1) for part in said.past[0])
    scores = surprises(expected, came, sum_widths(said.past, classes, [LATELY])[:, 0])
    odd: NDArray[np.bool_] = (np.abs(scores) >= 5) | ((came == 0) & (scores <= -3))
    found: NDArray[np.bool_] = odd & (np.abs(came - expected) >= 5)
    return found


@pytest.fixture(scope="module")
def ordinary() -> Floats:
    return sales(rates(SERIES, DAYS, seed=11), seed=12)


@pytest.mark.parametrize(("times", "recall"), [(3, 0.75), (4, 0.95), (0, 0.65)])
def test_injected_oddities_are_found_and_little_else(ordinary: Floats, times: int, recall: float) -> None:
    odd = ordinary.copy()
    which = np.argsort(-ordinary.mean(1))[:40:2]  # twenty of those that sell enough for a week to say anything
    odd[which, -LATELY:] = np.round(times * ordinary[which, -56:-LATELY].mean(1))[:, None]
    seen = told(odd)
    assert seen[which].mean() >= recall
    assert seen[which].sum() / seen.sum() >= 0.9  # precision


def test_ordinary_weeks_are_left_alone(ordinary: Floats) -> None:
    assert told(ordinary).mean() <= 0.01


def test_less_than_expected_is_below_nothing_and_what_was_not_expected_is_not_odd() -> None:
    found = surprises(np.array([50.0, 50.0, 0.0]), np.array([0.0, 90.0, 9.0]), np.ones(3))
    assert found[0] < 0 < found[1]
    assert found[2] == 0
