"""One transaction, and the person or machine it runs for. Nothing else in the house commits."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, FromClause, Insert, Update, Uuid, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import AliasedClass

from core import db, prepared, writing
from core.access import Permission, Principal, PrincipalKind
from core.errors import CommitOutcomeUnknown, NotPermitted, StoresOnly
from core.tables import OfWorkspace

# One round trip: take the role, name the workspace and the stores (none for all), read both clocks.
# `set_config(..., true)` lasts until the transaction ends; `system_time` schedules leases and retries, `business_time`
# is moved by the sandbox's clock.
_ENTER = text(
    """
    SELECT set_config('role', :role, true),
           set_config('app.workspace_id', :workspace, true),
           set_config('app.store_ids', :stores, true),
           clock_timestamp() AS system_time,
           clock_timestamp() + coalesce((SELECT shift FROM runtime_clock), interval '0') AS business_time
    """
)


@dataclass(frozen=True, slots=True)
class Work:
    """An open transaction of one principal in one workspace.

    `now` is business time (windows, holds, sessions); `system_time` is Postgres' own clock (leases, retries).
    """

    session: AsyncSession
    principal: Principal
    now: datetime
    system_time: datetime
    _then: list[Callable[[], None]] = field(default_factory=list)

    @property
    def workspace_id(self) -> UUID:
        """The workspace that this work sees."""
        return self.principal.workspace_id

    def acting_for(self, principal: Principal) -> "Work":
        """The same transaction with the rights of somebody else of the workspace; its stores stay those it was opened for."""
        assert principal.workspace_id == self.workspace_id, "a transaction sees one workspace"
        assert principal.stores in (None, self.principal.stores), "a transaction sees the stores it was opened for"
        return replace(self, principal=principal)

    def at(self, moment: datetime) -> "Work":
        """The same transaction as if it were another moment of business time: for what is entered with the date it had."""
        return replace(self, now=moment)

    def then(self, call: Callable[[], None]) -> None:
        """Call something as soon as this work has committed; it is lost if the process dies before."""
        self._then.append(call)

    async def later(self, statement: Insert | Update, values: Mapping[str, Any]) -> None:
        """Run a statement, which is built once, with whatever this work writes last: nothing that it reads hangs on it."""
        if self.session.in_nested_transaction():  # with which it may be taken back
            await self.session.execute(statement, values)
        else:
            writing.later(self.session, statement, values)

    async def write(self) -> None:
        """Write what was changed up to now, all in one round trip."""
        await writing.write(self.session)

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted unless the principal holds the permission."""
        self.principal.require(permission)

    def require_all_stores(self) -> None:
        """Raise StoresOnly unless the principal works in all stores: sums over all of them tell of the others'."""
        if self.principal.stores is not None:
            raise StoresOnly

    def require_runtime(self) -> None:
        """Raise NotPermitted unless the runtime itself works here: no role of a person opens what is marked so."""
        if self.principal.kind is not PrincipalKind.SYSTEM:
            raise NotPermitted(f"only the runtime may do this, not {self.principal.kind}", principal=self.principal.kind)

    def require_agent(self) -> None:
        """Raise NotPermitted unless the runtime or the agent in a turn works here; a person has a way of their own."""
        if self.principal.kind not in (PrincipalKind.SYSTEM, PrincipalKind.AGENT):
            raise NotPermitted(f"only the agent may do this, not {self.principal.kind}", principal=self.principal.kind)

    def require_person(self) -> UUID:
        """Who of the staff works here; raises NotPermitted for a program, which sits at no desk and has nothing of its own."""
        if self.principal.kind is not PrincipalKind.USER or self.principal.id is None:
            raise NotPermitted(f"only a person may do this, not {self.principal.kind}", principal=self.principal.kind)
        return self.principal.id


WORKSPACE: BindParameter[UUID] = bindparam("workspace", type_=Uuid)
"""The workspace of a statement that is built once and run with `workspace` among its values."""


