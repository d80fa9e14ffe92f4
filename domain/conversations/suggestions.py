"""Suggested replies: whoever attends asks what the agent would answer, a worker thinks of it, it stands until somebody writes.

Nothing is sent by it. A change of voice, a reply, or further words of the customer leave it behind without a write of theirs;
what the customer writes while it is thought of is taken along.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from core import outbox
from core.tables import new_id
from core.work import Work
from domain.conversations import _rows as rows
from domain.conversations import _suggestions as sql
from domain.conversations.errors import NotYourConversation, SuggestionNotFound
from domain.conversations.kinds import Direction, NoSuggestion, SuggestionStatus, Voice
from domain.conversations.models import Conversation, Suggestion
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import SuggestionView

JOB: Final = "conversation.suggest"
PATIENCE: Final = timedelta(minutes=2)
"""How long one worker may think of it before another is asked."""
MOST_ATTEMPTS: Final = 3
MOST_WORDS: Final = 4096
"""What a reply may hold."""


@dataclass(frozen=True, slots=True)
class ToSuggest:
    """What a worker has taken: the newest message, and the number of the try."""

    conversation_id: UUID
    message_id: UUID
    attempt: int


async def ask(work: Work, conversation_id: UUID) -> SuggestionView:
    """Have the agent think of what it would answer now; what is being thought of already is waited for.

    Raises ConversationNotFound and NotYourConversation.
    """
    work.require(ConversationsPermission.REPLY)
    conversation = await _attended(work, conversation_id)
    row = await sql.of(work, conversation_id)
    if row is not None and row.status == SuggestionStatus.PENDING and row.voice_epoch == conversation.voice_epoch:
        return SuggestionView.model_validate(row)
    newest = await sql.newest(work, conversation_id)
    if row is None:
        row = Suggestion(workspace_id=work.workspace_id, id=new_id(), conversation_id=conversation_id)
        work.session.add(row)
    row.voice_epoch, row.message_id = conversation.voice_epoch, None if newest is None else newest.id
    row.status, row.text, row.refusal = SuggestionStatus.PENDING, None, None
    row.attempts, row.next_try_at = 0, work.system_time
    await work.session.flush()
    outbox.enqueue(work, JOB, conversation_id=conversation_id)
    return SuggestionView.model_validate(row)


async def _attended(work: Work, conversation_id: UUID) -> Conversation:
    conversation = await rows.locked(work, conversation_id)
    if conversation.voice != Voice.OPERATOR or conversation.operator_id != work.principal.id:
        raise NotYourConversation
    return conversation


async def standing(work: Work, conversation_id: UUID) -> SuggestionView | None:
    """What the agent would answer, or that it thinks of it, in a conversation of the caller's; None where nothing stands."""
    work.require(ConversationsPermission.READ)
    row = await sql.of_operator(work, conversation_id)
    if row is None:
        return None
    newest = await sql.newest(work, conversation_id)
    return SuggestionView.model_validate(row) if _stands(row, newest) else None


async def get(work: Work, conversation_id: UUID) -> SuggestionView:
    """The same; raises SuggestionNotFound."""
    found = await standing(work, conversation_id)
    if found is None:
        raise SuggestionNotFound
    return found


def _stands(row: Suggestion, newest: sql.Newest | None) -> bool:
    """Whether nobody has written since; what is being thought of stands for the customer's further words as well."""
    if newest is None or newest.id == row.message_id:
        return True
    return row.status == SuggestionStatus.PENDING and newest.direction == Direction.IN


async def discard(work: Work, conversation_id: UUID) -> None:
    """Put away what stands, in a conversation of the caller's. Raises ConversationNotFound and NotYourConversation."""
    work.require(ConversationsPermission.REPLY)
    await _attended(work, conversation_id)
    row = await sql.of(work, conversation_id)
    if row is not None:
        await work.session.delete(row)


async def take(work: Work, conversation_id: UUID) -> ToSuggest | None:
    """What is to be thought of now, None if nothing is, or another worker does. What many workers died of is given up."""
    work.require_runtime()
    conversation = await rows.locked(work, conversation_id)
    row = await sql.of(work, conversation_id)
    if row is None or row.status != SuggestionStatus.PENDING or row.next_try_at > work.system_time:
        return None
    newest = await sql.newest(work, conversation_id)
    if row.voice_epoch != conversation.voice_epoch or not _stands(row, newest):
        await work.session.delete(row)
        return None
    if newest is None:
        _refuse(row, NoSuggestion.NOTHING_TO_ANSWER)
        return None
    if row.attempts >= MOST_ATTEMPTS:
        _refuse(row, NoSuggestion.NOT_UNDERSTOOD)
        return None
    row.message_id, row.attempts, row.next_try_at = newest.id, row.attempts + 1, work.system_time + PATIENCE
    return ToSuggest(conversation_id, newest.id, row.attempts)


def _refuse(row: Suggestion, why: NoSuggestion) -> None:
    row.status, row.refusal = SuggestionStatus.REFUSED, why


async def finish(work: Work, taken: ToSuggest, found: str | NoSuggestion) -> None:
    """Keep what was thought of; where the customer has written meanwhile, it is thought of anew."""
    work.require_runtime()
    await rows.locked(work, taken.conversation_id)
    row = await sql.of(work, taken.conversation_id)
    if row is None or row.status != SuggestionStatus.PENDING or row.attempts != taken.attempt:
        return
    newest = await sql.newest(work, taken.conversation_id)
    if newest is not None and newest.id != taken.message_id and _stands(row, newest):
        row.next_try_at = work.system_time
        outbox.enqueue(work, JOB, conversation_id=taken.conversation_id)
    elif isinstance(found, NoSuggestion):
        _refuse(row, found)
    else:
        row.status, row.text = SuggestionStatus.MADE, found[:MOST_WORDS]
