"""`subscription.deliver`: tells one subscription what has happened, one event after the other."""

import asyncio
from typing import Final
from uuid import UUID

from connectors.webhooks import sending
from core import observability
from core.access import Principal
from core.settings import get_settings
from core.work import open_work
from domain.subscriptions import outgoing

RUN_SECONDS: Final = 60.0
"""How long one run goes on; the sweep rings again for what is left, so that no slow address keeps a worker."""

MOST_FAILURES: Final = 3

log = observability.log(__name__)


async def deliver(workspace_id: str, subscription_id: str) -> None:
    """Make deliveries of what is new, and send what is due until several in a row fail."""
    principal, subscription = Principal.system(UUID(workspace_id)), UUID(subscription_id)
    is_more = True
    while is_more:
        async with open_work(principal) as work:
            is_more = await outgoing.spread(work, subscription)
    loop, failures = asyncio.get_running_loop(), 0
    until = loop.time() + RUN_SECONDS
    while failures < MOST_FAILURES and loop.time() < until:
        async with open_work(principal) as work:
            parcel, at = await outgoing.take(work, subscription), work.system_time
        if parcel is None:
            return
        answer = await sending.send(parcel, at, may_be_inside=get_settings().calls_to_private_addresses)
        failures = 0 if answer.is_success else failures + 1
        log.info("subscription.tried", subscription=subscription_id, status=answer.status, error=answer.error)
        async with open_work(principal) as work:
            await outgoing.record(work, subscription, parcel, answer)
