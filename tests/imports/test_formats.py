"""Numbers and dates: whatever a locale writes is read as what it was, and nothing is read as what it may not be."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_decimal
from hypothesis import example, given
from hypothesis import strategies as st

from domain.imports.sheets import dates, numbers
from domain.imports.sheets.dates import DateOrder, DateUnclear, NotADate, read_date
from domain.imports.sheets.numbers import NotANumber, NumberUnclear, read_number

LOCALES = (
    "es_VE",
    "es_MX",
    "es_AR",
    "es_CO",
    "es_CL",
    "es_PE",
    "es_ES",
    "es_UY",
    "es_CR",
    "pt_BR",
    "en_US",
    "en_IN",
    "de_CH",
    "fr_FR",
)
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False, allow_infinity=False)
DAYS = st.dates(date(1970, 1, 1), date(2069, 12, 31))


@given(st.lists(AMOUNTS, min_size=1, max_size=30), st.sampled_from(LOCALES))
@example([Decimal("1234567.89")], "en_IN")
def test_a_column_written_by_a_locale_is_read_as_it_was(amounts: list[Decimal], locale: str) -> None:
    column = [format_decimal(amount, "#,##0.00" if locale != "en_IN" else None, locale=locale) for amount in amounts]

    mark = numbers.decide(column).mark

    for text, amount in zip(column, amounts, strict=True):
        try:
            assert read_number(text, mark) == amount
        except NumberUnclear:
            assert mark is None


@given(st.lists(AMOUNTS, min_size=1, max_size=30), st.sampled_from(LOCALES))
def test_two_decimals_leave_no_doubt(amounts: list[Decimal], locale: str) -> None:
    column = [format_decimal(amount, "#,##0.00", locale=locale) for amount in amounts]

    assert not numbers.decide(column).must_ask


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"))
def test_three_digits_behind_one_sign_are_asked_unless_another_cell_tells(before: int, after: int, sign: str) -> None:
    text = f"{before}{sign}{after:03d}"

    column = numbers.decide([text])

    assert column.must_ask
    with pytest.raises(NumberUnclear):
        read_number(text, column.mark)
    other = "," if sign == "." else "."
    assert read_number(text, numbers.decide([text, f"1{other}5"]).mark) == Decimal(before * 1000 + after)
    assert read_number(text, numbers.decide([text, f"1{sign}5"]).mark) == Decimal(f"{before}.{after:03d}")


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_is_none_and_nothing_breaks(text: str) -> None:
    try:
        found = numbers.readings(text)
    except NotANumber:
        return
    assert found
    assert all(value.is_finite() for value in found.values())
    assert any(character.isdigit() for character in text)


@given(st.floats(0, 10**9).map(lambda value: round(value, 3)))
def test_a_number_of_a_workbook_is_what_it_shows(value: float) -> None:
    assert read_number(value, None) == Decimal(repr(value)).quantize(Decimal("0.001"))


@pytest.mark.parametrize(
    "text", ["1.2.3", "1,2,3", "12.34.567", "1.234,5.6", "0,500.1,2", "--1", "1-2", "٣,٥", "1e5", "NaN", "inf", "."]
)
def test_what_no_locale_writes_is_no_number(text: str) -> None:
    with pytest.raises(NotANumber):
        numbers.readings(text)


@given(st.lists(DAYS, min_size=1, max_size=30), st.sampled_from(LOCALES), st.sampled_from(["short", "medium", "long", "full"]))
def test_a_column_of_days_written_by_a_locale_is_read_as_it_was(days: list[date], locale: str, length: str) -> None:
    if locale[:2] not in {"es", "pt", "en"} and length != "short":
        return  # the names of months are those of our languages
    column = [format_date(day, length, locale=locale) for day in days]

    order = dates.decide(column).order

    for text, day in zip(column, days, strict=True):
        try:
            assert read_date(text, order) == datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a cell has no zone
        except DateUnclear:
            assert order is None


@given(DAYS, st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d 13:45:10", "%Y-%m-%dT13:45:10Z"]))
def test_a_day_with_the_year_first_has_one_reading(day: date, form: str) -> None:
    found = read_date(day.strftime(form), DateOrder.MONTH_FIRST)

    assert found is not None
    assert found.date() == day


@given(DAYS)
def test_serials_are_days_since_1899(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days

    read = {str(read_date(cell, None)) for cell in (serial, float(serial), str(serial))}

    assert read == {str(datetime(day.year, day.month, day.day))}  # noqa: DTZ001 - a cell has no zone


@given(st.text(max_size=40))
def test_any_text_is_a_day_or_is_none_and_nothing_breaks(text: str) -> None:
    try:
        found = dates.readings(text)
    except NotADate:
        return
    assert found


@given(st.dates(date(2000, 1, 13), date(2068, 12, 31)).filter(lambda day: day.day > 12), st.integers(0, 86_399))
def test_one_day_above_twelve_decides_the_order_and_times_are_kept(day: date, seconds: int) -> None:
    at = (datetime(2026, 1, 1) + timedelta(seconds=seconds)).time()  # noqa: DTZ001 - a cell has no zone
    text = f"{day:%d/%m/%Y} {at:%H:%M:%S}"

    assert read_date(text, dates.decide(["01/02/2026", text]).order) == datetime.combine(day, at)
