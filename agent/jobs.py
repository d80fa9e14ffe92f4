"""The agent's jobs: a turn that is due, a session that went silent, money that a dead worker has set aside."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from agent import sessions, spend
from agent.models import MOST_GENERATIONS
from core.clock import BUSINESS_NOW
from core.jobs import Deadline, Job, Retention, Sweep
from core.settings import get_settings
from core.work import Work
from domain.conversations.states import State


def _turn_budget() -> float:
    """A turn has its whole budget each time that late words have it thought again."""
    return (1 + MOST_GENERATIONS) * get_settings().turn_budget_seconds


async def _book_expired(work: Work, workspace_id: UUID) -> bool:
    """Book what dead workers had set aside for their calls as spent."""
    return await spend.book_expired(work) > 0


JOBS: Final = (Job("conversation.turn", "conversation-turn", 120, _turn_budget),)

SWEEPS: Final = (
    Sweep(
        "conversation.turn",
        "conversation_id",
        text(
            """
            SELECT workspace_id, conversation_id AS id, turn_due_at AS since FROM agent_sessions
            WHERE turn_due_at < clock_timestamp() - interval '1 second'
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
            ORDER BY turn_due_at LIMIT :limit
            """
        ),
    ),
    Sweep(
        "conversation.turn",
        "conversation_id",
        text(
            """
            SELECT turn.workspace_id, turn.conversation_id AS id, session.lease_until AS since
            FROM turns AS turn JOIN agent_sessions AS session USING (workspace_id, conversation_id)
            WHERE turn.status = 'open' AND (session.lease_until IS NULL OR session.lease_until < clock_timestamp())
            LIMIT :limit
            """
        ),
    ),
)

DEADLINES: Final = (
    Deadline(
        "session_silent",
        text(
            f"""
            SELECT workspace_id, conversation_id AS id FROM agent_sessions
            WHERE timeout_at < {BUSINESS_NOW} AND state NOT IN (:handoff, :executing)
            ORDER BY timeout_at LIMIT :limit
            """  # noqa: S608 - a constant
        ).bindparams(handoff=State.HANDOFF, executing=State.EXECUTING),
        sessions.expire,
    ),
    Deadline(
        "spend_reserved",
        text(
            """
            SELECT DISTINCT workspace_id, workspace_id AS id FROM spend_reservations
            WHERE settled_at IS NULL AND expires_at <= clock_timestamp() LIMIT :limit
            """
        ),
        _book_expired,
    ),
)

RETENTIONS: Final = (
    Retention(
        "journal_entries",
        timedelta(days=90),
        "the step was taken",
        text(
            """
            DELETE FROM journal_entries WHERE (workspace_id, id) IN (
                SELECT old.workspace_id, old.id FROM journal_entries AS old
                JOIN turns ON turns.workspace_id = old.workspace_id AND turns.id = old.turn_id
                WHERE old.created_at < clock_timestamp() - :kept AND turns.status = 'finished' AND NOT EXISTS (
                    SELECT FROM handoffs WHERE handoffs.workspace_id = old.workspace_id
                      AND handoffs.conversation_id = old.conversation_id AND handoffs.released_at IS NULL
                )
                LIMIT :limit
            )
            """
        ),
        "steps of an open turn, and of a conversation that waits for a person or is with one",
    ),
    Retention(
        "spend_reservations",
        timedelta(days=30),
        "the cost was booked",
        text(
            """
            DELETE FROM spend_reservations WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM spend_reservations WHERE settled_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
        "the sums of each month (`spend_periods`)",
    ),
)
