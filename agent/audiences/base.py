"""What the turns of an audience do differently. A new audience is a module with such a class, and a line of the registry."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol
from uuid import UUID

from pydantic_ai.models import Model

from agent import prompting
from agent.brief import Brief
from agent.fencing import Fence
from agent.frozen import TakenTurn
from agent.models import AgentSession
from agent.recorded import Recorded
from core.access import Principal
from core.work import Work
from domain.conversations.content import Content
from domain.conversations.schemas import ConversationView, MessageView, OpenMessage
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.outcome import Fact


class ContextOf(Protocol):
    """How the calls of a turn come to what only the tools of its audience get."""

    async def __call__(self, given: ToolContext, held: Fence, *, is_offline: bool) -> ToolContext:
        """The context of one call, behind its fence; `is_offline` tells whether the offline link calls."""


class Audience(ABC):
    """Whose rights the calls of a turn have, and what a model is told, shown and asked."""

    kind: ClassVar[AudienceKind]
    brief: ClassVar[type[Brief]] = Brief
    """The brief that `write_brief` writes, as a resumed turn reads it back."""
    hands_off: ClassVar[bool] = True
    """Whether a person of the shop takes over where the agent fails or is not wanted."""

    @abstractmethod
    async def principal(self, turn: TakenTurn) -> Principal:
        """Whose rights the turn's next call has: asked before each, so that a right that was taken away is gone."""

    async def prepare(  # noqa: B027 - an audience may have nothing to bring up to date
        self,
        work: Work,
        session: AgentSession,
        conversation: ConversationView,
        open_messages: Sequence[OpenMessage],
    ) -> None:
        """Bring up to date what the brief tells, before it is written: session and conversation are locked."""

    @abstractmethod
    async def write_brief(
        self,
        work: Work,
        session: AgentSession,
        conversation: ConversationView,
        open_messages: Sequence[OpenMessage],
        thread: Sequence[MessageView],
    ) -> Brief:
        """What is true when a turn is taken, and the names of the tools that are offered in it. It only reads."""

    async def keep(self, work: Work, turn: TakenTurn) -> None:  # noqa: B027 - most audiences have nothing to keep
        """Keep what the turn rests on for as long as this worker may think it."""

    async def fresh_facts(self, work: Work, conversation: ConversationView, language: str) -> Mapping[str, Fact]:
        """The facts of the brief as they are now; what a reply states of them must be among these."""
        return {}

    async def spoke(  # noqa: B027 - most audiences bind nothing to what was said
        self, work: Work, turn: TakenTurn, calls: Sequence[Recorded], sent: Mapping[UUID, Content]
    ) -> None:
        """The turn's messages have gone out, by their ids: bind to them what an answer of theirs may be meant for."""

    def refused(self, work: Work, tool: str, code: str) -> None:  # noqa: B027 - the journal is enough for most
        """A call was refused and changed nothing; the work is of whom it was made for."""

    @abstractmethod
    def instructions(self, brief: Brief) -> str:
        """The instructions of a turn; what differs from turn to turn belongs into `prompt`."""

    def prompt(self, turn: TakenTurn) -> str:
        """What a turn is about: its brief, what was done before, and the words to be answered."""
        return prompting.turn_prompt(turn.frozen.brief, turn.memory.done)

    @abstractmethod
    def offline(self, turn: TakenTurn) -> Model:
        """The model that answers without a network."""

    def context_of(self, turn: TakenTurn) -> ContextOf:
        """What the turn's calls are given; as it is, where the tools get nothing of their own."""
        return _as_given


async def _as_given(given: ToolContext, held: Fence, *, is_offline: bool) -> ToolContext:
    return given
