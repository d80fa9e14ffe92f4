"""Business hours: open time between two moments, and the moment at which so much of it has passed."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hours import Hours

CARACAS, SANTIAGO = ZoneInfo("America/Caracas"), ZoneInfo("America/Santiago")
WEEK = Hours(CARACAS, time(9), time(17), (0, 1, 2, 3, 4))
NIGHT = Hours(CARACAS, time(20), time(2), (4, 5))


def at(day: int, clock: str, zone: ZoneInfo = CARACAS) -> datetime:
    """A moment of June 2026, whose first day is a Monday."""
    return datetime.combine(datetime(2026, 6, day, tzinfo=zone).date(), time.fromisoformat(clock), zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "opens"),
    [
        (WEEK, at(1, "08:59"), at(1, "09:00")),
        (WEEK, at(1, "09:00"), None),
        (WEEK, at(1, "17:00"), at(2, "09:00")),
        (WEEK, at(5, "18:00"), at(8, "09:00")),
        (NIGHT, at(6, "01:30"), None),
        (NIGHT, at(6, "02:00"), at(6, "20:00")),
        (NIGHT, at(7, "03:00"), at(12, "20:00")),
        (Hours(CARACAS), at(7, "03:00"), None),
        (Hours(CARACAS, None, time(4)), at(7, "12:00"), None),
    ],
)
def test_it_opens_when_its_hours_say(hours: Hours, moment: datetime, opens: datetime | None) -> None:
    assert hours.opening(moment) == opens
    assert hours.is_open(moment) is (opens is None)


def test_a_promise_of_friday_evening_is_due_on_monday() -> None:
    assert WEEK.add(at(5, "16:50"), timedelta(minutes=15)) == at(8, "09:05")
    assert WEEK.between(at(5, "16:50"), at(8, "09:05")) == timedelta(minutes=15)
    assert WEEK.between(at(6, "10:00"), at(7, "10:00")) == timedelta()


def test_the_night_in_which_the_clocks_change_has_its_own_length() -> None:
    # Chile turns its clocks back at midnight of the first Sunday of April: that night has an hour more
    night = Hours(SANTIAGO, time(20), time(4))
    begin = datetime(2026, 4, 4, 20, tzinfo=SANTIAGO).astimezone(UTC)
    assert night.between(begin, begin + timedelta(hours=20)) == timedelta(hours=9)


MOMENTS = st.integers(0, 525_600).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
HOURS = st.builds(
    Hours,
    st.sampled_from([CARACAS, SANTIAGO]),
    st.integers(0, 23).map(time),
    st.integers(0, 23).map(time),
    st.sets(st.integers(0, 6), min_size=1).map(tuple),
)


@given(HOURS, MOMENTS, st.integers(1, 600))
def test_what_is_added_lies_between(hours: Hours, moment: datetime, minutes: int) -> None:
    span = timedelta(minutes=minutes)
    assert hours.between(moment, hours.add(moment, span)) == span


@given(HOURS, MOMENTS, st.integers(0, 10_000), st.integers(0, 10_000))
def test_parts_of_a_time_are_the_whole(hours: Hours, moment: datetime, first: int, second: int) -> None:
    middle, end = moment + timedelta(minutes=first), moment + timedelta(minutes=first + second)
    assert hours.between(moment, middle) + hours.between(middle, end) == hours.between(moment, end)
