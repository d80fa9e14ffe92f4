"""The clocks of a hand-off: they run in business hours while the customer waits for people, and rest while they are awaited.

The first answer is due from the hand-off, or from its reopening; each later one from the customer's first unanswered words;
the end of it all from the beginning, without the time for which the customer was awaited. Times are business time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core import events
from core.event_types import EventType
from core.hours import Hours
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import repository
from domain.conversations.kinds import Voice
from domain.conversations.models import Conversation, Handoff, Message
from domain.conversations.permissions import ConversationsPermission


@dataclass(frozen=True, slots=True)
class Targets:
    """How soon people are to answer in a workspace, None where nothing is promised; and how long one may leave it to them."""

    hours: Hours
    first: timedelta | None
    following: timedelta | None
    resolution: timedelta | None
    unanswered: timedelta | None


def _minutes(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(minutes=number)


async def targets(work: Work) -> Targets:
    """What the workspace has chosen."""
    workspace = await accounts.get_workspace(work)
    desk = workspace.settings.desk
    return Targets(
        workspace.hours,
        _minutes(desk.first_response_minutes),
        _minutes(desk.next_response_minutes),
        _minutes(desk.resolution_minutes),
        _minutes(desk.unanswered_minutes),
    )


def start(handoff: Handoff, promised: Targets, at: datetime) -> None:
    """The customer waits for an answer, unless they did already."""
    if handoff.waits_since is not None:
        return
    if handoff.waited_before is not None and handoff.answered_at is not None:
        handoff.spent_seconds += round(promised.hours.between(handoff.waited_before, handoff.answered_at).total_seconds())
    handoff.waited_before = None
    _run(handoff, promised, at)


def _run(handoff: Handoff, promised: Targets, since: datetime) -> None:
    handoff.waits_since = since
    handoff.response_breached_at = None
    soon = promised.first if handoff.first_response_at is None else promised.following
    handoff.response_due_at = None if soon is None else promised.hours.add(since, soon)
    if promised.resolution is not None:
        left = promised.resolution - timedelta(seconds=handoff.spent_seconds)
        handoff.resolution_due_at = promised.hours.add(since, max(left, timedelta()))


def stop(handoff: Handoff, at: datetime) -> None:
    """The customer was answered and is awaited."""
    handoff.first_response_at = handoff.first_response_at or at
    if handoff.waits_since is not None:
        handoff.waited_before, handoff.answered_at = handoff.waits_since, at
    rest(handoff)


def restore(handoff: Handoff, promised: Targets, *, was_first: bool) -> None:
    """The answer was taken back before it left: the customer has waited all the time."""
    if was_first:
        handoff.first_response_at = None
    if handoff.waits_since is None and handoff.waited_before is not None:
        since, handoff.waited_before = handoff.waited_before, None
        _run(handoff, promised, since)


def rest(handoff: Handoff) -> None:
    """Nothing is due."""
    handoff.waits_since = handoff.response_due_at = handoff.resolution_due_at = handoff.answer_due_at = None


def expect_answer(handoff: Handoff, promised: Targets, at: datetime) -> None:
    """Whoever has it, or is offered it, is to answer in time, or it goes back; only while the customer waits."""
    waits = handoff.waits_since is not None and promised.unanswered is not None
    handoff.answer_due_at = at + promised.unanswered if waits and promised.unanswered is not None else None


def change_hands(handoff: Handoff, at: datetime, *, from_person: bool) -> None:
    """Count the time for which it waited, or was with a person, up to now."""
    seconds = max(0, round((at - handoff.since).total_seconds()))
    if from_person:
        handoff.handled_seconds += seconds
    else:
        handoff.waited_seconds += seconds
    handoff.since = at


async def customer_wrote(work: Work, conversation: Conversation) -> None:
    """A customer has written to people: they wait, and what rested for that is awake. The conversation is locked."""
    work.require_runtime()
    handoff = await repository.open_handoff(work, conversation.id)
    if handoff is None:
        return
    promised = await targets(work)
    start(handoff, promised, work.now)
    if handoff.answer_due_at is None and (conversation.voice == Voice.OPERATOR or handoff.offered_to is not None):
        expect_answer(handoff, promised, work.now)
    if handoff.is_snoozed:
        handoff.is_snoozed, handoff.snoozed_until = False, None
        events.record(work, EventType.HANDOFF_WOKEN, subject=handoff.id, after={"by": "customer"})


async def answered(work: Work, conversation: Conversation) -> None:
    """A person has answered the customer. The conversation is locked."""
    work.require(ConversationsPermission.REPLY)
    handoff = await repository.open_handoff(work, conversation.id)
    if handoff is not None:
        stop(handoff, work.now)


async def taken_back(work: Work, conversation: Conversation, reply: Message) -> None:
    """The answer that was to stop the clocks never left; it is cancelled already."""
    work.require(ConversationsPermission.REPLY)
    handoff = await repository.open_handoff(work, conversation.id)
    if handoff is None or await repository.is_answered(work, conversation.id, but=reply.id):
        return
    promised = await targets(work)
    restore(handoff, promised, was_first=handoff.first_response_at == handoff.answered_at)
    if conversation.voice == Voice.OPERATOR:
        expect_answer(handoff, promised, work.now)
