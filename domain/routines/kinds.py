"""The closed set of routines."""

from datetime import timedelta
from enum import StrEnum


class RoutineName(StrEnum):
    """What is done again and again; each is also the name of its job. `every` is the longest time between two runs."""

    every: timedelta
    limit_seconds: float
    follows_events: bool

    def __new__(cls, name: str, every: timedelta, limit_seconds: float, follows_events: bool = False) -> "RoutineName":
        """A member by its name, with its rhythm; one that follows events only runs when something has happened."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.every = every
        member.limit_seconds = limit_seconds
        member.follows_events = follows_events
        return member

    DEMAND_PROJECT = "demand.project", timedelta(minutes=2), 600, True
    ALERTS_WATCH = "alerts.watch", timedelta(minutes=10), 300
    FORECAST_TRAIN = "forecast.train", timedelta(days=1), 1_800
    REPLENISHMENT_PLAN = "replenishment.plan", timedelta(days=1), 1_800
