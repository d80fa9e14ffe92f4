"""What members of the staff ask of emissions: how much, by scope, of which machine, and by what it is known."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core import messages
from domain.emissions import instant, outlook, totals
from domain.emissions.errors import PeriodRefused
from domain.emissions.kinds import Grouping
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import Instant, Outlook, Totals
from domain.machines import service as machines
from domain.machines import words
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import MachineView
from domain.statistics.schemas import Period, PeriodName
from tools.audience import AudienceKind
from tools.context import Pending, ToolContext
from tools.definition import Words, tool
from tools.outcome import FactKind, Measured, ToolOutcome
from tools.speech import listed, say

_MOST = 5
_TONNE = Decimal(1_000)
_SCOPES = {1: "one", 2: "two", 3: "three"}


@tool(permission=EmissionsPermission.READ, audience=AudienceKind.MANAGER)
async def emissions_query(
    ctx: ToolContext,
    machine: Words = "",
    period: PeriodName | None = None,
    since: date | None = None,
    until: date | None = None,
) -> ToolOutcome:
    """Tell the CO2e of a period by scope, electricity by both methods, and what emits most; of one machine if one was said.

    Args:
        machine: The machine's code or name, where one was said.
        period: A period that people name; without any, the year so far.
        since: The first day, where days were said instead of a period.
        until: The last day, which counts as well.
    """
    meant = await _machine(ctx, machine, {"period": period, "since": since and since.isoformat()})
    if isinstance(meant, ToolOutcome):
        return meant
    today = ctx.work.now.astimezone(ctx.workspace.zone).date()
    first, last = since or today.replace(month=1, day=1), until or today
    if period is not None and since is None:
        span = Period.named(period, today)
        first, last = span.first, span.last
    machine_id = meant.id if meant is not None else None
    try:
        found = await totals.of(ctx.work, first, last, machine_id=machine_id)
        sources = await totals.of(ctx.work, first, last, Grouping.SOURCE, machine_id=machine_id)
    except PeriodRefused as error:
        return ctx.refuse(error.code, messages.refusal(error, ctx.language))
    if not found.rows:
        return ctx.done("emissions_none", _none(ctx, found))
    told = [_told(ctx, found, sources, meant)]
    if first == today.replace(month=1, day=1) and last == today:
        told += _ahead(ctx, await outlook.of_year(ctx.work, machine_id), told_of=found)
    told += _now(ctx, await instant.of_machines(ctx.work, None if machine_id is None else [machine_id]))
    return ctx.done("emissions_told", "\n".join(told), data={"totals": found.model_dump(mode="json")})


async def _machine(ctx: ToolContext, said: str, given: dict[str, object]) -> MachineView | ToolOutcome | None:
    """The machine that is meant, or what is said where it is not known."""
    if not said.strip():
        return None
    ctx.work.require(MachinesPermission.READ)
    found = await machines.find_machines(ctx.work, said)
    if not found:
        return ctx.refuse("machine_not_known", say(ctx, "machine_not_known", words=ctx.facts.label(said.strip())))
    if len(found) > 1:
        names = [ctx.facts.label(one.code) for one in found]
        arguments = {name: value for name, value in given.items() if value is not None}
        point = Pending(kind="which_machine", tool="emissions_query", arguments=arguments, words=said)
        return ctx.ask("which_of_machines", say(ctx, "which_of_machines", machines=listed(ctx, names)), about=point)
    return found[0]


def _none(ctx: ToolContext, found: Totals) -> str:
    days = _days(ctx, found)
    if not found.unmatched:
        return say(ctx, "emissions_none", days=days)
    return say(ctx, "emissions_unmatched_only", days=days, unmatched=ctx.facts.count("unmatched", found.unmatched))


def _days(ctx: ToolContext, found: Totals) -> str:
    return say(ctx, "from_to", first=ctx.facts.day(found.first_day), last=ctx.facts.day(found.last_day))


def _told(ctx: ToolContext, found: Totals, sources: Totals, meant: MachineView | None) -> str:
    """The whole answer: all scopes, each of them, what emits most, and what is in no total."""
    days = _days(ctx, found)
    scope = f"{days}, {ctx.facts.label(meant.code)}" if meant is not None else days
    measured = Measured(metric=say(ctx, "emissions_metric"), scope=ctx.facts.read(scope), as_of=found.as_of)

    def amount(name: str, kilograms: Decimal) -> str:
        return _amount(ctx, name, kilograms, measured)

    lines = [say(ctx, "emissions_told", scope=scope, total=amount("total", found.of(1, 2, 3)))]
    for row in found.rows:
        name = say(ctx, f"emissions_scope.{_SCOPES[row.scope]}")
        key = "emissions_both" if row.market != row.co2e else "emissions_line"
        market = amount(f"scope {row.scope} market", row.market) if row.market != row.co2e else ""
        lines.append("• " + say(ctx, key, name=name, amount=amount(f"scope {row.scope}", row.co2e), market=market))
    best = sorted(sources.rows, key=lambda row: -row.co2e)[:_MOST]
    if len(best) > 1:
        named = [f"{ctx.facts.label(row.name or '')} {amount(row.name or '', row.co2e)}" for row in best]
        lines.append(say(ctx, "emissions_most", sources=listed(ctx, named)))
    if found.unmatched:
        lines.append(say(ctx, "emissions_unmatched", unmatched=ctx.facts.count("unmatched", found.unmatched)))
    lines.append(say(ctx, "emissions_by", gwp=ctx.facts.label(found.gwp.value), as_of=ctx.facts.moment("as_of", found.as_of)))
    return "\n".join(lines)


def _ahead(ctx: ToolContext, ahead: Outlook, told_of: Totals) -> list[str]:
    """What the year comes to if it goes on; nothing where too little is told to say so."""
    if ahead.total is None:
        return []
    days = ctx.facts.read(_days(ctx, told_of))
    measured = Measured(metric=say(ctx, "emissions_outlook_metric"), scope=days, as_of=ahead.as_of)
    total = _amount(ctx, "outlook", ahead.total, measured)
    if ahead.low is None or ahead.high is None:
        return [say(ctx, "emissions_outlook", total=total)]
    low, high = (_amount(ctx, name, value, measured) for name, value in (("outlook low", ahead.low), ("high", ahead.high)))
    return [say(ctx, "emissions_outlook_range", total=total, low=low, high=high)]


def _now(ctx: ToolContext, sources: Sequence[Instant]) -> list[str]:
    """What is emitted at this moment, with the reading and the factor it rests on; silent sensors are in no line."""
    lines = []
    for one in sources:
        if one.co2e is None or one.value is None or one.at is None:
            continue
        name = ctx.facts.label(one.source)
        measured = Measured(metric=say(ctx, "emissions_now_metric"), scope=one.source, as_of=one.at)
        shown = f"{messages.quantity(words.figure(one.value), 'U', ctx.workspace.country, ctx.language)} {one.unit}"
        reading = ctx.facts.add(
            FactKind.FIGURE, f"{one.source} reading", str(one.value), shown, unit=one.unit, measured=measured
        )
        by = say(ctx, "emissions_now_measured")
        if one.factor is not None:
            by = say(ctx, "emissions_now_factor", source=ctx.facts.label(f"{one.factor.source}, {one.factor.year}"))
        amount = _amount(ctx, f"{one.source} now", one.co2e, measured)
        at = ctx.facts.moment(f"{one.source} at", one.at)
        lines.append(say(ctx, "emissions_now", source=name, amount=amount, reading=reading, by=by, at=at))
    return lines


def _amount(ctx: ToolContext, name: str, kilograms: Decimal, measured: Measured) -> str:
    """Kilograms below a tonne, else tonnes."""
    is_large = kilograms >= _TONNE
    value = (kilograms / _TONNE if is_large else kilograms).quantize(Decimal("0.01"))
    unit = "t CO2e" if is_large else "kg CO2e"
    shown = f"{messages.quantity(value, 'U', ctx.workspace.country, ctx.language)} {unit}"
    row = measured.model_copy(update={"row": name})
    return ctx.facts.add(FactKind.FIGURE, f"co2e {name}", str(kilograms), shown, unit="kg CO2e", measured=row)
