"""Webhooks: addresses outside that are told of events, and the log of what each was told."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.console import deeds, filters, forms
from app.console.catalogue import WEBHOOKS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.access import OperationsPermission
from core.work import open_work
from domain.subscriptions import service as subscriptions
from domain.subscriptions.kinds import DeliveryStatus
from domain.subscriptions.schemas import (
    ChangeSubscription,
    DeliveryView,
    NewSubscription,
    SubscriptionSecret,
    SubscriptionView,
)

router = APIRouter(prefix="/console/@{workspace}/webhooks")

Manager = Annotated[Visit, may(OperationsPermission.MANAGE)]


class _Types(BaseModel):
    types: str = ""

    def listed(self) -> list[str]:
        """The types of events, written one after another."""
        return self.types.replace(",", " ").split()


@router.get("")
async def show(request: Request, visit: Annotated[Visit, may(WEBHOOKS.permission)]) -> Response:
    """Show the addresses that are told of events."""
    async with open_work(visit.principal) as work:
        found = await subscriptions.list_subscriptions(work)
    return page(request, "webhooks.html", visit, current=WEBHOOKS, hooks=found)


async def _show(
    request: Request,
    visit: Visit,
    hook_id: UUID,
    paging: Paged,
    status: DeliveryStatus | None = None,
    secret: str | None = None,
    said: str = "",
) -> Response:
    async with open_work(visit.principal) as work:
        hook = await subscriptions.get(work, hook_id)
        found = await subscriptions.list_deliveries(work, hook_id, status, paging.limit, paging.place)
    return page(
        request,
        "webhook.html",
        visit,
        current=WEBHOOKS,
        hook=hook,
        paged=paging.page(found.items, found.next_cursor),
        chosen=status,
        statuses=list(DeliveryStatus),
        query=filters.query({"status": status}),
        is_first=paging.place is None,
        secret=secret,
        said=said,
    )


@router.get("/{hook_id}")
async def show_hook(
    request: Request,
    visit: Manager,
    hook_id: UUID,
    paging: Paged,
    status: filters.Word = "",
    said: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show what an address was told, and every try of it."""
    return await _show(request, visit, hook_id, paging, filters.chosen(DeliveryStatus, status), said=said)


@router.post("")
async def create(request: Request, visit: Manager, paging: Paged) -> Response:
    """Tell an address of what happens from now on; the secret is in this answer and in no other."""
    types = (await forms.part(request, _Types)).listed()
    command = await forms.part(request, NewSubscription, types=types)
    made = await deeds.once(
        request, visit, SubscriptionSecret, lambda work: subscriptions.create(work, command), is_secret=True
    )
    return await _show(request, visit, made.id, paging, secret=made.secret)


@router.post("/{hook_id}")
async def change(request: Request, visit: Manager, hook_id: UUID) -> Response:
    """Change a subscription, pause it, or let it go on with everything that has happened since."""
    types = (await forms.part(request, _Types)).listed()
    given = {"types": types} if types else {}
    command = await forms.part(request, ChangeSubscription, **given)
    seen = await forms.seen(request)
    await deeds.once(request, visit, SubscriptionView, lambda work: subscriptions.change(work, hook_id, command, seen))
    return RedirectResponse(visit.at(f"webhooks/{hook_id}?said=saved"), 303)


@router.post("/{hook_id}/rotate")
async def rotate(request: Request, visit: Manager, hook_id: UUID, paging: Paged) -> Response:
    """Sign with a new secret, and for a day with the present one as well."""
    made = await deeds.once(
        request, visit, SubscriptionSecret, lambda work: subscriptions.rotate_secret(work, hook_id), is_secret=True
    )
    return await _show(request, visit, hook_id, paging, secret=made.secret)


@router.post("/{hook_id}/test")
async def test(request: Request, visit: Manager, hook_id: UUID) -> Response:
    """Send an event that did not happen."""
    await deeds.once(request, visit, DeliveryView, lambda work: subscriptions.send_test(work, hook_id))
    return RedirectResponse(visit.at(f"webhooks/{hook_id}?said=tested"), 303)


@router.post("/{hook_id}/deliveries/{delivery_id}/replay")
async def replay(request: Request, visit: Manager, hook_id: UUID, delivery_id: UUID) -> Response:
    """Tell something once more, under its own id."""
    await deeds.once(request, visit, DeliveryView, lambda work: subscriptions.replay(work, hook_id, delivery_id))
    return RedirectResponse(visit.at(f"webhooks/{hook_id}?said=replayed"), 303)


@router.post("/{hook_id}/delete")
async def delete(request: Request, visit: Manager, hook_id: UUID) -> Response:
    """Give a subscription up, with its log."""
    seen = await forms.seen(request)
    await deeds.run(request, visit, lambda work: subscriptions.delete(work, hook_id, seen))
    return RedirectResponse(visit.at("webhooks"), 303)