def own(
    rows: type[OfWorkspace] | AliasedClass[Any] | FromClause, within: Work | UUID | BindParameter[UUID] | None = WORKSPACE
) -> ColumnElement[bool]:
    """The condition that rows are a workspace's own; with None there are none.

    What is given is a table, an alias or a subquery. A row in its place would compare two ids in Python and let every
    workspace's rows pass, so it raises TypeError.
    """
    column = rows.c.workspace_id if isinstance(rows, FromClause) else rows.workspace_id
    if isinstance(column, UUID):
        raise TypeError("own() takes a table; a row was given")
    condition: ColumnElement[bool] = column == (within.workspace_id if isinstance(within, Work) else within)
    return condition


def _begin(session: Session, values: Mapping[str, str]) -> tuple[datetime, datetime]:
    connection = session.connection()
    entered = connection.execute(_ENTER, values).one()
    prepared.keep_driver(session, connection)
    return entered.business_time, entered.system_time


async def _enter(session: AsyncSession, role: str, workspace: str, stores: str) -> tuple[datetime, datetime]:
    """Begin a transaction: business time and system time.

    A pooled connection may have died while nobody used it. Nothing was done on it yet, so a fresh one is taken; the
    pool drops all others of the same age.
    """
    values = {"role": role, "workspace": workspace, "stores": stores}
    try:
        return await session.run_sync(_begin, values)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        await session.rollback()
        return await session.run_sync(_begin, values)


@asynccontextmanager
async def _transaction(role: str, workspace: str, stores: str = "") -> AsyncIterator[tuple[AsyncSession, datetime, datetime]]:
    async with db.session() as session:
        now, system_time = await _enter(session, role, workspace, stores)
        try:
            yield session, now, system_time
            await writing.complete(session)
        except BaseException:
            await session.rollback()
            raise
        try:
            await session.commit()
        except (DBAPIError, OSError, TimeoutError) as error:
            # A constraint that is checked at commit is a plain refusal; anything else leaves the outcome open.
            if isinstance(error, DBAPIError) and not error.connection_invalidated and error.orig is not None:
                sqlstate = getattr(error.orig, "sqlstate", None)
                if sqlstate is not None and not str(sqlstate).startswith(("08", "57")):
                    raise
            raise CommitOutcomeUnknown from error


@asynccontextmanager
async def open_work(principal: Principal) -> AsyncIterator[Work]:
    """Open a transaction for a principal: commit on a clean exit, roll back on any exception.

    Raises CommitOutcomeUnknown when the connection fails during the commit.
    """
    # Nobody's stores are no store, and not all of them.
    stores = "" if principal.stores is None else ",".join(map(str, sorted(principal.stores or {UUID(int=0)})))
    async with _transaction(db.APP_ROLE, str(principal.workspace_id), stores) as (session, now, system_time):
        work = Work(session, principal, now, system_time)
        yield work
    for call in work._then:
        call()


@dataclass(frozen=True, slots=True)
class IdentityWork:
    """An open transaction on who people are: accounts, sign-ins and keys, which belong to no workspace.

    `time` is Postgres' own clock; what identity rests on is never moved by the sandbox.
    """

    session: AsyncSession
    time: datetime


@asynccontextmanager
async def open_identity_work() -> AsyncIterator[IdentityWork]:
    """Open a transaction of the identity role, which sees accounts and memberships, and nothing that a shop does."""
    async with _transaction(db.IDENTITY_ROLE, "") as (session, _, system_time):
        yield IdentityWork(session, system_time)


@asynccontextmanager
async def open_system_work() -> AsyncIterator[AsyncSession]:
    """Open a transaction of the system role, which sees scheduling columns of all workspaces and no content."""
    async with _transaction(db.SYSTEM_ROLE, "") as (session, _, _):
        yield session


@asynccontextmanager
async def open_retention_work() -> AsyncIterator[AsyncSession]:
    """Open a transaction of the retention role, which deletes what is older than it is to be kept, and nothing else."""
    async with _transaction(db.RETENTION_ROLE, "") as (session, _, _):
        yield session


async def analyze(tables: Iterable[str]) -> None:
    """Let Postgres count tables that have just grown, as autovacuum would do after a while; as the tables' owner.

    A plan for a table that nobody has counted may read all rows of a workspace to find one: foreign keys are checked by it.
    """
    async with db.session() as session:
        await session.execute(text(f"ANALYZE {', '.join(tables)}"))
        await session.commit()
