"""Subscriptions as staff keep them: making, changing, pausing, new secrets, tests, and the log of what was told."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from core import events, vault
from core.access import OperationsPermission
from core.errors import Conflict, CursorRefused, Invalid, NotFound
from core.event_types import EventType
from core.settings import get_settings
from core.tables import new_id
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.subscriptions import repository
from domain.subscriptions.kinds import DeliveryStatus, SubscriptionStatus
from domain.subscriptions.models import Subscription
from domain.subscriptions.schemas import (
    ChangeSubscription,
    DeliveryPage,
    DeliveryView,
    NewSubscription,
    SubscriptionSecret,
    SubscriptionView,
)

MOST: Final = 20
OLD_SECRET_LASTS: Final = timedelta(hours=24)
TEST_TYPE: Final = "subscription.tested"


class SubscriptionNotFound(NotFound):
    """The workspace has no such subscription."""

    code = "subscription_not_found"


class DeliveryNotFound(NotFound):
    """The subscription has no such delivery."""

    code = "subscription_delivery_not_found"


class TooManySubscriptions(Conflict):
    """A workspace has at most so many subscriptions."""

    code = "too_many_subscriptions"


class UrlRefused(Invalid):
    """Nothing is sent to such an address: it is not HTTPS, or holds a name and password."""

    code = "subscription_url_refused"


def _require_sendable(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_sendable = bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        raise UrlRefused from None
    if not is_sendable or (parts.scheme != "https" and not get_settings().calls_to_private_addresses):
        raise UrlRefused


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def secrets_of(row: Subscription, now: datetime) -> tuple[str, ...]:
    """The secrets that sign now, the newest first."""
    kept: list[dict[str, str]] = vault.unseal(row.sealed)["secrets"]
    return tuple(each["secret"] for each in kept if "until" not in each or datetime.fromisoformat(each["until"]) > now)


async def create(work: Work, command: NewSubscription) -> SubscriptionSecret:
    """Tell an address of what happens from now on. Raises UrlRefused and TooManySubscriptions."""
    work.require(OperationsPermission.MANAGE)
    _require_sendable(command.url)
    if await repository.count(work) >= MOST:
        raise TooManySubscriptions(most=MOST)
    secret = _new_secret()
    row = Subscription(
        workspace_id=work.workspace_id,
        id=new_id(),
        url=command.url,
        types=list(command.types),
        description=command.description,
        status=SubscriptionStatus.ACTIVE,
        sealed=vault.seal({"secrets": [{"secret": secret}]}),
        position=await events.last_position(work),
        touched_at=work.system_time,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    events.record(work, EventType.SUBSCRIPTION_CREATED, subject=row.id, after=_told(row))
    return _with_secret(row, secret)


def _told(row: Subscription) -> dict[str, Any]:
    return {"url": row.url, "types": row.types, "description": row.description, "status": row.status}


def _with_secret(row: Subscription, secret: str) -> SubscriptionSecret:
    return SubscriptionSecret(**SubscriptionView.model_validate(row).model_dump(), secret=secret)


async def list_subscriptions(work: Work) -> list[SubscriptionView]:
    """All subscriptions of the workspace, oldest first."""
    work.require(OperationsPermission.MANAGE)
    return [SubscriptionView.model_validate(row) for row in await repository.every(work)]


async def get(work: Work, subscription_id: UUID) -> SubscriptionView:
    """One subscription; raises SubscriptionNotFound."""
    work.require(OperationsPermission.MANAGE)
    row = await repository.get(work, subscription_id)
    if row is None:
        raise SubscriptionNotFound
    return SubscriptionView.model_validate(row)


async def _locked(work: Work, subscription_id: UUID, seen: int | None = None) -> Subscription:
    work.require(OperationsPermission.MANAGE)
    row = await repository.lock(work, subscription_id)
    if row is None:
        raise SubscriptionNotFound
    if seen is not None and row.version != seen:
        raise VersionConflict
    return row


async def change(work: Work, subscription_id: UUID, command: ChangeSubscription, seen: int) -> SubscriptionView:
    """Change a subscription. One that goes on is told everything that has happened since it stopped.

    Raises SubscriptionNotFound, VersionConflict and UrlRefused.
    """
    row = await _locked(work, subscription_id, seen)
    before = _told(row)
    if command.url is not None:
        _require_sendable(command.url)
        row.url = command.url
    if command.types is not None:
        row.types = list(command.types)
    if "description" in command.model_fields_set:
        row.description = command.description
    if command.is_active is not None:
        row.status = SubscriptionStatus.ACTIVE if command.is_active else SubscriptionStatus.PAUSED
        row.failing_since = None
        await repository.make_due(work, row)
    row.version += 1
    await work.session.flush()
    events.record(work, EventType.SUBSCRIPTION_CHANGED, subject=row.id, before=before, after=_told(row))
    return SubscriptionView.model_validate(row)


async def rotate_secret(work: Work, subscription_id: UUID) -> SubscriptionSecret:
    """Sign with a new secret; the present one signs as well for a day, so that nobody misses anything."""
    row = await _locked(work, subscription_id)
    until = (work.system_time + OLD_SECRET_LASTS).isoformat()
    secret, *others = (_new_secret(), *secrets_of(row, work.system_time))
    old = [{"secret": each, "until": until} for each in others[:1]]
    row.sealed = vault.seal({"secrets": [{"secret": secret}, *old]})
    row.version += 1
    await work.session.flush()
    events.record(work, EventType.SUBSCRIPTION_SECRET_ROTATED, subject=row.id)
    return _with_secret(row, secret)


async def delete(work: Work, subscription_id: UUID, seen: int) -> None:
    """Give a subscription up with its log. Raises SubscriptionNotFound and VersionConflict."""
    row = await _locked(work, subscription_id, seen)
    events.record(work, EventType.SUBSCRIPTION_DELETED, subject=row.id, before=_told(row))
    await work.session.delete(row)
    await work.session.flush()


async def send_test(work: Work, subscription_id: UUID) -> DeliveryView:
    """Send an event that did not happen, once, whatever the state of the subscription."""
    row = await _locked(work, subscription_id)
    data = {"subscription_id": str(row.id)}
    body = {"type": TEST_TYPE, "timestamp": work.now.isoformat(), "data": data}
    made = repository.delivery_of(work, row, TEST_TYPE, row.id, 0, body, is_by_hand=True)
    await work.session.flush()
    return DeliveryView.model_validate(made)


async def list_deliveries(
    work: Work, subscription_id: UUID, status: DeliveryStatus | None = None, limit: int = 20, after: str | None = None
) -> DeliveryPage:
    """The log of a subscription, the newest first; raises SubscriptionNotFound."""
    await get(work, subscription_id)
    try:
        place = None if after is None else UUID(after)
    except ValueError as error:
        raise CursorRefused from error
    rows = await repository.deliveries(work, subscription_id, status, place, limit + 1)
    items = [DeliveryView.model_validate(row) for row in rows[:limit]]
    return DeliveryPage(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


async def replay(work: Work, subscription_id: UUID, delivery_id: UUID) -> DeliveryView:
    """Send something once more under its own id, once, signed with today's secrets. Raises DeliveryNotFound."""
    await _locked(work, subscription_id)
    row = await repository.lock_delivery(work, subscription_id, delivery_id)
    if row is None:
        raise DeliveryNotFound
    if row.status != DeliveryStatus.PENDING:
        row.status, row.is_by_hand, row.next_try_at = DeliveryStatus.PENDING, True, work.system_time
        await work.session.flush()
    return DeliveryView.model_validate(row)
