"""The way out of events: which subscriptions an event is for, what may be sent next, and what comes of a try.

A try is committed before the other side is called, under an id that stays the same. Whoever dies between the call and its
record leaves a claim that runs out, and the event is told once more: at least once, and in the order of its subject.
"""

import json
from datetime import timedelta
from typing import Final
from uuid import UUID

from core import events
from core.event_types import EventType
from core.events import EventView
from core.work import Work
from domain.conversations import service as conversations
from domain.conversations.kinds import NoticeKind
from domain.subscriptions import repository, service
from domain.subscriptions.kinds import DeliveryStatus, SubscriptionStatus
from domain.subscriptions.models import Delivery, Subscription
from domain.subscriptions.names import name_for
from domain.subscriptions.schemas import Answer, Parcel

BATCH: Final = 200
LEASE: Final = timedelta(seconds=60)
PATIENCE: Final = timedelta(hours=24)
"""For how long all events may fail before the subscription is closed."""

PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1_800, 3_600, 7_200, 10_800, 14_400, 18_000, 21_600)
)
"""How long an event waits after each try that failed, nearly a day in all; then it is given up."""

LONGEST_ASKED: Final = 3_600
KEPT_TRIES: Final = 30
GONE: Final = 410


def _body(event: EventView, name: str) -> dict[str, object]:
    said = event.model_dump(mode="json", exclude={"ip", "agent", "at"})
    return {"type": name, "timestamp": event.at.isoformat(), "data": said}


async def spread(work: Work, subscription_id: UUID) -> bool:
    """Make deliveries of what has happened since the last time, each event once; whether there is more."""
    work.require_runtime()
    row = await repository.lock(work, subscription_id)
    if row is None or row.status != SubscriptionStatus.ACTIVE:
        return False
    found = await events.page(work, after=row.position, limit=BATCH)
    for event in found:
        name = name_for(row.types, event.type)
        if name is not None:
            body = _body(event, name)
            repository.delivery_of(work, row, name, event.subject_id, event.position, body, is_by_hand=False)
    if found:
        row.position, row.touched_at = found[-1].position, work.system_time
    return len(found) == BATCH


async def take(work: Work, subscription_id: UUID) -> Parcel | None:
    """Take the next delivery that may be sent now; None if there is none."""
    work.require_runtime()
    row = await repository.lock(work, subscription_id)
    if row is None:
        return None
    due = await repository.next_due(work, row, only_by_hand=row.status != SubscriptionStatus.ACTIVE)
    if due is None:
        return None
    due.lease_until = work.system_time + LEASE
    due.tries = [*due.tries, {"at": work.system_time.isoformat(), "status": None, "error": None}][-KEPT_TRIES:]
    due.failures += 1
    row.touched_at = work.system_time
    body = json.dumps(due.body, ensure_ascii=False, separators=(",", ":")).encode()
    return Parcel(due.id, due.failures, row.url, body, service.secrets_of(row, work.system_time))


async def record(work: Work, subscription_id: UUID, parcel: Parcel, answer: Answer) -> None:
    """Note what came of a try; a try that another has overtaken says nothing any more."""
    work.require_runtime()
    row = await repository.lock(work, subscription_id)
    due = await repository.lock_delivery(work, subscription_id, parcel.delivery_id) if row is not None else None
    if row is None or due is None or due.status != DeliveryStatus.PENDING or due.failures != parcel.number:
        return
    row.touched_at, due.lease_until = work.system_time, None
    due.tries = [*due.tries[:-1], {**due.tries[-1], "status": answer.status, "error": answer.error}]
    if answer.is_success:
        due.status, due.delivered_at, due.failures = DeliveryStatus.DELIVERED, work.system_time, 0
        row.failing_since = None if not due.is_by_hand else row.failing_since
    elif due.is_by_hand:
        due.status = DeliveryStatus.FAILED
    else:
        await _failed(work, row, due, answer)


async def _failed(work: Work, row: Subscription, due: Delivery, answer: Answer) -> None:
    row.failing_since = row.failing_since or work.system_time
    if answer.status == GONE or work.system_time - row.failing_since >= PATIENCE:
        await _close(work, row, answer)
    if due.failures > len(PAUSES):
        due.status = DeliveryStatus.FAILED
        return
    pause = PAUSES[due.failures - 1]
    due.next_try_at = work.system_time + max(pause, timedelta(seconds=min(answer.retry_after, LONGEST_ASKED)))


async def _close(work: Work, row: Subscription, answer: Answer) -> None:
    """Send nothing more to an address that has taken nothing for a day, or says that it is gone; staff are told."""
    row.status, row.version = SubscriptionStatus.CLOSED, row.version + 1
    after = {"url": row.url, "status": answer.status, "error": answer.error}
    events.record(work, EventType.SUBSCRIPTION_CLOSED, subject=row.id, after=after)
    key = f"subscription_closed:{row.id}:{row.version}"
    await conversations.notify(work, NoticeKind.SUBSCRIPTION_CLOSED, dedupe_key=key, subject_id=row.id)
