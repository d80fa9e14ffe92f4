"""Business hours: when a shop is open, and how much of its open time lies between two moments or behind one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_FAR = 800
"""Days after which a time that never comes is no more looked for."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The open hours of each week, on the clock of a zone; without `opens` and `closes` it is always open.

    `days` are weekdays, Monday being 0. Hours that close before they open go over midnight and belong to the day on which
    they began.
    """

    zone: ZoneInfo
    opens: time | None = None
    closes: time | None = None
    days: Collection[int] = range(7)

    @property
    def is_always(self) -> bool:
        """Whether there is no time at which it is closed."""
        return self.opens is None or self.closes is None

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at a moment."""
        return self.opening(at) is None

    def opening(self, at: datetime) -> datetime | None:
        """When it opens next; None if it is open already."""
        if self.is_always:
            return None
        begin, _ = next(span for span in self._spans(at))
        return begin if begin > at else None

    def add(self, at: datetime, span: timedelta) -> datetime:
        """The moment at which so much open time has passed since another one."""
        if self.is_always:
            return at + span
        left = span
        for begin, end in self._spans(at):
            start = max(begin, at)
            if end - start >= left:
                return start + left
            left -= end - start
        return at + span

    def between(self, first: datetime, last: datetime) -> timedelta:
        """How much open time lies between two moments."""
        if self.is_always:
            return max(last - first, timedelta())
        passed = timedelta()
        for begin, end in self._spans(first):
            if begin >= last:
                break
            passed += min(end, last) - max(begin, first)
        return passed

    def _spans(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans in which it is open and that end behind a moment, in their order; moments are those of its zone in UTC."""
        first = at.astimezone(self.zone).date() - timedelta(days=1)
        for number in range(_FAR):
            day = first + timedelta(days=number)
            if day.weekday() in self.days:
                begin, end = self._span(day, at)
                if end > at:
                    yield begin, end

    def _span(self, day: date, at: datetime) -> tuple[datetime, datetime]:
        assert self.opens is not None, "whoever is always open has no spans"
        assert self.closes is not None, "whoever is always open has no spans"
        last = day if self.closes > self.opens else day + timedelta(days=1)
        # Between two moments, not two clock readings: a day on which the clocks change has another length.
        begin, end = (
            datetime.combine(when, clock, self.zone).astimezone(at.tzinfo)
            for when, clock in ((day, self.opens), (last, self.closes))
        )
        return begin, end
