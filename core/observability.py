"""What the house tells about itself: structured logs with one correlation id, metrics, and traces when configured."""

import logging
import re
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
import uuid_utils
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Counter, Gauge, Histogram

from core.settings import Settings

_correlation: ContextVar[str | None] = ContextVar("correlation_id", default=None)

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

HTTP_REQUESTS = Counter("http_requests_total", "HTTP requests", ["method", "route", "status"])
HTTP_SECONDS = Histogram("http_request_duration_seconds", "HTTP latency", ["method", "route"], buckets=LATENCY_BUCKETS)
JOBS = Counter("nexova_jobs_total", "Jobs run by the worker", ["actor", "outcome"])
JOB_SECONDS = Histogram("nexova_job_seconds", "Duration of jobs", ["actor"], buckets=LATENCY_BUCKETS)
QUEUE_DEPTH = Gauge("nexova_queue_depth", "Messages waiting in a queue", ["queue"])
OUTBOX_AGE = Gauge("nexova_outbox_oldest_seconds", "Age of the oldest due outbox row")
OUTBOX_PENDING = Gauge("nexova_outbox_pending", "Due outbox rows not yet published")
INBOUND_EVENTS = Counter("nexova_inbound_events_total", "Webhook results stored", ["kind", "result"])
READINGS = Counter("nexova_readings_total", "Readings of machines that came in", ["verdict"])
QUARANTINE_DROPPED = Counter("nexova_quarantine_dropped_total", "Refused readings that went as newer ones came")
TURNS = Counter("nexova_turns_total", "Turns finished", ["outcome", "model"])
TURN_SECONDS = Histogram("nexova_turn_seconds", "Duration of turns", buckets=LATENCY_BUCKETS)
TOOL_CALLS = Counter("nexova_tool_calls_total", "Tool calls", ["tool", "outcome"])
MODEL_CALLS = Counter("nexova_model_calls_total", "Model requests", ["model", "outcome"])
MODEL_SECONDS = Histogram("nexova_model_seconds", "Latency of model requests", ["model"], buckets=LATENCY_BUCKETS)
MODEL_TOKENS = Counter("nexova_model_tokens_total", "Tokens", ["model", "direction"])
MODEL_COST = Counter("nexova_model_cost_usd_total", "Money spent on models", ["model"])
BREAKER_OPEN = Gauge("nexova_breaker_open", "1 while the breaker of a model is open", ["model"])
DELIVERIES = Counter("nexova_deliveries_total", "Send attempts", ["outcome"])
MOVES = Counter("nexova_reply_moves_total", "Moves of replies: said, or left out and why", ["model", "move", "outcome"])
LIMITS_UNCOUNTED = Counter("nexova_limits_uncounted_total", "Requests let in or turned away uncounted", ["policy"])
IDEMPOTENCY = Counter("nexova_idempotency_total", "Idempotency key look-ups", ["scope", "result"])


def correlation_id() -> str | None:
    """The id that ties a webhook to the delivery of its answer."""
    return _correlation.get()


@contextmanager
def correlated(identifier: str | None = None, **fields: object) -> Iterator[str]:
    """Bind a correlation id (a new one if none is given) and log fields for the duration of a block."""
    identifier = identifier or uuid_utils.uuid7().hex
    token = _correlation.set(identifier)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id=identifier, **fields):
            yield identifier
    finally:
        _correlation.reset(token)


def mask(address: str | None) -> str:
    """A phone number or user id that can be told apart in a log but not dialled."""
    if not address:
        return "-"
    return f"{address[:3]}…{address[-2:]}" if len(address) > 6 else "…"


_NUMBER = re.compile(r"(?<![\w-])\+?\d{7,15}(?![\w-])")
_INPUT = re.compile(r"input_value=.*?(?=, input_type=|\]|$)", re.DOTALL)
_DETAIL = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)
_FOREIGN = ("exception", "error", "reason", "detail", "event")
"""The fields that hold texts of libraries, which quote what they were given."""


def without_content(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of errors what customers wrote and their numbers: validators and Postgres quote both."""
    for name in _FOREIGN:
        value = event.get(name)
        if isinstance(value, str):
            value = _DETAIL.sub(r"\1: …", _INPUT.sub("input_value=…", value))
            event[name] = _NUMBER.sub(lambda found: mask(found[0]), value)
    return event


def configure_logging(settings: Settings, process: str) -> None:
    """Set up structured logs: JSON, or coloured lines on a terminal."""
    pretty = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if pretty:
        # The plain form shows no local variables, which may hold what customers wrote.
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            without_content,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_content,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for noisy in ("httpx", "httpx2", "httpcore", "httpcore2", "uvicorn.access", "dramatiq.worker", "transitions"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process)


def set_level(level: str) -> None:
    """From which level on the process tells what happens."""
    logging.getLogger().setLevel(level.upper())


def configure_tracing(settings: Settings, process: str) -> None:
    """Send traces by OTLP when an endpoint is configured; otherwise tracing costs nothing."""
    if not settings.otel_exporter_otlp_endpoint:
        return
    provider = TracerProvider(resource=Resource.create({"service.name": f"nexova-{process}"}))
    endpoint = settings.otel_exporter_otlp_endpoint.rstrip("/") + "/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)


def log(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; events are named `noun.past_participle` and carry fields, never message texts."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Observe how long a block takes."""
    started = time.perf_counter()
    try:
        yield
    finally:
        histogram.observe(time.perf_counter() - started)
