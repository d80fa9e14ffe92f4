"""Dead letters: whatever was given up, wherever it lies, in one list; and trying it again.

Rows keep their own reason (inbound events, outbox rows, files); a ring whose job failed for an unforeseen reason is
kept by the broker for thirty days.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeVar
from uuid import UUID

from app.queue import outbox_rows
from app.queue.broker import QueueUnavailable, RedisBells, open_broker
from core import inbound
from core.access import Principal
from core.errors import DomainError, NotFound
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.conversations import given_up

ALL: Final = 100_000

Result = TypeVar("Result")


class QueueAway(DomainError):
    """The broker cannot be reached, so its dead letters cannot be seen."""

    code = "queue_away"
    http_status = 503


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One thing that was given up."""

    kind: Literal["event", "outbox", "attachment", "ring"]
    id: str
    workspace_id: str | None
    name: str
    reason: str
    attempts: int
    at: datetime


async def list_all(limit: int = 100) -> list[DeadLetter]:
    """What was given up in all workspaces and queues, the newest first."""
    found = await _in_outbox(limit)
    for workspace in await accounts.list_workspaces():
        async with open_work(Principal.system(workspace.id)) as work:
            found.extend(await _in_workspace(work, limit))
    found.extend(await _with_broker(_in_queues))
    return sorted(found, key=lambda letter: letter.at, reverse=True)[:limit]


async def retry(letter_id: str) -> DeadLetter:
    """Try one dead letter again; raises NotFound."""
    for letter in await list_all(ALL):
        if letter.id == letter_id:
            await _AGAIN[letter.kind](letter)
            return letter
    raise NotFound


async def retry_all() -> int:
    """Try every dead letter again; how many there were."""
    letters = await list_all(ALL)
    for letter in letters:
        await _AGAIN[letter.kind](letter)
    return len(letters)


async def _in_outbox(limit: int) -> list[DeadLetter]:
    return [
        DeadLetter("outbox", str(row.id), str(row.workspace_id), row.actor, row.parked_reason, row.attempts, row.due_at)
        for row in await outbox_rows.waiting(limit)
        if row.parked_reason is not None
    ]


async def _in_workspace(work: Work, limit: int) -> list[DeadLetter]:
    workspace = str(work.workspace_id)
    events = [
        DeadLetter("event", str(row.id), workspace, row.kind, row.parked_reason or "", row.attempts, row.created_at)
        for row in await inbound.parked(work, limit)
    ]
    files = [
        DeadLetter("attachment", str(row.id), workspace, row.kind, row.error_code or "", row.attempts, row.created_at)
        for row in await given_up.failed_files(work, limit)
    ]
    return events + files


def _in_queues(broker: RedisBells) -> list[DeadLetter]:
    return [
        DeadLetter("ring", dead.id, dead.ring.arguments.get("workspace_id"), dead.ring.job, dead.error, 1, dead.at)
        for dead in broker.dead_rings()
    ]


async def _read_again(letter: DeadLetter) -> None:
    async with open_work(_owner(letter)) as work:
        await inbound.reopen(work, UUID(letter.id))


async def _announce_again(letter: DeadLetter) -> None:
    await outbox_rows.ring_again(UUID(letter.id))


async def _fetch_again(letter: DeadLetter) -> None:
    async with open_work(_owner(letter)) as work:
        await given_up.fetch_again(work, UUID(letter.id))


async def _ring_again(letter: DeadLetter) -> None:
    await _with_broker(lambda broker: broker.ring_dead_again(letter.id))


_AGAIN: Final[dict[str, Callable[[DeadLetter], Awaitable[None]]]] = {
    "event": _read_again,
    "outbox": _announce_again,
    "attachment": _fetch_again,
    "ring": _ring_again,
}


def _owner(letter: DeadLetter) -> Principal:
    assert letter.workspace_id is not None, "a row belongs to a workspace"
    return Principal.system(UUID(letter.workspace_id))


async def _with_broker(use: Callable[[RedisBells], Result]) -> Result:
    try:
        broker = open_broker(get_settings())
        try:
            return await asyncio.to_thread(use, broker)
        finally:
            broker.close()
    except QueueUnavailable as error:
        raise QueueAway from error
