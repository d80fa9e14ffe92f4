"""The worker process: takes rings from the queues and runs the jobs, each on the one event loop of the process."""

import asyncio
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import FrameType

import dramatiq
import uvloop
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.middleware import AsyncIO, CurrentMessage, Middleware, Retries, TimeLimit

from agent import links, warming
from app.processes import pulse, reloading
from app.queue.actors import RUNNERS
from app.queue.broker import DeadLetterReasons, LowLatencyWorker, RedisBells, open_broker
from app.queue.jobs import JOBS
from app.queue.shortcut import Shortcut
from channels import registry
from core import collector, db, observability, outbox, turnstile
from core.errors import Abandoned, CommitOutcomeUnknown
from core.settings import Settings, get_settings

DRAIN_MILLISECONDS = 5_000
"""How long running jobs may finish after a stop signal; later they are cancelled, and resumed by another worker."""

log = observability.log(__name__)

Runner = Callable[..., Awaitable[None]]


class ProcessResources(Middleware):
    """What the jobs of this process share, the database engine and the pulse, on the jobs' event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._shortcut = Shortcut(PERFORM)

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Open the resources on the event loop that AsyncIO has just started."""
        loop = get_event_loop_thread()
        assert loop is not None, "AsyncIO comes first in the middleware"
        loop.run_coroutine(self._open())

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Cancel what still runs and close the resources."""
        loop = get_event_loop_thread()
        assert loop is not None, "AsyncIO stops its loop after this"
        loop.run_coroutine(self._close())

    async def _open(self) -> None:
        assert self._settings.database_url is not None, "main() has checked it"
        db.connect(self._settings.database_url, pool_size=self._settings.database_pool_size)
        self._stack.push_async_callback(db.disconnect)
        self._stack.push_async_callback(registry.close)
        self._stack.push_async_callback(links.disconnect)
        outbox.take_shortcut(self._shortcut)
        await self._stack.enter_async_context(pulse.beating(self._settings, "worker"))

    async def _close(self) -> None:
        outbox.take_shortcut(None)
        await self._shortcut.drain(DRAIN_MILLISECONDS / 1000)
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=2)
        await self._stack.aclose()


def _performing(name: str, run: Runner) -> Callable[..., Awaitable[None]]:
    """Wrap a job with its correlation id, its metrics and its log lines."""

    async def perform(correlation: str | None, **ids: str) -> None:
        started = time.perf_counter()
        outcome = "failed"
        with turnstile.job(), observability.correlated(correlation, job=name, **ids):
            try:
                await run(**ids)
                outcome = "done"
            except Abandoned as reason:
                outcome = "abandoned"
                log.info("job.abandoned", reason=str(reason))
            except asyncio.CancelledError:
                outcome = "cancelled"
                log.warning("job.cancelled", seconds=round(time.perf_counter() - started, 1))
                raise
            except Exception as error:
                if not isinstance(error, CommitOutcomeUnknown) and not db.is_outage(error):
                    log.exception("job.failed")
                    raise
                # A server is away. The row is as it was, and the sweeps ring again.
                outcome = "unavailable"
                log.warning("job.unavailable", error=f"{type(error).__name__}: {error}"[:300])
            finally:
                observability.JOBS.labels(actor=name, outcome=outcome).inc()
                observability.JOB_SECONDS.labels(actor=name).observe(time.perf_counter() - started)

    return perform


PERFORM = {name: _performing(name, run) for name, run in RUNNERS.items()}


def _rung(name: str) -> Runner:
    """A job as the queue calls it."""

    async def perform(**ids: str) -> None:
        message = CurrentMessage.get_current_message()
        await PERFORM[name](message.options.get("correlation_id") if message is not None else None, **ids)

    return perform


def declare_jobs(broker: RedisBells) -> None:
    """Make every job known to the broker, without retries of Dramatiq's own."""
    for name, job in JOBS.items():
        dramatiq.actor(
            actor_name=name,
            queue_name=job.queue,
            broker=broker,
            max_retries=0,
            time_limit=job.time_limit() * 1000,
        )(_rung(name))


def start(settings: Settings) -> tuple[RedisBells, dramatiq.Worker]:
    """Start the worker's threads in this process; `stop` ends them."""
    # The loop that AsyncIO makes for the jobs; with uvloop a job takes a sixth less of a core.
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    broker = open_broker(
        settings,
        [AsyncIO(), ProcessResources(settings), CurrentMessage(), Retries(max_retries=0), TimeLimit(), DeadLetterReasons()],
        db.has_room,
    )
    declare_jobs(broker)
    broker.emit_after("process_boot")
    worker = LowLatencyWorker(broker, worker_threads=settings.worker_threads)
    worker.start()
    return broker, worker


def stop(broker: RedisBells, worker: dramatiq.Worker) -> None:
    """Take no more rings, let jobs finish for a moment, cancel the rest, close everything."""
    worker.stop(timeout=DRAIN_MILLISECONDS)
    broker.close()


def main() -> None:
    """Run the worker until SIGINT or SIGTERM."""
    settings = get_settings()
    observability.configure_logging(settings, "worker")
    observability.configure_tracing(settings, "worker")
    if settings.database_url is None:
        raise SystemExit("DATABASE_URL is not set; `nexova up` starts a database of its own")
    reloading.on_hangup()
    stopping = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        log.info("process.stopping", signal=signal.Signals(number).name)
        stopping.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    warming.warm_up()
    collector.spare()
    broker, worker = start(settings)
    log.info("process.started", threads=settings.worker_threads)
    stopping.wait()
    stop(broker, worker)
    log.info("process.stopped")
