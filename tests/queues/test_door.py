"""The door: a webhook is stored before it is answered, once, whatever is in it."""

import asyncio
import base64
import json
from collections import Counter

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from tests.factories.webhooks import outbox_rows_of, post, result, stored_events, webhook
from tests.factories.workspaces import make_connection, make_workspace
from tests.properties import examples
from tests.queues.conftest import DatabaseGate


@pytest.fixture
async def shop(web: httpx.AsyncClient) -> WorkspaceView:
    """A workspace in the database that the web application has connected to."""
    return await make_workspace()


@pytest.fixture
async def line(shop: WorkspaceView) -> ConnectionSummary:
    """A connection of that workspace."""
    return await make_connection(shop)


async def test_a_webhook_is_stored_with_its_bell_before_it_is_answered(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    body = result("buenas", message_id="wamid.one")
    answer = await post(web, line.slug, webhook(body))

    assert answer.status_code == 200
    [event] = await stored_events(shop.id)
    assert (event.kind, event.connection_id, event.sender_key) == ("message", line.id, "VE.584141112233")
    assert json.loads(event.body) == body
    assert event.correlation_id == answer.headers["x-request-id"]
    [row] = await outbox_rows_of(shop.id)
    assert (row.actor, row.arguments) == ("inbound.ingest", {"event_id": str(event.id)})
    assert row.correlation_id == event.correlation_id
    assert row.published_at is None


async def test_the_same_webhook_twice_is_stored_once_and_rings_once(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    body = webhook(result(message_id="wamid.same"))
    statuses = [(await post(web, line.slug, body)).status_code for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert len(await stored_events(shop.id)) == 1
    assert len(await outbox_rows_of(shop.id)) == 1


async def test_overlapping_batches_in_opposite_orders_neither_deadlock_nor_double(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    results = [result(f"n {number}", message_id=f"wamid.{number:02}") for number in range(30)]
    bodies = [webhook(*results), webhook(*reversed(results)), webhook(*results[10:]), webhook(*results[:20], *results[:5])]
    answers = await asyncio.gather(*(post(web, line.slug, body) for body in bodies * 4))

    assert {answer.status_code for answer in answers} == {200}
    events = await stored_events(shop.id)
    assert Counter(event.dedupe_key for event in events) == Counter(f"message:wamid.{n:02}" for n in range(30))
    assert len(await outbox_rows_of(shop.id)) == 30


async def test_one_bad_result_never_fails_its_batch(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    answer = await post(web, line.slug, webhook(result("a"), {"nonsense": True}, result("b\u0000", message_id="x\u0000y")))

    assert answer.status_code == 200
    kinds = Counter(event.kind for event in await stored_events(shop.id))
    assert kinds == {"message": 2, "unreadable": 1}


async def test_a_body_that_claims_too_many_results_is_kept_whole(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    body = webhook(*({"messageId": str(number), "seenAt": "x"} for number in range(2_001)))
    assert (await post(web, line.slug, body)).status_code == 200

    [event] = await stored_events(shop.id)
    assert (event.kind, event.body) == ("unreadable", body)


async def test_whoever_does_not_know_the_secret_is_sent_away_and_leaves_nothing(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    answers = [
        await post(web, line.slug, webhook(result()), headers={"X-Nexova-Secret": "guessed"}),
        await post(web, line.slug, webhook(result()), headers={}),
        await post(web, line.slug, webhook(result()), headers={"authorization": "Basic " + base64.b64encode(b"a:b").decode()}),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert {answer.json()["code"] for answer in answers} == {"bad_signature"}
    assert await stored_events(shop.id) == []


async def test_an_unknown_connection_is_not_found_in_the_language_that_was_asked_for(
    web: httpx.AsyncClient, line: ConnectionSummary
) -> None:
    spanish = await post(web, "nobody", webhook(result()))
    english = await web.post("/api/v1/webhooks/infobip/nobody", content=b"{}", headers={"accept-language": "en-GB"})

    assert (spanish.status_code, english.status_code) == (404, 404)
    assert spanish.json()["code"] == "connection_not_found"
    assert english.json()["detail"] == "There is no such connection."
    assert spanish.json()["detail"] != english.json()["detail"]


async def test_a_new_connection_is_found_soon_after_it_was_asked_for_in_vain(
    web: httpx.AsyncClient, shop: WorkspaceView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.webhooks.MISS_SECONDS", 0.0)
    assert (await post(web, "late-line", webhook(result()))).status_code == 404
    await make_connection(shop, slug="late-line")
    assert (await post(web, "late-line", webhook(result()))).status_code == 200


async def test_a_body_over_the_limit_is_refused(web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary) -> None:
    answer = await post(web, line.slug, webhook(result("x" * (1024 * 1024))))

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert await stored_events(shop.id) == []


async def test_equal_message_ids_of_two_workspaces_are_two_events(web: httpx.AsyncClient, shop: WorkspaceView) -> None:
    other = await make_workspace()
    lines_of_both = [await make_connection(shop), await make_connection(other)]
    body = webhook(result(message_id="wamid.shared"))
    for each in lines_of_both:
        assert (await post(web, each.slug, body)).status_code == 200

    assert len(await stored_events(shop.id)) == 1
    assert len(await stored_events(other.id)) == 1


async def test_while_the_database_is_away_the_provider_is_told_to_come_back(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary, database_gate: DatabaseGate
) -> None:
    assert (await post(web, line.slug, webhook(result()))).status_code == 200
    await database_gate.shut()
    refused = await post(web, line.slug, webhook(result(message_id="wamid.later")))
    not_ready = await web.get("/health/ready")
    await database_gate.open()
    accepted = await post(web, line.slug, webhook(result(message_id="wamid.later")))

    assert (refused.status_code, refused.json()["code"]) == (503, "door_unavailable")
    assert not_ready.status_code == 503
    assert accepted.status_code == 200
    assert len(await stored_events(shop.id)) == 2


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None))
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=5), max_leaves=12
)
near_misses = st.fixed_dictionaries(
    {},
    optional={
        "messageId": anything,
        "from": anything,
        "message": anything,
        "contact": anything,
        "status": anything,
        "seenAt": anything,
        "receivedAt": anything,
    },
)
fuzzed_bodies = (
    st.binary(max_size=400)
    | anything.map(lambda value: json.dumps(value).encode())
    | st.lists(near_misses | anything, max_size=4).map(lambda items: json.dumps({"results": items}).encode())
)


@examples(150, suppress=(HealthCheck.function_scoped_fixture,))
@given(body=fuzzed_bodies)
async def test_whatever_the_body_is_it_is_stored_and_answered_with_200(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary, body: bytes
) -> None:
    before = {event.id for event in await stored_events(shop.id)}
    first = await post(web, line.slug, body)
    after_first = {event.id for event in await stored_events(shop.id)}
    second = await post(web, line.slug, body)

    assert (first.status_code, second.status_code) == (200, 200)
    expected = _claimed_results(body)
    assert before <= after_first
    assert len(after_first) >= min(1, expected)
    assert {event.id for event in await stored_events(shop.id)} == after_first


def _claimed_results(body: bytes) -> int:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return 1
    results = content.get("results") if isinstance(content, dict) else None
    return len(results) if isinstance(results, list) else 1
