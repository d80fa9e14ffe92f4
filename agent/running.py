"""A run of one link: its answers and the calls in them, one after the other, until an answer is a reply.

Models, messages and the definitions of tools are pydantic-ai's. The loop over them is ours: each of its steps is
journalled, no call is ever made beside another, and a reply is read leniently instead of being asked for again.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from pydantic_ai.exceptions import UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.messages import InstructionPart, ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RunUsage

from agent.frozen import ToolSpec
from agent.reply.moves import REPLY, Reply, as_reply

MOST_ANSWERS = 14
"""Answers of one link in one turn; more is a loop."""

MOST_MISCALLED = 1
"""Answers of one run with a call that cannot even be read; a model that goes on so is given up."""

_REPLY: Final = ToolDefinition(
    name=REPLY,
    description=Reply.__doc__,
    parameters_json_schema={name: value for name, value in Reply.model_json_schema().items() if name != "description"},
    kind="output",
)


def asked_with(tools: Sequence[ToolSpec], instructions: str) -> ModelRequestParameters:
    """What every request of a turn carries: the tools that the turn was taken with, and the reply as one more."""
    return ModelRequestParameters(
        function_tools=[
            ToolDefinition(
                name=spec.name, description=spec.description, parameters_json_schema=spec.parameters, sequential=True
            )
            for spec in tools
        ],
        output_mode="tool",
        output_tools=[_REPLY],
        # Text is taken too, as `tool_choice` is `auto` and a model that was refused would be paid twice.
        allow_text_output=True,
        instruction_parts=[InstructionPart(instructions)],
    )


class Steps(Protocol):
    """How a run comes to a link's answers, and to what their calls return."""

    async def answer(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> ModelResponse:
        """The next answer."""

    async def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What a call of it returns."""


async def run(steps: Steps, messages: list[ModelMessage], asked: ModelRequestParameters, usage: RunUsage) -> Reply:
    """Ask a link until it replies, and run what it calls. Raises an AgentRunError when it comes to nothing.

    A call and the reply may come in one answer: the call is run first.
    """
    known = {tool.name for tool in asked.function_tools}
    miscalled = 0
    while usage.requests < MOST_ANSWERS:
        answer = await steps.answer(messages, asked)
        usage.requests += 1
        usage.incr(answer.usage)
        calls = answer.tool_calls
        if not calls:
            return as_reply(answer.text or "")
        replies: list[dict[str, Any]] = []
        results: list[ToolReturnPart[Any]] = []
        for call in calls:
            arguments = _arguments(call)
            if arguments is None or call.tool_name not in {REPLY, *known}:
                results.append(_sent_back(call, known))
            elif call.tool_name == REPLY:
                replies.append(arguments)
            else:
                results.append(ToolReturnPart(call.tool_name, await steps.call(call.tool_name, arguments), call.tool_call_id))
        if replies:
            return Reply.model_validate(replies[0])
        miscalled += any(result.outcome == "retried" for result in results)
        if miscalled > MOST_MISCALLED:
            raise UnexpectedModelBehavior("the model calls what there is not")
        messages = [*messages, answer, ModelRequest(parts=results)]
    raise UsageLimitExceeded(f"more than {MOST_ANSWERS} answers")


def _arguments(call: ToolCallPart) -> dict[str, Any] | None:
    """The arguments of a call, None if they are no JSON object."""
    try:
        return call.args_as_dict(raise_if_invalid=True)
    except (ValueError, AssertionError):
        return None


def _sent_back(call: ToolCallPart, known: set[str]) -> ToolReturnPart[Any]:
    """What a model is told of a call that cannot be read; it is no step of the turn, and is told anew in a resumed one."""
    if call.tool_name not in {REPLY, *known}:
        words = f"There is no tool {call.tool_name!r}. The tools are: {', '.join(sorted({REPLY, *known}))}."
    else:
        words = "The arguments are no JSON object. Correct the call."
    return ToolReturnPart(call.tool_name, words, call.tool_call_id, outcome="retried")
