"""Lists in parts: each part begins behind the place at which the one before it ended."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def part(
    query: Query,
    by: Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]],
    after: Sequence[Any] | None,
    limit: int,
    *,
    falls: bool = False,
) -> Query:
    """At most `limit` rows of a query in the order of columns, from behind a place: one value for each column.

    With `falls` the greatest come first. The columns together are to be unique, or rows between two parts are lost.
    """
    if after is not None:
        place = tuple_(*(literal(value, column.type) for column, value in zip(by, after, strict=True)))
        query = query.where(tuple_(*by) < place if falls else tuple_(*by) > place)
    return query.order_by(*(column.desc() if falls else column.asc() for column in by)).limit(limit)
