"""The customer played by a model: knows the goal, and is watched for playing it wrongly."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, Field
from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model

from agent.links import LEXICAL, NotConfigured, link
from core.settings import get_settings
from evals.conversation import CustomerFactory
from evals.customers import consistency
from evals.phone import Bubble
from evals.tasks import Step, Task

LANGUAGES = {
    "es-VE": "Spanish of Venezuela",
    "es-MX": "Spanish of Mexico",
    "es-AR": "Spanish of Argentina, with voseo",
    "es-CO": "Spanish of Colombia",
    "es-PE": "Spanish of Peru",
    "en": "English",
    "mixed": "Spanish and English mixed",
}


class CustomerNotConfigured(Exception):
    """The model that shall play the customers has no key and no address."""


class Reply(BaseModel):
    """What the customer does now."""

    say: list[str] = Field(default_factory=list, max_length=4, description="Messages to send, one after the other.")
    press: str | None = Field(None, description="The id of a button or row to press instead of writing.")
    done: bool = Field(False, description="Whether the customer is finished and puts the phone away.")


class DrivenCustomer:
    """A customer whose words are a model's."""

    def __init__(self, task: Task, model: str) -> None:
        self._task = task
        self._model_name = model
        self._agent = Agent[None, Reply](output_type=Reply, instructions=persona(task), retries=2, name="customer")
        self._history: list[ModelMessage] = []
        self._thread: list[Bubble] = []
        self._said: list[str] = []
        self._failures: list[str] = []
        self._left_early = False

    @property
    def troubles(self) -> list[str]:
        """Where this customer did not play the part."""
        found = consistency.check(self._task, self._said, self._thread, left=self._left_early)
        return [*self._failures, *found]

    async def respond(self, fresh: Sequence[Bubble]) -> list[Step]:
        """Ask the model what the customer does now."""
        self._thread.extend(fresh)
        shown = "\n".join(map(as_words, fresh)) if fresh else "(You open the chat. Write your first message.)"
        if self._history and not fresh:
            shown = "(The shop says nothing.)"
        try:
            result = await self._agent.run(shown, model=_model(self._model_name), message_history=self._history)
        except (AgentRunError, OSError, TimeoutError) as error:
            self._failures.append(f"the customer's model failed: {type(error).__name__}")
            return []
        self._history = result.all_messages()
        reply = result.output
        steps = _steps(reply)
        self._said.extend(reply.say)
        self._left_early = reply.done or not steps
        return steps


def _steps(reply: Reply) -> list[Step]:
    said = tuple(words.strip() for words in reply.say if words.strip())
    if reply.press:
        return [Step(press=reply.press)]
    return [Step(say=said)] if said else []


def persona(task: Task) -> str:
    """The part that the model plays."""
    known = {name: value for name, value in task.knows.model_dump(exclude={"likes"}).items() if value}
    return (
        (Path(__file__).parent / "persona.md")
        .read_text(encoding="utf-8")
        .format(
            goal=task.goal,
            knows="; ".join(f"{name}: {value}" for name, value in known.items()) or "nothing more",
            hides=f"What you do not say unasked: {task.hides}" if task.hides else "",
            language=LANGUAGES[task.language],
        )
    )


def as_words(bubble: Bubble) -> str:
    """A message of the shop as the model reads it."""
    choices = "".join(f"\n[button id={choice.id!r}: {choice.title}]" for choice in bubble.choices)
    return f"Shop: {bubble.text or f'({bubble.type})'}{choices}"


def _no_lexical() -> Model:
    raise NotConfigured("the lexical model plays no customers")


def _model(name: str) -> Model:
    return link(name, get_settings(), _no_lexical).model


def make_driven(name: str) -> CustomerFactory:
    """Customers played by a model of the chain's kind, such as `anthropic:…`; raises CustomerNotConfigured."""

    async def probe() -> None:
        _model(name)

    if name == LEXICAL or ":" not in name:
        raise CustomerNotConfigured(f"{name!r} plays no customers; say `scripted` or a model such as anthropic:<model>.")
    try:
        asyncio.run(probe())
    except NotConfigured as missing:
        raise CustomerNotConfigured(f"{name} needs {missing}; see .env.example.") from missing

    def make(task: Task, attempt: int) -> DrivenCustomer:
        return DrivenCustomer(task, name)

    return make
