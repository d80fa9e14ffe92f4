"""What members of the staff ask of machines: how they are, why, since when, and what to do."""

from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

from core import messages
from domain.machines import risk, words
from domain.machines import service as machines
from domain.machines.kinds import Cause, RiskLevel
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import MachineView, Reason, RiskView
from domain.maintenance import service as maintenance
from domain.maintenance.schemas import Track, WorkOrderView
from tools.audience import AudienceKind
from tools.context import Pending, ToolContext
from tools.definition import Words, tool
from tools.outcome import FactKind, Measured, ToolOutcome
from tools.speech import listed, say

_MOST = 10
_DEEDS = {
    "anomaly": "look",
    "failure_foretold": "look",
    "life_ending": "look",
    "silent": "line",
    "heat_dissipation": "cool",
    "power": "load",
    "overstrain": "tool",
    "model_drifted": "model",
    "model_unreliable": "model",
}
"""What is to be done about a cause; beyond a limit it is always to look at the machine."""


@tool(permission=MachinesPermission.READ, audience=AudienceKind.MANAGER)
async def machine_risk_lookup(ctx: ToolContext, machine: Words = "") -> ToolOutcome:
    """Say how a machine is: its risk, the reasons, since when, and what to do. Without a machine, which ones are not well.

    Args:
        machine: The machine's code or name, where one was said.
    """
    if not machine.strip():
        return await _all(ctx)
    found = await machines.find_machines(ctx.work, machine)
    if not found:
        return ctx.refuse("machine_not_known", say(ctx, "machine_not_known", words=ctx.facts.label(machine.strip())))
    if len(found) > 1:
        names = [ctx.facts.label(one.code) for one in found]
        point = Pending(kind="which_machine", tool="machine_risk_lookup", arguments={}, words=machine)
        return ctx.ask("which_of_machines", say(ctx, "which_of_machines", machines=listed(ctx, names)), about=point)
    (one,) = found
    view = await risk.of_machine(ctx.work, one.id)
    jobs = await maintenance.planned(ctx.work, [one.id], limit=1)
    told = _told(ctx, one, view, jobs, await maintenance.tracks(ctx.work))
    return ctx.done("machine_risk", told, data={"risk": view.model_dump(mode="json")})


async def _all(ctx: ToolContext) -> ToolOutcome:
    """How many machines are not well, and which are the worst."""
    every = [one async for one in _active(ctx)]
    if not every:
        return ctx.done("machine_none")
    views = await risk.of_machines(ctx.work, [one.id for one in every])
    unwell = [one for one in every if views[one.id].level is not RiskLevel.LOW]
    unwell.sort(key=lambda one: (-views[one.id].score, one.code))
    as_of = ctx.facts.moment("as_of", ctx.work.now)
    total = ctx.facts.count("machines", len(every))
    if not unwell:
        return ctx.done("machine_all_well", say(ctx, "machine_all_well", total=total, as_of=as_of))
    rows = "\n".join(f"• {_line(ctx, one, views[one.id])}" for one in unwell[:_MOST])
    count = ctx.facts.count("unwell", len(unwell))
    return ctx.done("machine_risks", say(ctx, "machine_risks", rows=rows, unwell=count, total=total, as_of=as_of))


async def _active(ctx: ToolContext) -> AsyncIterator[MachineView]:
    after: UUID | None = None
    while True:
        page = await machines.list_machines(ctx.work, is_active=True, after=after, limit=machines.MOST_ITEMS)
        for one in page.items:
            yield one
        if page.next_cursor is None:
            return
        after = page.next_cursor


def _line(ctx: ToolContext, one: MachineView, view: RiskView) -> str:
    reason = why(ctx, view.reasons[0], one, view) if view.reasons else ""
    level = say(ctx, f"machine_level.{view.level}")
    return say(ctx, "machine_line", machine=ctx.facts.label(one.code), level=level, why=f": {reason}" if reason else "")


