"""Telling a customer what the shop has done with their order or their payment, in the conversation of the order."""

from uuid import UUID

from core.access import Principal
from core.messages import text
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.kinds import Voice
from domain.conversations.schemas import ConversationView
from domain.orders import repository
from domain.orders.permissions import OrdersPermission


async def lock_thread(work: Work, order_id: UUID) -> ConversationView | None:
    """The conversation in which an order was placed, locked; None if it was placed in none."""
    work.require(OrdersPermission.READ)
    conversation_id = await repository.conversation_of(work, order_id)
    return await lock_conversation(work, conversation_id) if conversation_id is not None else None


async def lock_conversation(work: Work, conversation_id: UUID) -> ConversationView:
    """A conversation, locked by somebody who has no part in it: what they have done is told there."""
    work.require(OrdersPermission.READ)
    return await conversations.lock(_house(work), conversation_id)


async def tell(work: Work, thread: ConversationView | None, code: str, **fields: object) -> None:
    """Say it to the customer; whom a person attends is told by that person."""
    work.require(OrdersPermission.READ)
    if thread is None or thread.voice is not Voice.AGENT:
        return
    language = (await accounts.get_workspace(work)).language
    await conversations.queue(_house(work), thread.id, [Text(text=text(code, language, count=None, **fields))])


def _house(work: Work) -> Work:
    return work.acting_for(Principal.system(work.workspace_id))
