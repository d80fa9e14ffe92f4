"""The message broker: Redis behind Dramatiq, used as a doorbell and never as a memory.

Dramatiq never retries here (`max_retries=0`): attempts, the next try and parking live on the rows, and sweeps ring
again. Messages of jobs that failed for an unforeseen reason are kept as dead letters for thirty days.

Whatever of Dramatiq is not meant to be touched is touched here and nowhere else; `PRIVATE` names it, and a test fails when
it changes.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import dramatiq
import redis
from dramatiq.broker import MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.common import current_millis
from dramatiq.middleware import Middleware
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from app.queue.jobs import QUEUES, Ring
from core import observability
from core.settings import Settings

DEAD_LETTERS_KEPT = timedelta(days=30)
NAMESPACE = "dramatiq"
RUNG = f"{NAMESPACE}:rung"
"""The Redis channel on which every ring names its queue."""

DEAF_SECONDS = 0.5
"""How long a consumer waits at most for the next ring, in case it could not be heard."""

LISTEN_SECONDS = 0.5
"""How often the thread that hears the rings looks whether it is to stop."""

FETCH_AT_ONCE = 8
"""How many messages a consumer takes at once: what it has taken, nobody else can take."""

CROWDED_SECONDS = 0.05
"""How long a consumer waits for room before it looks again."""

PRIVATE = (_RedisConsumer, dramatiq.Worker._add_consumer, dramatiq.Worker._add_worker)
"""What this module overrides or extends of Dramatiq's inside, beside the script by which a message is pushed."""

_UNPACK_SIZE = 1000
"""Dramatiq's script wants it with every command and uses it only for maintenance, which is not asked for here."""


log = observability.log(__name__)


class QueueUnavailable(Exception):
    """The broker cannot be reached; nothing was rung, or perhaps some of it."""


@dataclass(frozen=True, slots=True)
class DeadRing:
    """A ring whose job failed for an unforeseen reason."""

    id: str
    ring: Ring
    error: str
    at: datetime


def _last_line(traceback: str | None) -> str:
    return (traceback or "").strip().rsplit("\n", 1)[-1][:500]


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


class _Consumer(_RedisConsumer):
    """Dramatiq's consumer, which waits for a ring where Dramatiq's asks Redis again and again.

    What this process has no room for stays in the queue, where it can be counted and where another worker may take it.
    """

    def __init__(
        self, broker: "RedisBells", queue: str, most: int, rung: threading.Event, has_room: Callable[[], bool]
    ) -> None:
        super().__init__(broker, queue, most, 0)  # type: ignore[no-untyped-call]  # Dramatiq leaves this class untyped
        self._most = most
        self._rung = rung
        self._has_room = has_room

    def __next__(self) -> MessageProxy | None:
        """The next message; None after a wait without one."""
        self._rung.clear()  # before the look, so that a ring in between is not missed
        if not self._has_room():
            self._rung.wait(CROWDED_SECONDS)
            return None
        self.prefetch = min(self._most, self.outstanding_message_count + FETCH_AT_ONCE)
        message: MessageProxy | None = super().__next__()  # type: ignore[no-untyped-call]  # as above
        if message is None:
            self._rung.wait(DEAF_SECONDS)
        return message

    def ack(self, message: MessageProxy) -> None:
        """Let go of a message that is done; there may be room for the next."""
        super().ack(message)  # type: ignore[no-untyped-call]  # as above
        self._make_room()

    def nack(self, message: MessageProxy) -> None:
        """Give a message to the dead letters; there may be room for the next."""
        super().nack(message)  # type: ignore[no-untyped-call]  # as above
        self._make_room()

    def _make_room(self) -> None:
        if self.outstanding_message_count + 1 >= self._most:
            self._rung.set()


