"""The thread of a visitor of a shop's page, as their page reads it: by the number of the last change that it has seen.

Who the visitor is, the door has made out; here they are known by the id under which they write.
"""

from collections.abc import Mapping
from typing import Final, Literal
from uuid import UUID

from core.errors import Invalid
from core.work import Work
from domain.connections.schemas import ConnectionSummary
from domain.conversations import _visitors, delivery, repository
from domain.conversations.content import Answer, Buttons, Choices, File
from domain.conversations.kinds import Direction, MessageStatus, Voice
from domain.conversations.models import Conversation
from domain.conversations.schemas import MessageView, SentMessage, VisitorPage
from domain.customers import service as customers

PAGE: Final = 50

_AS_FAR: Final[Mapping[Literal["delivered", "read"], tuple[MessageStatus, ...]]] = {
    "delivered": (MessageStatus.DELIVERED, MessageStatus.READ),
    "read": (MessageStatus.READ,),
}
"""The statuses of messages of which a report says nothing new."""


class AnswerUnknown(Invalid):
    """No message that the visitor sees has this button or this row."""

    code = "answer_unknown"
    http_status = 422


async def find(work: Work, line: ConnectionSummary, visitor: str) -> UUID | None:
    """The conversation of a visitor on a line, None before their first message was read in."""
    work.require_runtime()
    contact = await customers.contact_of_user(work, line.medium, visitor)
    return None if contact is None else await _visitors.between(work, contact.contact_address_id, line.address)


async def read(work: Work, conversation_id: UUID, after: int | None = None) -> VisitorPage:
    """What has changed since a number; the last messages without one, or where too much has changed to be told."""
    work.require_runtime()
    conversation = await _get(work, conversation_id)
    if after is not None:
        rows = await _visitors.changed(work, conversation, after, PAGE + 1)
        if len(rows) <= PAGE:
            number = max([after, *(row.change_number or 0 for row in rows)])
            return await _page(work, conversation, [MessageView.model_validate(row) for row in rows], number)
    rows = await _visitors.before(work, conversation_id, None, PAGE + 1)
    number = max([0, *(row.change_number or 0 for row in rows)])
    shown = [MessageView.model_validate(row) for row in rows[:PAGE]]
    return await _page(work, conversation, shown, number, has_earlier=len(rows) > PAGE)


async def earlier(work: Work, conversation_id: UUID, position: int) -> VisitorPage:
    """The messages that stand before a place in the thread."""
    work.require_runtime()
    conversation = await _get(work, conversation_id)
    rows = await _visitors.before(work, conversation_id, position, PAGE + 1)
    shown = [MessageView.model_validate(row) for row in rows[:PAGE]]
    return await _page(work, conversation, shown, 0, has_earlier=len(rows) > PAGE)


async def pressed(work: Work, conversation_id: UUID, message_id: UUID, option: str) -> Answer:
    """What a pressed button or a chosen row says: what stands on it, not what the page claims. Raises AnswerUnknown."""
    work.require_runtime()
    row = await repository.message(work, message_id)
    is_theirs = row is not None and row.conversation_id == conversation_id and row.direction == Direction.OUT
    if row is None or not is_theirs or row.status not in _visitors.SHOWN:
        raise AnswerUnknown
    match row.content:
        case Buttons(buttons=buttons):
            for button in buttons:
                if button.id == option:
                    return Answer(via="button", id=button.id, title=button.title)
        case Choices():
            for choice in row.content.rows:
                if choice.id == option:
                    return Answer(via="row", id=choice.id, title=choice.title, description=choice.description)
    raise AnswerUnknown


async def file_of(work: Work, conversation_id: UUID, message_id: UUID) -> str | None:
    """The address of the file that a message of the thread is, None if it is none that the visitor sees."""
    work.require_runtime()
    row = await repository.message(work, message_id)
    if row is None or row.conversation_id != conversation_id or row.status not in _visitors.SHOWN:
        return None
    return row.content.url if isinstance(row.content, File) else None


async def report(work: Work, conversation_id: UUID, *, shown: int, read: int) -> None:
    """The page has shown what the shop said up to a place in the thread, and its visitor has looked at it up to another."""
    work.require_runtime()
    places: dict[Literal["delivered", "read"], int] = {"delivered": shown, "read": read}
    for status, until in places.items():
        for message_id in await _visitors.unreported(work, conversation_id, until, but=_AS_FAR[status]):
            sent = SentMessage(message_id=message_id, conversation_id=conversation_id)
            await delivery.record_report(work, sent, status)


async def _get(work: Work, conversation_id: UUID) -> Conversation:
    conversation = await repository.get(work, conversation_id)
    assert conversation is not None, "conversations are never deleted"
    return conversation


async def _page(
    work: Work, conversation: Conversation, newest_first: list[MessageView], number: int, *, has_earlier: bool = False
) -> VisitorPage:
    is_agent = conversation.voice == Voice.AGENT
    return VisitorPage(
        items=newest_first[::-1],
        number=number,
        has_earlier=has_earlier,
        is_answering=is_agent and await _visitors.is_unanswered(work, conversation.id),
        voice=Voice(conversation.voice),
    )
