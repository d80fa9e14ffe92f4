"""Alarms come when a machine leaves what it did while sound, and are not raised by its noise or its drift."""

import numpy as np
import pytest

from analytics.data import BadData
from analytics.machines import backtest
from analytics.machines.anomalies import alarms
from tests.analytics import plant

_NONE = slice(0, 0)


def test_faults_are_found_and_end_again() -> None:
    figures = backtest.anomalies([plant.pump(seed) for seed in range(8)])

    assert figures.f1 > 0.85
    assert figures.false_alarm_rate < 0.25
    assert figures.missed_rate < 0.1


def test_faults_are_found_on_a_machine_that_drifts() -> None:
    figures = backtest.anomalies([plant.pump(seed, drift=4.0) for seed in range(8)])

    assert figures.f1 > 0.85
    assert figures.missed_rate < 0.15


def test_a_sound_machine_is_left_alone_even_if_it_drifts() -> None:
    for drift, most in ((0.0, 0.15), (4.0, 0.18), (8.0, 0.18)):
        alarmed = [alarms(plant.pump(seed, fault=_NONE, drift=drift)[0], 400)[400:].mean() for seed in range(12)]
        assert np.mean(alarmed) < most, drift


def test_a_row_is_judged_without_those_after_it() -> None:
    signals, _ = plant.pump(3)
    other = signals.copy()
    other[700:] = 50

    assert (alarms(signals, 400)[:700] == alarms(other, 400)[:700]).all()
    assert alarms(other, 400)[720:].all()


def test_no_unit_and_no_scale_of_a_signal_matters() -> None:
    signals, _ = plant.pump(4)

    changed = signals * np.array([1000, 0.01, 1, 9 / 5, 1, 1]) + np.array([5, 300, 0, 32, 0, 1e4])

    assert (alarms(changed, 400) == alarms(signals, 400)).all()


def test_gaps_and_sensors_that_stand_still_are_no_alarm() -> None:
    signals, truth = plant.pump(5)
    gappy = np.column_stack([signals, np.full(len(signals), 7.0), np.full(len(signals), np.nan)])
    gappy[np.random.default_rng(1).random(gappy.shape) < 0.02] = np.nan

    alarm = alarms(gappy, 400)

    assert alarm[truth].mean() > 0.8
    assert not alarms(np.full((500, 3), 5.0), 200).any()


def test_labels_are_only_compared() -> None:
    signals, truth = plant.pump(6)
    figures, opposite = backtest.anomalies([(signals, truth)]), backtest.anomalies([(signals, ~truth)])

    assert opposite.missed_rate == pytest.approx(1 - figures.false_alarm_rate)
    assert opposite.false_alarm_rate == pytest.approx(1 - figures.missed_rate)


def test_files_that_are_too_short_or_hold_nothing_to_find_are_an_error() -> None:
    signals, truth = plant.pump(7)
    with pytest.raises(BadData, match="experiment_too_short"):
        backtest.anomalies([(signals[:200], truth[:200])])
    with pytest.raises(BadData, match="anomalies_missing"):
        backtest.anomalies([(signals, np.zeros_like(truth))])
