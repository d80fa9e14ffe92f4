"""Hand-offs: how a conversation comes to people, goes from one to the next, rests, and comes back to the agent.

Every verb locks the conversation first. Whose voice it is changes here and nowhere else, and each change raises the epoch
that fences sends and effects.
"""

from datetime import datetime
from uuid import UUID

from core import events, outbox
from core.access import PrincipalKind
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.conversations import _rows as rows
from domain.conversations import clocks, repository, service
from domain.conversations.errors import HandoffOpen, NotYourConversation, SnoozePast
from domain.conversations.kinds import Author, HandoffOutcome, HandoffReason, NoticeKind, Voice
from domain.conversations.models import Conversation, Handoff
from domain.conversations.permissions import ConversationsPermission, HandoffPermission
from domain.conversations.schemas import HandoffView, Transfer
from domain.teams import service as teams
from domain.teams.permissions import DeskPermission


async def wait_for_person(
    work: Work, conversation_id: UUID, reason: HandoffReason, detail: str | None = None, topic: str | None = None
) -> None:
    """Leave the agent's voice: nobody speaks until a person comes. What the agent has said may still go out.

    The customer waits from now on, for the team to which the topic or the reason belongs.
    """
    work.require(HandoffPermission.REQUEST)
    conversation = await rows.locked(work, conversation_id)
    if conversation.voice != Voice.AGENT:
        return
    conversation.voice = Voice.WAITING
    conversation.voice_epoch += 1
    await repository.move_unsent_to_epoch(work, conversation, Author.AGENT)
    row = _new(work, conversation, reason, detail)
    row.topic, row.assign_at = topic, work.system_time
    row.team_id = await teams.route(work, {reason.value, *([topic] if topic else ())})
    clocks.start(row, await clocks.targets(work), work.now)
    await work.session.flush()
    events.record(work, EventType.HANDOFF_REQUESTED, subject=row.id, reason=reason)
    outbox.enqueue(work, "handoff.assign")
    await service.notify(
        work,
        NoticeKind.HANDOFF_REQUESTED,
        dedupe_key=f"handoff_requested:{row.id}",
        conversation_id=conversation.id,
        subject_id=row.id,
        payload={"reason": reason},
    )


def _new(work: Work, conversation: Conversation, reason: HandoffReason, detail: str | None = None) -> Handoff:
    row = Handoff(
        workspace_id=work.workspace_id,
        id=new_id(),
        conversation_id=conversation.id,
        reason=reason,
        detail=detail,
        requested_at=work.now,
        since=work.now,
        waited_seconds=0,
        handled_seconds=0,
        spent_seconds=0,
        breaches=0,
        is_snoozed=False,
    )
    work.session.add(row)
    return row


async def take(work: Work, conversation_id: UUID) -> HandoffView:
    """An operator takes the conversation: unsent words of the agent are cancelled, the voice is theirs."""
    work.require(ConversationsPermission.TAKE)
    conversation = await rows.locked(work, conversation_id)
    if conversation.voice == Voice.OPERATOR and conversation.operator_id != work.principal.id:
        raise NotYourConversation
    handoff = await repository.open_handoff(work, conversation.id)
    promised = await clocks.targets(work)
    if handoff is None:
        handoff = _new(work, conversation, HandoffReason.OPERATOR_TOOK)
        if await repository.open_messages(work, conversation.id):
            clocks.start(handoff, promised, work.now)
    if conversation.voice != Voice.OPERATOR:
        cancelled = await _come(work, conversation, handoff, promised)
        events.record(work, EventType.HANDOFF_TAKEN, subject=handoff.id, after={"cancelled_messages": cancelled})
    return HandoffView.model_validate(handoff)


