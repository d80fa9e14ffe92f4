"""What runs out of time in hand-offs: a rest is over, a clock has struck, nobody has answered."""

from uuid import UUID

from core import events, outbox
from core.event_types import EventType
from core.work import Work
from domain.conversations import handoffs, repository, service
from domain.conversations.kinds import NoticeDetails, NoticeKind, Voice
from domain.conversations.models import Conversation, Handoff


async def settle(work: Work, handoff_id: UUID) -> bool:
    """Do what is due in a hand-off; False if nothing is."""
    work.require_runtime()
    found = await repository.handoff(work, handoff_id)
    conversation = await repository.lock(work, found.conversation_id) if found is not None else None
    handoff = await repository.open_handoff(work, conversation.id) if conversation is not None else None
    if conversation is None or handoff is None or handoff.id != handoff_id:
        return False
    done = [
        await _rest_is_over(work, conversation, handoff),
        await _clock_struck(work, conversation, handoff, "response"),
        await _clock_struck(work, conversation, handoff, "resolution"),
        await _goes_back(work, conversation, handoff),
    ]
    await work.session.flush()
    return any(done)


async def _rest_is_over(work: Work, conversation: Conversation, handoff: Handoff) -> bool:
    until = handoff.snoozed_until
    if not handoff.is_snoozed or until is None or until > work.now:
        return False
    await handoffs.wake(work, conversation.id)
    whose: NoticeDetails = {"member_id": str(conversation.operator_id)} if conversation.operator_id else {}
    await service.notify(
        work,
        NoticeKind.SNOOZE_OVER,
        dedupe_key=f"snooze_over:{handoff.id}:{until.isoformat()}",
        conversation_id=conversation.id,
        subject_id=handoff.id,
        payload=whose,
    )
    return True


async def _clock_struck(work: Work, conversation: Conversation, handoff: Handoff, clock: str) -> bool:
    due = handoff.response_due_at if clock == "response" else handoff.resolution_due_at
    struck = handoff.response_breached_at if clock == "response" else handoff.resolution_breached_at
    if due is None or struck is not None or due > work.now:
        return False
    if clock == "response":
        handoff.response_breached_at = work.now
    else:
        handoff.resolution_breached_at = work.now
    handoff.breaches += 1
    name = "first_response" if clock == "response" and handoff.first_response_at is None else clock
    events.record(work, EventType.HANDOFF_BREACHED, subject=handoff.id, reason=name, after={"due_at": due.isoformat()})
    await service.notify(
        work,
        NoticeKind.HANDOFF_BREACHED,
        dedupe_key=f"handoff_breached:{handoff.id}:{clock}:{due.isoformat()}",
        conversation_id=conversation.id,
        subject_id=handoff.id,
        payload={"clock": name},
    )
    return True


async def _goes_back(work: Work, conversation: Conversation, handoff: Handoff) -> bool:
    """Whoever had it, or was offered it, did not answer in time: it waits again, and others are told."""
    if handoff.answer_due_at is None or handoff.answer_due_at > work.now:
        return False
    left_by = conversation.operator_id if conversation.voice == Voice.OPERATOR else handoff.offered_to
    reason = "unanswered" if conversation.voice == Voice.OPERATOR else "not_taken"
    await handoffs.leave(work, conversation, handoff)
    handoff.assign_at = work.system_time
    events.record(
        work,
        EventType.HANDOFF_RETURNED,
        subject=handoff.id,
        reason=reason,
        after={"operator_id": str(left_by) if left_by else None},
    )
    outbox.enqueue(work, "handoff.assign")
    await service.notify(
        work,
        NoticeKind.HANDOFF_RETURNED,
        dedupe_key=f"handoff_returned:{handoff.id}:{work.now.isoformat()}",
        conversation_id=conversation.id,
        subject_id=handoff.id,
        payload={"reason": reason},
    )
    return True
