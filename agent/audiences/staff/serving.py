"""Serving a member of the staff: their rights and stores of this very moment, and what a model is told of the shop."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from uuid import UUID

from babel import Locale
from pydantic_ai.models import Model

from agent import prompting, sessions
from agent.audiences.asked import heard
from agent.audiences.base import Audience, ContextOf
from agent.audiences.staff import chat
from agent.audiences.staff.offline import QuestionModel
from agent.brief import Asked, Brief, BriefMessage
from agent.fencing import Fence
from agent.frozen import TakenTurn
from agent.lexical.assent import is_pure_assent
from agent.models import AgentSession
from agent.recorded import Recorded
from agent.spoken import spoken
from core import messages
from core.access import Principal, PrincipalKind
from core.work import Work, open_work
from domain.accounts import colleagues
from domain.accounts import service as accounts
from domain.approvals import service as approvals
from domain.catalog import service as catalog
from domain.connections.medium import Medium
from domain.conversations import service as conversations
from domain.conversations import staff_thread
from domain.conversations.content import Content, said
from domain.conversations.schemas import ConversationView, MessageView, OpenMessage
from domain.conversations.states import State
from tools import by_staff, registry
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.managing import APPROVAL, PROPOSAL, ManagerContext, Yes

RECENT = 6
"""How many of the newest messages tell the language that is spoken."""


class Managers(Audience):
    """The agent acts for one member of the staff, with what that member may do."""

    kind = AudienceKind.MANAGER
    hands_off = False

    async def principal(self, turn: TakenTurn) -> Principal:
        """The member, as their membership stands now."""
        async with open_work(Principal.system(turn.workspace_id)) as work:
            return await _member(work, turn.conversation)

    async def write_brief(
        self,
        work: Work,
        session: AgentSession,
        conversation: ConversationView,
        open_messages: Sequence[OpenMessage],
        thread: Sequence[MessageView],
    ) -> Brief:
        """The shop, its stores as far as the member sees them, and the tools that their rights open."""
        shop = await accounts.get_workspace(work)
        member = await _member(work, conversation)
        asked = sessions.points_of(session)
        earlier = [message.text for message in thread[-RECENT:] if message.direction == "in"]
        words = [*earlier, *(message.text for message in open_messages)]
        seen = [one.name for one in await catalog.stores(work) if member.stores is None or one.id in member.stores]
        brief = Brief(
            language=spoken(words[::-1], messages.choose_language(shop.language)),
            country=shop.country,
            currency=shop.currency,
            timezone=shop.timezone,
            shop_name=shop.name,
            # Their page is ours, as that of a customer's web chat is.
            medium=Medium.WEBCHAT,
            state=State(session.state),
            pending=asked[0] if asked else None,
            waiting=asked[1:],
            stores=seen,
            messages=[BriefMessage(content=message.content) for message in open_messages],
            tools=[one.name for one in registry.offered(self.kind, State(session.state), member)],
            failures=session.failures,
            is_for_colleague=True,
        )
        is_talk = heard(brief).asked is Asked.NOTHING
        return brief if is_talk else brief.model_copy(update={"asked": Asked.AN_ANSWER})

    def context_of(self, turn: TakenTurn) -> ContextOf:
        """Their thread, and their own plain yes to what they were told last, if that is all they say."""
        is_yes = is_pure_assent([message.text for message in turn.frozen.messages], turn.frozen.brief.language)

        async def context(given: ToolContext, held: Fence, *, is_offline: bool) -> ManagerContext:
            return ManagerContext(
                **{one.name: getattr(given, one.name) for one in fields(given) if one.init},
                conversation_id=turn.conversation_id,
                yes=await _yes(given.work, turn) if is_yes else None,
            )

        return context

    async def spoke(self, work: Work, turn: TakenTurn, calls: Sequence[Recorded], sent: Mapping[UUID, Content]) -> None:
        """A proposal that the turn has told can be agreed to; one that it did not tell, never."""
        messages: dict[UUID, UUID] = {}
        for call in calls:
            messages |= _told(call, sent)
        await approvals.was_told(work, turn.conversation_id, messages)
        line_id = await staff_thread.line_of(work, [message.id for message in turn.frozen.messages])
        if line_id is not None and turn.conversation.member_id is not None:
            figures = [call.figure for call in calls if call.figure is not None]
            await chat.answer(
                work.acting_for(Principal.system(turn.workspace_id)),
                turn.conversation.member_id,
                line_id,
                "\n\n".join(said(content) for content in sent.values()),
                turn.frozen.brief.language,
                f"{turn.turn_id}:{turn.generation}",
                figures,
            )

    def refused(self, work: Work, tool: str, code: str) -> None:
        """What somebody of the staff tried stands in the trail, as if they had called the tool themselves."""
        by_staff.refused(work, tool, code)

    def instructions(self, brief: Brief) -> str:
        """How a colleague answers, who knows only what the tools tell."""
        language_name = Locale.parse(brief.language).get_display_name("en")
        return prompting.render("manager.jinja2", shop_name=brief.shop_name, language_name=language_name)

    def offline(self, turn: TakenTurn) -> Model:
        """Our own reader of questions, by a list of words."""
        today = turn.frozen.history_until.astimezone(turn.workspace.zone).date()
        return QuestionModel(turn.frozen.brief, today)


async def _yes(work: Work, turn: TakenTurn) -> Yes:
    """A yes answers what was said last, if that had been said before it was written; what was said earlier it does not."""
    waiting = await approvals.lock_waiting(work)
    if waiting is None or waiting.message_id is None:
        return Yes(to=None)
    runtime = work.acting_for(Principal.system(turn.workspace_id))
    told_at = await conversations.arrived_at(runtime, waiting.message_id)
    written_at = min(message.received_at for message in turn.frozen.messages)
    is_read = told_at is not None and told_at <= written_at
    messages = [message.id for message in turn.frozen.messages]
    if not is_read or not await conversations.is_last_word(runtime, waiting.message_id):
        return Yes(to=None)
    is_from_line = await staff_thread.line_of(runtime, messages) is not None
    return Yes(to=waiting, lacks_pin=is_from_line and waiting.unlocked_by not in messages)


def _told(call: Recorded, sent: Mapping[UUID, Content]) -> dict[UUID, UUID]:
    """The proposals that a call left open, each with the message in which its words stand whole."""
    proposals = [UUID(point.arguments[PROPOSAL]) for point in call.asked if point.kind == APPROVAL]
    messages = [message_id for message_id, content in sent.items() if call.words in said(content)]
    return dict.fromkeys(proposals, messages[-1]) if messages else {}


async def _member(work: Work, conversation: ConversationView) -> Principal:
    """The member whose thread it is; whoever may not come in any more may nothing."""
    found = await colleagues.principal(work, conversation.member_id) if conversation.member_id is not None else None
    return found or Principal(PrincipalKind.USER, work.workspace_id, frozenset(), conversation.party_id, frozenset())
