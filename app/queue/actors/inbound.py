"""`inbound.ingest` and `inbound.reports`: read stored webhook results and hand each to its conversation, once.

An event is handled in the transaction that makes its effects. But for the first moments, tries are counted on the row before
anything is read, so that an event that kills the process is parked in the end like one that raises.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from agent import sessions
from agent.audiences.staff import chat
from agent.audiences.staff.chat import Heard
from channels import registry
from channels.base import EventUnreadable, StatusReport, SystemEvent
from core import db, inbound, observability
from core.access import Principal
from core.errors import Abandoned, CommitOutcomeUnknown
from core.inbound import InboundEvent
from core.work import Work, open_work
from domain.accounts import colleagues
from domain.connections import service as connections
from domain.connections.medium import Medium
from domain.connections.schemas import ConnectionView
from domain.conversations import changes, delivery, opting_out
from domain.conversations import service as conversations
from domain.conversations.content import Edited, Reaction, Removed
from domain.conversations.content import said as words_of
from domain.conversations.kinds import Voice
from domain.conversations.schemas import Incoming, SentMessage
from domain.phones import service as phones

REPORT_WAITS: Final = timedelta(hours=1)
"""How long a report may wait for the message that it is about."""

log = observability.log(__name__)


async def ingest(workspace_id: str, event_id: str) -> None:
    """Handle one inbound event, unless it is handled or parked already."""
    principal, event = Principal.system(UUID(workspace_id)), UUID(event_id)
    attempts: int | None = None
    try:
        async with open_work(principal) as work:
            if fresh := await inbound.lock_fresh(work, event):
                await _handle(work, fresh)
            else:
                attempts = await inbound.count_attempt(work, event)
        if attempts is not None and attempts <= inbound.MAX_ATTEMPTS:
            async with open_work(principal) as work:
                await _handle(work, await inbound.lock_open(work, [event]))
    except (CommitOutcomeUnknown, Abandoned):
        raise
    except Exception as error:
        if db.is_outage(error):
            raise
        log.exception("inbound_event.failed", inbound_event=event_id, attempts=attempts)
        await _note_failure(principal, event, attempts, f"{type(error).__name__}: {error}")
    else:
        if attempts is not None and attempts > inbound.MAX_ATTEMPTS:
            await _note_failure(principal, event, attempts, "the process died with it")


async def take_reports(workspace_id: str, connection_id: str) -> None:
    """Handle the open reports of a connection together; one that was tried before, or that spoils the others, by itself."""
    principal, connection = Principal.system(UUID(workspace_id)), UUID(connection_id)
    while counted := await _count_reports(principal, connection):
        alone = [event for event, attempts in counted.items() if attempts > 1]
        fresh = [event for event, attempts in counted.items() if attempts == 1]
        try:
            async with open_work(principal) as work:
                await _handle(work, await inbound.lock_open(work, fresh))
        except (CommitOutcomeUnknown, Abandoned):
            raise
        except Exception as error:
            if db.is_outage(error):
                raise
            log.warning("reports.not_together", count=len(fresh), error=f"{type(error).__name__}: {error}"[:300])
            alone += fresh
        for event in alone:
            await ingest(workspace_id, str(event))
        if len(counted) < inbound.MOST_REPORTS:
            return  # what has come in since rings for itself


async def _count_reports(principal: Principal, connection_id: UUID) -> dict[UUID, int]:
    async with open_work(principal) as work:
        return await inbound.count_reports(work, connection_id)


async def _handle(work: Work, events: Sequence[InboundEvent]) -> None:
    """Handle locked events of one connection; those that cannot be read are parked."""
    reports: list[tuple[InboundEvent, StatusReport]] = []
    for event in events:
        connection = await connections.get(work, event.connection_id)
        with observability.correlated(event.correlation_id, inbound_event=str(event.id)):
            try:
                content = registry.open_channel(connection).read(event.kind, event.body)
            except EventUnreadable as error:
                _park(event, str(error))
                continue
            if isinstance(content, StatusReport):
                reports.append((event, content))
                continue
            if isinstance(content, SystemEvent):
                if content.sender is not None and content.wants_marketing is not None:
                    wants = content.wants_marketing
                    await opting_out.chosen_at_medium(work, connection.medium, content.sender, wants=wants)
                event.outcome = f"noted:{content.name}"[:100]
                log.info("inbound_event.noted", name=content.name)
            else:
                event.outcome = await _taken_in(work, event, connection, content)
            event.handled_at = work.system_time
    if reports:
        await _take(work, events[0].connection_id, reports)
    for event in events:
        event.attempts = max(event.attempts, 1)  # that of a fresh one was not counted before
    await work.write()


async def _taken_in(work: Work, event: InboundEvent, connection: ConnectionView, incoming: Incoming) -> str:
    """What a customer sent: a message is received, and of a changed one a turn sees to what follows from it."""
    if incoming.notes:
        log.info("inbound_event.repaired", notes=list(incoming.notes))
    known: dict[str, object] = {"inbound_event_id": event.id, "batch_position": event.position}
    if incoming.provider_message_id is None:
        known["provider_message_id"] = f"event:{event.dedupe_key}"[:300]
    incoming, said = incoming.model_copy(update=known), incoming.content
    if (of_staff := await _of_staff(work, connection, incoming)) is not None:
        if of_staff is Heard.WITH_PIN:
            event.body = b""  # as it came it has the digits
        return f"member:{of_staff}"
    if isinstance(said, Edited | Removed):
        changed = await changes.change(work, connection, incoming)
        if changed.needs_answer:
            now = said.now if isinstance(said, Edited) else said
            await sessions.message_arrived(work, changed.conversation_id, now)
        return f"change:{changed.outcome}"
    received = await conversations.receive(work, connection, incoming)
    if not received.created:
        return "repeated"
    if await opting_out.heard(work, received, said):
        return "opted_out"
    if received.needs_answer and received.voice is Voice.AGENT:
        await sessions.message_arrived(work, received.conversation_id, said)
    return "message"


async def _of_staff(
    work: Work, connection: ConnectionView, incoming: Incoming
) -> Heard | Literal["proven", "unchanged"] | None:
    """What a member has written from the telephone that they have proven, or proves by it; None for anybody else.

    No customer is made of a member. What they edit, delete or react to changes nothing.
    """
    if connection.medium is not Medium.WHATSAPP:
        return None
    heard = await phones.heard(work, incoming.sender.phone or incoming.sender.address, words_of(incoming.content))
    if heard is None or await colleagues.principal(work, heard.user_id) is None:
        return None
    if heard.is_proof:
        await chat.greet(work, heard.user_id, connection.id)
        return "proven"
    if isinstance(incoming.content, Edited | Removed | Reaction):
        return Heard.WITH_PIN if await chat.brings_pin(work, heard.user_id, incoming) else "unchanged"
    return await chat.hear(work, heard.user_id, connection.id, incoming)


async def _take(work: Work, connection_id: UUID, reports: Sequence[tuple[InboundEvent, StatusReport]]) -> None:
    """Move the messages forward; a report that overtakes the outcome of its message stays open for a while.

    Conversations are locked in the order of their ids, so that workers that read reports in together cannot deadlock.
    """
    sent = await delivery.find_sent(work, connection_id, {report.provider_message_id for _, report in reports})
    for event, report in sorted(reports, key=lambda pair: _lock_order(sent.get(pair[1].provider_message_id))):
        message = sent.get(report.provider_message_id)
        if message is not None:
            with observability.correlated(event.correlation_id, inbound_event=str(event.id)):
                await delivery.record_report(work, message, report.status, error_code=report.error_code, at=report.at)
            event.handled_at, event.outcome = work.system_time, f"report:{report.status}"
        elif work.system_time - event.created_at > REPORT_WAITS:
            event.handled_at, event.outcome = work.system_time, "report:unmatched"
        else:
            event.attempts = min(event.attempts, inbound.MAX_ATTEMPTS - 1)


def _lock_order(message: SentMessage | None) -> int:
    return message.conversation_id.int if message is not None else 0


def _park(event: InboundEvent, reason: str) -> None:
    event.parked_reason = reason[:500]
    log.error("inbound_event.parked", inbound_event=str(event.id), reason=event.parked_reason)


async def _note_failure(principal: Principal, event_id: UUID, attempts: int | None, reason: str) -> None:
    """Note why a try failed, which is counted now if it was not before."""
    async with open_work(principal) as work:
        attempts = attempts or await inbound.count_attempt(work, event_id) or 0
        for row in await inbound.lock_open(work, [event_id]):
            row.outcome = f"failed: {reason}"[:100]
            if attempts >= inbound.MAX_ATTEMPTS:
                _park(row, f"gave up after {attempts} tries; last: {reason}")
