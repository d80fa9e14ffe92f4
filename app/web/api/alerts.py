"""Alerts: what somebody should look at, and who is on to it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.alerts import service as alerts
from domain.alerts.kinds import AlertKind, AlertStatus, Severity
from domain.alerts.permissions import AlertsPermission
from domain.alerts.schemas import AlertView, Assign, Snooze, Standing

router = noun("alerts")

Reader = Annotated[Principal, may(AlertsPermission.READ)]
Handler = Annotated[Write, may_write(AlertsPermission.HANDLE)]


def place_of(cursor: str | None) -> tuple[int, UUID] | None:
    """The place of a list of alerts, from its cursor."""
    rank, _, id = (cursor or "").partition(" ")
    return (int(rank), UUID(id)) if cursor else None


def cursor_of(place: tuple[int, UUID] | None) -> str | None:
    """The cursor of a place."""
    return None if place is None else f"{place[0]} {place[1]}"


@router.get("/alerts")
async def list_(
    caller: Reader,
    paging: Paged,
    status: Annotated[list[AlertStatus] | None, Query(max_length=4, description="By default, what is not resolved.")] = None,
    kind: Annotated[list[AlertKind] | None, Query(max_length=20)] = None,
    severity: Annotated[list[Severity] | None, Query(max_length=3)] = None,
    store_id: UUID | None = None,
    owner_id: UUID | None = None,
) -> Page[AlertView]:
    """List alerts, the gravest first and of these the newest."""
    async with open_work(caller) as work:
        found, after = await alerts.list_alerts(
            work,
            statuses=status or (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.SNOOZED),
            kinds=kind or (),
            severities=severity or (),
            store_id=store_id,
            owner_id=owner_id,
            after=place_of(paging.place),
            limit=paging.limit,
        )
    return paging.page(found, cursor_of(after))


@router.get("/alerts/standing")
async def standing(caller: Reader) -> Standing:
    """Count the open alerts by severity."""
    async with open_work(caller) as work:
        return await alerts.standing(work)


@router.get("/alerts/{alert_id}")
async def get(caller: Reader, alert_id: UUID) -> AlertView:
    """Show an alert."""
    async with open_work(caller) as work:
        return await alerts.get(work, alert_id)


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge(write: Handler, alert_id: UUID) -> AlertView:
    """Take an alert on."""
    return await write.once(AlertView, lambda work: alerts.acknowledge(work, alert_id))


@router.post("/alerts/{alert_id}/snooze")
async def snooze(write: Handler, alert_id: UUID, body: Snooze) -> AlertView:
    """Put an alert off; it comes back then if its cause still stands."""
    return await write.once(AlertView, lambda work: alerts.snooze(work, alert_id, body.until))


@router.post("/alerts/{alert_id}/assign")
async def assign(write: Handler, alert_id: UUID, body: Assign) -> AlertView:
    """Give an alert to somebody of the staff, or to nobody."""
    return await write.once(AlertView, lambda work: alerts.assign(work, alert_id, body.owner_id))
