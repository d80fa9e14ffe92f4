"""Alerts: what somebody should look at, taken on or put off from the list."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, goods
from app.console.catalogue import ALERTS
from app.console.rendering import Speech, page
from app.console.visits import Visit, may
from app.web.api.alerts import cursor_of, place_of
from app.web.api.lists import Paged
from core.work import Work, open_work
from domain.alerts import service as alerts
from domain.alerts import words
from domain.alerts.kinds import AlertKind, AlertStatus, Severity
from domain.alerts.permissions import AlertsPermission
from domain.alerts.schemas import AlertView
from domain.catalog import service as catalog

router = APIRouter(prefix="/console/@{workspace}/alerts")

Reader = Annotated[Visit, may(ALERTS.permission)]
Handler = Annotated[Visit, may(AlertsPermission.HANDLE)]

PUT_OFF: Final = timedelta(days=1)


@router.get("")
async def show(
    request: Request,
    visit: Reader,
    paging: Paged,
    status: filters.Word = "",
    severity: filters.Word = "",
    kind: filters.Word = "",
    said: filters.Word = "",
) -> Response:
    """Show what stands, the gravest first."""
    wanted, grave, about = (
        filters.chosen(AlertStatus, status),
        filters.chosen(Severity, severity),
        filters.chosen(AlertKind, kind),
    )
    async with open_work(visit.principal) as work:
        found, after = await alerts.list_alerts(
            work,
            statuses=[wanted] if wanted else (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED),
            severities=[grave] if grave else (),
            kinds=[about] if about else (),
            after=place_of(paging.place),
            limit=paging.limit,
        )
        products = await goods.named(work, (one.variant_id for one in found if one.variant_id is not None))
        places = {one.id: one.name for one in await catalog.all_stores(work)}
    names = {id: one.name for id, one in products.items()}
    speech = Speech(visit.manners.language)
    return page(
        request,
        "alerts.html",
        visit,
        current=ALERTS,
        paged=paging.page(found, cursor_of(after)),
        sentences={one.id: _sentence(speech, visit, one, names, places) for one in found},
        statuses=list(AlertStatus),
        severities=list(Severity),
        kinds=list(AlertKind),
        chosen=(wanted, grave, about),
        said=said,
        query=filters.query({"status": status, "severity": severity, "kind": kind}),
        is_first=paging.place is None,
        may_handle=visit.principal.may(AlertsPermission.HANDLE),
    )


def _sentence(speech: Speech, visit: Visit, one: AlertView, names: dict[UUID, str], places: dict[UUID, str]) -> str:
    product = names.get(one.variant_id, "") if one.variant_id is not None else ""
    place = places.get(one.store_id, "") if one.store_id is not None else ""

    def write(kind: str, value: str, unit: str) -> str:
        match kind:
            case "money":
                return speech.money(Decimal(value), unit, visit.workspace.country)
            case "name":
                return value
            case _:
                return speech.quantity(Decimal(value), unit, visit.workspace.country)

    return words.said(one, product, place, visit.workspace.currency, speech.language, write)


@router.post("/{alert_id}/acknowledge")
async def acknowledge(request: Request, visit: Handler, alert_id: UUID) -> Response:
    """Take an alert on."""
    await deeds.once(request, visit, AlertView, lambda work: alerts.acknowledge(work, alert_id))
    return RedirectResponse(visit.at("alerts?said=taken"), 303)


@router.post("/{alert_id}/snooze")
async def snooze(request: Request, visit: Handler, alert_id: UUID) -> Response:
    """Put an alert off until tomorrow."""

    async def act(work: Work) -> AlertView:
        return await alerts.snooze(work, alert_id, work.now + PUT_OFF)

    await deeds.once(request, visit, AlertView, act)
    return RedirectResponse(visit.at("alerts?said=snoozed"), 303)
