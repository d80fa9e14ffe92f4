"""What members of the staff ask of maintenance: which jobs are planned, and which machines need somebody."""

from uuid import UUID

from domain.machines import service as machines
from domain.machines.permissions import MachinesPermission
from domain.maintenance import due
from domain.maintenance import service as maintenance
from domain.maintenance.schemas import Due, WorkOrderView
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import tool
from tools.machines import why
from tools.outcome import ToolOutcome
from tools.speech import say

_MOST = 10


@tool(permission=MachinesPermission.READ, audience=AudienceKind.MANAGER)
async def maintenance_query(ctx: ToolContext) -> ToolOutcome:
    """Tell which maintenance is planned on machines, by day and by whom, and which machines need somebody without a job."""
    jobs = await maintenance.planned(ctx.work, limit=_MOST)
    waiting = await due.list_due(ctx.work)
    if not jobs and not waiting:
        return ctx.done("maintenance_none", say(ctx, "maintenance_none"))
    codes: dict[UUID, str] = {}
    for one in jobs:
        if one.machine_id not in codes:
            codes[one.machine_id] = (await machines.get_machine(ctx.work, one.machine_id)).code
    parts = []
    if jobs:
        rows = "\n".join(f"• {_job(ctx, one, codes[one.machine_id])}" for one in jobs)
        parts.append(say(ctx, "maintenance_planned", rows=rows))
    if waiting:
        rows = "\n".join(f"• {_due(ctx, one)}" for one in waiting[:_MOST])
        parts.append(say(ctx, "maintenance_due", rows=rows))
    parts.append(say(ctx, "maintenance_as_of", as_of=ctx.facts.moment("as_of", ctx.work.now)))
    return ctx.done("maintenance_told", "\n".join(parts))


def _job(ctx: ToolContext, one: WorkOrderView, code: str) -> str:
    who = say(ctx, "machine_job_who", who=ctx.facts.label(one.assignee)) if one.assignee else ""
    day, job = ctx.facts.day(one.planned_for), ctx.facts.label(one.title)
    return say(ctx, "maintenance_line", day=day, machine=ctx.facts.label(code), job=job, who=who)


def _due(ctx: ToolContext, one: Due) -> str:
    reason = why(ctx, one.reason, one.machine, one.risk) if one.reason else say(ctx, "maintenance_tool")
    day = ctx.facts.day(one.due_by)
    return say(ctx, "maintenance_due_line", machine=ctx.facts.label(one.machine.code), day=day, why=f": {reason}")
