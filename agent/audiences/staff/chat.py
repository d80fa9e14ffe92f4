"""How a member of the staff writes to the agent: their words are kept, and a turn of their audience becomes due.

It is loaded by the web, so it knows nothing of models.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from agent import sessions
from core import messages
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.approvals import service as approvals
from domain.conversations import service as conversations
from domain.conversations import staff_thread
from domain.conversations.content import Text, said
from domain.conversations.kinds import NoticeDetails, NoticeKind
from domain.conversations.schemas import Incoming, ThreadMessage
from domain.phones import service as phones
from tools.audience import AudienceKind

_YES_WITH_PIN: Final = re.compile(r"^\W*(?:s[i\u00ed]|yes|sim|ok)?\W*(\d{4,8})\W*$", re.IGNORECASE)
"""What says yes to a change from a telephone. The PIN is taken out of it before anything is kept."""

YES: Final = "sí"


class Heard(StrEnum):
    """What became of something that a member has written from their telephone."""

    TAKEN = "heard"
    REPEATED = "repeated"
    WITH_PIN = "pin"
    """It brought a PIN, so nothing of it is kept as it came."""


async def write(work: Work, text: str) -> ThreadMessage:
    """Write to the agent in one's own thread; raises MembersOnly for a program."""
    conversation_id, message = await staff_thread.write(work, text)
    await _due(work, conversation_id, text)
    return message


async def hear(work: Work, member_id: UUID, line_id: UUID, incoming: Incoming) -> Heard:
    """Take in what a member has written from their telephone.

    While a change waits for them, a PIN is their yes: it is kept as one, without its digits, and unlocks the change if it is
    theirs.
    """
    words = said(incoming.content)
    pin = _YES_WITH_PIN.match(words) if await approvals.waits_for(work, member_id) else None
    conversation_id, message_id = await staff_thread.write_from_line(
        work, member_id, line_id, incoming, YES if pin is not None else words or "?"
    )
    if message_id is not None:
        if pin is not None and await phones.is_pin(work, member_id, pin[1]):
            await approvals.unlock(work, member_id, message_id)
        await _due(work, conversation_id, words)
    if pin is not None:
        return Heard.WITH_PIN
    return Heard.TAKEN if message_id is not None else Heard.REPEATED


async def greet(work: Work, member_id: UUID, line_id: UUID) -> None:
    """Tell a member on their telephone that it is known now."""
    language = (await accounts.get_workspace(work)).language
    await answer(work, member_id, line_id, messages.text("manager.phone_proven", language), language, f"greeted:{new_id()}")


async def answer(
    work: Work,
    member_id: UUID,
    line_id: UUID,
    words: str,
    language: str,
    cause: str,
    figures: Sequence[dict[str, Any]] = (),
) -> None:
    """Have words go to a member's telephone once for their cause, by the line that it wrote to, with what can be drawn."""
    details: NoticeDetails = {
        "member_id": str(member_id),
        "line_id": str(line_id),
        "text": words,
        "language": language,
        "figures": list(figures),
    }
    key = f"assistant_answered:{cause}"
    await conversations.notify(work, NoticeKind.ASSISTANT_ANSWERED, dedupe_key=key, payload=details)


async def _due(work: Work, conversation_id: UUID, words: str) -> None:
    sessions.talk_with(await sessions.find_or_create(work, conversation_id), AudienceKind.MANAGER)
    await sessions.message_arrived(work, conversation_id, Text(text=words))
