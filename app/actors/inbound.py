"""`inbound.ingest`: reads one stored webhook result and hands it to the conversation it belongs to, once.

An event is handled in the transaction that makes its effects. Tries are counted on the row before anything is read,
so that an event that kills the process is parked in the end like one that raises.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from agent import sessions
from channels import registry
from channels.base import EventUnreadable, Inbound, StatusReport
from core import db, inbound, observability
from core.access import Principal
from core.errors import Abandoned, CommitOutcomeUnknown
from core.inbound import InboundEvent
from core.work import Work, open_work
from domain.connections import service as connections
from domain.connections.schemas import ConnectionView
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.schemas import IncomingMedia, IncomingMessage, Voice
from domain.customers import service as customers

REPORT_WAITS: Final = timedelta(hours=1)
"""How long a report may wait for the message that it is about."""

log = observability.log(__name__)


async def ingest(workspace_id: str, event_id: str) -> None:
    """Handle one inbound event, unless it is handled or parked already."""
    principal, event = Principal.system(UUID(workspace_id)), UUID(event_id)
    async with open_work(principal) as work:
        attempts = await inbound.count_attempt(work, event)
    if attempts is None:
        return
    if attempts > inbound.MAX_ATTEMPTS:
        await _note_failure(principal, event, attempts, "the process died with it")
        return
    try:
        async with open_work(principal) as work:
            row = await inbound.lock_open(work, event)
            if row is not None:
                with observability.correlated(row.correlation_id, inbound_event=event_id):
                    await _handle(work, row)
    except (CommitOutcomeUnknown, Abandoned):
        raise
    except Exception as error:
        if db.is_outage(error):
            raise
        log.exception("inbound_event.failed", inbound_event=event_id, attempts=attempts)
        await _note_failure(principal, event, attempts, f"{type(error).__name__}: {error}")


async def ingest_of_sender(workspace_id: str, conversation_id: str) -> None:
    """Handle what else the customer of a conversation has written and nobody has read yet."""
    async with open_work(Principal.system(UUID(workspace_id))) as work:
        conversation = await conversations.get(work, UUID(conversation_id))
        contact = await customers.contact(work, conversation.contact_address_id)
        keys = {key for key in (contact.user_id, contact.address) if key}
        waiting = await inbound.open_of(work, conversation.connection_id, keys)
    for event_id in waiting:
        await ingest(workspace_id, str(event_id))


async def _handle(work: Work, event: InboundEvent) -> None:
    connection = await connections.get(work, event.connection_id)
    try:
        content = registry.open_channel(connection).read(event.kind, event.body)
    except EventUnreadable as error:
        _park(event, str(error))
        return
    if isinstance(content, Inbound):
        outcome: str | None = await _message(work, event, connection, content)
    elif isinstance(content, StatusReport):
        outcome = await _report(work, event, content)
    else:
        outcome = f"noted:{content.name}"[:100]
        log.info("inbound_event.noted", name=content.name)
    if outcome is not None:
        event.handled_at, event.outcome = work.system_time, outcome


async def _message(work: Work, event: InboundEvent, connection: ConnectionView, content: Inbound) -> str:
    if content.notes:
        log.info("inbound_event.repaired", notes=list(content.notes))
    received = await conversations.receive(
        work,
        connection.id,
        connection.channel,
        IncomingMessage(
            provider_message_id=content.provider_message_id or f"event:{event.dedupe_key}"[:300],
            address=content.sender.address,
            user_id=content.sender.user_id,
            phone=content.sender.phone,
            profile_name=content.sender.name,
            kind=content.kind,
            text=content.text,
            payload=content.payload,
            media=IncomingMedia(url=content.media.url, kind=content.media.kind) if content.media else None,
            reply_to=content.reply_to,
            received_at=content.received_at,
            batch_position=event.position,
            inbound_event_id=event.id,
        ),
    )
    if not received.created:
        return "repeated"
    if received.needs_answer and received.voice is Voice.AGENT:
        await sessions.message_arrived(work, received.conversation_id, content.kind, content.text)
    return "message"


async def _report(work: Work, event: InboundEvent, report: StatusReport) -> str | None:
    """Move the message forward; None while the message is not there, as a report may overtake its outcome."""
    found = await delivery.record_report(
        work,
        event.connection_id,
        report.provider_message_id,
        report.status,
        error_code=report.error_code,
        at=report.at,
    )
    if found:
        return f"report:{report.status}"
    if work.system_time - event.created_at > REPORT_WAITS:
        return "report:unmatched"
    event.attempts = min(event.attempts, inbound.MAX_ATTEMPTS - 1)
    return None


def _park(event: InboundEvent, reason: str) -> None:
    event.parked_reason = reason[:500]
    log.error("inbound_event.parked", inbound_event=str(event.id), reason=event.parked_reason)


async def _note_failure(principal: Principal, event_id: UUID, attempts: int, reason: str) -> None:
    async with open_work(principal) as work:
        row = await inbound.lock_open(work, event_id)
        if row is None:
            return
        row.outcome = f"failed: {reason}"[:100]
        if attempts >= inbound.MAX_ATTEMPTS:
            _park(row, f"gave up after {attempts} tries; last: {reason}")
