"""What a tool of the manager chat is given beside what every tool gets, and how a change waits for the member's own yes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.approvals import service as approvals
from domain.approvals.schemas import ApprovalView
from tools.context import Pending, ToolContext
from tools.outcome import ToolOutcome
from tools.speech import say

DECIDE = "decide_change"
"""The tool that takes the answer to a proposal."""

APPROVAL = "approval"
"""The open point of a change that waits for a yes."""

PROPOSAL = "proposal"
"""What that point says of itself: the id of the approval."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, in words over the facts of the call, and the state that it would change."""

    say: str
    state: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Yes:
    """The member's own plain yes of this turn, and the proposal in the last words that they were told before it, if any.

    From a telephone a yes counts with the member's PIN alone; one that lacks it is asked for it.
    """

    to: ApprovalView | None
    lacks_pin: bool = False


@dataclass(slots=True, kw_only=True)
class ManagerContext(ToolContext):
    """The surroundings of one call in the thread of a member; `yes` is read from their words by code."""

    conversation_id: UUID
    yes: Yes | None = None


async def propose(ctx: ManagerContext, tool: str, arguments: Mapping[str, Any], preview: Preview | ToolOutcome) -> ToolOutcome:
    """Let a change wait for a yes instead of doing it; what the preview could not settle is said as it is."""
    if isinstance(preview, ToolOutcome):
        return preview
    if any(point.kind == APPROVAL and point not in ctx.asked_before for point in ctx.points):
        # One yes can answer one proposal, and a turn asks one question.
        return ctx.refuse("one_change_at_a_time", note="Propose the next change once they have answered the first.")
    approval = await approvals.propose(ctx.work, ctx.conversation_id, tool, arguments, _digest(tool, arguments, preview))
    until = ctx.facts.until("approval", approval.expires_at)
    words = say(ctx, "change_proposed", change=preview.say, until=until)
    return ctx.ask("change_proposed", words, about=point_of(approval))


def point_of(approval: ApprovalView) -> Pending:
    """The open point of a change that waits."""
    return Pending(kind=APPROVAL, tool=DECIDE, arguments={PROPOSAL: str(approval.id)})


def is_as_read(approval: ApprovalView, preview: Preview | ToolOutcome) -> bool:
    """Whether a change would do today what the member has read."""
    if isinstance(preview, ToolOutcome):
        return False
    return approval.digest == _digest(approval.tool, approval.arguments, preview)


def _digest(tool: str, arguments: Mapping[str, Any], preview: Preview) -> str:
    bound = json.dumps([tool, dict(arguments), dict(preview.state)], sort_keys=True, default=str)
    return hashlib.sha256(bound.encode()).hexdigest()