def _told(
    ctx: ToolContext, one: MachineView, view: RiskView, jobs: Sequence[WorkOrderView], tracks: Mapping[Cause, Track]
) -> str:
    """The whole answer: the risk and since when, the reasons and how often such were right, what to do, what it rests on."""
    name = ctx.facts.label(f"{one.code} ({one.name})")
    if view.judged_at is None or view.since is None:
        return say(ctx, "machine_unjudged", machine=name)
    lines = [
        say(
            ctx,
            "machine_risk",
            machine=name,
            level=say(ctx, f"machine_level.{view.level}"),
            state=say(ctx, f"machine_state.{one.state}"),
            since=ctx.facts.moment(f"{one.code} since", view.since),
        )
    ]
    lines += [f"• {why(ctx, reason, one, view)}" for reason in view.reasons]
    lines += [_track(ctx, tracks[cause]) for cause in dict.fromkeys(one.cause for one in view.reasons) if cause in tracks]
    deeds = list(dict.fromkeys(_DEEDS.get(reason.cause, "check") for reason in view.reasons))
    lines += [say(ctx, f"machine_do.{deed}") for deed in deeds]
    if view.tool_due_at is not None:
        lines.append(say(ctx, "machine_tool_due", at=ctx.facts.moment(f"{one.code} tool", view.tool_due_at)))
    lines += [_job(ctx, each) for each in jobs]
    share = messages.quantity(words.figure(view.confidence * 100), "UN", ctx.workspace.country, ctx.language)
    measured = _measured(ctx, say(ctx, "machine_measure.complete"), one, view)
    covered = ctx.facts.add(FactKind.FIGURE, f"{one.code} confidence", str(view.confidence), f"{share} %", measured=measured)
    at = view.data_until or view.judged_at
    lines.append(say(ctx, "machine_rests_on", covered=covered, as_of=ctx.facts.moment(f"{one.code} data", at)))
    return "\n".join(lines)


def _track(ctx: ToolContext, track: Track) -> str:
    """How often warnings of a cause were right, and what to do about it where they mostly were not."""
    number = ctx.facts.count(f"{track.cause} looked into", track.looked_into)
    told = say(ctx, "machine_track", number=number, right=ctx.facts.count(f"{track.cause} right", track.right))
    return f"{told} {say(ctx, 'machine_doubtful')}" if track.is_doubtful else told


def _job(ctx: ToolContext, job: WorkOrderView) -> str:
    who = say(ctx, "machine_job_who", who=ctx.facts.label(job.assignee)) if job.assignee else ""
    return say(ctx, "machine_job", job=ctx.facts.label(job.title), day=ctx.facts.day(job.planned_for), who=who)


def _measured(ctx: ToolContext, what: str, one: MachineView, view: RiskView) -> Measured:
    return Measured(metric=what, scope=one.code, as_of=view.data_until or ctx.work.now)


def why(ctx: ToolContext, reason: Reason, one: MachineView, view: RiskView) -> str:
    """A reason in one sentence, whose numbers are facts."""

    def number(name: str, value: float | None) -> str:
        if value is None:
            return ""
        shown = messages.quantity(words.figure(value), "U", ctx.workspace.country, ctx.language)
        text = f"{shown} {reason.unit}" if reason.unit else shown
        subject = f"{one.code} {reason.key} {name}"
        measured = _measured(ctx, words.called(reason) or say(ctx, "machine_measure.risk"), one, view)
        return ctx.facts.add(FactKind.FIGURE, subject, str(words.figure(value)), text, unit=reason.unit, measured=measured)

    return words.sentence(
        reason,
        ctx.language,
        sensor=ctx.facts.label(words.called(reason)) if reason.sensor else "",
        value=number("value", reason.value),
        limit=number("limit", reason.limit),
        sensors=listed(ctx, [ctx.facts.label(name) for name in words.furthest(reason)]),
    )
