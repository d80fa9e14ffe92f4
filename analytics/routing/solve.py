"""The solver: PyVRP's iterated local search (Wouda, Lan and Kool 2024), of the same seed always the same answer."""

from collections.abc import Iterable, Sequence
from typing import Final

from pyvrp import Model
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, StoppingCriterion

from analytics.routing.problem import DAY, Driven, Plan, Problem, drive, reason

ITERATIONS: Final = 1_000
MOST_SECONDS: Final = 60.0
_SEED: Final = 1
_ENDLESS: Final = 10**12


def solve(problem: Problem, stop: StoppingCriterion | None = None, most_seconds: float = MOST_SECONDS) -> Plan:
    """Bring as many stops as fit, over the shortest way: within loads, windows and the hours of each tour."""
    numbers = range(len(problem.stops))
    possible = [each for each in numbers if any(drive(problem, tour, [each]) for tour in range(len(problem.tours)))]
    orders: dict[int, list[int]] = {tour: [] for tour in range(len(problem.tours))}
    if possible:
        criterion = stop or MultipleCriteria([MaxIterations(ITERATIONS), MaxRuntime(most_seconds)])
        found = _model(problem, possible).solve(criterion, seed=_SEED, collect_stats=False, display=False).best
        for route in found.routes():
            # The best by the solver's own measure may break a rule a little where time was short: what fits is kept.
            order = orders[route.vehicle_type()]
            for activity in route:
                if activity.is_client() and drive(problem, route.vehicle_type(), [*order, possible[activity.idx]]):
                    order.append(possible[activity.idx])
    served = {each for order in orders.values() for each in order}
    for each in possible:
        if each not in served:
            _insert(problem, orders, each)
    driven = tuple(_driven(problem, orders))
    served = {visit.stop for each in driven for visit in each.visits}
    return Plan(driven, {each: reason(problem, each) for each in numbers if each not in served})


def _driven(problem: Problem, orders: dict[int, list[int]]) -> Iterable[Driven]:
    for tour, order in orders.items():
        done = drive(problem, tour, order) if order else None
        if done is not None:
            yield done


def _insert(problem: Problem, orders: dict[int, list[int]], stop: int) -> None:
    """Put a stop where it makes the way longer by the least, if it fits anywhere."""
    before = {tour: done.distance if (done := drive(problem, tour, order)) else 0 for tour, order in orders.items()}
    best: tuple[int, int, list[int]] | None = None
    for tour, order in orders.items():
        for place in range(len(order) + 1):
            tried = [*order[:place], stop, *order[place:]]
            done = drive(problem, tour, tried)
            if done is not None and (best is None or done.distance - before[tour] < best[0]):
                best = done.distance - before[tour], tour, tried
    if best is not None:
        orders[best[1]] = best[2]


def _model(problem: Problem, possible: Sequence[int]) -> Model:
    """The problem of the stops that some tour could come by."""
    model = Model()
    used = [0, *(each + 1 for each in possible)]
    places = [model.add_location(0, 0) for _ in used]
    depot = model.add_depot(places[0])
    # Worth more than any way there and back, so a stop is left out only where it fits nowhere; and less than what
    # the solver may charge for one second or gram too much, or it would rather break a rule.
    prize = 2 * max(max(row) for row in problem.distances) + 1
    for place, number in zip(places[1:], possible, strict=True):
        stop = problem.stops[number]
        model.add_client(
            place,
            delivery=[stop.load, 1],
            service_duration=stop.service,
            tw_early=stop.opens,
            tw_late=min(stop.closes, DAY),
            prize=prize,
            required=False,
        )
    for tour in problem.tours:
        model.add_vehicle_type(
            capacity=[_ENDLESS if size is None else size for size in (tour.capacity, tour.most_stops)],
            start_depot=depot,
            end_depot=depot,
            tw_early=tour.opens,
            tw_late=tour.closes,
        )
    for origin, row in zip(places, used, strict=True):
        for target, column in zip(places, used, strict=True):
            model.add_edge(origin, target, problem.distances[row][column], problem.durations[row][column])
    return model
