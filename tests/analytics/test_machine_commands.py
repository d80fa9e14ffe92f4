"""`nexova machines backtest`: files in, figures out, without a running house; a bad file is named."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import build
from tests.analytics import plant


def _backtest(kind: str, *paths: Path, options: Sequence[str] = ("--json",)) -> Result:
    arguments = ["machines", "backtest", kind, *map(str, paths), *options]
    return CliRunner().invoke(build("machines"), arguments)


def test_failures_are_told_as_four_shares(tmp_path: Path) -> None:
    of = plant.readings(400)
    path = plant.write_readings(tmp_path / "ai4i.csv", of, plant.failed(of))

    done = _backtest("ai4i", path)
    table = _backtest("ai4i", path, options=())

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert list(told) == ["f1", "precision", "recall", "pr_auc"]
    assert all(0 < share <= 1 for share in told.values())
    assert f"{told['f1']:.3f}" in table.stdout


def test_remaining_life_is_told_as_three_errors(tmp_path: Path) -> None:
    known, left = plant.cut(plant.fleet(8, seed=1))
    train = plant.write_runs(tmp_path / "train.txt", plant.fleet(12))
    test = plant.write_runs(tmp_path / "test.txt", known)
    truth = tmp_path / "truth.txt"
    truth.write_text("".join(f"{cycles:.0f} \n" for cycles in left), encoding="utf-8")

    done = _backtest("cmapss", train, test, truth)

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert list(told) == ["rmse", "rmse_capped", "nasa_score"]
    assert all(error > 0 for error in told.values())
    truth.write_text("1\n2\n", encoding="utf-8")
    assert_refused(_backtest("cmapss", train, test, truth), "truth_uneven")
    assert_refused(_backtest("cmapss", train, test), "files_wanted")


def test_alarms_are_told_as_three_shares_over_all_files_of_a_folder(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"valve{number}").mkdir()
        plant.write_experiment(tmp_path / f"valve{number}" / "0.csv", *plant.pump(number))
    (tmp_path / "free.csv").write_text("datetime;Sensor0\n2020-03-09 10:00:00;1.5\n", encoding="utf-8")

    done = _backtest("skab", tmp_path)

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert list(told) == ["f1", "false_alarm_rate", "missed_rate"]
    assert told["f1"] > 0.8
    assert told == json.loads(_backtest("skab", tmp_path / "valve0" / "0.csv", tmp_path / "valve1" / "0.csv").stdout)
    assert_refused(_backtest("skab", tmp_path / "free.csv"), "labels_missing")


def assert_refused(done: Result, code: str) -> None:
    assert done.exit_code == 2, done.output
    assert f"[{code}]" in done.stderr
    assert done.stdout == ""


_HEADER = (
    "Type,Air temperature [K],Process temperature [K],Rotational speed [rpm],Torque [Nm],Tool wear [min],Machine failure\n"
)
_ROW = "M,300,310,1500,40,10,0\n"


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("ai4i", b"", "file_empty"),
        ("ai4i", _HEADER.encode(), "file_empty"),
        ("ai4i", b"Type,Torque [Nm]\nM,1\n", "columns_missing"),
        ("ai4i", (_HEADER + _ROW + "M,300,hot,1500,40,10,0\n").encode(), "number_unreadable"),
        ("ai4i", (_HEADER + _ROW + "M,300,,1500,40,10,0\n").encode(), "number_unreadable"),
        ("ai4i", (_HEADER + _ROW + "M,300,nan,1500,40,10,0\n").encode(), "number_unreadable"),
        ("ai4i", (_HEADER + _ROW + "M,300,310,1500,40\n").encode(), "row_uneven"),
        ("ai4i", (_HEADER + "X,300,310,1500,40,10,0\n").encode(), "quality_unknown"),
        ("ai4i", (_HEADER + "M,300,310,1500,40,10,2\n").encode(), "flag_unreadable"),
        ("ai4i", (_HEADER + _ROW * 30).encode(), "failures_too_few"),
        ("ai4i", "Máquina".encode("latin-1"), "file_not_utf8"),
        ("ai4i", b"\x1f\x8bnot zipped", "file_unreadable"),
        ("cmapss", b"1 1 0 0 100\n", "runs_columns_missing"),
        ("cmapss", b"1 1 0 0 100 5\n1 1 0 0 100 5\n", "cycle_twice"),
        ("cmapss", b"1 1 0 0 100 5\n2 1 0 0 100 5\n", "units_too_few"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_a_code(kind: str, content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    truth = tmp_path / "truth.txt"
    truth.write_text("5\n", encoding="utf-8")

    assert_refused(_backtest(kind, *((path,) if kind == "ai4i" else (path, path, truth))), code)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert_refused(_backtest("ai4i", tmp_path / "absent.csv"), "file_unreadable")


@pytest.mark.parametrize("seed", range(20))
def test_no_broken_file_is_a_crash(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    good = (_HEADER + _ROW * 5).encode()
    broken = bytearray(good)
    for at in random.integers(0, len(good), 6):
        broken[at] = int(random.integers(0, 256))
    path = tmp_path / "broken.csv"
    path.write_bytes(bytes(broken))

    done = _backtest("ai4i", path)

    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
