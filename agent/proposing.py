"""Proposing: the shop puts a change of a placed order to its customer, as the agent would: a summary with its buttons.

What comes of it is the agent's turn as always: the button, or a plain yes to it, applies the change; anything else is
understood as what it says.
"""

from collections.abc import Iterator
from uuid import UUID

from agent import sessions
from agent.spoken import spoken
from core import messages
from core.access import Principal
from core.errors import Conflict
from core.messages import filled, text
from core.work import Work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.connections.medium import TRAITS
from domain.conversations import service as conversations
from domain.conversations.content import Buttons, rewritten
from domain.conversations.kinds import Voice
from domain.conversations.schemas import ConversationView, CustomerConversation
from domain.conversations.states import State, Trigger
from domain.customers import service as customers
from domain.orders import proposals, telling
from domain.orders import service as orders
from domain.orders.errors import OrderNotOfChat
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderView, ProposeChange
from tools.audience import AudienceKind
from tools.serving import CustomerContext
from tools.summary import stage_summary

RECENT = 6
"""How many of the newest messages tell the language that is spoken."""


class ConversationAttended(Conflict):
    """A person speaks in the conversation: what the agent would ask, they ask themselves."""

    code = "conversation_attended"


class ConversationBusy(Conflict):
    """The agent has something to answer, or waits for an answer of its own: two questions at once are none."""

    code = "conversation_busy"


class WindowClosed(Conflict):
    """The customer wrote too long ago for free words to reach them."""

    code = "window_closed"


async def propose(work: Work, order_id: UUID, command: ProposeChange) -> OrderView:
    """Put a change of a placed order to its customer; the proposal, with the time until which they may accept it.

    Raises OrderNotFound, OrderNotOfChat, ConversationAttended, ConversationBusy, WindowClosed, and what `proposals.propose`
    does.
    """
    work.require(OrdersPermission.CONFIRM)
    placed = await orders.get(work, order_id)
    thread = await telling.lock_thread(work, order_id)
    if thread is None:
        raise OrderNotOfChat(number=placed.number)
    if thread.voice is not Voice.AGENT:
        raise ConversationAttended
    # The session and what is said are the agent's; the order is changed with the rights of whoever proposes.
    house = work.acting_for(Principal.system(work.workspace_id))
    session = await sessions.find_or_create(house, thread.id)
    if (
        await sessions.open_turn(house, thread.id) is not None
        or await conversations.open_messages(house, thread.id)
        or any(point.is_question for point in sessions.points_of(session))
    ):
        raise ConversationBusy
    proposal = await proposals.propose(work, thread.id, order_id, command)
    content = await _summary(house, thread, placed, proposal, command.message)
    (message_id,) = await conversations.queue(house, thread.id, [content])
    assert proposal.confirmation_token is not None, "it was asked for"
    assert proposal.answer_by is not None, "it is a proposal"
    sessions.arm_confirmation(session, proposal.confirmation_token, message_id)
    sessions.move(house, session, Trigger.ITEMS_CHANGED)
    sessions.move(house, session, Trigger.CONFIRMATION_REQUESTED)
    sessions.wait_for_answer(session, proposal.answer_by)
    return proposal


async def _summary(
    house: Work, thread: ConversationView, placed: OrderView, proposal: OrderView, message: str | None
) -> Buttons:
    """The summary of the changed order with its buttons, under a word on why it is asked."""
    assert isinstance(thread, CustomerConversation), "an order's conversation is a customer's"
    contact = await customers.contact(house, thread.contact_address_id)
    if not TRAITS[contact.medium].may_write(thread.last_inbound_at, house.now):
        raise WindowClosed
    workspace = await accounts.get_workspace(house)
    said = [each.text or "" for each in await conversations.thread(house, thread.id, RECENT) if each.direction == "in"]
    language = spoken(said[::-1], messages.choose_language(workspace.language))
    context = CustomerContext(
        audience=AudienceKind.CUSTOMER,
        work=house.acting_for(roles.agent_for(house.workspace_id, thread.customer_id)),
        workspace=workspace,
        state=State.AWAITING_CONFIRMATION,
        language=language,
        conversation_id=thread.id,
        customer_id=thread.customer_id,
        connection_id=thread.connection_id,
        medium=contact.medium,
    )
    await stage_summary(context, context.facts, proposal, proposal.answer_by)
    texts = {str(number): fact.text for number, fact in enumerate(context.facts.items)}
    (summary,) = [rewritten(staged, lambda words: filled(words, texts)) for staged in context.staged]
    assert isinstance(summary, Buttons), "a summary has buttons"
    short = ", ".join(_short(placed, proposal))
    why = message or text("order.proposal_short" if short else "order.proposal", language, number=placed.number, names=short)
    return summary.model_copy(update={"text": f"{why}\n\n{summary.text}"})


def _short(placed: OrderView, proposal: OrderView) -> Iterator[str]:
    """The names of products of which the order would have less."""
    left = proposal.quantities
    return (line.name for line in placed.lines if left.get(line.variant_id, 0) < line.quantity)
