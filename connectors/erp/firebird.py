"""Firebird: reading the tables of an ERP over its own protocol, in transactions in which nothing can be written.

The driver speaks pure Python and blocks, so it works beside the event loop; it is loaded when an ERP is read, and only then.
"""

import asyncio
import importlib
import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from connectors.erp import queries
from core.errors import DomainError
from core.outside import AddressRefused, NameUnknown, judged
from domain.erp.errors import (
    ErpAddressRefused,
    ErpCharsetRefused,
    ErpColumnsMissing,
    ErpDatabaseUnknown,
    ErpLoginRefused,
    ErpQueryRefused,
    ErpRefused,
    ErpUnavailable,
)
from domain.erp.kinds import JobType
from domain.erp.port import Access, Checked
from domain.erp.records import Cursor, Raw, needed

TIMEOUT_SECONDS: Final = 120.0
"""How long the ERP may be silent: before the first row it sorts all of them."""

CONNECT_SECONDS: Final = 10.0
"""How long it may be silent before it has let somebody in."""

_THREADS: Final = ThreadPoolExecutor(8, "erp")
"""Their own: servers that let us wait take no thread that files or names of hosts need."""

_LOGIN: Final = {335544472, 335545106, 335544352}
_DATABASE: Final = {335544344, 335544734, 335544375, 335544972}
_NO_NUMBER: Final = 335544334
"""A text was no number or time; the server quotes it."""
_AWAY: Final = {335544721, 335544722, 335544726, 335544727, 335544741, 335544856, 335544528}

T = TypeVar("T")


class Firebird:
    """One connection to one database; at most one thing is read at a time."""

    def __init__(self, access: Access, may_be_inside: Callable[[str], bool]) -> None:
        self._access = access
        self._may_be_inside = may_be_inside
        self._connection: Any = None

    async def check(self) -> list[Checked]:
        """Try every query out, without reading what it gives."""
        return [await self._check(type) for type in JobType]

    async def _check(self, type: JobType) -> Checked:
        await self._connect()
        try:
            columns = await self._columns(type)
        except (ErpColumnsMissing, ErpQueryRefused) as error:
            return Checked(type, error.code, (), str(error.fields["said"]))
        return Checked(type, "ok", columns)

    async def _columns(self, type: JobType) -> list[str]:
        """The columns of a query; raises ErpColumnsMissing if it gives too few."""
        query = queries.nothing_of(queries.query_of(self._access, type))
        columns = await self._run(lambda: _names(_executed(self._connection, query, [])))
        if lacking := sorted({*needed(type), *type.key} - set(columns)):
            raise ErpColumnsMissing(said=", ".join(lacking))
        return columns

    async def pages(self, type: JobType, after: Cursor | None, since: datetime | None, size: int) -> AsyncIterator[list[Raw]]:
        """All records in the order of their keys, from behind one; those changed since a time where the ERP knows when."""
        await self._connect()
        knows_when = "changed_at" in await self._columns(type)
        query = queries.query_of(self._access, type)
        reading = _Reading(self._connection, type, query, after, since if knows_when else None, size)
        while page := await self._run(reading.next):
            yield page

    async def _connect(self) -> None:
        if self._connection is not None:
            return
        access = self._access
        try:
            addresses = await judged(access.host, access.port, CONNECT_SECONDS, may_be_inside=self._may_be_inside)
        except AddressRefused as error:
            raise ErpAddressRefused(said=access.host) from error
        except NameUnknown as error:
            raise ErpUnavailable(said=f"no address for {access.host}") from error
        except Exception as error:
            raise ErpUnavailable(said=type(error).__name__) from error
        self._connection = connection = await self._run(lambda: _connection_to(access, addresses[0]))
        await self._run(lambda: _enter(connection))

    async def _run(self, act: Callable[[], T]) -> T:
        """Do something beside the event loop; what the driver raises becomes what the house knows.

        After an error the driver and the server may not agree on whose turn it is, so the next one connects anew. Whoever
        gives up waiting hangs up, so that the thread does not wait on.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(_THREADS, act)
        except BaseException as error:
            await self.close()
            if isinstance(error, Exception):
                raise _meaning(error) from error
            raise

    async def close(self) -> None:
        """Leave the ERP."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            _leave(connection)


class _RowUnreadable(ErpRefused):
    """The server cannot put a text into the connection's character set."""

    code = "erp_text_unreadable"


