"""Serving customers: what is theirs in a turn, and the summary that they have not answered yet."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import timedelta

from pydantic_ai.models import Model

from agent import prompting
from agent.audiences.base import Audience, ContextOf
from agent.audiences.customer import briefing, consent, wishes
from agent.brief import Brief
from agent.fencing import Fence
from agent.frozen import TakenTurn
from agent.lexical.model import LexicalModel
from agent.lookup import catalogue_lookup, message_lookup
from agent.models import AgentSession
from core.access import Principal
from core.settings import get_settings
from core.work import Work
from domain.accounts import roles
from domain.conversations.schemas import ConversationView, CustomerConversation, MessageView, OpenMessage
from domain.orders import confirmation, drafts
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.outcome import Fact
from tools.serving import CustomerContext


class Customers(Audience):
    """The agent acts for one customer, with what that customer may do."""

    kind = AudienceKind.CUSTOMER

    async def principal(self, turn: TakenTurn) -> Principal:
        """The agent, for the customer of this conversation."""
        return _agent_for(turn)

    async def prepare(
        self,
        work: Work,
        session: AgentSession,
        conversation: ConversationView,
        open_messages: Sequence[OpenMessage],
    ) -> None:
        """A summary that nobody can answer any more is void, and so is a proposal in vain; the order has today's prices."""
        await consent.void_summary(work, session, conversation, open_messages)
        draft = await drafts.open_draft(work, conversation.id)
        if draft is not None and draft.answer_by is not None and draft.answer_by < work.now:
            await confirmation.release_for_timeout(work, conversation.id)
        elif draft is not None:
            await drafts.refresh_prices(work, conversation.id)

    async def write_brief(
        self,
        work: Work,
        session: AgentSession,
        conversation: ConversationView,
        open_messages: Sequence[OpenMessage],
        thread: Sequence[MessageView],
    ) -> Brief:
        """The shop, the customer and their order."""
        return await briefing.write(work, session, _with_customer(conversation), open_messages, thread)

    async def keep(self, work: Work, turn: TakenTurn) -> None:
        """Keep what is set aside for the order while it is thought about."""
        if turn.frozen.brief.draft is not None:
            until = work.now + timedelta(seconds=get_settings().turn_budget_seconds)
            await confirmation.extend_holds(work, turn.conversation_id, until)

    async def fresh_facts(self, work: Work, conversation: ConversationView, language: str) -> Mapping[str, Fact]:
        """The sums of the order and what is true of the shop."""
        return await briefing.fresh_facts(work, _with_customer(conversation), language)

    def instructions(self, brief: Brief) -> str:
        """How a shop assistant serves, in this state of the order."""
        return prompting.system_prompt(brief)

    def offline(self, turn: TakenTurn) -> Model:
        """Our own model, which reads orders by grammar and catalogue."""
        principal = _agent_for(turn)
        return LexicalModel(turn.frozen.brief, catalogue_lookup(principal), message_lookup(principal))

    def context_of(self, turn: TakenTurn) -> ContextOf:
        """Who the customer is, what they have agreed to, and what their words of this turn wish for."""
        wished, conversation = wishes.read(turn), _with_customer(turn.conversation)

        async def context(given: ToolContext, held: Fence, *, is_offline: bool) -> CustomerContext:
            return CustomerContext(
                **{one.name: getattr(given, one.name) for one in fields(given) if one.init},
                conversation_id=turn.conversation_id,
                customer_id=conversation.customer_id,
                connection_id=conversation.connection_id,
                medium=turn.frozen.brief.medium,
                consent=await consent.read(given.work, held, turn),
                # The offline link plans from nothing but what it has read in the customer's words.
                wishes=None if is_offline else wished,
            )

        return context


def _agent_for(turn: TakenTurn) -> Principal:
    return roles.agent_for(turn.workspace_id, turn.conversation.party_id)


def _with_customer(conversation: ConversationView) -> CustomerConversation:
    assert isinstance(conversation, CustomerConversation), "the session of a member's thread is a manager's"
    return conversation
