"""Alerts, as people work with them: seeing what stands, taking it on, putting it off, giving it to somebody."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core import events
from core.access import Principal
from core.event_types import EventType
from core.work import Work
from domain.accounts import colleagues
from domain.alerts import repository
from domain.alerts.errors import AlertNotFound, AlertResolved, OwnerUnknown, SnoozeRefused
from domain.alerts.kinds import AlertKind, AlertStatus, Severity
from domain.alerts.models import Alert
from domain.alerts.permissions import AlertsPermission
from domain.alerts.schemas import AlertView, Standing

MOST_ITEMS: Final = 100
LONGEST_SNOOZE: Final = timedelta(days=92)


async def get(work: Work, alert_id: UUID) -> AlertView:
    """One alert; raises AlertNotFound."""
    work.require(AlertsPermission.READ)
    row = await repository.get(work, alert_id)
    if row is None:
        raise AlertNotFound
    return AlertView.model_validate(row)


async def list_alerts(
    work: Work,
    *,
    statuses: Collection[AlertStatus] = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED),
    kinds: Collection[AlertKind] = (),
    severities: Collection[Severity] = (),
    store_id: UUID | None = None,
    owner_id: UUID | None = None,
    after: tuple[int, UUID] | None = None,
    limit: int = 20,
) -> tuple[list[AlertView], tuple[int, UUID] | None]:
    """Alerts, the gravest first and of these the newest, and the place of the next page."""
    work.require(AlertsPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.page(
        work,
        statuses=statuses,
        kinds=kinds,
        severities=severities,
        store_id=store_id,
        owner_id=owner_id,
        after=after,
        limit=limit + 1,
    )
    views = [AlertView.model_validate(row) for row in rows[:limit]]
    return views, (views[-1].severity.rank, views[-1].id) if len(rows) > limit else None


async def standing(work: Work) -> Standing:
    """How many alerts stand open, by severity."""
    work.require(AlertsPermission.READ)
    return Standing.model_validate(await repository.counts(work))


async def acknowledge(work: Work, alert_id: UUID) -> AlertView:
    """Take an alert on: it is the caller's if it was nobody's, and is not brought to notice again while it stands."""

    def take(row: Alert) -> None:
        row.status, row.snoozed_until, row.due_at = AlertStatus.ACKNOWLEDGED, None, None
        row.owner_id = row.owner_id or work.principal.id

    work.require(AlertsPermission.HANDLE)
    return await _change(work, alert_id, take)


async def snooze(work: Work, alert_id: UUID, until: datetime) -> AlertView:
    """Put an alert off; it comes back then if its cause still stands. Raises SnoozeRefused."""

    def put_off(row: Alert) -> None:
        row.status, row.snoozed_until, row.due_at = AlertStatus.SNOOZED, until, None

    work.require(AlertsPermission.HANDLE)
    if not work.now < until <= work.now + LONGEST_SNOOZE:
        raise SnoozeRefused(until=until)
    return await _change(work, alert_id, put_off)


async def assign(work: Work, alert_id: UUID, owner_id: UUID | None) -> AlertView:
    """Give an alert to somebody of the staff, or to nobody; raises OwnerUnknown."""

    def give(row: Alert) -> None:
        row.owner_id = owner_id

    work.require(AlertsPermission.HANDLE)
    runtime = work.acting_for(Principal.system(work.workspace_id))
    if owner_id is not None and owner_id not in {each.user_id for each in await colleagues.active(runtime)}:
        raise OwnerUnknown(owner=owner_id)
    return await _change(work, alert_id, give)


async def _change(work: Work, alert_id: UUID, change: Callable[[Alert], None]) -> AlertView:
    row = await repository.lock(work, alert_id)
    if row is None:
        raise AlertNotFound
    if row.status is AlertStatus.RESOLVED:
        raise AlertResolved
    before = _said(row)
    change(row)
    if _said(row) != before:
        row.version += 1
        events.record(work, EventType.ALERT_CHANGED, subject=row.id, before=before, after=_said(row))
    await work.session.flush()
    return AlertView.model_validate(row)


def _said(row: Alert) -> dict[str, object]:
    until = row.snoozed_until.isoformat() if row.snoozed_until else None
    return {"status": row.status.value, "owner_id": row.owner_id, "snoozed_until": until}
