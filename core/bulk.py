"""Very many rows of one table in one statement, without an object for each of them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, Enum, Numeric, String, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from core.db import to_json
from core.tables import Base
from core.work import Work

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it without types


def _type(column: Column[Any]) -> str:
    """How a column's values travel. Text goes without its length, which a cast would cut to without a word."""
    if isinstance(column.type, String | Enum | JSONB):
        return "text"
    if isinstance(column.type, Numeric):
        return "numeric"
    return column.type.compile(dialect=_DIALECT)


@lru_cache(maxsize=200)
def _statement(table: Table, names: tuple[str, ...], once: frozenset[str], known_by: tuple[str, ...]) -> TextClause:
    many = [name for name in names if name not in once]
    arrays = ", ".join(f"CAST(:{name} AS {_type(table.c[name])}[])" for name in many)
    values = ", ".join(_value(table.c[name], is_once=name in once) for name in names)
    conflict = f" ON CONFLICT ({', '.join(known_by)}) DO NOTHING RETURNING {known_by[-1]}" if known_by else ""
    return text(
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} "  # noqa: S608 - names of our own tables and columns
        f"FROM unnest({arrays}) WITH ORDINALITY AS u({', '.join(many)}, place) ORDER BY u.place{conflict}"
    )


def _value(column: Column[Any], *, is_once: bool) -> str:
    given = f"CAST(:{column.name} AS {_type(column)})" if is_once else f"u.{column.name}"
    return f"CAST({given} AS jsonb)" if isinstance(column.type, JSONB) else given


def _is_same(values: Sequence[Any]) -> bool:
    return values[0] == values[-1] and values.count(values[0]) == len(values)


async def add_rows(
    work: Work, model: type[Base], rows: Sequence[Mapping[str, Any]], *, known_by: Sequence[str] = ()
) -> list[Any]:
    """Insert rows in their order; all give values for the same columns, and columns of no row take what the database gives.

    With `known_by`, the columns of a unique key, rows that are there already are left alone, and the last of these columns
    is returned of each one that was not.
    """
    if not rows:
        return []
    names, table = tuple(rows[0]), cast(Table, model.__table__)
    values: dict[str, Any] = {
        name: [None if row[name] is None else to_json(row[name]) for row in rows]
        if isinstance(table.c[name].type, JSONB)
        else [row[name] for row in rows]
        for name in names
    }
    # What all rows share goes along once: an array costs a conversion for each of its places, on both sides.
    # The last column is an array in any case, as it says how many rows there are.
    once = frozenset(name for name in names[:-1] if _is_same(values[name]))
    values |= {name: values[name][0] for name in once}
    done = await work.session.execute(_statement(table, names, once, tuple(known_by)), values)
    return [row[0] for row in done] if known_by else []
