"""The pulse of every process: a heartbeat and its metrics in Redis, so that any web process can tell of all of them."""

import asyncio
import contextlib
import os
import platform
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import redis.asyncio
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from core import observability
from core.settings import Settings

INTERVAL_SECONDS = 5.0
LIFETIME_SECONDS = 20
CONNECTIONS = 32
"""The most connections of one client; who comes while all are in use waits for one."""

_HEARTBEATS = "nexova:heartbeat:"
_METRICS = "nexova:metrics:"

log = observability.log(__name__)


def instance_name(process: str, pid: int | None = None) -> str:
    """The name of a process of this machine, this one without a pid, among all processes of the installation."""
    return f"{process}:{platform.node()}:{pid or os.getpid()}"


def open_redis(settings: Settings) -> "redis.asyncio.Redis":
    """An asynchronous Redis client that fails fast, and waits when all its connections are in use; connects on first use."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        settings.redis_url or "redis://127.0.0.1:6379/0",
        max_connections=CONNECTIONS,
        timeout=2,
        socket_timeout=2,
        socket_connect_timeout=1,
        retry=Retry(ConstantBackoff(0.05), 1),
        decode_responses=True,
    )
    return redis.asyncio.Redis.from_pool(pool)


async def beat_once(client: "redis.asyncio.Redis", process: str) -> None:
    """Leave one heartbeat and the metrics of this process."""
    name = instance_name(process)
    metrics = generate_latest(REGISTRY).decode()
    async with client.pipeline(transaction=False) as pipeline:
        await pipeline.set(_HEARTBEATS + name, str(time.time()), ex=LIFETIME_SECONDS)
        await pipeline.set(_METRICS + name, metrics, ex=LIFETIME_SECONDS)
        await pipeline.execute()


async def _beat(client: "redis.asyncio.Redis", process: str, stopping: asyncio.Event) -> None:
    reachable = True
    while not stopping.is_set():
        try:
            await beat_once(client, process)
            reachable = True
        except (redis.RedisError, OSError) as error:
            if reachable:
                log.warning("pulse.failed", error=str(error))
            reachable = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(INTERVAL_SECONDS):
                await stopping.wait()


@asynccontextmanager
async def beating(settings: Settings, process: str) -> AsyncIterator[None]:
    """Keep this process' pulse for the duration of a block."""
    client = open_redis(settings)
    stopping = asyncio.Event()
    task = asyncio.create_task(_beat(client, process, stopping))
    try:
        yield
    finally:
        # Asked rather than cancelled: the Redis client loses a cancellation that comes while it connects.
        stopping.set()
        await asyncio.gather(task, return_exceptions=True)
        with contextlib.suppress(redis.RedisError, OSError):
            await client.delete(_HEARTBEATS + instance_name(process), _METRICS + instance_name(process))
        await client.aclose()


def is_living(client: "redis.Redis", process: str, pid: int) -> bool:
    """Whether one process of this machine works: it has a heartbeat. False also while Redis is away."""
    try:
        return bool(client.exists(_HEARTBEATS + instance_name(process, pid)))
    except redis.RedisError:
        return False


async def heartbeats(client: "redis.asyncio.Redis") -> dict[str, float]:
    """Seconds since the last heartbeat of every living process, by its name."""
    names = [key async for key in client.scan_iter(match=_HEARTBEATS + "*", count=500)]
    if not names:
        return {}
    now = time.time()
    values = await client.mget(names)
    return {
        name.removeprefix(_HEARTBEATS): max(0.0, now - float(value))
        for name, value in zip(names, values, strict=True)
        if value is not None
    }


class _Gathered(Collector):
    """The metrics of several processes, told apart by a `process` label."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for process, text in sorted(self._texts.items()):
            for family in text_string_to_metric_families(text):
                merged = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                merged.samples.extend(
                    sample._replace(labels={**sample.labels, "process": process}) for sample in family.samples
                )
        return families.values()


async def gathered_metrics(client: "redis.asyncio.Redis", own_process: str) -> bytes:
    """The metrics of all living processes in Prometheus' text format; this one's alone when Redis is out of reach."""
    texts: dict[str, str] = {}
    try:
        names = [key async for key in client.scan_iter(match=_METRICS + "*", count=500)]
        values = await client.mget(names) if names else []
        found = zip(names, values, strict=True)
        texts = {str(name).removeprefix(_METRICS): str(value) for name, value in found if value is not None}
    except (redis.RedisError, OSError) as error:
        log.warning("metrics.incomplete", error=str(error))
    texts[instance_name(own_process)] = generate_latest(REGISTRY).decode()
    registry = CollectorRegistry()
    registry.register(_Gathered(texts))
    return generate_latest(registry)
