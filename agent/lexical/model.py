"""The lexical model behind pydantic-ai's interface: deterministic, offline, and honest about what it did not understand."""

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from agent.brief import Brief
from agent.lexical.compose import compose, leaves_open
from agent.lexical.plan import Plan, make_plan
from agent.lexical.products import Catalogue, Lookup
from agent.lexical.reader.goods import Shelf
from agent.lexical.resuming import remaining, standing
from agent.lexical.returned import Returned, this_run
from agent.lexical.returned import returned as returned_of
from agent.lexical.thread import spelled_out
from agent.lexical.wanted import Call
from agent.offline import OfflineModel, calling, replying

_MOST_STEPS = 4
"""Model answers with calls in one turn; then it speaks, whatever is left."""


class LexicalModel(OfflineModel):
    """Understands an order by grammar and catalogue look-up.

    It reads the brief, not the prompt; the messages of the run only tell which calls have returned, and with what.
    """

    def __init__(self, brief: Brief, lookup: Lookup, shelf: Shelf) -> None:
        super().__init__()
        self._brief = spelled_out(brief)
        self._catalogue = Catalogue(lookup, shelf)
        self._plan: Plan | None = None

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The next tool calls, or the reply."""
        # The brief stays the same through the turn, and so does what it comes to.
        plan = self._plan = self._plan or await make_plan(self._brief, self._catalogue)
        run = this_run(messages)
        returned, before = returned_of(run), standing(returned_of(messages, taken_over=True))
        calls = _next_calls(plan, returned, run, self._brief, before)
        if calls:
            step = sum(isinstance(message, ModelResponse) for message in run)
            return calling([(call.tool, call.arguments) for call in calls], step)
        told = [*before, *returned]
        reply = compose(self._brief, plan if plan.understood or not told else Plan(acts=[]), returned)
        return replying(reply, understood=plan.understood or bool(told))


def _next_calls(
    plan: Plan, returned: list[Returned], run: list[ModelMessage], brief: Brief, before: list[Returned]
) -> list[Call]:
    """First everything that the customer asked for and no link before has done; then the confirmation, if that leaves
    nothing open.
    """
    steps = sum(isinstance(message, ModelResponse) for message in run)
    if steps == 0 and (calls := remaining(plan.calls, brief, before)):
        return calls
    if again := _repeated(plan, returned):
        return [again]
    # What changes a placed order is shown at once to be agreed to.
    is_due = any(outcome.data.get("amends") for outcome in returned if outcome.status == "ok")
    if steps >= _MOST_STEPS or not (plan.then_confirm or is_due) or leaves_open(returned):
        return []
    if brief.tools and "request_confirmation" not in brief.tools:
        return []
    if any(outcome.tool == "request_confirmation" for outcome in returned):
        return []
    return [Call("request_confirmation", {})]


def _repeated(plan: Plan, returned: list[Returned]) -> Call | None:
    """The last order as a cart, once the customer's context has brought it."""
    if not plan.then_repeat or any(outcome.tool == "create_order_draft" for outcome in returned):
        return None
    items = next((outcome.data.get("last_items") for outcome in returned if outcome.tool == "get_customer_context"), None)
    return Call("create_order_draft", {"cart": items}) if items else None
