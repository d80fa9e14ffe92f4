"""Health: is this process alive, can it serve, and how does the whole installation do."""

import time
from typing import Any

import redis
import redis.asyncio
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from agent import breaker
from app.processes import pulse
from core import clock, outbox_rows
from core.work import open_system_work

router = APIRouter()

STALE_OUTBOX_SECONDS = 30.0
"""A due outbox row older than this means that relays do not get on."""

_UNAVAILABLE = (SQLAlchemyError, OSError, TimeoutError)


def _timestamp() -> str:
    return clock.process_now().isoformat()


@router.get("/health")
@router.get("/api/health")
async def alive() -> dict[str, str]:
    """Say that this process runs."""
    return {"status": "ok", "timestamp": _timestamp()}


@router.get("/health/ready")
async def ready(response: Response) -> dict[str, str]:
    """Say whether this process can serve, which needs the database and nothing else."""
    try:
        async with open_system_work():
            pass  # to begin one is a question to the database already
    except _UNAVAILABLE:
        response.status_code = 503
        return {"status": "unavailable", "timestamp": _timestamp()}
    return {"status": "ready", "timestamp": _timestamp()}


async def _database() -> dict[str, Any]:
    started = time.perf_counter()
    try:
        outbox = await outbox_rows.backlog()
        open_breakers = sorted(name for name, is_open in (await breaker.states()).items() if is_open)
    except _UNAVAILABLE as error:
        return {"database": {"ok": False, "reason": type(error).__name__}}
    return {
        "database": {
            "ok": True,
            "milliseconds": round((time.perf_counter() - started) * 1000, 1),
            "clock": outbox.now.isoformat(),
        },
        "outbox": {
            "ok": outbox.oldest_seconds < STALE_OUTBOX_SECONDS,
            "pending": outbox.pending,
            "oldest_seconds": round(outbox.oldest_seconds, 1),
        },
        "models": {"ok": not open_breakers, "left_alone": open_breakers},
    }


async def _queues(client: "redis.asyncio.Redis") -> dict[str, Any]:
    started = time.perf_counter()
    try:
        beats = await pulse.heartbeats(client)
    except (redis.RedisError, OSError) as error:
        return {"redis": {"ok": False, "reason": type(error).__name__}}
    elapsed = round((time.perf_counter() - started) * 1000, 1)

    def living(process: str) -> dict[str, Any]:
        ages = [age for name, age in beats.items() if name.startswith(f"{process}:")]
        return {"ok": bool(ages), "processes": len(ages), "last_seen_seconds": round(min(ages), 1) if ages else None}

    return {"redis": {"ok": True, "milliseconds": elapsed}, "relay": living("relay"), "worker": living("worker")}


@router.get("/health/deep")
async def deep(request: Request, response: Response) -> dict[str, Any]:
    """Look at the database, Redis, relays, workers, the outbox and the models; 503 if anything but a model fails."""
    checks = {**await _database(), **await _queues(request.app.state.redis)}
    failing = [name for name, check in checks.items() if not check["ok"]]
    healthy = not [name for name in failing if name != "models"]
    if not healthy:
        response.status_code = 503
    status = "ok" if not failing else ("degraded" if healthy else "unavailable")
    return {"status": status, "timestamp": _timestamp(), "checks": checks}


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The metrics of all processes of this installation, for Prometheus."""
    content = await pulse.gathered_metrics(request.app.state.redis, "web")
    return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")
