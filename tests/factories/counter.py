"""A counter at which tools are called one after another, as the turn calls them: one transaction each, the state live."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from agent.states import Standing, advance
from core.access import Principal
from core.messages import filled
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.connections.medium import Medium
from domain.conversations.content import Content, said, texts_of
from domain.conversations.schemas import OpenMessage
from domain.conversations.states import State, Trigger
from tests.factories.chat import Chat
from tools import registry
from tools.audience import AudienceKind
from tools.context import Pending, Signal, ToolContext, still_open
from tools.definition import Definition
from tools.outcome import ToolOutcome
from tools.serving import Consent, CustomerContext

SLOT = re.compile(r"\{(\d+)\}")


class _Undone(Exception):
    """What a call did is rolled back."""


@dataclass
class Counter:
    """One session of one customer at the tools."""

    chat: Chat
    state: State = State.IDLE
    consent: Consent = field(default_factory=Consent)
    messages: list[OpenMessage] = field(default_factory=list)
    points: list[Pending] = field(default_factory=list)
    language: str = "es"
    signals: list[Signal] = field(default_factory=list)
    staged: list[Content] = field(default_factory=list)
    asked: list[Pending] = field(default_factory=list)
    settled: list[Pending] = field(default_factory=list)
    principal: Principal | None = None
    """A manager, for whom a manager's tools are called."""

    @property
    def question(self) -> Pending | None:
        """The first point that is open."""
        return self.points[0] if self.points else None

    async def __call__(self, name: str, **arguments: Any) -> ToolOutcome:
        """Call a tool; its transaction commits, the session moves, and what it said is judged like a reply."""
        async with open_work(self.principal or self.chat.agent) as work:
            context = await self._context(work)
            outcome = await registry.call(self._tool(name), context, arguments)
            self._move(context.signals)
        self.signals, self.staged = context.signals, context.staged
        self.asked, self.settled = context.asked, context.settled
        is_effect = self._tool(name).writes and outcome.status == "ok"
        self.points = still_open(self.points, [(context.asked, context.settled, is_effect)])
        honest(outcome, self.staged)
        return outcome

    async def undone(self, name: str, **arguments: Any) -> ToolOutcome:
        """Call a tool and undo whatever it did; what it said is judged all the same."""
        with suppress(_Undone):
            async with open_work(self.principal or self.chat.agent) as work:
                context = await self._context(work)
                outcome = await registry.call(self._tool(name), context, arguments)
                raise _Undone
        honest(outcome, context.staged)
        return outcome

    @staticmethod
    def _tool(name: str) -> Definition:
        definition = registry.find(name)
        assert definition is not None, name
        return definition

    async def _context(self, work: Work) -> ToolContext:
        given: dict[str, Any] = {
            "work": work,
            "workspace": await accounts.get_workspace(work),
            "state": self.state,
            "language": self.language,
            "messages": self.messages,
            "asked_before": self.points,
            "points": self.points,
        }
        if self.principal is not None:
            return ToolContext(audience=AudienceKind.MANAGER, **given)
        return CustomerContext(
            audience=AudienceKind.CUSTOMER,
            conversation_id=self.chat.conversation_id,
            customer_id=self.chat.customer_id,
            connection_id=self.chat.connection_id,
            medium=Medium.WHATSAPP,
            consent=self.consent,
            **given,
        )

    def _move(self, signals: list[Signal]) -> None:
        # The counter has no turns: a summary is out as soon as it is made, and `consent` says what was answered to it.
        standing = Standing(self.state, summary_is_out=True)
        for signal in signals:
            if signal.name == Trigger.HANDOFF_REQUESTED:
                continue
            if advance(standing, signal.name) is State.EXECUTING:
                advance(standing, Trigger.ORDER_EXECUTED)
        self.state = standing.state


def honest(outcome: ToolOutcome, staged: list[Content]) -> None:
    """Assert that every number in the words of a call is a fact of that call."""
    words = [outcome.say, *(text for content in staged for text in texts_of(content))]
    for text in words:
        assert not re.search(r"\d", SLOT.sub("", text)), f"a digit outside a slot: {text}"
        assert all(int(index) < len(outcome.facts) for index in SLOT.findall(text)), f"a slot without a fact: {text}"


def spoken(outcome: ToolOutcome) -> str:
    """What the customer would read."""
    return filled(outcome.say, _texts(outcome))


def shown(counter: Counter, outcome: ToolOutcome) -> str:
    """The text of the message that the call staged."""
    return filled(said(counter.staged[-1]), _texts(outcome))


def _texts(outcome: ToolOutcome) -> dict[str, str]:
    return {str(index): fact.text for index, fact in enumerate(outcome.facts)}


def fact(outcome: ToolOutcome, kind: str) -> str:
    """The value of the only fact of a kind."""
    values = [one.value for one in outcome.facts if one.kind == kind]
    assert len(values) == 1, values
    return values[0]


async def agreed(counter: Counter, token: str, *, pressed: bool = True) -> None:
    """The customer presses the summary's button, or says yes and nothing else."""
    async with counter.chat.work() as work:
        sent_at = work.now - timedelta(seconds=5)
    counter.consent = Consent(token_pressed=token if pressed else None, pure_assent=not pressed, summary_sent_at=sent_at)
