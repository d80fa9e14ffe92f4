"""Routes: every stop once or left out with a reason, within loads, windows and hours, whatever the day is like."""

import math

from hypothesis import given
from hypothesis import strategies as st
from pyvrp.stop import MaxIterations

from analytics.routing.distances import EARTH_METRES, matrices
from analytics.routing.problem import DAY, LeftOut, Problem, Stop, Tour, drive
from analytics.routing.solve import solve
from tests.properties import examples

HOUR = 3600
CARACAS, VALENCIA = (10.4880, -66.8792), (10.1620, -68.0077)


@st.composite
def days(draw: st.DrawFn) -> Problem:
    """A day of up to nine stops and three tours, in which not everything needs to fit."""
    size = draw(st.integers(0, 9))
    near = st.floats(-0.2, 0.2)
    places = [CARACAS, *((CARACAS[0] + draw(near), CARACAS[1] + draw(near)) for _ in range(size))]
    stops = []
    for _ in range(size):
        opens = draw(st.integers(0, 18)) * HOUR
        stops.append(Stop(draw(st.integers(0, 40)), opens, opens + draw(st.integers(0, 8)) * HOUR, draw(st.integers(0, 1800))))
    tours = []
    for _ in range(draw(st.integers(0, 3))):
        opens = draw(st.integers(0, 12)) * HOUR
        limits = draw(st.none() | st.integers(1, 60)), draw(st.none() | st.integers(1, 4))
        tours.append(Tour(*limits, opens, opens + draw(st.integers(1, 10)) * HOUR))
    return Problem(stops, tours, *matrices(places, 1.35, 22))


@given(days())
@examples(40)
def test_every_stop_is_visited_once_or_left_out_and_every_rule_is_kept(day: Problem) -> None:
    plan = solve(day, MaxIterations(30))

    visited = [visit.stop for tour in plan.driven for visit in tour.visits]
    assert sorted([*visited, *plan.left_out]) == list(range(len(day.stops)))
    assert len({each.tour for each in plan.driven}) == len(plan.driven)
    for driven in plan.driven:
        tour = day.tours[driven.tour]
        assert tour.opens <= driven.leaves
        assert driven.returns <= tour.closes
        assert tour.capacity is None or sum(day.stops[each.stop].load for each in driven.visits) <= tour.capacity
        assert tour.most_stops is None or len(driven.visits) <= tour.most_stops
        now, place, distance = driven.leaves, 0, 0
        for visit in driven.visits:
            stop = day.stops[visit.stop]
            assert stop.opens <= visit.arrives <= stop.closes
            assert visit.arrives >= now + day.durations[place][visit.stop + 1]
            assert visit.leaves == visit.arrives + stop.service
            distance += day.distances[place][visit.stop + 1]
            now, place = visit.leaves, visit.stop + 1
        assert driven.returns == now + day.durations[place][0]
        assert driven.distance == distance + day.distances[place][0]


@given(days())
@examples(40)
def test_what_is_left_out_fits_nowhere_and_its_reason_is_true(day: Problem) -> None:
    plan = solve(day, MaxIterations(10))

    orders = dict.fromkeys(range(len(day.tours)), ()) | {
        each.tour: tuple(visit.stop for visit in each.visits) for each in plan.driven
    }
    for stop, why in plan.left_out.items():
        alone = any(drive(day, tour, [stop]) is not None for tour in orders)
        assert (why is LeftOut.NO_ROOM) == (alone or not day.tours)
        for tour, order in orders.items():
            for place in range(len(order) + 1):
                assert drive(day, tour, [*order[:place], stop, *order[place:]]) is None


def test_the_same_day_is_planned_the_same_way_and_each_reason_is_told() -> None:
    places = [CARACAS, (10.50, -66.90), (10.47, -66.86), VALENCIA]
    stops = [Stop(10), Stop(500), Stop(10, closes=9 * HOUR)]
    day = Problem(stops, [Tour(100, None, 8 * HOUR, 18 * HOUR)], *matrices(places, 1.35, 22))

    first = solve(day, MaxIterations(50))

    assert first == solve(day, MaxIterations(50))
    assert first.left_out == {1: LeftOut.TOO_HEAVY, 2: LeftOut.OUT_OF_TIME}
    assert [visit.stop for visit in first.driven[0].visits] == [0]
    assert solve(Problem(stops, [], day.distances, day.durations)).left_out == dict.fromkeys(range(3), LeftOut.NO_ROOM)


def test_a_shorter_round_is_found_than_the_order_in_which_stops_came() -> None:
    places = [(0.0, 0.0), (0.0, 0.2), (0.0, 0.1), (0.0, 0.3)]
    day = Problem([Stop(1)] * 3, [Tour(None, None, 0, DAY)], *matrices(places, 1, 60))

    (round_trip,) = solve(day, MaxIterations(50)).driven

    assert round_trip.distance == day.distances[0][3] * 2


def test_ways_are_great_circles_made_longer_by_streets() -> None:
    # A degree of a meridian is the 360th part of its circle; so is one of the equator, and one at 60° is half of it
    degree = 2 * math.pi * EARTH_METRES / 360
    distances, durations = matrices([(0, 0), (1, 0), (60, 10), (60, 11)], 1, 36)
    assert math.isclose(distances[0][1], degree, abs_tol=1)
    assert math.isclose(distances[2][3], degree / 2, rel_tol=1e-4)
    assert distances[0][2] == distances[2][0]
    assert distances[0][0] == 0
    assert math.isclose(durations[0][1], degree / 10, abs_tol=1)
    assert math.isclose(matrices([(0, 0), (1, 0)], 1.35, 36)[0][0][1], degree * 1.35, abs_tol=1)
