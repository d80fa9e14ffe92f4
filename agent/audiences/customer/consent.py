"""Whether the customer has really agreed to the open summary, read by code under the conversation's lock."""

from collections.abc import Sequence
from datetime import datetime

from agent import sessions
from agent.corrections import changed_meanwhile
from agent.fencing import Fence
from agent.frozen import TakenTurn
from agent.lexical.assent import is_pure_assent
from agent.models import AgentSession
from core import inbound
from core.work import Work
from domain.connections import service as connections
from domain.conversations import service as conversations
from domain.conversations.content import Answer, Cart, Text
from domain.conversations.schemas import ConversationView, CustomerConversation, OpenMessage
from domain.conversations.states import State, Trigger
from domain.customers import service as customers
from domain.orders import confirmation, drafts
from tools.serving import Consent
from tools.summary import CONFIRM_PREFIX


async def read(work: Work, held: Fence, turn: TakenTurn) -> Consent:
    """What the customer has done about the summary that is out: pressed its button, or plainly said yes after it.

    Nothing, while none is out.
    """
    pressed = [
        answer.id.removeprefix(CONFIRM_PREFIX)
        for answer in (message.content for message in turn.frozen.messages)
        if isinstance(answer, Answer) and answer.via != "row" and answer.id.startswith(CONFIRM_PREFIX)
    ]
    sent_at = await _sent_at(work, held.session, turn, pressed)
    if sent_at is None:
        return Consent()
    answered = {message.id for message in turn.frozen.messages}
    now_open = await conversations.open_messages(work, turn.conversation_id)
    is_late = any(m.id not in answered for m in now_open) or bool(changed_meanwhile(turn.frozen.messages, now_open))
    texts = [message.text for message in turn.frozen.messages]
    # Words that were put in the place of others are asked about once more.
    plain = all(isinstance(message.content, Text) and message.edited_at is None for message in turn.frozen.messages)
    after = all(message.received_at >= sent_at for message in turn.frozen.messages)
    return Consent(
        open_messages=is_late or await _has_unread(work, held.conversation),
        token_pressed=pressed[-1] if pressed and len(pressed) == len(turn.frozen.messages) else None,
        pure_assent=plain and after and await _is_answered(work, held.session, texts, turn),
        summary_sent_at=sent_at,
    )


async def _sent_at(work: Work, session: AgentSession, turn: TakenTurn, pressed: list[str]) -> datetime | None:
    """When the summary of the order as it stands was sent, None if none is out.

    A token that was made after the summary, because a price has changed since, cannot have been agreed to. Whoever
    presses a button of the summary has it, whatever is known of its sending.
    """
    if session.confirmation_message_id is None:
        return None
    draft = await drafts.open_draft(work, turn.conversation_id)
    if draft is None or draft.confirmation_token != session.confirmation_token:
        return None
    arrived = await conversations.arrived_at(work, session.confirmation_message_id)
    if arrived is None and session.confirmation_token in pressed:
        return min(message.received_at for message in turn.frozen.messages)
    return arrived


async def _is_answered(work: Work, session: AgentSession, texts: list[str], turn: TakenTurn) -> bool:
    """Whether the words are a plain yes, and the summary is what they answer: a yes to a later question is none."""
    if session.confirmation_message_id is None or not is_pure_assent(texts, turn.frozen.brief.language):
        return False
    return await conversations.is_last_word(work, session.confirmation_message_id)


async def _has_unread(work: Work, conversation: ConversationView) -> bool:
    """Whether the customer has written more, which the door has taken and nobody has read yet."""
    assert isinstance(conversation, CustomerConversation), "consent is a customer's"
    contact = await customers.contact(work, conversation.contact_address_id)
    lines = await connections.beside(work, conversation.connection_id)
    return await inbound.has_open_messages(work, lines, contact.sender_keys)


async def void_summary(
    work: Work, session: AgentSession, conversation: ConversationView, open_messages: Sequence[OpenMessage]
) -> None:
    """Make the open summary worthless if it cannot be meant by an answer: its token is void, what it held is free."""
    token = session.confirmation_token
    if session.confirmation_message_id is None or token is None:
        return
    reason = await _why_void(work, session, token, open_messages)
    if reason is None:
        return
    await confirmation.void(work, conversation.id, token, reason=reason)
    if session.state == State.AWAITING_CONFIRMATION:
        sessions.move(work, session, Trigger.CONFIRMATION_VOIDED)
    sessions.void_confirmation(session)


async def _why_void(work: Work, session: AgentSession, token: str, open_messages: Sequence[OpenMessage]) -> str | None:
    """A cart says that another order is meant. A summary that never arrived is answered by nobody; whoever presses one
    of its buttons has it, whatever the provider reported.
    """
    if any(isinstance(message.content, Cart) for message in open_messages):
        return "a cart came from the catalogue"
    if any(isinstance(message.content, Answer) and token in message.content.id for message in open_messages):
        return None
    assert session.confirmation_message_id is not None, "a token is armed with its message"
    is_lost = await conversations.is_lost(work, session.confirmation_message_id)
    return "the summary was not delivered" if is_lost else None
