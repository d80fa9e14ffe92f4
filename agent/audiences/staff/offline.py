"""The model that answers members without a network: a question that it reads whole, or the list of what can be asked."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, ModelResponsePart, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from agent.audiences.staff.questions import HELP, Asked, Question, read
from agent.brief import Brief
from agent.lexical.returned import returned, this_run
from agent.reply.moves import REPLY, Move, Reply, Say, Social

NAME = "lexical"


class QuestionModel(Model[None]):
    """Reads the messages of the brief by the lists of `questions.yaml`, calls what they ask for, and says what came of it."""

    def __init__(self, brief: Brief, today: date) -> None:
        super().__init__()
        words = "\n".join(message.text for message in brief.messages)
        self._asked = read(words, today, brief.pending)
        self._tools = frozenset(brief.tools)

    @property
    def model_name(self) -> str:
        """The model's name in a chain."""
        return NAME

    @property
    def system(self) -> str:
        """The provider: ourselves."""
        return NAME

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The calls that the words ask for; when they have returned, what they said."""
        told = [*returned(messages, taken_over=True), *returned(this_run(messages))]
        if not told:
            return _response([_part(call, index) for index, call in enumerate(self._calls())])
        moves: list[Move] = [Say(call=outcome.number) for outcome in told]
        if not self._asked.understood:
            moves.insert(0, Social(kind="not_understood"))
        reply = ToolCallPart(tool_name=REPLY, args=Reply(moves=moves).arguments(), tool_call_id="lexical-reply")
        return _response([reply], None if self._asked.understood else {"understood": False})

    def _calls(self) -> Sequence[Question]:
        """What is asked for; a tool that the member's rights do not open is answered with what they may ask."""
        calls = [question for question in self._asked.questions if question.tool in self._tools]
        if len(calls) < len(self._asked.questions) or not calls:
            self._asked = Asked((HELP,), understood=self._asked.understood and bool(self._asked.questions))
            return [HELP]
        return calls


def _part(question: Question, index: int) -> ToolCallPart:
    return ToolCallPart(tool_name=question.tool, args=dict(question.arguments), tool_call_id=f"lexical-0-{index}")


def _response(parts: Sequence[ModelResponsePart], details: dict[str, Any] | None = None) -> ModelResponse:
    return ModelResponse(parts=list(parts), usage=RequestUsage(), model_name=NAME, provider_name=NAME, provider_details=details)
