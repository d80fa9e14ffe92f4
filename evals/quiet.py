"""Waiting until a conversation is quiet: everything that was sent has come in, was answered, and has gone out."""

import asyncio
import time

from pydantic import BaseModel
from sqlalchemy import text

from core.work import open_work
from domain.conversations.states import State
from evals.founding import Founded

LOOK_EVERY = 0.04
"""Seconds between two looks; a look is one query of about a millisecond."""

_STATE = text(
    """
    WITH shift AS (SELECT coalesce((SELECT shift FROM runtime_clock), interval '0') AS by)
    SELECT
        (SELECT count(*) FROM inbound_events WHERE workspace_id = :w AND kind NOT IN ('delivery', 'seen')) AS arrived,
        (SELECT count(*) FROM inbound_events WHERE workspace_id = :w AND handled_at IS NULL AND parked_reason IS NULL
            AND kind NOT IN ('delivery', 'seen')) AS unread,
        (SELECT count(*) FROM messages m JOIN conversations c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id
            WHERE m.workspace_id = :w AND m.direction = 'in' AND m.handled_at IS NULL AND c.voice = 'agent') AS unanswered,
        (SELECT count(*) FROM turns WHERE workspace_id = :w AND status = 'open') AS thinking,
        (SELECT count(*) FROM agent_sessions WHERE workspace_id = :w AND turn_due_at IS NOT NULL) AS due,
        (SELECT count(*) FROM messages WHERE workspace_id = :w AND direction = 'out'
            AND status IN ('queued', 'sending', 'retry')) AS unsent,
        (SELECT count(*) FROM attachments WHERE workspace_id = :w AND status = 'pending') AS unfetched,
        (SELECT count(*) FROM agent_sessions, shift WHERE workspace_id = :w AND timeout_at < clock_timestamp() + shift.by
            AND state NOT IN (:handoff, :executing)) AS overdue,
        (SELECT count(*) FROM orders, shift WHERE workspace_id = :w AND status = 'confirmed' AND payment_status = 'unpaid'
            AND cancel_deadline < clock_timestamp() + shift.by) AS unpaid
    """
).bindparams(handoff=State.HANDOFF, executing=State.EXECUTING)


class Activity(BaseModel):
    """What goes on in a workspace."""

    arrived: int
    unread: int
    unanswered: int
    thinking: int
    due: int
    unsent: int
    unfetched: int
    overdue: int
    unpaid: int

    def is_quiet(self, sent: int) -> bool:
        """Whether all that was sent has arrived and nothing is left to be done."""
        return self.arrived >= sent and not any(self.model_dump(exclude={"arrived"}).values())


class NeverQuiet(Exception):
    """The conversation did not come to rest: something was lost, or hangs."""

    def __init__(self, activity: Activity, sent: int, seconds: float) -> None:
        left = {name: count for name, count in activity.model_dump(exclude={"arrived"}).items() if count}
        super().__init__(f"after {seconds:.0f} s {activity.arrived} of {sent} messages have come in; open: {left or 'nothing'}")


async def activity(place: Founded) -> Activity:
    """What goes on in the world's workspace now."""
    async with open_work(place.principal) as work:
        row = (await work.session.execute(_STATE, {"w": place.workspace_id})).one()
    return Activity.model_validate(dict(row._mapping))


async def until_quiet(place: Founded, sent: int, patience: float) -> float:
    """Wait until the conversation is quiet: the seconds that it took. Raises NeverQuiet."""
    started = time.monotonic()
    while not (found := await activity(place)).is_quiet(sent):
        waited = time.monotonic() - started
        if waited > patience:
            raise NeverQuiet(found, sent, waited)
        await asyncio.sleep(LOOK_EVERY)
    return time.monotonic() - started
