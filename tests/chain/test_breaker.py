"""The breaker as all workers see it: counts, opens, lets one probe through."""

import asyncio

import pytest

from agent import breaker
from agent.breaker import Admission
from core.settings import get_settings

MODEL = "anthropic:claude-sonnet-5-5"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    """Breakers that open after two failures, for an instant."""
    monkeypatch.setenv("BREAKER_FAILURES", "2")
    monkeypatch.setenv("BREAKER_OPEN_SECONDS", "0.05")
    get_settings.cache_clear()


async def admitted() -> Admission:
    """Wait until the breaker lets a call through."""
    while (admission := await breaker.admit(MODEL)) is None:
        continue
    return admission


async def test_a_model_that_nobody_has_called_may_be_called() -> None:
    assert await breaker.admit(MODEL) == Admission(MODEL, is_probe=False, failures=0)


async def test_one_failure_is_forgiven_by_a_success() -> None:
    await breaker.failed(await admitted(), "ModelServerError")
    await breaker.succeeded(await admitted())
    await breaker.failed(await admitted(), "ModelServerError")

    assert await breaker.admit(MODEL) is not None
    assert await breaker.states() == {MODEL: False}


async def test_the_breaker_opens_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAKER_OPEN_SECONDS", "60")
    get_settings.cache_clear()
    for _ in range(2):
        await breaker.failed(await admitted(), "ModelServerError")

    assert await breaker.admit(MODEL) is None
    assert await breaker.states() == {MODEL: True}


async def test_of_many_workers_one_probes() -> None:
    for _ in range(2):
        await breaker.failed(Admission(MODEL, is_probe=False, failures=0), "ModelServerError")
    probe = await admitted()

    others = await asyncio.gather(*(breaker.admit(MODEL) for _ in range(8)))

    assert probe.is_probe
    assert others == [None] * 8


async def test_racing_workers_get_one_probe_among_them() -> None:
    for _ in range(2):
        await breaker.failed(Admission(MODEL, is_probe=False, failures=0), "ModelServerError")
    rounds: list[Admission | None] = []
    while not any(rounds):
        rounds = await asyncio.gather(*(breaker.admit(MODEL) for _ in range(8)))

    assert sum(admission is not None for admission in rounds) == 1


async def test_a_probe_that_fails_keeps_the_breaker_open(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        await breaker.failed(Admission(MODEL, is_probe=False, failures=0), "ModelServerError")
    probe = await admitted()
    monkeypatch.setenv("BREAKER_OPEN_SECONDS", "60")
    get_settings.cache_clear()

    await breaker.failed(probe, "ModelServerError")

    assert await breaker.admit(MODEL) is None


async def test_a_probe_that_works_closes_it() -> None:
    for _ in range(2):
        await breaker.failed(Admission(MODEL, is_probe=False, failures=0), "ModelServerError")

    await breaker.succeeded(await admitted())

    assert await breaker.admit(MODEL) == Admission(MODEL, is_probe=False, failures=0)


async def test_a_probe_that_was_never_made_is_given_back() -> None:
    for _ in range(2):
        await breaker.failed(Admission(MODEL, is_probe=False, failures=0), "ModelServerError")

    await breaker.abandoned(await admitted())

    assert (await admitted()).is_probe


async def test_a_late_success_of_an_older_call_does_not_close_an_open_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAKER_OPEN_SECONDS", "60")
    get_settings.cache_clear()
    older = Admission(MODEL, is_probe=False, failures=1)
    for _ in range(2):
        await breaker.failed(Admission(MODEL, is_probe=False, failures=0), "ModelServerError")

    await breaker.succeeded(older)

    assert await breaker.admit(MODEL) is None
