"""Whether the customer has really agreed to the open summary, read by code under the conversation's lock."""

from agent.frozen import ClaimedTurn
from agent.lexical.assent import is_pure_assent
from agent.models import AgentSession
from core.work import Work
from domain.conversations import service as conversations
from tools.context import Consent

CONFIRM_PREFIX = "confirm:"
"""The id of a summary's confirming button is this and the token."""


async def read(work: Work, session: AgentSession, turn: ClaimedTurn) -> Consent:
    """What the customer has done about the summary that is out: pressed its button, or plainly said yes after it.

    Nothing, while none is out.
    """
    if session.confirmation_message_id is None:
        return Consent()
    answered = {message.id for message in turn.frozen.messages}
    late = [m for m in await conversations.open_messages(work, turn.conversation_id) if m.id not in answered]
    pressed = [
        str(message.payload.get("id", "")).removeprefix(CONFIRM_PREFIX)
        for message in turn.frozen.messages
        if message.kind == "button_reply" and str(message.payload.get("id", "")).startswith(CONFIRM_PREFIX)
    ]
    sent_at = await conversations.arrived_at(work, session.confirmation_message_id)
    texts = [message.text or "" for message in turn.frozen.messages]
    plain = all(message.kind == "text" for message in turn.frozen.messages)
    after = sent_at is not None and all(message.received_at >= sent_at for message in turn.frozen.messages)
    return Consent(
        open_messages=bool(late),
        token_pressed=pressed[-1] if pressed and len(pressed) == len(turn.frozen.messages) else None,
        pure_assent=plain and after and is_pure_assent(texts, turn.frozen.brief.language),
        summary_sent_at=sent_at,
    )
