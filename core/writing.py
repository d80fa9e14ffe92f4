"""Writing what a piece of work has changed in one statement, where SQLAlchemy sends one for each table.

Postgres runs the parts of one statement together: none sees what another writes, foreign keys are checked when all of it
is written, and no row may be written by two parts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, cast

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    Column,
    Insert,
    Table,
    Update,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, Mapper, make_transient, make_transient_to_detached
from sqlalchemy.orm.attributes import get_history, instance_state
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.visitors import replacement_traverse

from core.prepared import Prepared
from core.tables import Base

_LATER: Final = "writing.later"
"""Where a session keeps the statements that are to be run with the rows that it has changed."""

_MOST: Final = 20
"""How many rows are written in one statement; more of them are written quicker table by table."""


_Statement = Insert | Update


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is written of a row: its table, whether it is new, and the columns that are given a value."""

    table: Table
    is_new: bool
    names: tuple[str, ...]


def later(session: AsyncSession, statement: _Statement, values: Mapping[str, Any]) -> None:
    """Run a statement, which is built once, with the rows that the session writes next."""
    session.info.setdefault(_LATER, []).append((statement, values))


async def complete(session: AsyncSession) -> None:
    """Write what is left to be written as the work ends."""
    if session.info.get(_LATER):
        await write(session)
    else:
        await session.flush()


async def write(session: AsyncSession) -> None:
    """Write the rows that were added or changed, and run what was to be run later.

    What is not plainly a row with its values is left to the session's own flush. Raises StaleDataError if a row that was
    changed is not there.
    """
    # Rows are locked in the same order by all, whatever the order in which they were changed.
    rows: list[Base] = [*session.new, *sorted(session.dirty, key=lambda row: str(instance_state(row).identity))]
    given = [_values(row) for row in rows]
    if session.deleted or len(rows) > _MOST or None in given:
        await session.flush()
        rows, given = [], []
    written = [_part_of(row, values) for row, values in zip(rows, given, strict=True) if values]
    written.sort(key=lambda part: part[0].table.name)
    parts = [*written, *session.info.pop(_LATER, [])]
    if parts:
        values = {f"p{number}_{name}": value for number, (_, each) in enumerate(parts) for name, value in each.items()}
        statement = _together(tuple(part for part, _ in parts))
        (counts,) = await statement.all(session, values, flushes=False)
        if any(count != 1 for count in counts[: len(written)]):
            raise StaleDataError("a row that was changed is not there")
    for row in rows:
        make_transient(row)
        make_transient_to_detached(row)
        session.add(row)


@cache
def _is_plain(mapper: Mapper[Any]) -> bool:
    """Whether the rows of a class are its table's columns and nothing else, none of which changes by itself."""
    columns = [attribute.columns[0] for attribute in mapper.column_attrs]
    return not mapper.relationships and all(isinstance(column, Column) and column.onupdate is None for column in columns)


def _values(row: Base) -> dict[str, Any] | None:
    """What is to be written of a row, by its columns; None where that is SQLAlchemy's to say."""
    state = instance_state(row)
    if not _is_plain(state.mapper):
        return None
    if state.key is None:
        values = dict(_of_new(state))
    else:
        changed = [name for name in state.committed_state if get_history(row, name).has_changes()]
        values = {state.mapper.column_attrs[name].columns[0].name: state.dict.get(name) for name in changed}
        if any(column.name in values for column in state.mapper.primary_key):
            return None
    return None if any(isinstance(value, ClauseElement) for value in values.values()) else values


def _of_new(state: InstanceState[Any]) -> Iterator[tuple[str, Any]]:
    """The values of a new row, which is given its defaults; what it has none of is left to the table."""
    for attribute in state.mapper.column_attrs:
        column, value = attribute.columns[0], state.dict.get(attribute.key)
        is_null = column.type.should_evaluate_none and attribute.key in state.dict  # the null of JSON
        if value is None and not is_null:
            if (default := column.default) is None:
                continue
            value = default.arg(None) if default.is_callable else default.arg
            setattr(state.obj(), attribute.key, value)
        yield column.name, value


def _part_of(row: Base, values: dict[str, Any]) -> tuple[_Columns, dict[str, Any]]:
    """How a row is written, and with which values: those of a row that is there begin with its key."""
    state = instance_state(row)
    columns = _Columns(cast(Table, state.mapper.local_table), state.key is None, tuple(values))
    if columns.is_new:
        return columns, values
    key = zip(state.mapper.primary_key, state.mapper.primary_key_from_instance(row), strict=True)
    return columns, {f"is_{column.name}": value for column, value in key} | values


@lru_cache(maxsize=500)
def _together(parts: tuple[_Columns | _Statement, ...]) -> Prepared[*tuple[int, ...]]:
    """One statement of all parts, whose parameters are named `p<part>_<name>`; it counts the rows that each has written."""
    made = [_part(number, part).returning(literal(1).label("one")).cte(f"p{number}") for number, part in enumerate(parts)]
    return Prepared(select(*(select(func.count()).select_from(part).scalar_subquery() for part in made)))


def _part(number: int, part: _Columns | _Statement) -> _Statement:
    if not isinstance(part, _Columns):
        return _renamed(number, part)
    columns = part.table.c
    values = {name: bindparam(f"p{number}_{name}", type_=columns[name].type) for name in part.names}
    if part.is_new:
        return insert(part.table).values(values)
    key = (column == bindparam(f"p{number}_is_{column.name}", type_=column.type) for column in part.table.primary_key)
    return update(part.table).where(*key).values(values)


def _renamed(number: int, statement: _Statement) -> _Statement:
    """A statement with its parameters named after its place."""

    def renamed(element: Any, **_: Any) -> BindParameter[Any] | None:
        is_named = isinstance(element, BindParameter) and not element.unique
        return bindparam(f"p{number}_{element.key}", type_=element.type) if is_named else None

    return cast(_Statement, replacement_traverse(statement, {}, renamed))
