"""The door: how long a webhook waits for its 200, next to the plainest endpoint that stores one row."""

import asyncio
import json
import subprocess
import sys
from collections import defaultdict

from bench import bare
from bench.ground import LINE, Ground, connected, found_shop, ground
from bench.load import Load
from bench.processes import answers, free_port, listens, running, wait_until
from bench.report import Section, Table, milliseconds, percentile

RATES = (50, 100, 200)
PATHS = {"bare": bare.PATH, "door": f"/api/v1/webhooks/infobip/{LINE}"}


def _call(name: str, port: int, rate: int, seconds: float) -> Load:
    command = [sys.executable, "-m", "bench.load", "--port", str(port), "--path", PATHS[name]]
    command += ["--rate", str(rate), "--seconds", str(seconds)]
    return Load(**json.loads(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout))


def _alternate(ports: dict[str, int], rate: int, seconds: float, rounds: int) -> dict[str, Load]:
    taken: dict[str, list[float]] = defaultdict(list)
    failed: dict[str, int] = defaultdict(int)
    for _ in range(rounds):
        for name, port in ports.items():
            found = _call(name, port, rate, seconds)
            taken[name] += found.seconds
            failed[name] += found.failed
    return {name: Load(taken[name], failed[name]) for name in ports}


async def _prepare(place: Ground) -> None:
    async with connected(place.postgres.url):
        await found_shop()


def measure(quick: bool) -> Section:
    """Call both at each rate, in turns; the relay runs as it does in a house."""
    seconds, rounds = (1.5, 1) if quick else (5, 2)
    rows = []
    with ground() as place:
        asyncio.run(_prepare(place))
        url = place.postgres.url
        ports = {"bare": free_port(), "door": free_port()}
        nowhere = "http://127.0.0.1:9"
        ours = {"DATABASE_URL": url, "NEXOVA_PORT": str(ports["door"]), "INFOBIP_BASE_URL": nowhere}
        with (
            running("bench.bare", log=place.folder / "bare.log", environment={"DATABASE_URL": url, "PORT": str(ports["bare"])}),
            running("app.cli", "web", log=place.folder / "web.log", environment={**ours, "REDIS_URL": "redis://127.0.0.1:9/0"}),
        ):
            wait_until(lambda: listens(ports["bare"]), 30, "the bare endpoint did not listen")
            wait_until(lambda: answers(ports["door"], "/health/ready"), 60, "the web process was not ready")
            for rate in RATES:
                found = _alternate(ports, rate, seconds, rounds)
                rows += [_row(rate, name, found[name]) for name in ports]
                rows.append(_ratio(rate, found["door"], found["bare"]))
    return Section(
        "Webhook to 200",
        "Time from when a request was due to its 200, at even rates over loopback from a process of its own, beside a "
        "bare FastAPI and asyncpg endpoint with one INSERT on the same durable Postgres; both in turns. The door also "
        "authenticates, takes the body apart, finds duplicates and writes the outbox. "
        "Aim: p99 ≤ 100 ms, p50 at most twice the bare one.",
        [Table(("rate", "endpoint", "requests", "p50", "p95", "p99", "failed"), rows)],
    )


def _row(rate: int, name: str, load: Load) -> list[str]:
    figures = [milliseconds(percentile(load.seconds, share)) for share in (0.5, 0.95, 0.99)]
    return [f"{rate}/s", name, str(len(load.seconds)), *figures, str(load.failed)]


def _ratio(rate: int, door: Load, plain: Load) -> list[str]:
    shares = [percentile(door.seconds, share) / percentile(plain.seconds, share) for share in (0.5, 0.95, 0.99)]
    return [f"{rate}/s", "door ÷ bare", "", *(f"{share:.2f}×" for share in shares), ""]
