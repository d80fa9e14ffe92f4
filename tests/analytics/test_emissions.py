"""Emissions are those of public guides, exact in their arithmetic, and never silent about where a factor comes from."""

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.emissions.calculate import Activity, Figure, Quality, Unmatched, calculate
from analytics.emissions.countries import country_code
from analytics.emissions.factors import factors
from analytics.emissions.gases import Gwp, potentials
from analytics.emissions.units import unit

_EXAMPLES = Path(__file__).parent / "emission_examples.csv"


def _told(
    name: str, amount: str, of: str, country: str | None, year: int | None, *, gwp: Gwp = Gwp.AR5, **more: object
) -> Figure:
    statement = calculate([_activity(name, amount, of, country, year, **more)], gwp)
    assert not statement.unmatched, statement.unmatched[0]
    return statement.figures[0]


def _refused(name: str, amount: str, of: str, country: str | None, year: int | None, *, gwp: Gwp = Gwp.AR5) -> Unmatched:
    return calculate([_activity(name, amount, of, country, year)], gwp).unmatched[0]


def _activity(name: str, amount: str, of: str, country: str | None, year: int | None, **more: object) -> Activity:
    return Activity(1, name, Decimal(amount), of, country, year, **more)  # type: ignore[arg-type]  # scope and contract


def _examples() -> list[dict[str, str]]:
    with _EXAMPLES.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_there_are_thirty_examples_of_several_guides() -> None:
    assert len(_examples()) >= 30
    assert len({example["guide"] for example in _examples()}) >= 8


@pytest.mark.parametrize(
    "example", _examples(), ids=lambda example: f"{example['activity']} {example['amount']} {example['unit']}"
)
def test_figures_of_public_guides(example: dict[str, str]) -> None:
    figure = _told(
        example["activity"],
        example["amount"],
        example["unit"],
        example["country"] or None,
        int(example["year"]),
        gwp=Gwp(example["gwp"]),
    )
    told = figure.co2e if example["of"] == "CO2e" else figure.gases[example["of"]]
    assert abs(told / Decimal(example["kg"]) - 1) <= Decimal("0.005"), example["guide"]


@given(st.decimals(0, 10**9, places=3), st.decimals(0, 10**9, places=3))
def test_emissions_are_linear_and_add_up_exactly(one: Decimal, other: Decimal) -> None:
    def told(amount: Decimal) -> Decimal:
        return calculate([Activity(1, "natural gas", amount, "m3", "CO", 2024)], Gwp.AR5).figures[0].co2e

    both = calculate(
        [Activity(line, "natural gas", amount, "m3", "CO", 2024) for line, amount in enumerate((one, other))], Gwp.AR5
    )
    assert both.total(1) == sum((figure.co2e for figure in both.figures), Decimal(0))
    assert abs(told(one) + told(other) - told(one + other)) <= Decimal("1e-15")


@given(st.decimals("0.001", 10**6, places=3))
def test_the_unit_in_which_an_amount_is_told_changes_nothing(amount: Decimal) -> None:
    litres = _told("diesel", str(amount), "L", "MX", 2024).co2e
    for other, worth in (("m3", "1000"), ("gal", "3.785411784"), ("barrel", "158.987294928")):
        assert abs(_told("diesel", str(amount / Decimal(worth)), other, "MX", 2024).co2e - litres) < Decimal("1e-12") * litres
    assert (
        _told("electricity", str(amount), "MWh", "CO", 2022).co2e
        == _told("electricity", str(amount * 1000), "kWh", "CO", 2022).co2e
    )


def test_two_lines_of_one_kind_both_count_and_scopes_are_apart() -> None:
    lines = [
        _activity("diesel", "100", "L", "CO", 2024),
        _activity("diesel", "50", "L", "CO", 2024),
        _activity("electricity", "1000", "kWh", "CO", 2022),
        _activity("electricity losses", "1000", "kWh", "CO", 2022),
        _activity("unicorns", "1", "kg", "CO", 2024),
    ]
    statement = calculate(lines, Gwp.AR5)

    assert statement.total(1) == _told("diesel", "150", "L", "CO", 2024).co2e
    assert statement.total(2) == Decimal("133.59315500")
    assert statement.total(3) == Decimal("12.80869810")
    assert [one.reason for one in statement.unmatched] == ["activity_unknown"]


