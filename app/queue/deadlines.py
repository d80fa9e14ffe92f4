"""What happens when a time runs out: found with the system role, settled by services, each in a Work of its workspace.

Any number of relays may settle the same row at once: the services lock it and look again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text

from agent import sessions
from core import db, observability
from core.access import Principal
from core.errors import Abandoned, DomainError
from core.work import Work, open_system_work, open_work
from domain.connections import service as _connections  # noqa: F401 - a conversation that is written refers to its line
from domain.conversations import delivery
from domain.conversations.states import State
from domain.orders import fulfilment
from domain.stock import holds

log = observability.log(__name__)

BUSINESS_NOW: Final = "clock_timestamp() + coalesce((SELECT shift FROM runtime_clock), interval '0')"


@dataclass(frozen=True, slots=True)
class Deadline:
    """How to find what ran out of time, and the service function that settles one of them."""

    name: str
    found: TextClause
    settle: Callable[[Work, UUID], Awaitable[object]]


async def _end_holds(work: Work, workspace_id: UUID) -> object:
    return await holds.expire_due(work)


DEADLINES: Final = (
    Deadline(
        "deliverer_lost",
        text(
            """
            SELECT workspace_id, id FROM messages
            WHERE direction = 'out' AND status = 'sending' AND claimed_until < clock_timestamp() LIMIT :limit
            """
        ),
        delivery.settle,
    ),
    Deadline(
        "delivery_unconfirmed",
        text(
            """
            SELECT workspace_id, id FROM messages
            WHERE direction = 'out' AND status = 'unknown' AND deadline_at < clock_timestamp() LIMIT :limit
            """
        ),
        delivery.settle,
    ),
    Deadline(
        "session_silent",
        text(
            f"""
            SELECT workspace_id, conversation_id AS id FROM agent_sessions
            WHERE timeout_at < {BUSINESS_NOW} AND state NOT IN (:handoff, :executing)
            ORDER BY timeout_at LIMIT :limit
            """  # noqa: S608 - a constant of this module
        ).bindparams(handoff=State.HANDOFF, executing=State.EXECUTING),
        sessions.expire,
    ),
    Deadline(
        "order_unpaid",
        text(
            f"""
            SELECT workspace_id, id FROM orders
            WHERE status = 'confirmed' AND payment_status = 'unpaid' AND cancel_deadline < {BUSINESS_NOW} LIMIT :limit
            """  # noqa: S608 - a constant of this module
        ),
        fulfilment.cancel_unpaid,
    ),
    Deadline(
        "holds_over",
        text(
            f"""
            SELECT DISTINCT workspace_id, workspace_id AS id FROM stock_holds
            WHERE status = 'active' AND expires_at < {BUSINESS_NOW} LIMIT :limit
            """  # noqa: S608 - a constant of this module
        ),
        _end_holds,
    ),
)


async def settle_all(limit: int) -> None:
    """Settle everything that ran out of time; one that fails does not keep the others."""
    for deadline in DEADLINES:
        async with open_system_work() as session:
            rows = (await session.execute(deadline.found, {"limit": limit})).all()
        for row in rows:
            await _settle(deadline, row.workspace_id, row.id)


async def _settle(deadline: Deadline, workspace_id: UUID, subject: UUID) -> None:
    try:
        async with open_work(Principal.system(workspace_id)) as work:
            changed = await deadline.settle(work, subject)
        if changed is not False:
            log.info("deadline.settled", deadline=deadline.name, subject=str(subject))
    except (DomainError, Abandoned) as error:
        log.info("deadline.moved", deadline=deadline.name, subject=str(subject), reason=str(error))
    except Exception as error:
        if db.is_outage(error):
            raise
        log.exception("deadline.failed", deadline=deadline.name, subject=str(subject))
