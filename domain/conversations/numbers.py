"""Telephones of customers at the desk, where they are masked: shown whole to whoever may see one, which is kept."""

from uuid import UUID

from core import events
from core.event_types import EventType
from core.work import Work
from domain.conversations import _rows as rows
from domain.conversations import repository
from domain.conversations.schemas import ShownNumber
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission


async def show(work: Work, conversation_id: UUID) -> ShownNumber:
    """The whole number of the customer of a conversation; who has seen it stands in the audit."""
    work.require(CustomersPermission.REVEAL)
    conversation = rows.visible(work, await repository.get(work, conversation_id))
    assert conversation.contact_address_id is not None, "only a member's own thread has none"
    contact = await customers.contact(work, conversation.contact_address_id)
    events.record(work, EventType.CONVERSATION_NUMBER_SHOWN, subject=conversation_id)
    return ShownNumber(conversation_id=conversation_id, number=contact.phone or contact.address)
