"""What a work has changed is written in one statement, and stands there as SQLAlchemy would have written it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, delete, select, text, update
from sqlalchemy.orm.exc import StaleDataError

from bench.counting import counting
from core import events
from core.access import Principal
from core.event_types import EventType
from core.outbox import OutboxMessage
from core.tables import new_id
from core.work import Work, open_work, own
from domain.accounts.schemas import WorkspaceView

_TRIED = (
    update(OutboxMessage)
    .where(own(OutboxMessage), OutboxMessage.id == bindparam("row", type_=Uuid))
    .values(attempts=OutboxMessage.attempts + 1)
    .execution_options(synchronize_session=False)
)


def _announced(work: Work, actor: str, **values: Any) -> OutboxMessage:
    row = OutboxMessage(workspace_id=work.workspace_id, actor=actor, arguments={}, due_at=work.system_time, **values)
    work.session.add(row)
    return row


def _noted(work: Work, subject: UUID, reason: str) -> None:
    events.record(work, EventType.INBOUND_EVENT_REOPENED, subject=subject, reason=reason, after={"reason": reason})


async def _rows(workspace: WorkspaceView, table: str) -> list[dict[str, Any]]:
    """The rows of a table as Postgres has them: JSON's null is told from no value."""
    async with open_work(Principal.system(workspace.id)) as work:
        query = text(f"SELECT to_jsonb(t) || jsonb_build_object('nulls', num_nulls(t.*)) FROM {table} t ORDER BY id")
        return list(await work.session.scalars(query))


async def test_rows_are_written_together_as_they_would_be_one_by_one(workspace: WorkspaceView) -> None:
    subject = new_id()
    for how in ("flushed", "together"):
        async with open_work(Principal.system(workspace.id)) as work:
            row, parked = _announced(work, how, parked_reason=None, correlation_id=None), _announced(work, f"{how}.parked")
            _noted(work, subject, "first")
            _noted(work, subject, "second")
            with counting() as counted:
                await (work.write() if how == "together" else work.session.flush())
            if how == "together":
                assert counted.statements == 1
            row.attempts, row.arguments, parked.parked_reason = 3, {"of": "the row"}, "no queue takes it"
            parked.lease_until = work.system_time
            parked.lease_until = None
            with counting() as counted:
                await (work.write() if how == "together" else work.session.flush())
                await work.write()
            if how == "together":
                assert counted.statements == 1
            assert (row.attempts, parked.attempts) == (3, 0)
    for table in ("outbox_messages", "events"):
        kept = [
            {name: value for name, value in row.items() if name not in ("id", "created_at", "due_at", "actor")}
            for row in await _rows(workspace, table)
            if row.get("type") != "workspace.created"
        ]
        assert len(kept) == 4
        assert kept[:2] == kept[2:]
    assert [row["reason"] for row in await _rows(workspace, "events")] == [None, *["first", "second"] * 2]


async def test_a_row_that_is_gone_is_missed_and_many_are_written_too(workspace: WorkspaceView) -> None:
    async with open_work(Principal.system(workspace.id)) as work:
        rows = [_announced(work, f"job.{number}") for number in range(21)]
        await work.write()
        assert {row.actor for row in await work.session.scalars(select(OutboxMessage))} == {row.actor for row in rows}
    async with open_work(Principal.system(workspace.id)) as work:
        row = await work.session.get_one(OutboxMessage, (workspace.id, rows[0].id))
        await work.session.execute(
            delete(OutboxMessage).where(OutboxMessage.id == row.id).execution_options(synchronize_session=False)
        )
        row.attempts = 7
        with pytest.raises(StaleDataError):
            await work.write()
        await work.session.rollback()
    assert [row["attempts"] for row in await _rows(workspace, "outbox_messages")] == [0] * 21


async def test_what_is_to_be_done_later_is_done_with_the_rest_unless_it_was_taken_back(workspace: WorkspaceView) -> None:
    async with open_work(Principal.system(workspace.id)) as work:
        first, second = _announced(work, "first"), _announced(work, "second")
        await work.write()
    with counting() as counted:
        async with open_work(Principal.system(workspace.id)) as work:
            for row in (first, second):
                await work.later(_TRIED, {"workspace": workspace.id, "row": row.id})
            _announced(work, "third")
    assert counted.names[2:] == ["INSERT outbox_messages, UPDATE outbox_messages", "COMMIT"]
    async with open_work(Principal.system(workspace.id)) as work:
        savepoint = await work.session.begin_nested()
        await work.later(_TRIED, {"workspace": workspace.id, "row": second.id})
        await savepoint.rollback()
    assert [(row["actor"], row["attempts"]) for row in await _rows(workspace, "outbox_messages")] == [
        ("first", 1),
        ("second", 1),
        ("third", 0),
    ]
