"""A line that is told of more than its allowance says so, the provider comes again, and nothing is lost."""

from collections.abc import AsyncIterator, Iterator

import pytest
import redis.asyncio

from core.embedded import EmbeddedRedis, start_redis
from core.settings import get_settings
from tests.factories.webhooks import post, result, stored_events, webhook
from tests.line.conftest import Web, eventually

LIMIT = 3
PHONE = "584141112233"


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
async def buckets(redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["redis.asyncio.Redis"]:
    """The Redis in which the web process counts, with a small allowance for each line."""
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    monkeypatch.setenv("WEBHOOKS_PER_MINUTE", str(LIMIT))
    get_settings.cache_clear()
    client = redis.asyncio.Redis.from_url(redis_server.url)
    await client.flushdb()
    yield client
    await client.aclose()


async def test_what_the_door_refuses_comes_again(buckets: "redis.asyncio.Redis", web: Web) -> None:
    # Given webhooks of somebody who does not know the secret, which use up nobody's allowance
    forged = [await post(web.http, web.connection.slug, webhook(result()), {"X-Nexova-Secret": "guessed"}) for _ in range(9)]
    assert {answer.status_code for answer in forged} == {401}
    # When a customer writes more than the line's allowance at once
    for number in range(LIMIT + 4):
        await web.write(PHONE, type="text", text=f"mensaje {number}")

    async def as_many_as_allowed() -> bool:
        return len(await stored_events(web.workspace.id)) >= LIMIT

    await eventually(as_many_as_allowed)
    refused = await post(web.http, web.connection.slug, webhook(result()))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 60 / LIMIT
    assert len(await stored_events(web.workspace.id)) == LIMIT

    async def all_stored() -> bool:
        await buckets.flushdb()  # time goes by: the allowance is whole again
        return len(await stored_events(web.workspace.id)) == LIMIT + 4

    await eventually(all_stored)
    said = [event.body.decode() for event in await stored_events(web.workspace.id)]
    assert all(sum(f"mensaje {number}" in body for body in said) == 1 for number in range(LIMIT + 4))
