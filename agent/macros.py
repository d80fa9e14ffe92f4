"""Macros: what the desk has prepared is done in a conversation, all of it or nothing; and one deed in many, each by itself."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from agent import takeover
from core.errors import DomainError, NotPermitted
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import desk, handoffs
from domain.conversations.kinds import HandoffOutcome
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskEntry, Transfer
from domain.customers import service as customers
from domain.desk import canned, macros
from domain.desk.schemas import AssignDeed, DeedForMany, ReplyDeed, ResolveDeed, SnoozeDeed, TagDeed


async def run(work: Work, conversation_id: UUID, macro_id: UUID, seen: UUID) -> DeskEntry:
    """Do the deeds of a macro in their order, as the caller would one by one; raises as they do, and then none is done.

    `seen` is the last message of the thread that the caller has read.
    """
    work.require(ConversationsPermission.REPLY)
    macro = await macros.get(work, macro_id)
    entry = await desk.get_entry(work, conversation_id)
    for deed in macro.deeds:
        if isinstance(deed, ReplyDeed):
            await desk.reply(work, entry.id, canned.fill(deed.text, await variables(work, entry)), seen)
        else:
            await _do(work, entry.id, deed)
    return await desk.get_entry(work, conversation_id)


async def in_each(work: Work, conversation_ids: Sequence[UUID], deed: DeedForMany) -> list[DomainError | None]:
    """Do a deed in those conversations in which it can be done, each by itself; why not, in the place of each.

    Raises NotPermitted where the caller may do it in none.
    """
    results: list[DomainError | None] = [None] * len(conversation_ids)
    # Conversations are locked in one order, whatever the order of the caller: two such requests never wait for one another.
    for place in sorted(range(len(conversation_ids)), key=lambda place: conversation_ids[place]):
        try:
            async with work.session.begin_nested():
                await _do(work, conversation_ids[place], deed)
        except NotPermitted:
            raise
        except DomainError as error:
            results[place] = error
    return results


async def _do(work: Work, conversation_id: UUID, deed: DeedForMany) -> None:
    match deed:
        case TagDeed():
            await desk.add_tags(work, conversation_id, deed.tags)
        case AssignDeed():
            await handoffs.transfer(work, conversation_id, Transfer(operator_id=deed.operator_id, team_id=deed.team_id))
        case SnoozeDeed():
            until = None if deed.minutes is None else work.now + timedelta(minutes=deed.minutes)
            await handoffs.snooze(work, conversation_id, until)
        case ResolveDeed():
            await takeover.release(work, conversation_id, deed.note, HandoffOutcome.RESOLVED)


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
