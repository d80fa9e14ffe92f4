"""How a member of the staff writes to the agent: their words are kept, and a turn of their audience becomes due.

It is loaded by the web, so it knows nothing of models.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from agent import sessions
from agent.lexical.assent import is_pure_assent
from core import messages
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.approvals import service as approvals
from domain.approvals.schemas import ApprovalView
from domain.conversations import service as conversations
from domain.conversations import staff_thread
from domain.conversations.content import Text, said
from domain.conversations.kinds import NoticeDetails, NoticeKind
from domain.conversations.schemas import Incoming, ThreadMessage
from domain.phones import service as phones
from tools.audience import AudienceKind

_DIGITS: Final = re.compile(r"[:=#]?\s*(?<!\d)(\d{4,8})(?!\d)")
_NAMED: Final = re.compile(r"\bpin\b", re.IGNORECASE)
"""As the house asks for it, in each of its languages."""

YES: Final = "sí"


class Heard(StrEnum):
    """What became of something that a member has written from their telephone."""

    TAKEN = "heard"
    REPEATED = "repeated"
    WITH_PIN = "pin"
    """It brought a PIN, so nothing of it is kept as it came."""


@dataclass(frozen=True, slots=True)
class _Pin:
    """A PIN that somebody has written. `answers` is what it stands with: a change that is not answered yet."""

    digits: str
    answers: bool


async def write(work: Work, text: str) -> ThreadMessage:
    """Write to the agent in one's own thread; raises MembersOnly for a program."""
    conversation_id, message = await staff_thread.write(work, text)
    await _due(work, conversation_id, text)
    return message


async def hear(work: Work, member_id: UUID, line_id: UUID, incoming: Incoming) -> Heard:
    """Take in what a member has written from their telephone.

    A PIN is their yes to the change that they were told of: it is kept as one, without its digits, also where it comes too
    late. While the change waits it unlocks it, if it is theirs; a wrong one is counted.
    """
    words = said(incoming.content)
    pin = await _pin_in(work, member_id, words)
    conversation_id, message_id = await staff_thread.write_from_line(
        work, member_id, line_id, incoming, YES if pin is not None else words or "?"
    )
    if message_id is not None:
        if pin is not None and pin.answers and await phones.is_pin(work, member_id, pin.digits):
            await approvals.unlock(work, member_id, message_id)
        await _due(work, conversation_id, words)
    if pin is not None:
        return Heard.WITH_PIN
    return Heard.TAKEN if message_id is not None else Heard.REPEATED


async def brings_pin(work: Work, member_id: UUID, incoming: Incoming) -> bool:
    """Whether something that changes nothing brings a PIN all the same, as a message that was edited."""
    return await _pin_in(work, member_id, said(incoming.content)) is not None


async def _pin_in(work: Work, member_id: UUID, words: str) -> _Pin | None:
    """The PIN in some words: digits that stand alone, with a yes, before mere courtesy, or with their name.

    Digits behind courtesy may be anything ("el pedido 1001"), as may those alone where the last words were no change's.
    """
    found = _DIGITS.findall(words)
    rest = _DIGITS.sub(" ", words)
    is_bare = not any(map(str.isalpha, rest))
    agreed = f"{YES} {rest}" if _DIGITS.match(words) else rest
    if not found or not (is_bare or _NAMED.search(rest) or is_pure_assent([agreed], "es")):
        return None
    told = await approvals.last_told(work, member_id)
    if told is None or (is_bare and not await _was_last_told(work, told)):
        return None
    return _Pin(found[-1], answers=not told.is_answered)


async def _was_last_told(work: Work, told: ApprovalView) -> bool:
    if told.is_answered or told.message_id is None:
        return False
    return await conversations.is_last_word(work, told.message_id)


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
