"""All SQL of subscriptions."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, false, func, or_, select, update
from sqlalchemy.orm import aliased

from core.paging import part
from core.tables import new_id
from core.work import Work, own
from domain.subscriptions.kinds import DeliveryStatus
from domain.subscriptions.models import Delivery, Subscription


async def count(work: Work) -> int:
    """How many subscriptions the workspace has."""
    query = select(func.count()).select_from(Subscription).where(own(Subscription, work))
    return await work.session.scalar(query) or 0


async def every(work: Work) -> Sequence[Subscription]:
    """All subscriptions, oldest first."""
    query = select(Subscription).where(own(Subscription, work)).order_by(Subscription.id)
    return (await work.session.scalars(query)).all()


async def get(work: Work, subscription_id: UUID) -> Subscription | None:
    """One subscription."""
    return await work.session.get(Subscription, (work.workspace_id, subscription_id))


async def lock(work: Work, subscription_id: UUID) -> Subscription | None:
    """One subscription, locked as it is now."""
    key = (work.workspace_id, subscription_id)
    return await work.session.get(Subscription, key, with_for_update={"key_share": True}, populate_existing=True)


async def make_due(work: Work, row: Subscription) -> None:
    """Try everything that waits at once."""
    await work.session.execute(
        update(Delivery)
        .where(
            own(Delivery, work),
            Delivery.subscription_id == row.id,
            Delivery.status == DeliveryStatus.PENDING,
        )
        .values(next_try_at=work.system_time, failures=0)
    )


async def deliveries(
    work: Work, subscription_id: UUID, status: DeliveryStatus | None, after: UUID | None, limit: int
) -> Sequence[Delivery]:
    """Deliveries of a subscription from behind one of them, the newest first."""
    query = select(Delivery).where(own(Delivery, work), Delivery.subscription_id == subscription_id)
    if status is not None:
        query = query.where(Delivery.status == status)
    place = None if after is None else (after,)
    return (await work.session.scalars(part(query, [Delivery.id], place, limit, falls=True))).all()


async def lock_delivery(work: Work, subscription_id: UUID, delivery_id: UUID) -> Delivery | None:
    """One delivery of a subscription, locked as it is now."""
    key = (work.workspace_id, delivery_id)
    row = await work.session.get(Delivery, key, with_for_update={"key_share": True}, populate_existing=True)
    return row if row is not None and row.subscription_id == subscription_id else None


async def next_due(work: Work, row: Subscription, *, only_by_hand: bool) -> Delivery | None:
    """The oldest delivery that may be sent now, locked: nothing earlier of its subject waits. The subscription is locked."""
    earlier = aliased(Delivery)
    blocked = exists().where(
        own(earlier, work),
        earlier.subscription_id == Delivery.subscription_id,
        earlier.status == DeliveryStatus.PENDING,
        earlier.subject_id == Delivery.subject_id,
        earlier.position < Delivery.position,
        earlier.is_by_hand.is_(False),
    )
    query = (
        select(Delivery)
        .where(
            own(Delivery, work),
            Delivery.subscription_id == row.id,
            Delivery.status == DeliveryStatus.PENDING,
            Delivery.next_try_at <= work.system_time,
            or_(Delivery.lease_until.is_(None), Delivery.lease_until <= work.system_time),
            or_(Delivery.is_by_hand, false() if only_by_hand else ~blocked),
        )
        .order_by(Delivery.position, Delivery.id)
        .limit(1)
    )
    return await work.session.scalar(query.with_for_update(of=Delivery, key_share=True))


def delivery_of(
    work: Work, row: Subscription, type_: str, subject_id: UUID, position: int, body: dict[str, Any], *, is_by_hand: bool
) -> Delivery:
    """A delivery that is due now."""
    made = Delivery(
        workspace_id=work.workspace_id,
        id=new_id(),
        subscription_id=row.id,
        type=type_,
        subject_id=subject_id,
        position=position,
        body=json.loads(json.dumps(body, default=str)),
        is_by_hand=is_by_hand,
        status=DeliveryStatus.PENDING,
        tries=[],
        failures=0,
        next_try_at=work.system_time,
    )
    work.session.add(made)
    return made
