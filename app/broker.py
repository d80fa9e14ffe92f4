"""The message broker: Redis behind Dramatiq, used as a doorbell and never as a memory.

Dramatiq never retries here (`max_retries=0`): attempts, the next try and parking live on the rows, and sweeps ring
again. Messages of jobs that failed for an unforeseen reason are kept as dead letters for thirty days.
"""

from collections.abc import Sequence
from datetime import timedelta

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.common import current_millis
from dramatiq.middleware import Middleware
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from app.queues import QUEUES, Ring
from core.settings import Settings

DEAD_LETTERS_KEPT = timedelta(days=30)
NAMESPACE = "dramatiq"
_UNPACK_SIZE = 1000
"""Dramatiq's script wants it with every command and uses it only for maintenance, which is not asked for here."""


class QueueUnavailable(Exception):
    """The broker cannot be reached; nothing was rung, or perhaps some of it."""


def to_message(ring: Ring) -> dramatiq.Message[None]:
    """The Dramatiq message that rings for a job."""
    return dramatiq.Message(
        queue_name=ring.queue,
        actor_name=ring.job,
        args=(),
        kwargs=dict(ring.arguments),
        options={"correlation_id": ring.correlation_id} if ring.correlation_id else {},
    )


def redis_client(url: str) -> redis.Redis:
    """A Redis client that fails within seconds instead of hanging."""
    return redis.Redis.from_url(
        url,
        socket_timeout=5,
        socket_connect_timeout=2,
        retry=Retry(ConstantBackoff(0.05), 2),
    )


class RedisBells(RedisBroker):
    """Dramatiq's Redis broker, with many messages pushed in one round trip."""

    def __init__(self, url: str, middleware: list[Middleware]) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # Dramatiq leaves its Redis broker untyped
            client=redis_client(url),
            middleware=middleware,
            namespace=NAMESPACE,
            dead_message_ttl=int(DEAD_LETTERS_KEPT.total_seconds() * 1000),
        )

    def ring(self, rings: Sequence[Ring]) -> None:
        """Announce jobs in one pipeline; raises QueueUnavailable."""
        try:
            pipeline = self.client.pipeline(transaction=False)
            for ring in rings:
                message = to_message(ring)
                message = message.copy(options={"redis_message_id": message.message_id})
                self.scripts["dispatch"](
                    keys=[self.namespace],
                    args=[
                        "enqueue",
                        current_millis(),
                        message.queue_name,
                        self.broker_id,
                        self.heartbeat_timeout,
                        self.dead_message_ttl,
                        0,
                        _UNPACK_SIZE,
                        message.message_id,
                        message.encode(),
                    ],
                    client=pipeline,
                )
            pipeline.execute()
        except redis.RedisError as error:
            raise QueueUnavailable(str(error)) from error

    def depths(self) -> dict[str, int]:
        """How many messages wait in each queue; raises QueueUnavailable."""
        try:
            pipeline = self.client.pipeline(transaction=False)
            for queue in QUEUES:
                pipeline.llen(f"{self.namespace}:{queue}")
            return dict(zip(QUEUES, pipeline.execute(), strict=True))
        except redis.RedisError as error:
            raise QueueUnavailable(str(error)) from error

    def close(self) -> None:
        """Let go of the connections."""
        self.client.close()


def open_broker(settings: Settings, middleware: Sequence[Middleware] = ()) -> RedisBells:
    """The broker of this installation."""
    if settings.redis_url is None:
        raise QueueUnavailable("REDIS_URL is not set; `nexova up` starts a Redis of its own")
    return RedisBells(settings.redis_url, list(middleware))