def test_electricity_has_two_figures_by_contract_residual_mix_or_grid() -> None:
    contract = _told("electricity", "1", "MWh", "DE", 2022, contract=Decimal("0.02"))
    residual = _told("electricity", "1", "MWh", "DE", 2022)
    grid = _told("electricity", "1", "MWh", "CO", 2022)

    for figure, kilograms, note, quality in (
        (contract, "20", "contract", Quality.MEASURED),
        (residual, "684.03", "residual_mix", Quality.ESTIMATED),
        (grid, "133.593155", "grid_average_for_lack_of_contract", Quality.CALCULATED),
    ):
        assert figure.method == "location"
        assert figure.market is not None
        assert figure.market.co2e == Decimal(kilograms)
        assert note in figure.market.notes
        assert figure.market.quality == quality
    assert contract.co2e == residual.co2e == Decimal("387.63")


def test_potentials_are_of_one_report_and_are_not_mixed() -> None:
    old, new = (_told("natural gas", "1", "TJ", "CO", 2024, gwp=gwp) for gwp in Gwp)

    assert old.gases == new.gases
    assert old.co2e == 56100 + 5 * 28 + Decimal("0.1") * 265
    assert new.co2e == 56100 + 5 * Decimal("27.9") + Decimal("0.1") * 273
    assert _refused("hotel stay", "1", "room night", "GB", 2025, gwp=Gwp.AR6).reason == "potentials_without_factor"
    assert _told("hotel stay", "1", "room night", "GB", 2025).co2e == Decimal("10.4")


def test_a_factor_of_another_year_or_of_the_world_says_so() -> None:
    later, default = _told("electricity", "1", "kWh", "CO", 2024), _told("gasolina", "1", "L", "CO", 2024)

    assert later.quality == Quality.ESTIMATED
    assert "factor_of_another_year" in later.notes
    assert default.quality == Quality.DEFAULT
    assert "world_default" in default.notes
    assert _told("electricity", "1", "kWh", "BR", 2019).factor.year == 2019  # type: ignore[union-attr]  # never a gas
    assert _told("natural gas", "1", "kWh", "GB", 2023).notes == ("gross_calorific_value_assumed",)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (("diesel", "1", "ton", "US", 2024), "unit_unknown"),
        (("diesel", "1", "km", "CO", 2024), "unit_without_factor"),
        (("diesel", "-1", "L", "CO", 2024), "amount_negative"),
        (("coal", "1", "t", "CO", 2024), "activity_ambiguous"),
        (("electricity", "1", "kWh", None, 2024), "country_missing"),
        (("electricity", "1", "kWh", "AQ", 2024), "country_without_factor"),
        (("natural gas", "1", "kWh (Gross CV)", "CO", 2024), "calorific_basis_without_factor"),
        (("", "1", "kg", "CO", 2024), "activity_unknown"),
    ],
)
def test_what_cannot_be_known_is_not_guessed(line: tuple[str, str, str, str | None, int], reason: str) -> None:
    assert _refused(*line).reason == reason


def test_co2_of_biomass_belongs_to_no_scope() -> None:
    wood = _told("leña", "1", "t", "CL", 2024)

    assert wood.biogenic_co2 == Decimal("1747.2")
    assert wood.co2e == wood.gases["CH4"] * 28 + wood.gases["N2O"] * 265
    assert wood.co2e < 200


def test_every_factor_is_whole_and_only_one_fits_an_activity_country_and_year() -> None:
    everything = factors()
    assert len({factor.id for factor in everything}) == len(everything)
    for factor in everything:
        values = [*factor.gases.values(), *([factor.co2e] if factor.co2e is not None else []), factor.biogenic_co2]
        assert any(values), factor.id
        assert all(value >= 0 for value in values), factor.id
        assert factor.source.title
        assert factor.source.licence
        assert set(factor.gases) <= set(potentials(Gwp.AR5))
        assert factor.country == "*" or len(factor.country) == 2
        assert "IPCC EFDB" not in factor.source.title
    fits = Counter((one.activity, one.unit, one.country, one.year, one.method, one.source.title) for one in everything)
    assert [fit for fit, count in fits.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "country", "dimension", "factor"),
    [
        ("gal", "GB", "volume", "4.54609"),
        ("gallons", "CO", "volume", "3.785411784"),
        ("kWh", None, "energy", "1"),
        ("MJ", None, "energy", "0.2777777777777777777777777778"),
        ("tonne.km", None, "goods distance", "1"),
        ("metros cúbicos", None, "volume", "1000"),
        ("m³", None, "volume", "1000"),
    ],
)
def test_units(name: str, country: str | None, dimension: str, factor: str) -> None:
    found = unit(name, country)

    assert found is not None
    assert (found.dimension, found.factor) == (dimension, Decimal(factor))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("co", "CO"),
        ("COL", "CO"),
        ("Colombia", "CO"),
        ("México", "MX"),
        ("Estados Unidos", "US"),
        ("UK", "GB"),
        ("Narnia", None),
        ("QX", None),
    ],
)
def test_countries(name: str, code: str | None) -> None:
    assert country_code(name) == code
