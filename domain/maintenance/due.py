"""Which machines somebody should look at and nobody is going to: from their risk, and from how their tools have worn."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from core.work import Work
from domain.machines import risk
from domain.machines import service as machines
from domain.machines.kinds import OF_KNOWING, CauseSeverity, RiskLevel
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import ConditionView, MachineView, RiskView
from domain.maintenance import repository
from domain.maintenance.schemas import Due
from domain.maintenance.service import clock

WITHIN: Final = {RiskLevel.HIGH: timedelta(days=1), RiskLevel.ELEVATED: timedelta(days=7)}
"""How soon a machine is looked at; one without a warning need not be."""

TOOL_AHEAD: Final = timedelta(days=7)
"""So long before it is due the change of a tool is proposed."""


async def list_due(work: Work) -> list[Due]:
    """Machines without a planned job that need one: the highest risk first, then the nearest day."""
    work.require(MachinesPermission.READ)
    every = await _active(work)
    risks = await risk.of_machines(work, every)
    open_ones: dict[UUID, list[ConditionView]] = {}
    for one in await risk.open_warnings(work):
        open_ones.setdefault(one.machine_id, []).append(one)
    day, zone = await clock(work)
    expected = await repository.expected(work)
    found = []
    for machine_id, machine in every.items():
        view = risks[machine_id]
        by = _due_by(work, view, day, zone)
        if by is not None and machine_id not in expected:
            found.append(_due(machine, view, open_ones.get(machine_id, []), by))
    return sorted(found, key=lambda one: (-one.risk.score, one.due_by, one.machine.code))


async def _active(work: Work) -> dict[UUID, MachineView]:
    every: dict[UUID, MachineView] = {}
    after: UUID | None = None
    while True:
        page = await machines.list_machines(work, is_active=True, after=after, limit=machines.MOST_ITEMS)
        every |= {one.id: one for one in page.items}
        if page.next_cursor is None:
            return every
        after = page.next_cursor


def _due_by(work: Work, view: RiskView, day: date, zone: ZoneInfo) -> date | None:
    days = [day + WITHIN[view.level]] if view.level in WITHIN else []
    if view.tool_due_at is not None and view.tool_due_at - work.now <= TOOL_AHEAD:
        days.append(max(view.tool_due_at.astimezone(zone).date(), day))
    return min(days, default=None)


def _due(machine: MachineView, view: RiskView, warnings: list[ConditionView], by: date) -> Due:
    telling = [one for one in view.reasons if one.cause not in OF_KNOWING]
    reason = min(telling, key=lambda one: (one.severity is not CauseSeverity.CRITICAL, one.since), default=None)
    warning = next((one for one in warnings if reason is not None and one.evidence.key == reason.key), None)
    return Due(
        machine=machine,
        risk=view,
        reason=reason,
        condition_id=warning.id if warning is not None else None,
        due_by=by,
    )
