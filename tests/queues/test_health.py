"""Health, metrics and the frame around every request."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from asgi_lifespan import LifespanManager

from app.processes import pulse
from app.web.server import create_app
from core.settings import Settings, get_settings
from tests.queues.conftest import DatabaseGate


async def test_the_process_says_that_it_lives_and_is_ready(web: httpx.AsyncClient) -> None:
    for path in ("/health", "/api/health"):
        answer = await web.get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    ready = await web.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def test_without_relay_and_worker_the_deep_look_fails_and_with_them_it_passes(
    web: httpx.AsyncClient, settings: Settings
) -> None:
    client = pulse.open_redis(settings)
    await client.flushdb()
    alone = await web.get("/health/deep")
    for process in ("relay", "worker"):
        await pulse.beat_once(client, process)
    together = await web.get("/health/deep")
    await client.aclose()

    assert (alone.status_code, alone.json()["status"]) == (503, "unavailable")
    assert {name for name, check in alone.json()["checks"].items() if not check["ok"]} == {"relay", "worker"}
    assert (together.status_code, together.json()["status"]) == (200, "ok")
    assert set(together.json()["checks"]) == {"database", "outbox", "models", "redis", "relay", "worker"}


async def test_a_shut_database_is_told_by_ready_and_deep_but_not_by_alive(
    web: httpx.AsyncClient, database_gate: DatabaseGate
) -> None:
    await database_gate.shut()
    alive, ready, deep = [await web.get(path) for path in ("/health", "/health/ready", "/health/deep")]
    assert [alive.status_code, ready.status_code, deep.status_code] == [200, 503, 503]
    assert deep.json()["checks"]["database"]["ok"] is False


async def test_metrics_of_all_processes_are_shown_by_the_web_process(web: httpx.AsyncClient, settings: Settings) -> None:
    client = pulse.open_redis(settings)
    await client.set("nexova:metrics:worker:elsewhere:7", 'nexova_jobs_total{actor="a",outcome="done"} 3\n'.join(
        ["# HELP nexova_jobs_total Jobs\n# TYPE nexova_jobs_total counter\n", ""]
    ))  # fmt: skip
    await web.get("/health")
    shown = (await web.get("/metrics")).text
    await client.aclose()

    assert 'nexova_jobs_total{actor="a",outcome="done",process="worker:elsewhere:7"} 3.0' in shown
    own = f'process="{pulse.instance_name("web")}"'
    assert any(
        line.startswith("http_requests_total") and 'route="/health"' in line and own in line for line in shown.split("\n")
    )
    assert shown.count("# TYPE nexova_jobs_total counter") == 1


async def test_every_answer_carries_a_request_id_and_security_headers(web: httpx.AsyncClient) -> None:
    given = await web.get("/health", headers={"x-request-id": "abc-123"})
    made = await web.get("/nowhere", headers={"x-request-id": "no spaces, please"})

    assert given.headers["x-request-id"] == "abc-123"
    assert len(made.headers["x-request-id"]) == 32
    for answer in (given, made):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert (made.status_code, made.json()["code"]) == (404, "not_found")


async def test_the_wrong_method_is_refused_in_the_same_shape(web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/v1/webhooks/infobip/some-line", headers={"accept-language": "en"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told.pop("request_id") == answer.headers["x-request-id"]
    assert told == {
        "type": "http://127.0.0.1:8000/problems/not_offered",
        "title": "Method Not Allowed",
        "status": 405,
        "code": "not_offered",
        "detail": "This address cannot be used that way.",
    }


@pytest.fixture
async def with_sandbox(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The web application as the embedded default runs it, where no Infobip is configured."""
    monkeypatch.delenv("INFOBIP_BASE_URL")
    get_settings.cache_clear()
    async with LifespanManager(create_app(get_settings())) as manager:
        transport = httpx.ASGITransport(app=manager.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://nexova.test") as client:
            yield client


async def test_the_sandbox_is_there_without_infobip_and_gone_with_it(
    with_sandbox: httpx.AsyncClient, settings: Settings
) -> None:
    phone = "/sandbox/phones/584141112233/messages"
    message = {"connection": "nobody", "type": "text", "text": "hola"}
    there = await with_sandbox.post(phone, json=message)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(settings)), base_url="http://x") as client:
        gone = await client.post(phone, json=message)
        unknown = await client.post("/nowhere", json=message)

    assert there.json() != gone.json()
    assert (gone.status_code, gone.json() | {"request_id": ""}) == (404, unknown.json() | {"request_id": ""})


async def test_the_web_process_serves_and_ends_with_exit_code_zero(
    settings: Settings, unused_tcp_port: int, tmp_path: Path
) -> None:
    environment = {**os.environ, "NEXOVA_PORT": str(unused_tcp_port), "NEXOVA_DATA_DIR": str(tmp_path), "LOG_FORMAT": "json"}
    command = [sys.executable, "-c", "from app.web.server import serve; serve()"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        await _until_ready(unused_tcp_port, process)
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 0, errors
    assert "process.stopped" in errors


async def _until_ready(port: int, process: "subprocess.Popen[str]") -> None:
    async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as client:
        while process.poll() is None:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0)
    raise AssertionError("the process ended before it was ready")


async def test_a_fault_of_ours_is_never_blamed_on_the_caller(settings: Settings) -> None:
    app = create_app(settings)

    @app.get("/faulty")
    async def _faulty() -> None:
        raise RuntimeError("a secret of ours")

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://nexova.test") as client:
        answer = await client.get("/faulty", headers={"x-request-id": "trace-7"})

    # A provider that is told 400 does not come again.
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert answer.headers["x-request-id"] == "trace-7"
    assert "secret" not in answer.text
