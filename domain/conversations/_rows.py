"""The row of a conversation, for whoever may know of it."""

from uuid import UUID

from core.access import PrincipalKind
from core.work import Work
from domain.conversations import repository
from domain.conversations.errors import ConversationNotFound, HandoffNotOpen
from domain.conversations.kinds import Voice
from domain.conversations.models import Conversation, Handoff


async def locked(work: Work, conversation_id: UUID) -> Conversation:
    """A conversation, locked; raises ConversationNotFound."""
    return visible(work, await repository.lock(work, conversation_id))


def visible(work: Work, row: Conversation | None) -> Conversation:
    """The row, if whoever works may know of it: what a member has asked the agent is no conversation of the others."""
    is_runtime = work.principal.kind in (PrincipalKind.SYSTEM, PrincipalKind.AGENT)
    if row is None or (row.member_id is not None and not is_runtime):
        raise ConversationNotFound
    return row


async def attended(work: Work, conversation_id: UUID) -> tuple[Conversation, Handoff]:
    """A conversation that waits for people or is with one, locked, and its hand-off. Raises HandoffNotOpen."""
    conversation = await locked(work, conversation_id)
    handoff = await repository.open_handoff(work, conversation.id)
    if handoff is None or conversation.voice == Voice.AGENT:
        raise HandoffNotOpen
    return conversation, handoff
