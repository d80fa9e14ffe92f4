"""Filters of addresses: one that is empty, or makes no sense, leaves nothing out, so that an old link still shows its list."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AfterValidator

from core.db import storable

Word = Annotated[str, Query(max_length=50)]
Words = Annotated[str, Query(max_length=100), AfterValidator(storable)]

E = TypeVar("E", bound=StrEnum)


def chosen(kind: type[E], word: str) -> E | None:
    """The value of a closed set that a word is."""
    return next((each for each in kind if each.value == word), None)


def identified(word: str) -> UUID | None:
    """The id that a word is."""
    try:
        return UUID(word)
    except ValueError:
        return None


def days(zone: ZoneInfo, first: str, last: str) -> tuple[datetime | None, datetime | None]:
    """The moment at which a first day begins, and the one after a last day, on the clock of a zone."""
    begin, end = _day(first), _day(last)
    until = None if end is None else datetime.combine(end + timedelta(days=1), time(), zone)
    return None if begin is None else datetime.combine(begin, time(), zone), until


def _day(word: str) -> date | None:
    try:
        found = date.fromisoformat(word)
    except ValueError:
        return None
    return found if 1900 < found.year < 9000 else None


def query(filters: Mapping[str, object]) -> list[tuple[str, str]]:
    """What of the filters is set, as pairs of an address."""
    return [(name, str(value)) for name, value in filters.items() if value not in ("", None)]
