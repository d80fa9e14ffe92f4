"""`nexova import` as a process of its own, against a running house: what it prints, what it learns, and what a kill leaves."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house.processes import ROOT, House, ready_house

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SHOP = "demo-store"
ROWS = 4_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running house with the demo shops."""
    with ready_house(tmp_path_factory.mktemp("house") / "data", BURST_WINDOW_SECONDS="0") as running:
        yield running


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The result that a command printed, and nothing beside it."""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_dry_run_says_what_would_change_and_what_is_learnt_stays_learnt(house: House, tmp_path: Path) -> None:
    sheet = tmp_path / "lista.csv"
    sheet.write_text("Mi clave;Nombre;Precio\nCLI-1;Pasta;1,800\n", "utf-8")
    load = ("import", str(sheet), "--workspace", SHOP, "--json")

    asked = house.command(*load)
    assert (asked.returncode, told(asked)["status"]) == (3, "needs_answers"), asked.stderr
    assert [error["code"] for error in told(asked)["errors"]] == ["columns_missing"]
    dry = house.command(*load, "--dry-run", "--map", "Mi clave=code", "--decimal", "comma")
    assert (dry.returncode, told(dry)["inserted"]) == (0, 1), dry.stderr
    assert json.loads(house.command("imports", "headings", "--json").stdout) == []

    first = house.command(*load, "--map", "Mi clave=code", "--decimal", "comma")
    assert (first.returncode, told(first)["inserted"]) == (0, 1), first.stderr
    # The same form again needs no word more
    again = house.command(*load)
    assert (again.returncode, told(again)["unchanged"]) == (0, 1), again.stderr
    learnt = json.loads(house.command("imports", "headings", "-w", SHOP, "--json").stdout)
    assert [(one["heading"], one["field"], one["decimal"]) for one in learnt] == [
        ("mi clave", "code", None), ("precio", None, "comma"),
    ]  # fmt: skip
    assert house.command("imports", "forget", "Mi clave", "-w", SHOP).returncode == 0
    assert house.command(*load).returncode == 3
    missing = house.command("imports", "forget", "Mi clave", "-w", SHOP)
    assert (missing.returncode, "Traceback" in missing.stderr) == (1, False)


def test_an_import_that_is_killed_is_gone_on_with_and_nothing_is_there_twice(house: House, tmp_path: Path) -> None:
    sheet = tmp_path / "muchos.csv"
    sheet.write_text("code,name,price\n" + "".join(f"K{n:05d},Cosa {n},{n + 1}.00\n" for n in range(ROWS)), "utf-8")
    words = [sys.executable, "-m", "app.cli", "import", str(sheet), "--workspace", SHOP, "--json"]
    process = subprocess.Popen(
        words, cwd=ROOT, env=house.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    # It says how far it is as soon as some rows are through
    line = process.stderr.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert line.endswith(f" of {ROWS} rows\n"), line

    again = house.command("import", str(sheet), "--workspace", SHOP, "--json")

    assert again.returncode == 0, again.stderr
    result = told(again)
    assert (result["rows"], result["failed"], result["updated"]) == (ROWS, 0, 0)
    assert result["unchanged"] >= int(line.split()[0])
    listed = house.command("export", "products", "--workspace", SHOP).stdout.splitlines()
    assert sum(one.startswith("K") for one in listed) == ROWS


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--map", "Código"), "--map takes HEADING=FIELD"),
        (("--map", "Código=color"), "the fields are"),
        (("--store", "nowhere"), "store"),
        (("--workspace", "nowhere"), "there is no workspace"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(house: House, tmp_path: Path, words: tuple[str, ...], code: str) -> None:
    sheet = tmp_path / "x.csv"
    sheet.write_text("Código;Nombre;Precio\nA;B;1\n", "utf-8")

    done = house.command("import", str(sheet), "--workspace", SHOP, *words)

    assert done.returncode == 1
    assert code in done.stderr
    assert "Traceback" not in done.stderr