class _Reading:
    """Going through the records of one query, which are sorted once; beside the event loop."""

    def __init__(
        self, connection: Any, type: JobType, query: str, after: Cursor | None, since: datetime | None, size: int
    ) -> None:
        self._connection = connection
        self._type = type
        self._query = query
        self._after = after
        self._since = since
        self._size = size
        self._rows: Any = None

    def next(self) -> list[Raw]:
        """The next page; none at the end."""
        try:
            self._rows = self._rows or self._opened()
            names = _names(self._rows)
            page = [_raw(self._type, names, row) for row in self._rows.fetchmany(self._size) or ()]
        except Exception as error:
            if not isinstance(_meaning(error), _RowUnreadable):
                raise
            page, self._rows = self._one_by_one(), None
        if page:
            self._after = page[-1].key
        return page

    def _opened(self, *, only_key: bool = False) -> Any:
        statement = queries.part_of(
            self._query,
            self._type.key,
            only_key=only_key,
            is_behind=self._after is not None,
            is_since=self._since is not None,
        )
        values = [*(queries.behind(self._after) if self._after else ()), *((self._since,) if self._since else ())]
        return _executed(self._connection, statement, values)

    def _one_by_one(self) -> list[Raw]:
        """The next page row by row, so that only the one that cannot be read is missed."""
        rows = self._opened(only_key=True)
        return [self._one(_key(row)) for row in rows.fetchmany(self._size) or ()]

    def _one(self, key: Cursor) -> Raw:
        try:
            rows = _executed(self._connection, queries.one_of(self._query, self._type.key), key)
            found = rows.fetchone()
        except Exception as error:
            if isinstance(_meaning(error), _RowUnreadable):
                return Raw(key, {}, "erp_text_unreadable")
            raise
        return _raw(self._type, _names(rows), found) if found is not None else Raw(key, {}, "erp_record_vanished")


def _connection_to(access: Access, address: str) -> Any:
    """A connection that is not open yet."""
    driver = importlib.import_module("firebirdsql")

    class Connection(driver.Connection):  # type: ignore[name-defined,misc]  # the driver is loaded late
        """One in which bytes that are no text become a mark: else the driver loses its place in the stream."""

        buffer_length = 32_767  # into the usual 1,024 bytes the columns of a wide query do not fit, nor its parameters then

        def bytes_to_str(self, b: bytes) -> str:
            return bytes(b).decode(driver.consts.charset_map.get(self.charset, self.charset), "replace")

    return Connection(
        host=address,
        port=access.port,
        database=access.database,
        user=access.username,
        password=access.password,
        charset=access.charset,
        timeout=CONNECT_SECONDS,
        isolation_level=driver.ISOLATION_LEVEL_READ_COMMITED_RO,
    )


def _enter(connection: Any) -> None:
    connection._initialize()
    connection.sock._sock.settimeout(TIMEOUT_SECONDS)


def _leave(connection: Any) -> None:
    """Hang up without a word: after an error the server may wait for another one than ours, and there is nothing to save."""
    stream, connection.sock = connection.sock, None  # what the driver's finaliser would go on with is gone
    if stream is not None:
        with suppress(OSError):
            stream._sock.shutdown(socket.SHUT_RDWR)  # which ends a thread that reads from it
        stream.close()


def _executed(connection: Any, statement: str, values: Sequence[object]) -> Any:
    cursor = connection.cursor()
    cursor.execute(statement, values)
    return cursor


def _names(rows: Any) -> list[str]:
    return [str(column[0]).lower() for column in rows.description]


def _raw(type: JobType, names: Sequence[str], row: Sequence[object]) -> Raw:
    values = dict(zip(names, row, strict=True))
    return Raw(_key([values[name] for name in type.key]), {name: value for name, value in values.items() if value is not None})


def _key(row: Sequence[object]) -> Cursor:
    # An ERP pads codes to the left, so only the blanks to the right go.
    return tuple(
        int(part) if isinstance(part, int | Decimal) and part == int(part) else str(part).replace("\x00", "").rstrip()
        for part in row
    )


def _meaning(error: Exception) -> Exception:
    """What something that was raised means for the house. A server that talks nonsense makes the driver raise anything."""
    driver = importlib.import_module("firebirdsql")
    if isinstance(error, DomainError):
        return error
    if isinstance(error, UnicodeEncodeError) or type(error) is LookupError:
        return ErpCharsetRefused()  # its words would quote a password
    if isinstance(error, driver.DataError):
        return _RowUnreadable(said=_said(error))
    if not isinstance(error, driver.OperationalError):
        return ErpUnavailable(said=_said(error) if isinstance(error, driver.Error | OSError) else type(error).__name__)
    codes = set(getattr(error, "gds_codes", ()))
    if _NO_NUMBER in codes:
        return ErpQueryRefused(said=re.sub('".*"', '"…"', _said(error)))
    for known, meant in ((_LOGIN, ErpLoginRefused), (_DATABASE, ErpDatabaseUnknown), (_AWAY, ErpUnavailable)):
        if codes & known:
            return meant(said=_said(error))
    # Without a code the protocol broke off; with one, the server has understood and refuses.
    return ErpQueryRefused(said=_said(error)) if codes else ErpUnavailable(said=_said(error))


def _said(error: Exception) -> str:
    return " ".join(str(error.args[0] if error.args else type(error).__name__).split())[:300]