async def _come(work: Work, conversation: Conversation, handoff: Handoff, promised: clocks.Targets) -> int:
    """The voice becomes the caller's; how many words of the agent were cut off."""
    conversation.voice = Voice.OPERATOR
    conversation.operator_id = work.principal.id
    conversation.voice_epoch += 1
    clocks.change_hands(handoff, work.now, from_person=False)
    handoff.taken_by, handoff.taken_at = work.principal.id, handoff.taken_at or work.now
    _forget_offer(handoff)
    _wake(handoff)
    clocks.expect_answer(handoff, promised, work.now)
    cancelled = await repository.cancel_unsent(work, conversation.id)
    await work.session.flush()
    # Whoever had it before and answered has been heard: their words still go out.
    await repository.move_unsent_to_epoch(work, conversation, Author.OPERATOR)
    return cancelled


def _forget_offer(handoff: Handoff) -> None:
    handoff.offered_to = handoff.offered_at = handoff.assign_at = None


def _wake(handoff: Handoff) -> None:
    handoff.is_snoozed, handoff.snoozed_until = False, None


async def _movable(work: Work, conversation_id: UUID) -> tuple[Conversation, Handoff]:
    """A conversation with people, locked, that the caller may move: theirs, nobody's, or any if they set up the desk.

    Raises HandoffNotOpen and NotYourConversation.
    """
    conversation, handoff = await rows.attended(work, conversation_id)
    is_others = conversation.voice == Voice.OPERATOR and conversation.operator_id != work.principal.id
    if is_others and not work.principal.may(DeskPermission.MANAGE):
        raise NotYourConversation
    return conversation, handoff


async def release(
    work: Work, conversation_id: UUID, note: str | None = None, outcome: HandoffOutcome = HandoffOutcome.RELEASED
) -> HandoffView:
    """Give the conversation back to the agent, with a note of what was agreed. What the operator has said still goes out.

    One that is `resolved` is settled: whatever the customer writes next is a new matter. Raises NotYourConversation.
    """
    work.require(ConversationsPermission.TAKE)
    conversation, handoff = await _movable(work, conversation_id)
    taken = conversation.voice == Voice.OPERATOR
    clocks.change_hands(handoff, work.now, from_person=taken)
    conversation.voice = Voice.AGENT
    conversation.operator_id = None
    conversation.voice_epoch += 1
    handoff.released_at, handoff.released_by, handoff.note = work.now, work.principal.id, note
    handoff.outcome = outcome
    _forget_offer(handoff)
    _wake(handoff)
    clocks.rest(handoff)
    if taken:
        await repository.mark_handled(work, conversation.id, "operator", work.principal.id)
    await work.session.flush()
    await repository.move_unsent_to_epoch(work, conversation, Author.OPERATOR)
    is_resolved = outcome is HandoffOutcome.RESOLVED
    events.record(
        work, EventType.HANDOFF_RESOLVED if is_resolved else EventType.HANDOFF_RELEASED, subject=handoff.id, reason=_short(note)
    )
    outbox.enqueue(work, "handoff.assign")
    return HandoffView.model_validate(handoff)


def _short(note: str | None) -> str | None:
    return note[:500] if note else None


async def reopen(work: Work, conversation_id: UUID) -> HandoffView:
    """Take up again the last stretch with people, as the caller; its first answer is due anew. Raises HandoffOpen."""
    work.require(ConversationsPermission.TAKE)
    conversation = await rows.locked(work, conversation_id)
    handoff = await repository.last_handoff(work, conversation.id)
    if handoff is None or handoff.released_at is None:
        raise HandoffOpen
    handoff.released_at = handoff.released_by = handoff.outcome = handoff.first_response_at = None
    handoff.since = work.now
    promised = await clocks.targets(work)
    if await repository.open_messages(work, conversation.id):
        clocks.start(handoff, promised, work.now)
    cancelled = await _come(work, conversation, handoff, promised)
    events.record(work, EventType.HANDOFF_REOPENED, subject=handoff.id, after={"cancelled_messages": cancelled})
    return HandoffView.model_validate(handoff)


async def released_since(work: Work, conversation_id: UUID, since: datetime) -> set[tuple[HandoffReason, str | None]]:
    """Why people had a conversation that they have given back since a moment: each reason with its topic."""
    work.require_agent()
    return await repository.released_since(work, conversation_id, since)


