"""Approvals: proposing a change to whoever works, and taking their answer to it, once and in time."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from core.tables import new_id
from core.work import Work
from domain.accounts.permissions import WorkspacePermission
from domain.approvals import repository
from domain.approvals.kinds import Decision
from domain.approvals.models import Approval
from domain.approvals.schemas import ApprovalView

VALID_FOR: Final = timedelta(minutes=10)

ANSWERED_FOR: Final = timedelta(hours=1)
"""So long after the end of a proposal somebody may still answer it: nothing is done then, but what they write is an answer."""


async def propose(work: Work, conversation_id: UUID, tool: str, arguments: Mapping[str, Any], digest: str) -> ApprovalView:
    """Let a change wait for the yes of the member who works; what waited for it before does not any more."""
    work.require(WorkspacePermission.READ)
    member_id = work.require_person()
    await _close(work, member_id, Decision.REPLACED)
    row = Approval(
        workspace_id=work.workspace_id,
        id=new_id(),
        member_id=member_id,
        conversation_id=conversation_id,
        tool=tool,
        arguments=dict(arguments),
        digest=digest,
        proposed_at=work.now,
        expires_at=work.now + VALID_FOR,
    )
    work.session.add(row)
    await work.session.flush()
    return ApprovalView.model_validate(row)


async def was_told(work: Work, conversation_id: UUID, messages: Mapping[UUID, UUID]) -> None:
    """The agent has spoken: each proposal that it told, with the message that told it. What it did not tell stays untold."""
    work.require_agent()
    row = await repository.lock_untold(work, conversation_id)
    if row is not None:
        row.message_id = messages.get(row.id)
        await work.session.flush()


async def waiting(work: Work) -> ApprovalView | None:
    """What waits for the member who works, for whoever shows it; None if they were not told of it or it has expired."""
    work.require(WorkspacePermission.READ)
    return _told_in_time(work, await repository.open_of(work, work.require_person()))


async def lock_waiting(work: Work) -> ApprovalView | None:
    """The same, locked, for whoever answers it."""
    work.require(WorkspacePermission.READ)
    return _told_in_time(work, await repository.lock_open(work, work.require_person()))


def _told_in_time(work: Work, row: Approval | None) -> ApprovalView | None:
    if row is None or row.message_id is None or row.expires_at <= work.now:
        return None
    return ApprovalView.model_validate(row)


async def last_told(work: Work, member_id: UUID) -> ApprovalView | None:
    """What a member was told of last, not locked, until an hour after it has expired: it may be answered or replaced by now."""
    work.require_runtime()
    row = await repository.last_told(work, member_id, work.now - ANSWERED_FOR)
    return ApprovalView.model_validate(row) if row is not None else None


async def unlock(work: Work, member_id: UUID, message_id: UUID) -> None:
    """A message from the member's telephone has brought their PIN: a yes in it counts for what waits now."""
    work.require_runtime()
    row = await repository.lock_open(work, member_id)
    if row is not None:
        row.unlocked_by = message_id
        await work.session.flush()


async def ask_again(work: Work) -> None:
    """What waits for the member who works is told once more: from those words on it can be agreed to."""
    work.require(WorkspacePermission.READ)
    row = await repository.lock_open(work, work.require_person())
    if row is not None:
        row.message_id = None
        await work.session.flush()


async def decide(work: Work, decision: Decision) -> None:
    """End what waits for the member who works; it can be used no more. Nothing waiting is no error."""
    work.require(WorkspacePermission.READ)
    await _close(work, work.require_person(), decision)


async def _close(work: Work, member_id: UUID, decision: Decision) -> None:
    row = await repository.lock_open(work, member_id)
    if row is not None:
        row.decided_at, row.decision = work.now, decision
        await work.session.flush()
