"""Warnings of failure come from what was known, and are measured on what nothing was learned from."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.data import BadData
from analytics.machines import backtest, files
from analytics.machines.conditions import Conditions
from analytics.machines.failures import Classifier, stratified
from analytics.machines.life_features import CAP, features
from analytics.machines.metrics import average_precision, nasa_score, precision_recall_f1
from analytics.machines.remaining_life import RemainingLife, Run
from analytics.machines.rolling import rolling_mean, rolling_slope
from analytics.machines.rules import QUALITIES, Readings, by_rule, heat_dissipation, overstrain, power
from tests.analytics import plant


def test_worked_examples_of_the_metrics() -> None:
    # By hand: of five, the 1st, 2nd and 4th by score are true: (1/1 + 2/2 + 3/4) / 3
    score, truth = np.array([0.9, 0.8, 0.7, 0.6, 0.1]), np.array([True, True, False, True, False])
    assert average_precision(score, truth) == pytest.approx(2.75 / 3)
    assert average_precision(np.ones(5), truth) == pytest.approx(3 / 5)
    assert precision_recall_f1(score > 0.65, truth) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    # Ten cycles late, thirteen early: e - 1 each (Saxena and others, equation 11)
    assert nasa_score(np.array([10.0, -13.0])) == pytest.approx(2 * (np.e - 1))


@given(arrays(float, (20, 2), elements=st.floats(-100, 100)), st.integers(3, 10))
def test_rolling_statistics_are_those_of_the_last_rows(values: np.ndarray, window: int) -> None:
    means, slopes = rolling_mean(values, window), rolling_slope(values, window)
    for row in range(20):
        last = values[max(0, row - window + 1) : row + 1]
        assert np.allclose(means[row], last.mean(0))
        if len(last) >= 3:
            assert np.allclose(slopes[row], np.polyfit(np.arange(len(last)), last, 1)[0], atol=1e-6)


def _reading(**changed: float) -> Readings:
    usual = {"air": 300.0, "process": 310.0, "speed": 1500.0, "torque": 40.0, "wear": 10.0} | changed
    return Readings(
        np.array([QUALITIES.index("M")]), *(np.array([usual[name]]) for name in ("air", "process", "speed", "torque", "wear"))
    )


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        (heat_dissipation, {"process": 308.7, "speed": 1379.0}, {"process": 308.5, "speed": 1379.0}),
        (heat_dissipation, {"process": 308.5, "speed": 1380.0}, {"process": 308.5, "speed": 1379.0}),
        (power, {"torque": 57.2}, {"torque": 57.4}),  # 9000 W at 1500 rpm are 57.30 N·m
        (power, {"torque": 22.4}, {"torque": 22.2}),  # 3500 W are 22.28 N·m
        (overstrain, {"wear": 240.0, "torque": 50.0}, {"wear": 240.1, "torque": 50.0}),  # 12 000 min·N·m for M
    ],
)
def test_the_documented_limits(rule, kept, broken) -> None:  # type: ignore[no-untyped-def]  # three functions of one shape
    assert not rule(_reading(**kept))[0]
    assert rule(_reading(**broken))[0]


def test_every_reading_is_judged_once_and_never_by_what_learned_from_it() -> None:
    failed = np.random.default_rng(0).random(500) < 0.1
    folds = stratified(failed, 5, seed=3)

    assert sorted(np.concatenate([kept for _, kept in folds]).tolist()) == list(range(500))
    assert all(not set(learned) & set(kept) for learned, kept in folds)
    assert {int(failed[kept].sum()) for _, kept in folds} <= {int(failed.sum()) // 5, int(failed.sum()) // 5 + 1}


def test_the_columns_that_name_the_failure_change_nothing(tmp_path: Path) -> None:
    of = plant.readings(50)
    failed = plant.failed(of)
    leaks = np.column_stack([failed] * 5).astype(float)
    plain, leaking = (
        plant.write_readings(tmp_path / name, of, failed, told) for name, told in (("a.csv", None), ("b.csv", leaks))
    )

    for path in (plain, leaking):
        read, answer = files.read_readings(path)
        assert (answer == failed).all()
        assert all((getattr(read, field) == getattr(of, field)).all() for field in of.__slots__)


def test_where_nothing_foretells_failures_the_figures_say_so() -> None:
    # Given outcomes by lot, of which a classifier judged on its own lessons would know nearly all
    of = plant.readings(600)
    luck = np.random.default_rng(8).random(600) < 0.1

    figures = backtest.failures(of, luck)

    assert figures.pr_auc < 0.2


def test_trees_warn_where_no_limit_is_documented() -> None:
    # Given a machine that also fails whenever its tool is old and the air is warm
    of, later = plant.readings(2000), plant.readings(1000, seed=7)
    failed, will_fail = (plant.failed(one, seed=4) | ((one.wear > 200) & (one.air > 301)) for one in (of, later))

    alarm, _ = Classifier.learn(of, failed).judge(later)

    assert precision_recall_f1(alarm, will_fail)[2] > precision_recall_f1(by_rule(later), will_fail)[2] + 0.02


@pytest.fixture(scope="module")
def learned() -> RemainingLife:
    return RemainingLife.learn(plant.fleet(30))


def test_remaining_life_is_known_better_than_by_guessing(learned: RemainingLife) -> None:
    known, left = plant.cut(plant.fleet(40, seed=1))
    said = learned.predict(known)

    assert np.sqrt(np.mean((said - left) ** 2)) < 0.5 * left.std()
    assert said.min() >= 0
    assert said.max() <= CAP


def test_a_row_of_features_knows_only_the_rows_before_it() -> None:
    run = plant.fleet(1, seed=2)[0].sensors
    other = run.copy()
    other[60:] += 50

    assert (features(run)[:60] == features(other)[:60]).all()
    assert (features(run)[60:] != features(other)[60:]).any()
    assert (features(run[:60]) == features(run)[:60]).all()


def test_a_fleet_that_works_in_several_regimes_is_known_as_well(learned: RemainingLife) -> None:
    known, left = plant.cut(plant.fleet(40, seed=1))
    many, same_left = plant.cut(plant.fleet(40, seed=1, regimes=4))
    several = RemainingLife.learn(plant.fleet(30, regimes=4))

    assert len(several.conditions.centres) == 4
    assert len(learned.conditions.centres) == 1
    one_error = np.sqrt(np.mean((learned.predict(known) - left) ** 2))
    assert np.sqrt(np.mean((several.predict(many) - same_left) ** 2)) < 1.5 * one_error


def test_settings_that_only_tremble_make_no_regimes_and_a_still_sensor_says_nothing() -> None:
    runs = plant.fleet(5)
    stepped = [np.round(run.settings, 3) for run in runs]

    found = Conditions.learn(stepped, [run.sensors for run in runs])

    assert len(found.centres) == 1
    assert found.informative.tolist() == list(range(11))


def test_the_truth_is_only_compared() -> None:
    fleet = plant.fleet(12)
    known, left = plant.cut(plant.fleet(6, seed=1))
    figures = backtest.remaining_life(fleet, known, left)
    moved = backtest.remaining_life(fleet, known, np.full(6, 200.0))

    said = RemainingLife.learn(fleet).predict(known)
    assert figures.rmse == pytest.approx(np.sqrt(np.mean((said - left) ** 2)))
    assert moved.rmse_capped == pytest.approx(np.sqrt(np.mean((said - CAP) ** 2)))
    assert moved.rmse == pytest.approx(np.sqrt(np.mean((said - 200) ** 2)))


def test_runs_are_read_with_and_without_a_header_zipped_or_not(tmp_path: Path) -> None:
    runs = plant.fleet(3)
    bare = plant.write_runs(tmp_path / "train.txt", runs)
    zipped = tmp_path / "train.csv.gz"
    header = "unit,cycle,op1,op2,op3," + ",".join(f"s{number}" for number in range(1, 13))
    zipped.write_bytes(gzip.compress((header + "\n" + bare.read_text().replace(" ", ",")).encode()))

    one, other = files.read_runs(bare), files.read_runs(zipped)

    assert [run.unit for run in one] == ["1", "2", "3"]
    assert all((a.sensors == b.sensors).all() and (a.settings == b.settings).all() for a, b in zip(one, other, strict=True))
    assert np.allclose(one[2].sensors, runs[2].sensors, atol=1e-4)


def test_too_few_failures_or_units_are_an_error() -> None:
    of = plant.readings(100)
    with pytest.raises(BadData, match="failures_too_few"):
        backtest.failures(of, np.arange(100) < 5)
    with pytest.raises(BadData, match="units_too_few"):
        backtest.remaining_life(plant.fleet(3), plant.fleet(3), np.ones(3))
    short = [Run("1", np.zeros((2, 3)), np.zeros((2, 4)))]
    with pytest.raises(BadData, match="sensors_uneven"):
        backtest.remaining_life(plant.fleet(10), short, np.ones(1))


def test_one_sensor_and_one_cycle_are_enough_to_say_something_and_none_is_an_error() -> None:
    one = [Run(run.unit, run.settings, run.sensors[:, :1]) for run in plant.fleet(10)]
    still = [Run(run.unit, run.settings, np.full((len(run.sensors), 2), 7.0)) for run in one]

    said = RemainingLife.learn(one).predict([Run("new", one[0].settings[:1], one[0].sensors[:1])])

    assert np.isfinite(said).all()
    with pytest.raises(BadData, match="sensors_still"):
        RemainingLife.learn(still)