class RedisBells(RedisBroker):
    """Dramatiq's Redis broker, with many messages pushed in one round trip and consumers that are woken."""

    def __init__(self, url: str, middleware: list[Middleware], has_room: Callable[[], bool]) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # Dramatiq leaves its Redis broker untyped
            client=redis_client(url),
            middleware=middleware,
            namespace=NAMESPACE,
            dead_message_ttl=int(DEAD_LETTERS_KEPT.total_seconds() * 1000),
        )
        self._has_room = has_room
        self._rung = {queue: threading.Event() for queue in QUEUES}
        self._starting = threading.Lock()
        self._closing = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="bells", daemon=True)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 0) -> _Consumer:
        """A consumer of one queue. The first one starts the thread that hears the rings for all of them."""
        with self._starting:
            if not self._listener.is_alive() and not self._closing.is_set():
                self._listener.start()
        return _Consumer(self, queue_name, prefetch, self._rung[queue_name], self._has_room)

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                with self.client.pubsub(ignore_subscribe_messages=True) as heard:
                    heard.subscribe(RUNG)
                    self._wake_all()
                    while not self._closing.is_set():
                        ring = heard.get_message(timeout=LISTEN_SECONDS)
                        if ring is not None:
                            self._rung[ring["data"].decode()].set()
            except Exception as error:
                log.warning("bells.deaf", error=f"{type(error).__name__}: {error}"[:300])
                self._closing.wait(DEAF_SECONDS)

    def _wake_all(self) -> None:
        for rung in self._rung.values():
            rung.set()

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
            for queue in {ring.queue for ring in rings}:
                pipeline.publish(RUNG, queue)
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

    def keep_reason(self, message: dramatiq.MessageProxy) -> None:
        """Store a dead message anew, with the traceback that Dramatiq has put on it meanwhile."""
        letters = f"{self.namespace}:{message.queue_name}.XQ.msgs"
        encoded: bytes = message.encode()
        self.client.hset(letters, message.options["redis_message_id"], encoded)

    def dead_rings(self) -> list[DeadRing]:
        """The rings whose jobs failed for unforeseen reasons; raises QueueUnavailable."""
        try:
            return [dead for queue in QUEUES for dead in self._dead_of(queue)]
        except redis.RedisError as error:
            raise QueueUnavailable(str(error)) from error

    def ring_dead_again(self, dead_id: str) -> None:
        """Ring once more for a dead ring, and then forget that it died; raises QueueUnavailable.

        When this process dies in between, the bell rings twice, which every job bears.
        """
        for dead in self.dead_rings():
            if dead.id == dead_id:
                self.ring([dead.ring])
                self._forget(dead)

    def forget_dead(self, dead_id: str) -> None:
        """Forget a dead ring for good; raises QueueUnavailable."""
        for dead in self.dead_rings():
            if dead.id == dead_id:
                self._forget(dead)

    def _forget(self, dead: DeadRing) -> None:
        letters = f"{self.namespace}:{dead.ring.queue}.XQ"
        try:
            self.client.zrem(letters, dead.id)
            self.client.hdel(f"{letters}.msgs", dead.id)
        except redis.RedisError as error:
            raise QueueUnavailable(str(error)) from error

    def _dead_of(self, queue: str) -> Iterator[DeadRing]:
        letters = f"{self.namespace}:{queue}.XQ"
        # The client's types allow for settings that this one does not have: it answers with bytes.
        ids = cast("list[tuple[bytes, float]]", self.client.zrange(letters, 0, -1, withscores=True))
        for key, died_at in ids:
            encoded = cast("bytes | None", self.client.hget(f"{letters}.msgs", key.decode()))
            if encoded is not None:
                message: dramatiq.Message[None] = dramatiq.Message.decode(encoded)
                arguments = {name: str(value) for name, value in message.kwargs.items()}
                yield DeadRing(
                    key.decode(),
                    Ring(message.actor_name, arguments, message.options.get("correlation_id")),
                    _last_line(message.options.get("traceback")),
                    datetime.fromtimestamp(died_at / 1000, UTC),
                )

    def close(self) -> None:
        """Let go of the connections."""
        self._closing.set()
        self._wake_all()
        if self._listener.is_alive():
            self._listener.join(2 * LISTEN_SECONDS)
        self.client.close()


class DeadLetterReasons(Middleware):
    """Keeps with a dead letter what its job died of."""

    def after_nack(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """The message has just become a dead letter."""
        assert isinstance(broker, RedisBells)
        broker.keep_reason(message)


class LowLatencyWorker(dramatiq.Worker):
    """A worker that answers a ring within milliseconds and costs little while idle.

    Consumers and threads wait until they are woken. Dramatiq's delay queues are not consumed, because nothing here
    delays a message: due times live in the outbox.
    """

    def _add_consumer(self, queue_name: str, *, delay: bool = False) -> None:
        if not delay:
            super()._add_consumer(queue_name)

    def _add_worker(self) -> None:
        super()._add_worker()
        self.workers[-1].timeout = 1.0


def open_broker(
    settings: Settings, middleware: Sequence[Middleware] = (), has_room: Callable[[], bool] = lambda: True
) -> RedisBells:
    """The broker of this installation; its consumers take messages only while there is room for more."""
    if settings.redis_url is None:
        raise QueueUnavailable("REDIS_URL is not set; `nexova up` starts a Redis of its own")
    return RedisBells(settings.redis_url, list(middleware), has_room)
