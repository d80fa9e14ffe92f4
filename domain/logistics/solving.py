"""The plan of a day as a problem of routes, and back. It loads the solver, so only a worker imports it."""

import math
from datetime import datetime, timedelta
from uuid import UUID

from analytics.routing.problem import DAY, Driven, Matrix, Problem, Tour
from analytics.routing.problem import Stop as Place
from analytics.routing.solve import solve
from domain.logistics.kinds import LeftOut
from domain.logistics.schemas import Placed, PlannedTour, StopView, ToPlan

GRAMS = 1_000


def placed(wanted: ToPlan) -> list[StopView]:
    """The stops whose place is known."""
    return [each for each in wanted.stops if each.latitude is not None and each.longitude is not None]


def places(wanted: ToPlan) -> list[tuple[float, float]]:
    """The positions between which ways are needed: the store, then each placed stop."""
    return [wanted.depot, *((each.latitude or 0.0, each.longitude or 0.0) for each in placed(wanted))]


def plan(wanted: ToPlan, distances: Matrix, durations: Matrix) -> tuple[list[PlannedTour], dict[UUID, LeftOut]]:
    """The tours of a day, and why the other stops are in none; a stop without a position is never guessed into one."""
    stops = placed(wanted)
    solved = solve(_problem(wanted, stops, distances, durations))
    left_out = {each.id: LeftOut.NO_POSITION for each in wanted.stops if each.latitude is None}
    left_out |= {stops[number].id: LeftOut(why.value) for number, why in solved.left_out.items()}
    return [_tour(wanted, stops, driven) for driven in solved.driven], left_out


def _problem(wanted: ToPlan, stops: list[StopView], distances: Matrix, durations: Matrix) -> Problem:
    def second(moment: datetime) -> int:
        return math.ceil((moment - wanted.midnight).total_seconds())

    return Problem(
        stops=[
            Place(
                load=math.ceil(stop.weight_kg * GRAMS),
                opens=max(0, second(stop.opens_at)) if stop.opens_at else 0,
                closes=min(DAY, max(0, second(stop.closes_at))) if stop.closes_at else DAY,
                service=stop.service_minutes * 60,
            )
            for stop in stops
        ],
        tours=[
            Tour(
                capacity=None if tour.capacity_kg is None else math.floor(tour.capacity_kg * GRAMS),
                most_stops=tour.most_stops,
                opens=second(tour.opens_at),
                closes=second(tour.closes_at),
            )
            for tour in wanted.tours
        ],
        distances=distances,
        durations=durations,
    )


def _tour(wanted: ToPlan, stops: list[StopView], driven: Driven) -> PlannedTour:
    def moment(second: int) -> datetime:
        return wanted.midnight + timedelta(seconds=second)

    return PlannedTour(
        vehicle_id=wanted.tours[driven.tour].vehicle_id,
        leaves_at=moment(driven.leaves),
        returns_at=moment(driven.returns),
        distance_m=driven.distance,
        stops=tuple(Placed(stops[visit.stop].id, moment(visit.arrives)) for visit in driven.visits),
    )
