"""`message.deliver`: sends what is queued in a conversation, one message after the other, each at most once.

The try is committed before the call and its outcome after it. Whoever dies in between leaves a message in `sending`,
which becomes `unknown` and is settled by its report; it is never simply sent again.
"""

import asyncio
import time
from typing import Final
from uuid import UUID

from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_fixed

from channels import registry
from channels.base import Channel, SendOutcome
from core import db, observability, outbox
from core.access import Principal
from core.errors import CommitOutcomeUnknown
from core.work import Work, open_work
from domain.connections import service as connections
from domain.connections.schemas import ConnectionView
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.content import Template
from domain.conversations.delivery import Outcome, Taken
from domain.conversations.kinds import AttemptOutcome
from domain.conversations.schemas import CustomerConversation

RING_SECONDS: Final = 60.0
"""After this a long queue of one conversation goes on with the next ring, so that no job runs into its time limit."""

RENEW_SECONDS: Final = 2.0
"""How often a call that takes long renews its lease, so that only the dead are taken for dead."""

STALE_SECONDS: Final = 4.0
"""A lease older than this is not used any more: whoever waits for it may soon take its deliverer for dead."""

OUTAGE_SECONDS: Final = 15.0
"""How long a database that is away is asked again for a message or an outcome."""

ASK_AGAIN_SECONDS: Final = 0.2

log = observability.log(__name__)


async def deliver(workspace_id: str, conversation_id: str) -> None:
    """Send what may be sent in a conversation now."""
    principal, conversation = Principal.system(UUID(workspace_id)), UUID(conversation_id)
    started = time.monotonic()
    while time.monotonic() - started < RING_SECONDS:
        if not await deliver_next(principal, conversation):
            return
    async with open_work(principal) as work:
        outbox.enqueue(work, "message.deliver", conversation_id=conversation)


async def deliver_next(principal: Principal, conversation_id: UUID) -> bool:
    """Send the oldest message that may be sent; False when no other is left, or a try did not settle it."""
    taken: Taken | None = None
    taken_at = time.monotonic()
    try:
        async with open_work(principal) as work:
            channel, template = await _line(work, conversation_id)
            taken = await delivery.take_next(work, conversation_id, channel.parts, template)
    except CommitOutcomeUnknown:
        if taken is None or not await _patiently()(_was_taken, principal, taken):
            raise
    if taken is None:
        return False
    with observability.correlated(taken.correlation_id, message=str(taken.message_id), attempt=taken.attempt):
        outcome = await _send(principal, channel, taken, taken_at)
        is_more = await _record(principal, taken, outcome)
    return is_more and outcome.result in ("sent", "rejected")


async def _line(work: Work, conversation_id: UUID) -> tuple[Channel, Template | None]:
    conversation = await conversations.lock(work, conversation_id)
    assert isinstance(conversation, CustomerConversation), "only what goes by a line is queued"
    connection = await connections.get(work, conversation.connection_id)
    return registry.open_channel(connection), _template(connection)


def _template(connection: ConnectionView) -> Template | None:
    settings = connection.settings
    return Template(name=settings.window_template, language=settings.template_language) if settings.window_template else None


def _patiently() -> AsyncRetrying:
    """Asks a database that is away again, for what may be asked twice."""
    return AsyncRetrying(
        retry=retry_if_exception(lambda error: isinstance(error, CommitOutcomeUnknown) or db.is_outage(error)),
        wait=wait_fixed(ASK_AGAIN_SECONDS),
        stop=stop_after_delay(OUTAGE_SECONDS),
        reraise=True,
    )


async def _was_taken(principal: Principal, taken: Taken) -> bool:
    async with open_work(principal) as work:
        return await delivery.is_taken(work, taken)


async def _send(principal: Principal, channel: Channel, taken: Taken, taken_at: float) -> SendOutcome:
    if time.monotonic() - taken_at > STALE_SECONDS:
        return SendOutcome(AttemptOutcome.RETRY, delivery.LEASE_STALE)
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(channel.send(taken.message_id, taken.to, taken.content, taken.reply_to))
        while not (await asyncio.wait({call}, timeout=RENEW_SECONDS))[0]:
            await _renew(principal, taken)
    outcome = call.result()
    observability.DELIVERIES.labels(outcome=outcome.result).inc()
    log.info("message.tried", outcome=outcome.result, code=outcome.error_code, http_status=outcome.http_status)
    return outcome


async def _renew(principal: Principal, taken: Taken) -> None:
    try:
        async with open_work(principal) as work:
            await delivery.renew(work, taken)
    except Exception as error:  # the answer to the call that is on its way is worth more than the lease
        log.warning("lease.not_renewed", error=f"{type(error).__name__}: {error}"[:300])


async def _record(principal: Principal, taken: Taken, outcome: SendOutcome) -> bool:
    """Record the outcome, and see whether more is to be sent.

    Recording twice changes nothing, so a commit in doubt is simply made again; what is not recorded leaves the message
    in doubt although its fate is known.
    """
    known = Outcome(outcome.result, outcome.error_code, outcome.detail, outcome.retry_after, outcome.http_status)
    return await _patiently()(_recorded, principal, taken, known)


async def _recorded(principal: Principal, taken: Taken, known: Outcome) -> bool:
    async with open_work(principal) as work:
        await delivery.record_outcome(work, taken, known)
        await work.write()
        return await delivery.is_more_to_send(work, taken.conversation_id)
