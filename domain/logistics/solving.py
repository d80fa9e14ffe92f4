"""The plan of a day as a problem of routes, and back. It loads the solver, so only a worker imports it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from analytics.routing.problem import DAY, Driven, Matrix, Problem, Tour, reason
from analytics.routing.problem import Stop as Place
from analytics.routing.sectors import sectors
from analytics.routing.solve import MOST_SECONDS, solve
from domain.logistics.kinds import LeftOut
from domain.logistics.schemas import Placed, PlannedTour, StopView, ToPlan, TourOf

GRAMS: Final = 1_000
MOST_TOGETHER: Final = 200
"""Stops that are solved as one problem; its time and memory grow with their square."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The tours of a day, why each other stop is in none, and into how many parts the day was cut."""

    tours: list[PlannedTour]
    left_out: dict[UUID, LeftOut]
    parts: int


def placed(wanted: ToPlan) -> list[StopView]:
    """The stops whose place is known."""
    return [each for each in wanted.stops if each.latitude is not None and each.longitude is not None]


Ways = Callable[[Sequence[tuple[float, float]]], tuple[Matrix, Matrix]]
"""Metres and seconds between places (latitude, longitude in degrees), the first of which is the store."""


def plan(wanted: ToPlan, ways: Ways, most_together: int = MOST_TOGETHER) -> Planned:
    """The tours of a day, and why the other stops are in none; a stop without a position is never guessed into one.

    More than `most_together` stops are cut into sectors, each of which has its share of the tours; what finds no room there
    is tried once more with the tours that are left.
    """
    stops, free = placed(wanted), list(wanted.tours)
    groups = sectors(wanted.depot, [_position(each) for each in stops], most_together)
    planned, left_out = list[PlannedTour](), {each.id: LeftOut.NO_POSITION for each in wanted.stops if each.latitude is None}
    over: dict[UUID, LeftOut] = {}
    for number, group in enumerate(groups):
        share = free[: math.ceil(len(free) / (len(groups) - number))]
        done, out = _part(wanted, [stops[each] for each in group], share, ways, len(groups))
        planned += done.values()
        over |= out
        free = [tour for tour in free if tour not in done]
    if len(groups) > 1 and over and free:
        again = [stop for stop in stops if stop.id in over][:most_together]
        done, out = _part(wanted, again, free, ways, len(groups))
        planned += done.values()
        over = {id: why for id, why in over.items() if id not in {stop.id for stop in again}} | out
    return Planned(planned, left_out | over, len(groups))


def _position(stop: StopView) -> tuple[float, float]:
    return stop.latitude or 0.0, stop.longitude or 0.0


def _part(
    wanted: ToPlan, stops: list[StopView], tours: Sequence[TourOf], ways: Ways, parts: int
) -> tuple[dict[TourOf, PlannedTour], dict[UUID, LeftOut]]:
    """What some of the tours bring of some of the stops; why not the others, with all tours of the day in mind."""
    if not stops:
        return {}, {}
    whole = _problem(wanted, stops, *ways([wanted.depot, *map(_position, stops)]))
    solved = solve(replace(whole, tours=[_tour(wanted, tour) for tour in tours]), most_seconds=MOST_SECONDS / parts)
    left_out = {stops[number].id: LeftOut(reason(whole, number).value) for number in solved.left_out}
    return {tours[driven.tour]: _planned(wanted, stops, tours[driven.tour], driven) for driven in solved.driven}, left_out


def _second(wanted: ToPlan, moment: datetime) -> int:
    return math.ceil((moment - wanted.midnight).total_seconds())


def _problem(wanted: ToPlan, stops: list[StopView], distances: Matrix, durations: Matrix) -> Problem:
    return Problem(
        stops=[
            Place(
                load=math.ceil(stop.weight_kg * GRAMS),
                opens=max(0, _second(wanted, stop.opens_at)) if stop.opens_at else 0,
                closes=min(DAY, max(0, _second(wanted, stop.closes_at))) if stop.closes_at else DAY,
                service=stop.service_minutes * 60,
            )
            for stop in stops
        ],
        tours=[_tour(wanted, tour) for tour in wanted.tours],
        distances=distances,
        durations=durations,
    )


def _tour(wanted: ToPlan, tour: TourOf) -> Tour:
    return Tour(
        capacity=None if tour.capacity_kg is None else math.floor(tour.capacity_kg * GRAMS),
        most_stops=tour.most_stops,
        opens=_second(wanted, tour.opens_at),
        closes=_second(wanted, tour.closes_at),
    )


def _planned(wanted: ToPlan, stops: list[StopView], tour: TourOf, driven: Driven) -> PlannedTour:
    def moment(second: int) -> datetime:
        return wanted.midnight + timedelta(seconds=second)

    return PlannedTour(
        vehicle_id=tour.vehicle_id,
        leaves_at=moment(driven.leaves),
        returns_at=moment(driven.returns),
        distance_m=driven.distance,
        stops=tuple(Placed(stops[visit.stop].id, moment(visit.arrives)) for visit in driven.visits),
    )
