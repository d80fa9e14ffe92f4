"""Subscriptions: addresses outside that are told of events, signed as Standard Webhooks says."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import OperationsPermission, Principal
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

router = noun("subscriptions")

Reader = Annotated[Principal, may(OperationsPermission.MANAGE)]
Writer = Annotated[Write, may_write(OperationsPermission.MANAGE)]


@router.get("/subscriptions")
async def list_(caller: Reader) -> Page[SubscriptionView]:
    """List the addresses that are told of events, at most twenty."""
    async with open_work(caller) as work:
        return Page(data=await subscriptions.list_subscriptions(work), has_more=False, next_cursor=None)


@router.post("/subscriptions", status_code=201)
async def create(write: Writer, body: NewSubscription, response: Response) -> SubscriptionSecret:
    """Tell an address of what happens from now on; the secret is shown this once."""
    made = await write.once(SubscriptionSecret, lambda work: subscriptions.create(work, body), is_secret=True)
    tell(response, made.version)
    return made


@router.get("/subscriptions/{subscription_id}")
async def get(caller: Reader, subscription_id: UUID, response: Response) -> SubscriptionView:
    """Show one subscription."""
    async with open_work(caller) as work:
        found = await subscriptions.get(work, subscription_id)
    tell(response, found.version)
    return found


@router.patch("/subscriptions/{subscription_id}")
async def change(
    write: Writer, seen: SeenVersion, subscription_id: UUID, body: ChangeSubscription, response: Response
) -> SubscriptionView:
    """Change a subscription, pause it, or let it go on with everything that has happened since."""
    changed = await write.once(SubscriptionView, lambda work: subscriptions.change(work, subscription_id, body, seen))
    tell(response, changed.version)
    return changed


@router.delete("/subscriptions/{subscription_id}", status_code=204)
async def delete(write: Writer, seen: SeenVersion, subscription_id: UUID) -> None:
    """Give a subscription up, with its log."""
    await write.run(lambda work: subscriptions.delete(work, subscription_id, seen))


@router.post("/subscriptions/{subscription_id}/rotate-secret")
async def rotate_secret(write: Writer, subscription_id: UUID, response: Response) -> SubscriptionSecret:
    """Sign with a new secret, and for a day with the present one as well."""
    made = await write.once(SubscriptionSecret, lambda work: subscriptions.rotate_secret(work, subscription_id), is_secret=True)
    tell(response, made.version)
    return made


@router.post("/subscriptions/{subscription_id}/test", status_code=202)
async def test(write: Writer, subscription_id: UUID) -> DeliveryView:
    """Send an event that did not happen."""
    return await write.once(DeliveryView, lambda work: subscriptions.send_test(work, subscription_id))


@router.get("/subscriptions/{subscription_id}/deliveries")
async def deliveries(
    caller: Reader, subscription_id: UUID, paging: Paged, status: DeliveryStatus | None = None
) -> Page[DeliveryView]:
    """Show what was told and every try of it, the newest first."""
    async with open_work(caller) as work:
        found = await subscriptions.list_deliveries(work, subscription_id, status, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.post("/subscriptions/{subscription_id}/deliveries/{delivery_id}/replay", status_code=202)
async def replay(write: Writer, subscription_id: UUID, delivery_id: UUID) -> DeliveryView:
    """Tell something once more, under its own id."""
    return await write.once(DeliveryView, lambda work: subscriptions.replay(work, subscription_id, delivery_id))
