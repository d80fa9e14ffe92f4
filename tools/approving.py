"""The answer to a change that was proposed: the member's own yes, read by code, does exactly what they have read."""

from domain.accounts.permissions import WorkspacePermission
from domain.approvals import service as approvals
from domain.approvals.kinds import Decision
from tools.audience import AudienceKind
from tools.definition import DEFINED, tool
from tools.managing import ManagerContext, is_as_read, point_of
from tools.outcome import ToolOutcome
from tools.speech import say


@tool(permission=WorkspacePermission.READ, writes=True, audience=AudienceKind.MANAGER)
async def decide_change(ctx: ManagerContext, approve: bool) -> ToolOutcome:
    """Take the member's answer to the change that was proposed last. The runtime reads their words itself.

    Args:
        approve: Whether they have agreed; false drops the proposal.
    """
    if not approve:
        await approvals.decide(ctx.work, Decision.REFUSED)
        return ctx.refuse("change_dropped")
    if ctx.yes is None:
        return ctx.refuse("not_your_words", note="Do not call this again before they have agreed by themselves.")
    waiting = ctx.yes.to
    if waiting is None:
        return ctx.refuse("nothing_to_approve")
    if ctx.yes.lacks_pin:
        await approvals.ask_again(ctx.work)
        return ctx.ask("pin_needed", say(ctx, "pin_needed"), about=point_of(waiting))
    change = DEFINED[waiting.tool]
    preview = await change.preview(ctx, waiting.arguments)
    if not is_as_read(waiting, preview):
        await approvals.decide(ctx.work, Decision.STALE)
        return ctx.refuse("approval_stale")
    await approvals.decide(ctx.work, Decision.APPROVED)
    return await change.run(ctx, waiting.arguments)
