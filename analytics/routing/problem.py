"""What is to be brought and by whom, and the checks of an answer: integers only, place 0 is the depot."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Matrix = Sequence[Sequence[int]]
"""Square, one row and one column for each place; place 0 is the depot, place `i + 1` that of stop `i`."""

DAY: Final = 7 * 86_400
"""Seconds after which nothing of a plan can lie; what has no window is open so long."""


class LeftOut(StrEnum):
    """Why no tour comes by a stop."""

    TOO_HEAVY = "too_heavy"
    OUT_OF_TIME = "out_of_time"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Stop:
    """One place where something is handed over: grams, the window in which that may begin, and how long it takes (s)."""

    load: int
    opens: int = 0
    closes: int = DAY
    service: int = 0


@dataclass(frozen=True, slots=True)
class Tour:
    """One time out of the depot and back: what fits (grams, stops; None for no end), and between which seconds."""

    capacity: int | None
    most_stops: int | None
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Stops, tours, and the distances (m) and durations (s) between all places; seconds count from one common moment."""

    stops: Sequence[Stop]
    tours: Sequence[Tour]
    distances: Matrix
    durations: Matrix


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop of a tour: its number, when it is reached (waiting for its window included), and when it is left."""

    stop: int
    arrives: int
    leaves: int


@dataclass(frozen=True, slots=True)
class Driven:
    """A tour as it is driven; its `tour` is the number of it."""

    tour: int
    leaves: int
    returns: int
    distance: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The tours that are driven, and why the other stops are in none."""

    driven: tuple[Driven, ...]
    left_out: dict[int, LeftOut]

    @property
    def distance(self) -> int:
        """Metres of all tours."""
        return sum(each.distance for each in self.driven)


def drive(problem: Problem, number: int, order: Sequence[int]) -> Driven | None:
    """A tour through stops in an order, each as early as it goes; None if something does not fit or comes too late.

    It leaves the depot so late that nobody waits at the first stop.
    """
    tour, stops = problem.tours[number], problem.stops
    if tour.capacity is not None and sum(stops[each].load for each in order) > tour.capacity:
        return None
    if tour.most_stops is not None and len(order) > tour.most_stops:
        return None
    to_first = problem.durations[0][order[0] + 1] if order else 0
    leaves = max(tour.opens, stops[order[0]].opens - to_first) if order else tour.opens
    now, place, distance = leaves, 0, 0
    visits: list[Visit] = []
    for each in order:
        arrives = max(now + problem.durations[place][each + 1], stops[each].opens)
        if arrives > stops[each].closes:
            return None
        distance += problem.distances[place][each + 1]
        now, place = arrives + stops[each].service, each + 1
        visits.append(Visit(each, arrives, now))
    now, distance = now + problem.durations[place][0], distance + problem.distances[place][0]
    return None if now > tour.closes else Driven(number, leaves, now, distance, tuple(visits))


def reason(problem: Problem, stop: int) -> LeftOut:
    """Why a stop is in no tour: alone in one it would be too heavy, or out of time; else the others left no room."""
    load = problem.stops[stop].load
    fitting = [number for number, tour in enumerate(problem.tours) if tour.capacity is None or load <= tour.capacity]
    if problem.tours and not fitting:
        return LeftOut.TOO_HEAVY
    if problem.tours and all(drive(problem, number, [stop]) is None for number in fitting):
        return LeftOut.OUT_OF_TIME
    return LeftOut.NO_ROOM
