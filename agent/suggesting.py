"""Suggesting: what the agent would answer where a person attends. They read it, change it, and send it or do not.

It is thought as a turn is, from the same brief and put into words by the same renderer, but with the tools that only look.
Nothing is done and no step is journalled, so whatever it says was found.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic_ai.exceptions import AgentRunError, UsageLimitExceeded
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.usage import RunUsage

from agent import history, prompting, sessions
from agent.audiences import registry as audiences
from agent.audiences.asked import heard
from agent.brief import Asked, Brief
from agent.chain import ChainModel, LinkLost
from agent.frozen import Frozen, Memory, ToolSpec
from agent.grounds import Grounds
from agent.journal import recorded
from agent.lexical.model import LexicalModel
from agent.lookup import catalogue_lookup, message_lookup
from agent.models import StepOutcome
from agent.recorded import Recorded
from agent.reply.renderer import render
from agent.running import asked_with, run
from agent.steps import failed
from core import observability
from core.access import Principal
from core.errors import DomainError
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceView
from domain.conversations import service as conversations
from domain.conversations import suggestions
from domain.conversations.content import Reaction
from domain.conversations.kinds import Author, NoSuggestion
from domain.conversations.schemas import CustomerConversation, MessageView, OpenMessage
from domain.conversations.states import OPEN, State
from tools import registry
from tools.audience import AudienceKind
from tools.serving import CustomerContext

MOST_ANSWERS = 6
"""Answers of one link for one suggestion: a few looks, and the reply."""

MOST_SECONDS = 60
"""Somebody waits for it; what it may take is well below `suggestions.PATIENCE`."""

_NOTE = (
    "A person of the shop attends this customer, and asks you what to answer: they read your reply and may send it as their "
    "own. You can only look things up. Say of nothing that it was done, and offer no other person."
)

log = observability.log("agent.suggesting")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a suggestion is thought with."""

    conversation: CustomerConversation
    workspace: WorkspaceView
    frozen: Frozen
    memory: Memory

    @property
    def brief(self) -> Brief:
        """What is true now."""
        return self.frozen.brief

    @property
    def principal(self) -> Principal:
        """Whose rights the looks have: the agent's, for this customer."""
        return roles.agent_for(self.workspace.id, self.conversation.customer_id)

    def lexical(self) -> LexicalModel:
        """The link that needs no network."""
        return LexicalModel(self.brief, catalogue_lookup(self.principal), message_lookup(self.principal))


async def suggest(workspace_id: UUID, conversation_id: UUID) -> None:
    """Think of what the agent would answer to the customer's last words, if whoever attends them waits for it; keep it."""
    principal = Principal.system(workspace_id)
    async with open_work(principal) as work:
        taken = await suggestions.take(work, conversation_id)
        seen = await _look(work, conversation_id) if taken is not None else None
    if taken is None:
        return
    found = await _found(seen) if seen is not None else NoSuggestion.NOTHING_TO_ANSWER
    refusal = found if isinstance(found, NoSuggestion) else None
    log.info("suggestion.thought", conversation=str(conversation_id), refusal=refusal)
    async with open_work(principal) as work:
        await suggestions.finish(work, taken, found)


async def _found(seen: _Seen) -> str | NoSuggestion:
    """The words, or why there are none."""
    budget = min(get_settings().turn_budget_seconds, MOST_SECONDS)
    chain = ChainModel(
        seen.frozen.models, workspace_id=seen.workspace.id, deadline=time.monotonic() + budget, lexical=seen.lexical
    )
    text = None
    with suppress(TimeoutError):
        async with asyncio.timeout(budget):
            text = await _think(seen, chain)
    return text or (NoSuggestion.DEED_WANTED if seen.brief.asked is Asked.A_DEED else NoSuggestion.NOT_UNDERSTOOD)


async def _look(work: Work, conversation_id: UUID) -> _Seen | None:
    """What a turn would be taken with, had the agent the voice that it had before; None if nothing waits for an answer."""
    conversation = await conversations.get(work, conversation_id)
    assert isinstance(conversation, CustomerConversation), "nobody takes a colleague's thread"
    session = await sessions.find_or_create(work, conversation_id)
    thread = await history.thread(work, conversation_id, work.system_time)
    said = _unanswered(thread)
    if not said:
        return None
    audience = audiences.of(AudienceKind.CUSTOMER)
    brief = await audience.write_brief(work, session, conversation, said, thread)
    before = State(session.previous_state) if session.previous_state in OPEN else State.IDLE
    agent = roles.agent_for(work.workspace_id, conversation.customer_id)
    tools = [tool for tool in registry.offered(AudienceKind.CUSTOMER, before, agent) if not tool.writes]
    changed = {"state": before, "tools": [tool.name for tool in tools], "notes": [*brief.notes, _NOTE]}
    frozen = Frozen(
        # Whether what is ordered was done is known to whoever attends: a suggestion says neither that nor the contrary.
        brief=heard(brief.model_copy(update=changed)).model_copy(update={"ordered": [], "clauses": []}),
        messages=said,
        tools=[ToolSpec(name=tool.name, description=tool.description, parameters=tool.parameters) for tool in tools],
        models=list(get_settings().model_chain),
        history_until=work.system_time,
    )
    memory = await history.recall(work, conversation_id, frozen, thread)
    return _Seen(conversation, await accounts.get_workspace(work), frozen, memory)