async def transfer(work: Work, conversation_id: UUID, to: Transfer) -> HandoffView:
    """Give a conversation to a colleague or a team, with a note: it waits for them, and nobody speaks until they take it.

    It is the caller's, or nobody's; whoever sets up the desk may move any. Raises NotYourConversation, NobodyThere and
    TeamNotFound.
    """
    work.require(ConversationsPermission.TAKE)
    conversation, handoff = await _movable(work, conversation_id)
    if to.operator_id is not None:
        await teams.require_attendant(work, to.operator_id)
    if to.team_id is not None:
        await teams.require_team(work, to.team_id)
        handoff.team_id = to.team_id
    await leave(work, conversation, handoff)
    after = {"operator_id": str(to.operator_id) if to.operator_id else None, "team_id": str(to.team_id) if to.team_id else None}
    events.record(work, EventType.HANDOFF_TRANSFERRED, subject=handoff.id, reason=_short(to.note), after=after)
    if to.operator_id is not None:
        await offer(work, conversation, handoff, to.operator_id)
    else:
        handoff.assign_at = work.system_time
        outbox.enqueue(work, "handoff.assign")
    return HandoffView.model_validate(handoff)


async def leave(work: Work, conversation: Conversation, handoff: Handoff) -> None:
    """Nobody has a conversation any more, and it waits. What its operator has said still goes out. It is locked."""
    work.require(ConversationsPermission.TAKE)
    _forget_offer(handoff)
    handoff.answer_due_at = None
    if conversation.voice != Voice.OPERATOR:
        return
    clocks.change_hands(handoff, work.now, from_person=True)
    conversation.voice = Voice.WAITING
    conversation.operator_id = None
    conversation.voice_epoch += 1
    await work.session.flush()
    await repository.move_unsent_to_epoch(work, conversation, Author.OPERATOR)


async def offer(work: Work, conversation: Conversation, handoff: Handoff, operator_id: UUID) -> None:
    """Somebody is to take a conversation that waits: they alone are told, others may still take it. It is locked."""
    work.require(ConversationsPermission.TAKE)
    handoff.offered_to, handoff.offered_at, handoff.assign_at = operator_id, work.system_time, None
    promised = await clocks.targets(work)
    handoff.answer_due_at = None if promised.unanswered is None else work.now + promised.unanswered
    await work.session.flush()
    events.record(work, EventType.HANDOFF_OFFERED, subject=handoff.id, after={"operator_id": str(operator_id)})
    await service.notify(
        work,
        NoticeKind.HANDOFF_OFFERED,
        dedupe_key=f"handoff_offered:{handoff.id}:{operator_id}:{handoff.offered_at.isoformat()}",
        conversation_id=conversation.id,
        subject_id=handoff.id,
        payload={"member_id": str(operator_id), "reason": handoff.reason},
    )


async def snooze(work: Work, conversation_id: UUID, until: datetime | None) -> HandoffView:
    """Let a conversation rest until a time, or until the customer writes, which wakes it in any case.

    It leaves the queues and nobody is given it; its clocks go on, as the customer waits all the same.
    """
    work.require(ConversationsPermission.TAKE)
    _, handoff = await _movable(work, conversation_id)
    if until is not None and until <= work.now:
        raise SnoozePast
    handoff.is_snoozed, handoff.snoozed_until = True, until
    await work.session.flush()
    events.record(
        work, EventType.HANDOFF_SNOOZED, subject=handoff.id, after={"until": until.isoformat() if until is not None else None}
    )
    return HandoffView.model_validate(handoff)


async def wake(work: Work, conversation_id: UUID) -> HandoffView:
    """End the rest of a conversation; nothing happens to one that does not rest."""
    work.require(ConversationsPermission.TAKE)
    _, handoff = await _movable(work, conversation_id)
    if handoff.is_snoozed:
        _wake(handoff)
        await work.session.flush()
        by = "time" if work.principal.kind is PrincipalKind.SYSTEM else "person"
        events.record(work, EventType.HANDOFF_WOKEN, subject=handoff.id, after={"by": by})
    return HandoffView.model_validate(handoff)
