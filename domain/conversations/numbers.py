"""Telephones and addresses of customers at the desk: masked, and shown whole to whoever may see one, which is kept."""

from collections.abc import Collection
from uuid import UUID

from core import events, observability
from core.event_types import EventType
from core.work import Work
from domain.conversations import _rows as rows
from domain.conversations import repository
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import ShownNumber
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import ContactView


def _masked(contact: ContactView) -> ContactView:
    hidden = {name: observability.mask(getattr(contact, name)) for name in ("address", "phone", "user_id")}
    return contact.model_copy(update={name: value for name, value in hidden.items() if getattr(contact, name) is not None})


async def masked_contacts(work: Work, contact_ids: Collection[UUID]) -> dict[UUID, ContactView]:
    """The addresses under which customers write, with their numbers masked."""
    work.require(ConversationsPermission.READ)
    found = await customers.contacts_by_id(work, contact_ids)
    return {contact_id: _masked(contact) for contact_id, contact in found.items()}


async def show(work: Work, conversation_id: UUID) -> ShownNumber:
    """The whole number of the customer of a conversation; who has seen it stands in the audit."""
    work.require(CustomersPermission.REVEAL)
    conversation = rows.visible(work, await repository.get(work, conversation_id))
    assert conversation.contact_address_id is not None, "only a member's own thread has none"
    contact = await customers.contact(work, conversation.contact_address_id)
    events.record(work, EventType.CONVERSATION_NUMBER_SHOWN, subject=conversation_id)
    return ShownNumber(conversation_id=conversation_id, number=contact.phone or contact.address)
