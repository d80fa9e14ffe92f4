"""The model that answers members without a network: a question that it reads whole, or the list of what can be asked."""

from collections.abc import Sequence
from datetime import date

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from agent.audiences.staff.questions import HELP, Question, read
from agent.brief import Brief
from agent.lexical.returned import returned, this_run
from agent.offline import OfflineModel, calling, replying
from agent.reply.moves import Move, Reply, Say, Social


class QuestionModel(OfflineModel):
    """Reads the messages of the brief by the lists of `questions.yaml`, calls what they ask for, and says what came of it."""

    def __init__(self, brief: Brief, today: date) -> None:
        super().__init__()
        words = "\n".join(message.text for message in brief.messages)
        self._asked = read(words, today, brief.pending)
        self._tools = frozenset(brief.tools)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The calls that the words ask for; when they have returned, what they said."""
        told = [*returned(messages, taken_over=True), *returned(this_run(messages))]
        if not told:
            return calling([(question.tool, question.arguments) for question in self._calls()], 0)
        moves: list[Move] = [Say(call=outcome.number) for outcome in told]
        if not self._asked.understood:
            moves.insert(0, Social(what="not_understood"))
        return replying(Reply(moves=moves), understood=self._asked.understood)

    def _calls(self) -> Sequence[Question]:
        """What is asked for; a tool that the member's rights do not open is answered with what they may ask."""
        calls = [question for question in self._asked.questions if question.tool in self._tools]
        if len(calls) < len(self._asked.questions) or not calls:
            return [HELP]
        return calls
