"""Statements that every message asks: compiled once, and run by the driver itself on the connection of their session.

SQLAlchemy says what is asked and what comes back; having it run a statement too takes longer than driver and Postgres do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVarTuple, cast

import asyncpg
from sqlalchemy import Connection, Dialect, TextClause, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value
from sqlalchemy.sql.selectable import TypedReturnsRows

Ts = TypeVarTuple("Ts")

_DRIVER: Final = "prepared.driver"
"""Where a session keeps the connection that its transaction runs on."""


def keep_driver(session: Session, connection: Connection) -> None:
    """Remember the connection on which the session's transaction has begun."""
    session.info[_DRIVER] = connection.connection.driver_connection


class Prepared(Generic[*Ts]):
    """A statement that is built once; its values are given by name each time.

    Its rows are the session's, as if that had asked. Lists of values are given as arrays, since how many there are is no
    part of a statement.
    """

    def __init__(self, statement: TypedReturnsRows[*Ts] | TextClause) -> None:
        """Take the statement, which is compiled when it is first asked."""
        self.statement = statement
        self._compiled: _Compiled | None = None

    async def all(self, session: AsyncSession, values: Mapping[str, Any], *, flushes: bool = True) -> list[tuple[*Ts]]:
        """Every row, with what the session has changed written before; raises DBAPIError as the session does."""
        known = session.sync_session
        if flushes and (known.new or known.dirty or known.deleted):
            await session.flush()
        if known.in_nested_transaction():
            await session.run_sync(Session.connection)  # which sets the savepoint that was begun
        driver: asyncpg.Connection[Any] = known.info[_DRIVER]
        if (compiled := self._compiled) is None:
            compiled = self._compiled = _Compiled(cast(Any, self.statement), known.get_bind().dialect)
        try:
            if not compiled.is_learnt:
                compiled.learn((await driver.prepare(compiled.text)).get_attributes())
            rows = await driver.fetch(compiled.text, *compiled.arguments(values))
        except BaseException as error:
            await session.run_sync(_fail, compiled.text, error)
            raise
        return cast(list[tuple[*Ts]], compiled.read(known, rows))

    async def first(self, session: AsyncSession, values: Mapping[str, Any]) -> tuple[*Ts] | None:
        """The first row, if there is one."""
        return next(iter(await self.all(session, values)), None)


def _fail(session: Session, text: str, error: BaseException) -> None:
    """Raise what the session would have raised. A connection that is closed, or was left amid a statement, is used no more."""
    connection = session.connection()
    dbapi: Any = connection.dialect.loaded_dbapi
    is_closed = session.info[_DRIVER].is_closed()
    try:
        if isinstance(error, Exception):
            # Translated by the dialect, so that whoever catches it need not know who ran the statement.
            cast(Any, connection.connection.dbapi_connection)._handle_exception(error)
    except dbapi.Error as translated:
        raise DBAPIError.instance(
            text, None, translated, dbapi.Error,
            hide_parameters=True, connection_invalidated=is_closed, dialect=connection.dialect,
        ) from translated  # fmt: skip
    finally:
        if is_closed or not isinstance(error, Exception):
            connection.invalidate(error)


class _Compiled:
    """A statement's text, how its values are written, and how its rows are read."""

    def __init__(self, statement: TypedReturnsRows[Any] | TextClause, dialect: Dialect) -> None:
        """Compile a statement as the engine's dialect has it."""
        compiled = statement.compile(dialect=dialect)
        assert not compiled.post_compile_params, "how many values a list has is no part of a prepared statement"
        self.text = compiled.string
        writers = cast(Mapping[str, Callable[[Any], Any]], compiled._bind_processors)
        self._given = [(name, compiled.binds[name], writers.get(name)) for name in compiled.positiontup or ()]
        self._columns = list(compiled._result_columns)
        self._dialect = dialect
        self._populates = bool(statement.get_execution_options().get("populate_existing"))
        self._items = self._made_of(getattr(statement, "column_descriptions", ()))
        self._read: list[tuple[int, Callable[[Any], Any]]] | None = None

    @property
    def is_learnt(self) -> bool:
        """Whether the types of the columns are known, which Postgres has to tell."""
        return self._read is not None

    def learn(self, attributes: Sequence[asyncpg.Attribute]) -> None:
        """Take the types of the columns, on which it depends how their values are read."""
        columns = zip(self._columns, attributes, strict=False)  # a text's columns are read as they are
        found = [column.type._cached_result_processor(self._dialect, attribute.type.oid) for column, attribute in columns]
        self._read = [(place, read) for place, read in enumerate(found) if read is not None]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order in which the statement asks for them, as the driver takes them."""
        found = []
        for name, bound, write in self._given:
            value = values[name] if bound.required or name in values else bound.effective_value
            found.append(value if write is None else write(value))
        return found

    def read(self, session: Session, rows: Sequence[asyncpg.Record]) -> list[tuple[Any, ...]]:
        """The rows as the statement says what they are made of."""
        return [self._row(session, list(row)) for row in rows]

    def _row(self, session: Session, values: list[Any]) -> tuple[Any, ...]:
        for place, read in self._read or ():
            values[place] = read(values[place])
        if self._items is None:
            return tuple(values)
        return tuple(
            [
                values[item] if isinstance(item, int) else item.of(session, values, populates=self._populates)
                for item in self._items
            ]
        )

    def _made_of(self, descriptions: Sequence[Mapping[str, Any]]) -> "list[_Entity | int] | None":
        """The mapped rows and the places of the plain columns among a row's; None for plain columns alone."""
        mapped = [each.get("entity") if each["expr"] is each.get("entity") else None for each in descriptions]
        if all(entity is None for entity in mapped):
            return None
        places = {thing: place for place, column in enumerate(self._columns) for thing in column.objects}
        entities = [None if entity is None else _Entity(entity, places) for entity in mapped]
        taken = {place for entity in entities if entity for _, place in entity.places}
        plain = (place for place in range(len(self._columns)) if place not in taken)
        return [next(plain) if entity is None else entity for entity in entities]


class _Entity:
    """A mapped row among the columns of a statement."""

    def __init__(self, entity: Any, places: Mapping[Any, int]) -> None:
        mapper, columns = inspect(entity).mapper, inspect(entity).selectable
        found = (
            (attribute.key, places.get(columns.corresponding_column(attribute.columns[0]))) for attribute in mapper.column_attrs
        )
        self.places = [(name, place) for name, place in found if place is not None]
        self._mapper = mapper
        at = dict(self.places)
        self._key = [at[mapper.get_property_by_column(column).key] for column in mapper.primary_key]

    def of(self, session: Session, values: Sequence[Any], *, populates: bool) -> Any:
        """The row that the session knows by its key, or a new one; None where an outer join has found nothing."""
        key = tuple([values[place] for place in self._key])
        if None in key:
            return None
        row = session.identity_map.get(self._mapper.identity_key_from_primary_key(key))
        if row is None:
            row = self._mapper.class_manager.new_instance()
            instance_dict(row).update([(name, values[place]) for name, place in self.places])
            make_transient_to_detached(row)
            session.add(row)
            return row
        known = instance_dict(row)
        for name, place in self.places:
            if populates or name not in known:
                set_committed_value(row, name, values[place])
        return row
