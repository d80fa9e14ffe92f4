"""Places in the lists of the desk: a moment and the id of a row."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.errors import CursorRefused


def place(at: datetime, row_id: UUID) -> str:
    """A place as a cursor holds it."""
    return f"{at.isoformat()} {row_id}"


def read_place(written: str | None) -> tuple[datetime, UUID] | None:
    """The place that a cursor holds; raises CursorRefused."""
    if written is None:
        return None
    at, _, row_id = written.rpartition(" ")
    try:
        return datetime.fromisoformat(at), UUID(row_id)
    except ValueError as error:
        raise CursorRefused from error


def next_place(places: Sequence[tuple[datetime, UUID]], limit: int) -> str | None:
    """Where the next part begins, of one row more than was asked for."""
    return place(*places[limit - 1]) if len(places) > limit else None
