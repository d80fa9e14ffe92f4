"""Routes: how long a day takes to plan, and how much shorter it is than going to whoever is nearest next."""

import random
import time

from pyvrp.stop import MaxRuntime

from analytics.routing.distances import matrices
from analytics.routing.problem import Problem, Stop, Tour, drive
from analytics.routing.solve import solve
from bench.report import Section, Table

STOPS, VEHICLES, HOUR = 40, 3, 3600
STORE = (10.49, -66.88)


def _day(seed: int) -> Problem:
    """Forty stops around Caracas, half of them in a morning or an afternoon, and three vehicles of 250 kg."""
    drawn = random.Random(seed)
    places = [STORE, *((STORE[0] + drawn.gauss(0, 0.035), STORE[1] + drawn.gauss(0, 0.05)) for _ in range(STOPS))]
    stops = []
    for _ in range(STOPS):
        half = drawn.choice([None, None, 8, 12])
        window = (8, 18) if half is None else (half, half + 4)
        stops.append(Stop(drawn.randrange(1, 30) * 1000, window[0] * HOUR, window[1] * HOUR, 300))
    return Problem(stops, [Tour(250_000, None, 8 * HOUR, 18 * HOUR)] * VEHICLES, *matrices(places, 1.35, 22))


def _nearest(problem: Problem) -> tuple[int, int]:
    """Metres, and stops that are left, where each vehicle goes to the nearest stop that still fits."""
    left, metres = set(range(len(problem.stops))), 0
    for number in range(len(problem.tours)):
        order: list[int] = []
        while fitting := [each for each in left if drive(problem, number, [*order, each])]:
            row = problem.distances[order[-1] + 1 if order else 0]
            order.append(min(fitting, key=lambda each: row[each + 1]))
            left.discard(order[-1])
        done = drive(problem, number, order)
        metres += done.distance if done and order else 0
    return metres, len(left)


def measure(quick: bool) -> Section:
    """Plan some days as the worker does, by going to the nearest, and with a minute of the solver each."""
    rows = []
    for seed in range(1 if quick else 3):
        problem = _day(seed)
        began, processor = time.perf_counter(), time.process_time()
        plan = solve(problem)
        wall, cpu = time.perf_counter() - began, time.process_time() - processor
        metres, left = _nearest(problem)
        long = solve(problem, MaxRuntime(2 if quick else 60))
        distances = (f"{each / 1000:.1f} km" for each in (plan.distance, metres, long.distance))
        ours, nearest, minute = distances
        rows.append([
            str(seed), f"{wall:.1f} s", f"{cpu:.1f} s", ours, str(len(plan.left_out)), nearest, str(left), minute,
        ])  # fmt: skip
    columns = ("day", "wall", "processor", "planned", "left out", "nearest next", "left out", "a minute of the solver")
    about = f"{STOPS} stops, {VEHICLES} vehicles, windows and loads; ways by haversine, as `route.plan` has them."
    return Section("Routes", about, [Table(columns, rows)])
