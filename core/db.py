"""The database engine of this process, made once and closed once."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg.exceptions import DataError as NotEncodable
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from core.turnstile import Turnstile

APP_ROLE = "nexova_app"
"""The role of ordinary work: owns nothing, bypasses nothing, sees the rows of one workspace."""

SYSTEM_ROLE = "nexova_system"
"""The role of relay, sweeps and door: sees the scheduling columns of every workspace, and nothing else."""

IDENTITY_ROLE = "nexova_identity"
"""The role of sign-in: sees accounts, credentials and memberships, and nothing else; nobody else sees credentials."""

RETENTION_ROLE = "nexova_retention"
"""The role that forgets: it sees how old things are, and Postgres lets it delete nothing that is to be kept."""

_engine: AsyncEngine | None = None
_sessions: async_sessionmaker[AsyncSession] | None = None
_turnstile: Turnstile | None = None


def _encode(value: object) -> object:
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong in a JSON column")


_JSON = json.JSONEncoder(default=_encode, ensure_ascii=False)
"""One for all: a file of many rows is many values."""

_REFUSED = re.compile("[\x00\ud800-\udfff]")
"""Characters that Postgres takes in no text: the null character and halves of surrogate pairs."""

_MAY_BE_REFUSED = re.compile(r"\\u0000|[\ud800-\udfff]")
"""How such characters look in JSON."""


def storable(value: Any) -> Any:
    """A JSON value without the characters that Postgres refuses."""
    if isinstance(value, str):
        return _REFUSED.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {storable(name): storable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def to_json(value: Any) -> str:
    """JSON for a JSONB column; decimals and ids become strings, so nothing turns into a float."""
    encoded = _JSON.encode(value)
    return _JSON.encode(storable(value)) if _MAY_BE_REFUSED.search(encoded) else encoded


def async_url(url: str) -> str:
    """The SQLAlchemy form of a `postgresql://` address."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+asyncpg://" + url.removeprefix(scheme)
    return url


def connect(url: str, *, pool_size: int = 20) -> AsyncEngine:
    """Make the engine of this process. Call it inside the event loop that will use it."""
    global _engine, _sessions, _turnstile
    if _engine is not None:
        raise RuntimeError("the database of this process is already connected")
    _engine = create_async_engine(
        async_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=20,
        # No ping before use, which costs three round trips: a Work takes a fresh connection when its first statement
        # finds the old one dead.
        pool_recycle=1800,
        # The connection used last has the statements prepared; a rarely used one would prepare them anew.
        pool_use_lifo=True,
        json_serializer=to_json,
        # Errors of statements end up in logs; what customers wrote does not.
        hide_parameters=True,
        connect_args={
            "timeout": 10,
            "command_timeout": 30,
            "prepared_statement_cache_size": 500,
            # The same for what the driver runs by itself, whose statements do not grow old either.
            "statement_cache_size": 200,
            "max_cached_statement_lifetime": 0,
            # Compiling a query of milliseconds takes longer than running it.
            "server_settings": {"application_name": "nexova", "jit": "off"},
        },
    )
    _sessions = async_sessionmaker(_engine, expire_on_commit=False)
    _turnstile = Turnstile(pool_size)
    return _engine


@asynccontextmanager
async def session() -> AsyncIterator[AsyncSession]:
    """A session with a connection of its own, as soon as it is this job's turn to have one."""
    if _sessions is None or _turnstile is None:
        raise RuntimeError("the database of this process is not connected")
    async with _turnstile.passage(), _sessions() as opened:
        yield opened


def has_room() -> bool:
    """Whether this process should begin more work, rather than finish what it has begun. May be asked from any thread."""
    return _turnstile is not None and not _turnstile.is_crowded


async def disconnect() -> None:
    """Close the engine of this process."""
    global _engine, _sessions, _turnstile
    if _engine is not None:
        await _engine.dispose()
    _engine = _sessions = _turnstile = None


_PASSING = frozenset({"08", "40", "53", "55", "57"})
"""Classes of SQLSTATE that say nothing against the work itself: connection, rollback, resources, locks, shutdown."""


def is_outage(error: BaseException) -> bool:
    """Whether a failure only says that the database was away or busy, so that the same work may succeed later."""
    if isinstance(error, DBAPIError):
        sqlstate = str(getattr(error.orig, "sqlstate", None) or "")
        return error.connection_invalidated or sqlstate[:2] in _PASSING
    return isinstance(error, OSError | TimeoutError | PoolTimeout)


def is_refused_by_policy(error: BaseException) -> bool:
    """Whether Postgres has refused a row that whoever works may not write, such as one of another's store."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "42501"


_UNSTORABLE = frozenset({"22001", "22003", "22008", "22021", "22P05"})
"""SQLSTATEs of values that no column of theirs holds: too long, too large, a time out of range, a character refused."""


def is_unstorable(error: BaseException) -> bool:
    """Whether a value cannot be stored at all, such as text with a null character or a time after the year 9999."""
    if not isinstance(error, DBAPIError):
        return False
    cause = getattr(error.orig, "__cause__", None)
    return getattr(error.orig, "sqlstate", None) in _UNSTORABLE or (type(cause) is NotEncodable)


def is_refused(error: BaseException) -> bool:
    """Whether Postgres has refused what was to be written: a value that cannot be stored, or one that breaks a constraint."""
    return isinstance(error, IntegrityError) or is_unstorable(error)


def reference_of(error: BaseException) -> str | None:
    """The column by which a row names another one that is not there; None where a row is needed that would go.

    Postgres tells both apart by its words alone, and the column by the name of the constraint: `fk_<table>_<columns>`.
    """
    cause = getattr(error, "orig", None)
    for known in (cause, getattr(cause, "__cause__", None)):
        constraint, table = getattr(known, "constraint_name", None), getattr(known, "table_name", None)
        if constraint and table and "still referenced" not in str(getattr(known, "detail", "")):
            return str(constraint).removeprefix(f"fk_{table}_").removeprefix("workspace_id_")
    return None


def is_reference_refused(error: BaseException) -> bool:
    """Whether a row names another one that does not exist in this workspace, or is named by one that does."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "23503"


async def versions(connection: AsyncConnection) -> tuple[str, str | None]:
    """The version of the server, and the revision of the schema if there is one."""
    version: str = await connection.scalar(text("SHOW server_version"))
    has_schema = await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    return version, await connection.scalar(text("SELECT version_num FROM alembic_version")) if has_schema else None
