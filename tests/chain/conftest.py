"""A stand-in for Anthropic, settings that point to it, and chains made from them."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from pydantic_ai import Agent, models
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agent import links
from agent.chain import ChainModel, ModelCall
from core.settings import get_settings
from domain.accounts.schemas import WorkspaceView
from sandbox.anthropic.server import AnthropicServer
from tests.factories.workspaces import make_workspace

FIRST, SECOND = "anthropic:claude-sonnet-5-5", "anthropic:claude-haiku-5-5"


@pytest.fixture
async def anthropic() -> AsyncIterator[AnthropicServer]:
    """The stand-in, reachable, with model requests allowed; connections to it are closed afterwards."""
    with AnthropicServer() as server, models.override_allow_model_requests(True):
        yield server
        await links.disconnect()


Configure = Callable[..., None]


@pytest.fixture
def configure(anthropic: AnthropicServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Set settings by their environment names; the stand-in's address and a key are set already."""

    def set_all(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        get_settings.cache_clear()

    set_all(ANTHROPIC_BASE_URL=anthropic.url, ANTHROPIC_API_KEY="key-of-tests")
    yield set_all
    monkeypatch.undo()
    get_settings.cache_clear()


def offline(_: list[ModelMessage], __: AgentInfo) -> ModelResponse:
    """What the offline link answers in these tests."""
    return ModelResponse(parts=[TextPart("dicho sin red")], model_name="lexical")


@dataclass
class Chains:
    """Makes chains for one workspace, and keeps what they report."""

    workspace_id: UUID
    reported: list[ModelCall] = field(default_factory=list)

    def of(self, *names: str, seconds: float = 60) -> ChainModel:
        """A chain with these links and this much time."""
        return ChainModel(
            names,
            workspace_id=self.workspace_id,
            deadline=time.monotonic() + seconds,
            lexical=lambda: FunctionModel(offline, model_name="lexical"),
            on_call=self.reported.append,
        )

    async def say(self, *names: str, seconds: float = 60) -> str:
        """What an agent without tools answers through a chain."""
        return await ask(self.of(*names, seconds=seconds))

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """Which link did what."""
        return [(call.model, call.outcome) for call in self.reported]


async def ask(model: Model) -> str:
    """What an agent without tools answers with a model."""
    result = await Agent(model, instructions="Atiendes una tienda.").run("hola")
    return result.output


@pytest.fixture
async def workspace(database: str) -> WorkspaceView:
    """A shop of its own for each test."""
    return await make_workspace()


@pytest.fixture
def chains(workspace: WorkspaceView, configure: Configure) -> Chains:
    """Chains of the test's shop against the stand-in."""
    return Chains(workspace.id)
