"""The edge of the web process: how often one may ask, how long it may take, who may read it, and what each answer says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from app.web import limits
from app.web.limits import Buckets, network_of
from app.web.requests import SECURITY_HEADERS
from app.web.server import create_app
from core.observability import LIMITS_UNCOUNTED
from core.settings import Settings, SettingsWrong, get_settings
from tests.factories.staff import make_person

ME = "/api/v1/auth/me"


@asynccontextmanager
async def asking_from(application: FastAPI, address: str, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://nexova.test", headers=headers) as client:
        yield client


def allow(application: FastAPI, settings: Settings, **changed: Any) -> None:
    application.state.settings = settings.model_copy(update=changed)


async def statuses(client: httpx.AsyncClient, times: int, path: str = ME) -> list[int]:
    return [(await client.get(path)).status_code for _ in range(times)]


async def dialled(application: FastAPI, address: str) -> list[dict[str, Any]]:
    """What somebody hears who opens the live line and goes without a greeting."""
    coming: list[dict[str, Any]] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    async def send(message: Any) -> None:
        said.append(dict(message))

    path = "/api/v1/realtime"
    scope = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
        "client": (address, 1), "server": ("nexova.test", 80),
        "scheme": "ws", "subprotocols": [], "root_path": "", "asgi": {"version": "3.0"},
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    await application(scope, receive, send)
    return said


async def test_a_live_line_is_counted_before_its_greeting(application: FastAPI, settings: Settings) -> None:
    allow(application, settings, requests_per_minute=2)
    for _ in range(2):
        assert (await dialled(application, "203.0.113.7"))[0]["type"] == "websocket.accept"
    refused = (await dialled(application, "203.0.113.7"))[0]
    assert (refused["type"], refused["status"]) == ("websocket.http.response.start", 429)
    assert 0 < int(dict(refused["headers"])[b"retry-after"]) <= 30
    # Another address is another's allowance
    assert (await dialled(application, "203.0.113.8"))[0]["type"] == "websocket.accept"


async def test_an_address_that_asks_too_often_is_told_when_to_come_back(application: FastAPI, settings: Settings) -> None:
    allow(application, settings, requests_per_minute=3)
    async with asking_from(application, "203.0.113.1") as client:
        assert await statuses(client, 3) == [401, 401, 401]
        refused = await client.get(ME)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 0 < int(refused.headers["retry-after"]) <= 20
        assert refused.headers["ratelimit-policy"] == '"address";q=3;w=60'
        assert refused.headers["ratelimit"].startswith('"address";r=0;t=')
        assert (refused.headers["x-ratelimit-limit"], refused.headers["x-ratelimit-remaining"]) == ("3", "0")
        # What the house itself asks is not counted
        assert await statuses(client, 5, "/health") == [200] * 5
    async with asking_from(application, "203.0.113.2") as client:
        assert await statuses(client, 1) == [401]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.1", "203.0.113.1", True),
        ("203.0.113.1", "203.0.113.2", False),
        ("nonsense", "", True),
    ],
)
def test_a_house_with_many_addresses_is_one_house(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


async def test_only_a_trusted_proxy_is_believed_about_the_callers_address(application: FastAPI, settings: Settings) -> None:
    allow(application, settings, requests_per_minute=2)
    async with asking_from(application, "10.0.0.1") as client:
        answers = [await client.get(ME, headers={"x-forwarded-for": f"203.0.113.{n}"}) for n in range(3)]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
    # Behind a proxy that is trusted the caller is the last address that is none of our own
    behind = settings.model_copy(update={"trusted_proxies": "10.0.0.0/8", "requests_per_minute": 2})
    trusting = create_app(behind)
    trusting.state.buckets = application.state.buckets
    async with asking_from(trusting, "10.0.0.2") as client:
        several = [await client.get(ME, headers={"x-forwarded-for": f"203.0.113.{n}"}) for n in range(10, 13)]
        assert [answer.status_code for answer in several] == [401, 401, 401]
        forged = [await client.get(ME, headers={"x-forwarded-for": f"1.1.1.{n}, 203.0.113.20, 10.9.9.9"}) for n in range(3)]
        assert [answer.status_code for answer in forged] == [401, 401, 429]


async def test_of_two_allowances_the_smaller_one_is_told(
    application: FastAPI, api: httpx.AsyncClient, settings: Settings
) -> None:
    person = await make_person(api)
    for changed, policy in (({"api_requests_per_minute": 50}, "user"), ({"requests_per_minute": 50}, "address")):
        allow(application, settings, **changed)
        async with asking_from(application, f"198.51.100.{len(policy)}") as client:
            answer = await client.get(ME, headers=person.headers)
            assert (answer.status_code, answer.headers["ratelimit-policy"]) == (200, f'"{policy}";q=50;w=60')
    # And nobody reads another's allowance by a token that is wrong
    answer = await api.get(ME, headers={"authorization": "Bearer nonsense"})
    assert '"address"' in answer.headers["ratelimit-policy"]


async def test_without_redis_everybody_works_and_the_alarm_is_raised(
    application: FastAPI, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    class Away:
        def register_script(self, script: str) -> Any:
            async def refuse(keys: list[str], args: list[float]) -> list[Any]:
                asked.append(1)
                raise ConnectionError

            return refuse

    person = await make_person(api)
    monkeypatch.setattr(limits, "AWAY_SECONDS", 3600.0)
    application.state.buckets = Buckets(Away())  # type: ignore[arg-type]  # a Redis that does not answer
    before = LIMITS_UNCOUNTED.labels(policy="user")._value.get()
    answers = [await api.get(ME, headers=person.headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert LIMITS_UNCOUNTED.labels(policy="user")._value.get() == before + 4
    assert len(asked) == 1  # it is left alone for a while, so that nobody waits for it each time
    assert "ratelimit" not in answers[0].headers
    refused = await api.post("/api/v1/auth/login", json={"email": person.email, "password": "x"})
    assert (refused.status_code, refused.json()["code"]) == (503, "sign_in_unavailable")


async def test_a_redis_that_keeps_silent_is_given_a_moment(application: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        def register_script(self, script: str) -> Any:
            async def wait(keys: list[str], args: list[float]) -> list[Any]:
                await asyncio.Event().wait()
                raise AssertionError

            return wait

    monkeypatch.setattr(limits, "COUNT_SECONDS", 0.01)
    application.state.buckets = Buckets(Silent())  # type: ignore[arg-type]  # as above
    async with asking_from(application, "203.0.113.3") as client:
        assert await statuses(client, 1) == [401]


async def test_pages_of_named_origins_may_ask_and_no_others(application: FastAPI, api: httpx.AsyncClient) -> None:
    asked = {"access-control-request-method": "PATCH", "access-control-request-headers": "idempotency-key,if-match"}
    ours = await api.options(ME, headers={"origin": "http://localhost:5173", **asked})
    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (200, "http://localhost:5173")
    assert ours.headers["access-control-allow-credentials"] == "true"
    for origin in ("http://localhost:5173.evil.test", "https://localhost:5173", "http://evil.test", "null", "*"):
        foreign = await api.options(ME, headers={"origin": origin, **asked})
        assert (foreign.status_code, "access-control-allow-origin" in foreign.headers) == (400, False), origin
        plain = await api.get(ME, headers={"origin": origin})
        assert "access-control-allow-origin" not in plain.headers, origin
    told = await api.get(ME, headers={"origin": "http://localhost:5173"})
    assert "ratelimit" in told.headers["access-control-expose-headers"]
    assert "origin" in told.headers["vary"].lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [("CORS_ORIGIN", "*"), ("CORS_ORIGIN", "https://a.test/x"), ("CORS_ORIGIN", "a.test"), ("TRUSTED_PROXIES", "*")],
)
def test_a_list_that_lets_everybody_in_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    with pytest.raises(SettingsWrong, match=name.lower()):
        get_settings()
    get_settings.cache_clear()


async def test_every_answer_carries_the_security_headers(application: FastAPI, settings: Settings) -> None:
    @application.get("/never", include_in_schema=False)
    async def never() -> None:
        raise RuntimeError

    allow(application, settings, requests_per_minute=100)
    async with asking_from(application, "203.0.113.4") as client:
        answers = [
            await client.get("/health"),
            await client.get(ME),
            await client.get("/nowhere"),
            await client.request("TRACE", ME),
            await client.post("/api/v1/auth/login", content=b"{"),
            await client.post("/api/v1/auth/login", content=b"x" * (settings.request_body_limit + 1)),
            await client.get("/never"),
            await client.options(ME, headers={"origin": "http://evil.test", "access-control-request-method": "GET"}),
        ]
        allow(application, settings, requests_per_minute=1)
        answers += [await client.get(ME) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401, 404, 405, 422, 413, 500, 400, 401, 429]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert answer.headers["x-request-id"]
        assert "server" not in answer.headers


async def test_what_takes_too_long_is_ended_and_an_answer_that_has_begun_is_not(
    application: FastAPI, settings: Settings
) -> None:
    ended = asyncio.Event()
    limited = create_app(settings.model_copy(update={"request_seconds": 0.2}))
    limited.state.buckets = application.state.buckets

    @limited.get("/never", include_in_schema=False)
    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    @limited.get("/slowly", include_in_schema=False)
    async def slowly() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"a"
            await asyncio.sleep(0.4)  # longer than the limit
            yield b"b"

        return StreamingResponse(pieces())

    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with asking_from(limited, "203.0.113.5") as client:
        late = await client.get("/never")
        assert (late.status_code, late.json()["code"]) == (503, "request_timed_out")
        assert ended.is_set()
        body = await client.post("/api/v1/auth/login", content=stuck(), headers={"content-type": "application/json"})
        assert (body.status_code, body.json()["code"]) == (503, "request_timed_out")
        assert (await client.get("/slowly")).text == "ab"


async def test_no_answer_leads_to_a_host_that_the_request_has_named(api: httpx.AsyncClient) -> None:
    for path in ("/api/v1/products/", "//evil.test/", "//evil.test/api/v1/products/", "/health/", "/%2f%2fevil.test/"):
        answer = await api.get(path, headers={"host": "evil.test"}, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location")) == (404, None), path
