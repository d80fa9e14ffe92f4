"""What is prepared gives the session's own rows, and fails as the session does."""

import asyncio
import sys
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Integer, bindparam, cast, literal, select, text, true
from sqlalchemy.exc import DBAPIError

import app.queue.actors  # noqa: F401  all that is prepared is known
from core import db
from core.access import Principal
from core.outbox import OutboxMessage
from core.prepared import Prepared, _Compiled
from core.work import Work, open_work, own
from domain.accounts.schemas import WorkspaceView

_ROWS = select(OutboxMessage, literal(7).label("seven")).where(own(OutboxMessage)).order_by(OutboxMessage.id)
_PID = Prepared[int](text("SELECT pg_backend_pid()"))
_LOCK = Prepared[None](text("SELECT pg_advisory_xact_lock(20261130)"))
_WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 20261130 AND NOT granted")


def _announced(work: Work, actor: str) -> OutboxMessage:
    row = OutboxMessage(workspace_id=work.workspace_id, actor=actor, arguments={"of": actor}, due_at=work.system_time)
    work.session.add(row)
    return row


async def test_every_statement_fits_the_schema(workspace: WorkspaceView) -> None:
    async with open_work(Principal.system(workspace.id)) as work:
        driver = (await (await work.session.connection()).get_raw_connection()).driver_connection
        assert isinstance(driver, asyncpg.Connection)
        named = [value for module in [*sys.modules.values()] for value in [*vars(module).values()]]
        among = [each for value in named if isinstance(value, dict) for each in [*value.values()]]
        statements = {each for each in [*named, *among] if type(each) is Prepared}
        assert len(statements) > 15
        for each in statements:
            await driver.prepare(_Compiled(each.statement, work.session.get_bind().dialect).text)


async def test_rows_are_those_of_the_session(workspace: WorkspaceView) -> None:
    values = {"workspace": workspace.id}
    async with open_work(Principal.system(workspace.id)) as work:
        written = _announced(work, "one")
        ((found, seven),) = await Prepared(_ROWS).all(work.session, values)
        assert found is written, "what was changed is written before, and is known"
        assert (seven, found.arguments) == (7, {"of": "one"})
    async with open_work(Principal.system(workspace.id)) as work:
        ((found, _),) = await Prepared(_ROWS).all(work.session, values)
        theirs = await work.session.scalar(_ROWS, values)
        assert theirs is found
        await work.session.execute(text("UPDATE outbox_messages SET attempts = 4"))
        await Prepared(_ROWS).all(work.session, values)
        assert found.attempts == 0, "what is known stays"
        await Prepared(_ROWS.execution_options(populate_existing=True)).all(work.session, values)
        assert found.attempts == 4
        found.attempts = 5
    async with open_work(Principal.system(workspace.id)) as work:
        none: Prepared[Any] = Prepared(
            select(OutboxMessage).select_from(select(literal(1)).subquery()).outerjoin(OutboxMessage, ~true())
        )
        assert await none.all(work.session, {}) == [(None,)]
        assert [row.attempts for (row, _) in await Prepared(_ROWS).all(work.session, values)] == [5]


async def test_it_fails_as_the_session_does(workspace: WorkspaceView) -> None:
    divided = Prepared[int](select(1 / bindparam("by", type_=Integer)))
    async with open_work(Principal.system(workspace.id)) as work:
        with pytest.raises(DBAPIError) as refused:
            async with work.session.begin_nested():
                await divided.all(work.session, {"by": 0})
        assert getattr(refused.value.orig, "sqlstate", None) == "22012"
        with pytest.raises(DBAPIError) as unreadable:
            async with work.session.begin_nested():
                await divided.all(work.session, {"by": 2**40})
        assert str(2**40) not in str(unreadable.value).split("[SQL")[1]
        assert db.is_unstorable(unreadable.value)
        with pytest.raises(KeyError):
            await Prepared(select(cast(bindparam("by", required=True), Integer))).all(work.session, {})
        assert await divided.first(work.session, {"by": 1}) is not None, "what was taken back left the transaction whole"


async def test_a_connection_that_died_or_was_left_amid_a_statement_is_used_no_more(workspace: WorkspaceView) -> None:
    principal = Principal.system(workspace.id)
    left: list[int | None] = []

    async def dies() -> None:
        async with open_work(principal) as work:
            left.extend(await _PID.first(work.session, {}) or ())
            async with open_work(principal) as other:
                await other.session.execute(text("RESET ROLE"))
                await other.session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": left[0]})
            await _PID.first(work.session, {})

    async def wait() -> None:
        async with open_work(principal) as work:
            left.extend(await _PID.first(work.session, {}) or ())
            await _LOCK.first(work.session, {})

    with pytest.raises(DBAPIError) as died:
        await dies()
    assert db.is_outage(died.value)
    async with open_work(principal) as holder:
        await _LOCK.first(holder.session, {})
        waiting = asyncio.create_task(wait())
        while not await holder.session.scalar(_WAITING):
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with open_work(principal) as work:
        (now,) = await _PID.first(work.session, {}) or (None,)
    assert len(left) == 2
    assert now not in left
