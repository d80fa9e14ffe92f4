"""`nexova emissions calculate`: a file in, a figure or a reason for each line out, without a running house."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import build

_HEADER = "activity,amount,unit,country,year,scope\n"


def _calculate(content: bytes, folder: Path, *options: str) -> Result:
    path = folder / "activities.csv"
    path.write_bytes(content)
    return CliRunner().invoke(build("emissions"), ["emissions", "calculate", str(path), *options])


def test_each_line_has_a_figure_with_its_factor_or_a_reason(tmp_path: Path) -> None:
    lines = "diésel,100,litros,CO,2024,\nelectricidad,1,MWh,DE,2022,2\ndragones,1,kg,CO,2024,\n"

    done = _calculate((_HEADER + lines).encode(), tmp_path, "--json")

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    diesel, electricity = told["lines"]
    assert diesel["co2e_kg"] == pytest.approx(269.234868)
    assert diesel["factor"]["year"] == 2006
    assert "GHG Protocol" in diesel["factor"]["title"]
    assert diesel["factor"]["licence"]
    assert diesel["quality"] == "default"
    assert diesel["uncertainty_percent"] == 5
    assert (electricity["scope"], electricity["method"], electricity["co2e_kg"]) == (2, "location", 387.63)
    assert electricity["market_based"]["co2e_kg"] == 684.03
    assert [(one["line"], one["reason"]) for one in told["unmatched"]] == [(4, "activity_unknown")]
    assert told["unmatched"][0]["message"]
    totals = told["totals_kg"]
    assert totals["location_based"] == pytest.approx(diesel["co2e_kg"] + 387.63)
    assert totals["market_based"] == pytest.approx(diesel["co2e_kg"] + 684.03)


def test_the_report_is_a_choice_and_the_table_names_figure_and_source(tmp_path: Path) -> None:
    content = (_HEADER + "R-410A,2,kg,CO,2024,1\nton of doubt,1,ton,US,2024,\n").encode()

    by_ar6 = json.loads(_calculate(content, tmp_path, "--json", "--gwp", "AR6").stdout)
    table = _calculate(content, tmp_path)

    assert by_ar6["gwp"] == "AR6"
    assert by_ar6["lines"][0]["co2e_kg"] == 4511
    assert "3847.000" in table.stdout
    assert "[unit_unknown]" in table.stdout


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (_HEADER.encode(), "file_empty"),
        (b"activity,amount\ndiesel,1\n", "columns_missing"),
        ((_HEADER + "diesel,much,L,CO,2024,\n").encode(), "number_unreadable"),
        ((_HEADER + "diesel,,L,CO,2024,\n").encode(), "number_unreadable"),
        ((_HEADER + "diesel,NaN,L,CO,2024,\n").encode(), "number_unreadable"),
        ((_HEADER + "diesel,1e999999,L,CO,2024,\n").encode(), "number_unreadable"),
        ((_HEADER + ",1,L,CO,2024,\n").encode(), "activity_missing"),
        ((_HEADER + "diesel,1,L,Narnia,2024,\n").encode(), "country_unreadable"),
        ((_HEADER + "diesel,1,L,CO,24,\n").encode(), "year_unreadable"),
        ((_HEADER + "diesel,1,L,CO,2024,4\n").encode(), "scope_unreadable"),
        ((_HEADER + "diesel,1,L,CO\n").encode(), "row_uneven"),
        ("activity,amount,unit,country,year\ndiésel,1,L,CO,2024\n".encode("latin-1"), "file_not_utf8"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_a_code(content: bytes, code: str, tmp_path: Path) -> None:
    done = _calculate(content, tmp_path, "--json")

    assert done.exit_code == 2
    assert f"[{code}]" in done.stderr
    assert done.stdout == ""
