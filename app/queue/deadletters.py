"""Dead letters: whatever was given up, wherever it lies, in one list; and trying it again.

Rows keep their own reason (inbound events, outbox rows, files); a ring whose job failed for an unforeseen reason is
kept by the broker for thirty days.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal, TypeVar, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.queue.broker import QueueUnavailable, RedisBells, open_broker
from core import events, inbound, outbox
from core.access import OperationsPermission, Principal
from core.errors import DomainError, NotFound
from core.event_types import EventType
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.conversations import given_up

ALL: Final = 100_000

Result = TypeVar("Result")


class DeadLetterNotFound(NotFound):
    """Nothing with this id was given up, or it has been taken up again."""

    code = "dead_letter_not_found"


class QueueAway(DomainError):
    """The broker cannot be reached, so its dead letters cannot be seen."""

    code = "queue_away"
    http_status = 503


class DeadLetter(BaseModel):
    """One thing that was given up."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["event", "outbox", "attachment", "ring"]
    id: str
    workspace_id: str | None
    name: str
    reason: str
    attempts: int
    at: datetime


async def list_all(limit: int = 100) -> list[DeadLetter]:
    """What was given up in all workspaces and queues, the newest first."""
    found: list[DeadLetter] = []
    for workspace in await accounts.list_workspaces():
        async with open_work(Principal.system(workspace.id)) as work:
            found.extend(await _in_workspace(work, limit))
    found.extend(await _with_broker(_in_queues))
    return _newest(found, limit)


async def list_of(work: Work, limit: int = 100, after: str | None = None) -> list[DeadLetter]:
    """What was given up in the workspace, the newest first; behind the letter with the id `after`, if it is still there."""
    work.require(OperationsPermission.MANAGE)
    own = str(work.workspace_id)
    rings = [letter for letter in await _with_broker(_in_queues) if letter.workspace_id == own]
    letters = _newest([*await _in_workspace(work, ALL), *rings], ALL)
    place = next((number for number, letter in enumerate(letters, start=1) if letter.id == after), 0)
    return letters[place : place + limit]


def _newest(letters: list[DeadLetter], limit: int) -> list[DeadLetter]:
    return sorted(letters, key=lambda letter: (letter.at, letter.id), reverse=True)[:limit]


async def retry(letter_id: str) -> DeadLetter:
    """Try one dead letter of any workspace again; raises DeadLetterNotFound."""
    return await _again(_found(await list_all(ALL), letter_id))


async def retry_all() -> int:
    """Try every dead letter again; how many there were."""
    letters = await list_all(ALL)
    for letter in letters:
        await _again(letter)
    return len(letters)


async def retry_of(work: Work, letter_id: str) -> DeadLetter:
    """Try one dead letter of the workspace again; raises DeadLetterNotFound."""
    letter = _found(await list_of(work, ALL), letter_id)
    await _retry(work, letter)
    return letter


async def discard_of(work: Work, letter_id: str) -> None:
    """Give one dead letter of the workspace up for good; the stream keeps what it was. Raises DeadLetterNotFound."""
    letter = _found(await list_of(work, ALL), letter_id)
    events.record(work, EventType.DEAD_LETTER_DISCARDED, subject=UUID(letter.id), before=_told(letter))
    match letter.kind:
        case "event":
            await inbound.discard(work, UUID(letter.id))
        case "attachment":
            await given_up.discard(work, UUID(letter.id))
        case "outbox":
            await outbox.discard(work, UUID(letter.id))
        case "ring":
            await work.session.flush()
            await _with_broker(lambda broker: broker.forget_dead(letter.id))
        case _:
            assert_never(letter.kind)


def _found(letters: list[DeadLetter], letter_id: str) -> DeadLetter:
    letter = next((letter for letter in letters if letter.id == letter_id), None)
    if letter is None:
        raise DeadLetterNotFound
    return letter


def _told(letter: DeadLetter) -> dict[str, Any]:
    return {"kind": letter.kind, "name": letter.name, "reason": letter.reason, "attempts": letter.attempts}


async def _again(letter: DeadLetter) -> DeadLetter:
    if letter.workspace_id is None:
        await _with_broker(lambda broker: broker.ring_dead_again(letter.id))
    else:
        async with open_work(Principal.system(UUID(letter.workspace_id))) as work:
            await _retry(work, letter)
    return letter


async def _retry(work: Work, letter: DeadLetter) -> None:
    match letter.kind:
        case "event":
            await inbound.reopen(work, UUID(letter.id))
        case "attachment":
            await given_up.fetch_again(work, UUID(letter.id))
        case "outbox":
            events.record(work, EventType.DEAD_LETTER_RETRIED, subject=UUID(letter.id), before=_told(letter))
            await outbox.announce_again(work, UUID(letter.id))
        case "ring":
            events.record(work, EventType.DEAD_LETTER_RETRIED, subject=UUID(letter.id), before=_told(letter))
            await work.session.flush()
            await _with_broker(lambda broker: broker.ring_dead_again(letter.id))
        case _:
            assert_never(letter.kind)


async def _in_workspace(work: Work, limit: int) -> list[DeadLetter]:
    workspace = str(work.workspace_id)
    arrived = [
        DeadLetter(
            kind="event",
            id=str(row.id),
            workspace_id=workspace,
            name=row.kind,
            reason=row.parked_reason or "",
            attempts=row.attempts,
            at=row.created_at,
        )
        for row in await inbound.parked(work, limit)
    ]
    files = [
        DeadLetter(
            kind="attachment",
            id=str(row.id),
            workspace_id=workspace,
            name=row.kind,
            reason=row.error_code or "",
            attempts=row.attempts,
            at=row.created_at,
        )
        for row in await given_up.failed_files(work, limit)
    ]
    rows = [
        DeadLetter(
            kind="outbox",
            id=str(row.id),
            workspace_id=workspace,
            name=row.actor,
            reason=row.parked_reason or "",
            attempts=row.attempts,
            at=row.due_at,
        )
        for row in await outbox.parked(work, limit)
    ]
    return arrived + files + rows


def _in_queues(broker: RedisBells) -> list[DeadLetter]:
    return [
        DeadLetter(
            kind="ring",
            id=dead.id,
            workspace_id=dead.ring.arguments.get("workspace_id"),
            name=dead.ring.job,
            reason=dead.error,
            attempts=1,
            at=dead.at,
        )
        for dead in broker.dead_rings()
    ]


async def _with_broker(use: Callable[[RedisBells], Result]) -> Result:
    try:
        broker = open_broker(get_settings())
        try:
            return await asyncio.to_thread(use, broker)
        finally:
            broker.close()
    except QueueUnavailable as error:
        raise QueueAway from error