def _unanswered(thread: Sequence[MessageView]) -> list[OpenMessage]:
    """What the customer wrote last and no person has answered: what is open, or else what the agent's last turn was about."""
    since = max((index for index, each in enumerate(thread) if each.author is Author.OPERATOR), default=-1)
    words = [
        each
        for each in thread[since + 1 :]
        if each.direction == "in" and each.deleted_at is None and not isinstance(each.content, Reaction)
    ]
    return [
        OpenMessage(
            id=each.id,
            content=each.content,
            received_at=each.received_at or each.created_at,
            reply_to=each.reply_to,
            edited_at=each.edited_at,
        )
        for each in words
        if each.handled_ref == words[-1].handled_ref
    ]


async def _think(seen: _Seen, chain: ChainModel) -> str | None:
    """The reply of the first link of which a move holds; each link begins anew, as looking leaves nothing to take over."""
    while not chain.is_spent:
        try:
            text = await _reply(_Looks(seen, chain))
        except LinkLost:
            continue  # the chain stands at the next one already
        except AgentRunError as error:
            log.warning("suggestion.failed", conversation=str(seen.conversation.id), error=type(error).__name__)
            text = None
        if text is not None:
            return text
        chain.pass_on()
    return None


async def _reply(looks: "_Looks") -> str | None:
    seen = looks.seen
    asked = asked_with(seen.frozen.tools, audiences.of(AudienceKind.CUSTOMER).instructions(seen.brief))
    opening = history.opening(seen.memory, prompting.turn_prompt(seen.brief, seen.memory.done), [])
    reply = await run(looks, opening, asked, RunUsage())
    if looks.chain.is_offline and seen.brief.asked is Asked.A_DEED:
        return None  # its reply to an order is what came of the order; without that it would pass it over
    # What stands in one answer with the reply was called before its result was read.
    joint = frozenset(call.call for call in looks.calls if call.step == looks.answers)
    rendered = render(reply, Grounds.within(seen.brief, seen.memory, looks.calls, joint))
    details = looks.last.provider_details or {}
    return rendered.text if rendered.understood and details.get("understood") is not False else None


@dataclass(slots=True)
class _Looks:
    """The steps of one run: the answers of a link, and calls that only look, each with the rights of the agent."""

    seen: _Seen
    chain: ChainModel
    calls: list[Recorded] = field(default_factory=list)
    answers: int = 0
    last: ModelResponse = field(default_factory=lambda: ModelResponse(parts=[]))

    async def answer(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> ModelResponse:
        """The next answer. Raises LinkLost, ChainFailed, and UsageLimitExceeded for one that looks on and on."""
        if self.answers == MOST_ANSWERS:
            raise UsageLimitExceeded(f"more than {MOST_ANSWERS} answers")
        self.last = await self.chain.request(messages, None, parameters)
        self.answers += 1
        return self.last

    async def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Look, and say what was found."""
        spec, language = registry.find(name), self.seen.brief.language
        assert spec is not None, "it was offered"
        assert not spec.writes, "a suggestion changes nothing"
        kind = StepOutcome.VALUE
        try:
            async with open_work(self.seen.principal) as work:
                outcome = await registry.call(spec, _context(work, self.seen), arguments)
        except DomainError as refusal:
            outcome, kind = failed(refusal, language), StepOutcome.REFUSAL
        except TimeoutError:
            outcome, kind = failed(None, language), StepOutcome.TIMEOUT
        call = recorded(len(self.calls) + 1, name, arguments, outcome, kind=kind, writes=False, step=self.answers)
        self.calls.append(call)
        return call.shown()


def _context(work: Work, seen: _Seen) -> CustomerContext:
    return CustomerContext(
        audience=AudienceKind.CUSTOMER,
        work=work,
        workspace=seen.workspace,
        state=seen.brief.state,
        language=seen.brief.language,
        messages=seen.frozen.messages,
        asked_before=seen.brief.points,
        points=seen.brief.points,
        conversation_id=seen.conversation.id,
        customer_id=seen.conversation.customer_id,
        connection_id=seen.conversation.connection_id,
        medium=seen.brief.medium,
    )
