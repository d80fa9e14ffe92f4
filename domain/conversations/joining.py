"""One person on two mediums: a visitor of the web proves the telephone from which they write to the shop elsewhere.

The code goes to that telephone by an approved template. Whether a customer has it is told to nobody who has not proved it.
"""

from typing import Final
from uuid import UUID

from core import messages
from core.errors import Conflict, Invalid
from core.work import Work
from domain.accounts import service as accounts
from domain.connections import service as connections
from domain.connections.medium import Medium
from domain.connections.schemas import ConnectionSummary
from domain.conversations import _visitors, service
from domain.conversations.content import Template
from domain.customers import merging, phones, proofs
from domain.customers import service as customers
from domain.customers.schemas import ContactView, MergeCustomer

_MEDIUM: Final = Medium.WHATSAPP


class NothingWritten(Conflict):
    """Whoever has written nothing yet is nobody who could be somebody else."""

    code = "nothing_written"


class PhoneWrong(Invalid):
    """What was written is no telephone number."""

    code = "phone_wrong"
    http_status = 422


class JoiningNotOffered(Conflict):
    """The shop has no approved template by which a code could be sent."""

    code = "joining_not_offered"


async def is_offered(work: Work) -> bool:
    """Whether the shop can send codes."""
    work.require_runtime()
    return bool(await _senders(work))


async def _senders(work: Work) -> dict[UUID, Template]:
    """The template for codes of each line that has one."""
    found: dict[UUID, Template] = {}
    for line in await connections.all_of_workspace(work):
        if line.medium is _MEDIUM and line.is_active:
            chosen = await connections.settings_of(work, line.id)
            if chosen.code_template:
                found[line.id] = Template(name=chosen.code_template, language=chosen.template_language)
    return found


async def _visitor(work: Work, line: ConnectionSummary, visitor: str) -> ContactView:
    contact = await customers.contact_of_user(work, line.medium, visitor)
    if contact is None:
        raise NothingWritten
    return contact


async def send_code(work: Work, line: ConnectionSummary, visitor: str, phone: str) -> None:
    """Send a code to a telephone, if a customer of the shop writes from it.

    Raises JoiningNotOffered, NothingWritten, PhoneWrong and CodesTooMany, of which none depends on whose telephone it is.
    """
    work.require_runtime()
    senders = await _senders(work)
    if not senders:
        raise JoiningNotOffered
    contact = await _visitor(work, line, visitor)
    number = phones.e164(phone, (await accounts.get_workspace(work)).country)
    if number is None:
        raise PhoneWrong
    code = await proofs.begin(work, contact.contact_address_id, number)
    known = await customers.contact_of_number(work, _MEDIUM, number)
    if known is None or known.customer_id == contact.customer_id:
        return
    conversation = await _visitors.last_of_contact(work, known.contact_address_id, list(senders))
    if conversation is None or conversation.connection_id is None:
        return
    template = senders[conversation.connection_id].model_copy(update={"placeholders": (code,)})
    await service.queue(work, conversation.id, [template])


async def join(work: Work, line: ConnectionSummary, visitor: str, code: str) -> bool:
    """Make the visitor the customer whose telephone a code has proved; False if it proves nothing, which is counted."""
    work.require_runtime()
    contact = await _visitor(work, line, visitor)
    number = await proofs.prove(work, contact.contact_address_id, code)
    known = await customers.contact_of_number(work, _MEDIUM, number) if number is not None else None
    if known is None:
        return False
    if known.customer_id != contact.customer_id:
        language = (await accounts.get_workspace(work)).language
        reason = messages.text("webchat.joined", language)
        await merging.merge(work, known.customer_id, MergeCustomer(customer_id=contact.customer_id, reason=reason))
    return True
