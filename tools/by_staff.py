"""Staff call the tools of their own audience, without a model between: the same rights, the same words, a journal.

What a turn's journal is for the agent, the event stream is here: the call stands in it with its effect, in one
transaction; a refused one stands in it alone.
"""

from collections.abc import Mapping
from typing import Any

from core import events
from core.access import Principal
from core.errors import DomainError
from core.event_types import EventType
from core.messages import filled
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations.states import State
from tools import registry
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import Definition
from tools.outcome import ToolOutcome


class ToolTooSlow(DomainError):
    """The tool did not end in its time; nothing was done."""

    code = "tool_too_slow"
    http_status = 503


def offered(principal: Principal) -> list[Definition]:
    """The tools that a member of the staff may call, but for those that belong to a chat."""
    offered = registry.offered(AudienceKind.MANAGER, State.IDLE, principal)
    return [one for one in offered if one.context is ToolContext]


async def call(work: Work, name: str, arguments: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Run one call and write it down: its outcome, with the facts in its words.

    Raises UnknownTool for a tool of another audience as well, ToolNotOffered without the right, InvalidArguments,
    ToolTooSlow, and what the tool refuses.
    """
    definition = registry.find(name)
    if definition is None or definition.audience is not AudienceKind.MANAGER:
        raise registry.UnknownTool(tool=name[:100])
    context = ToolContext(
        audience=AudienceKind.MANAGER,
        work=work,
        workspace=await accounts.get_workspace(work),
        state=State.IDLE,
        language=language,
    )
    try:
        outcome = await registry.call(definition, context, arguments)
    except TimeoutError as error:
        raise ToolTooSlow(tool=name, retry_after=5) from error
    said = {"tool": name, "arguments": dict(arguments), "status": outcome.status, "code": outcome.code}
    call_id = new_id()
    events.record(work, EventType.TOOL_CALLED, subject=call_id, after=said)
    return {"id": call_id, "tool": name, **_told(outcome)}


def refused(work: Work, name: str, code: str) -> None:
    """Write down that a call was refused and changed nothing."""
    events.record(work, EventType.TOOL_REFUSED, subject=new_id(), after={"tool": name[:100], "code": code})


def _told(outcome: ToolOutcome) -> dict[str, Any]:
    words = {str(index): fact.text for index, fact in enumerate(outcome.facts)}
    kept = outcome.model_dump(mode="json", include={"status", "code", "options", "data"})
    return {**kept, "say": filled(outcome.say, words), "facts": [fact.model_dump(mode="json") for fact in outcome.facts]}
