"""The tool that asks for a person."""

from typing import Literal

from domain.conversations.permissions import HandoffPermission
from domain.conversations.states import Trigger
from tools.definition import Sentence, tool
from tools.outcome import Deed, ToolOutcome
from tools.serving import CustomerContext

Reason = Literal["customer_asked", "cannot_answer", "tool_request"]


@tool(permission=HandoffPermission.REQUEST, writes=True)
async def request_human_handoff(ctx: CustomerContext, reason: Reason, detail: Sentence | None = None) -> ToolOutcome:
    """Hand the conversation to a person of the shop. Call it when the customer asks for one, complains, or wants
    something that no tool can do. After it, say no more than that a person will answer.

    Args:
        reason: `customer_asked` if they asked for a person, `cannot_answer` if you cannot help, `tool_request` if a
            tool said that a person must decide.
        detail: One sentence for the person on what the customer wants.
    """
    ctx.signal(Trigger.HANDOFF_REQUESTED, reason=reason, detail=detail or "")
    return ctx.done(
        "handoff_requested",
        deeds=[(Deed.HANDOFF_REQUESTED, reason)],
        note="The conversation goes to a person when this turn ends.",
    )
