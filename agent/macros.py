"""Macros: what the desk has prepared is done in a conversation, all of it or nothing."""

from datetime import timedelta
from uuid import UUID

from agent import takeover
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import desk, handoffs
from domain.conversations.kinds import HandoffOutcome
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskEntry, Transfer
from domain.customers import service as customers
from domain.desk import canned, macros
from domain.desk.schemas import AssignDeed, Deed, ReplyDeed, ResolveDeed, SnoozeDeed, TagDeed


async def run(work: Work, conversation_id: UUID, macro_id: UUID, seen: UUID) -> DeskEntry:
    """Do the deeds of a macro in their order, as the caller would one by one; raises as they do, and then none is done.

    `seen` is the last message of the thread that the caller has read.
    """
    work.require(ConversationsPermission.REPLY)
    macro = await macros.get(work, macro_id)
    entry = await desk.get_entry(work, conversation_id)
    for deed in macro.deeds:
        await _do(work, entry, deed, seen)
    return await desk.get_entry(work, conversation_id)


async def _do(work: Work, entry: DeskEntry, deed: Deed, seen: UUID) -> None:
    match deed:
        case TagDeed():
            await desk.add_tags(work, entry.id, deed.tags)
        case ReplyDeed():
            await desk.reply(work, entry.id, canned.fill(deed.text, await variables(work, entry)), seen)
        case AssignDeed():
            await handoffs.transfer(work, entry.id, Transfer(operator_id=deed.operator_id, team_id=deed.team_id))
        case SnoozeDeed():
            until = None if deed.minutes is None else work.now + timedelta(minutes=deed.minutes)
            await handoffs.snooze(work, entry.id, until)
        case ResolveDeed():
            await takeover.release(work, entry.id, deed.note, HandoffOutcome.RESOLVED)


async def variables(work: Work, entry: DeskEntry) -> dict[str, str]:
    """What is filled into the texts that the caller sends in a conversation."""
    customer = await customers.get(work, entry.customer_id)
    names = await accounts.names(work, [work.principal.id] if work.principal.id is not None else [])
    return {
        "customer": customer.name or entry.contact.name or "",
        "first_name": customer.called or entry.contact.name or "",
        "operator": next(iter(names.values()), ""),
        "shop": (await accounts.get_workspace(work)).name,
    }
