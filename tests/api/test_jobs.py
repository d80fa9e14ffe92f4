"""Jobs and dead letters over the API: each workspace sees its own, tries it again once, or gives it up for good."""

from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.queue.broker import open_broker
from app.queue.jobs import Ring
from core import outbox
from core.access import Principal
from core.inbound import InboundEvent
from core.settings import Settings
from core.tables import new_id
from core.work import open_work
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from tests.factories.chat import send
from tests.factories.staff import employ
from tests.factories.workspaces import make_connection, make_workspace
from tests.queues.test_dead_rings import crashed


async def _give_up(settings: Settings, workspace: WorkspaceView) -> dict[str, str]:
    """Let one thing of each kind be given up in a workspace; their ids by kind."""
    connection = await make_connection(workspace)
    await send(workspace.id, connection.id, "584141112233", image="https://media.example/x")
    event_id = new_id()
    async with open_work(Principal.system(workspace.id)) as work:
        outbox.enqueue(work, "inbound.ingest", event_id=event_id)
        await work.session.flush()
        await work.session.execute(text("UPDATE outbox_messages SET published_at = now() WHERE actor <> 'inbound.ingest'"))
        await work.session.execute(text("UPDATE outbox_messages SET parked_reason = 'no queue' WHERE published_at IS NULL"))
        await work.session.execute(text("UPDATE attachments SET status = 'failed', error_code = 'gone'"))
        work.session.add(
            InboundEvent(
                workspace_id=workspace.id,
                id=event_id,
                connection_id=connection.id,
                kind="message",
                dedupe_key="k",
                correlation_id="c",
                body=b"",
                position=0,
                attempts=8,
                next_try_at=work.system_time,
                parked_reason="unreadable",
            )
        )
    broker = open_broker(settings)
    ring = crashed(broker, Ring("media.process", {"workspace_id": str(workspace.id), "attachment_id": str(new_id())}))
    broker.close()
    return {"event": str(event_id), "ring": ring}


async def test_what_was_given_up_is_listed_page_by_page_in_its_workspace_only(
    application: FastAPI, api: httpx.AsyncClient, settings: Settings
) -> None:
    workspace, other = await make_workspace(), await make_workspace()
    given_up = await _give_up(settings, workspace)
    owner, stranger = await employ(api, workspace), await employ(api, other)
    seen, cursor = [], None
    while True:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/api/v1/dead-letters", headers=owner.headers, params=query)).json()
        seen += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(letter["kind"] for letter in seen) == ["attachment", "event", "outbox", "ring"]
    assert {letter["id"] for letter in seen} >= set(given_up.values())
    waiting = {job["name"]: job for job in (await api.get("/api/v1/jobs", headers=owner.headers)).json()["data"]}
    assert (waiting["inbound.ingest"]["given_up"], waiting["inbound.ingest"]["waiting"]) == (1, 0)
    # Nobody else sees, retries or discards it
    assert (await api.get("/api/v1/dead-letters", headers=stranger.headers)).json()["data"] == []
    for letter in seen:
        for verb in ("retry", "discard"):
            answer = await api.post(f"/api/v1/dead-letters/{letter['id']}/{verb}", headers=stranger.headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "dead_letter_not_found")
    manager = await employ(api, workspace, Role.MANAGER)
    assert (await api.get("/api/v1/dead-letters", headers=manager.headers)).status_code == 403


@pytest.mark.parametrize("verb", ["retry", "discard"])
async def test_each_kind_is_taken_up_once_and_the_stream_says_by_whom(
    application: FastAPI, api: httpx.AsyncClient, settings: Settings, verb: str
) -> None:
    workspace = await make_workspace()
    await _give_up(settings, workspace)
    owner = await employ(api, workspace)
    letters = (await api.get("/api/v1/dead-letters", headers=owner.headers)).json()["data"]
    assert len(letters) == 4
    for letter in letters:
        path = f"/api/v1/dead-letters/{letter['id']}/{verb}"
        first = await api.post(path, headers=owner.headers | {"idempotency-key": f"k-{letter['id']}"})
        assert first.status_code == (200 if verb == "retry" else 204), (letter, first.text)
        again = await api.post(path, headers=owner.headers | {"idempotency-key": f"k-{letter['id']}"})
        assert (again.status_code, again.headers["idempotent-replayed"]) == (first.status_code, "true")
        gone = await api.post(path, headers=owner.headers)
        assert (gone.status_code, gone.json()["code"]) == (404, "dead_letter_not_found")
    assert (await api.get("/api/v1/dead-letters", headers=owner.headers)).json()["data"] == []
    told = (await api.get(f"/api/v1/events?limit=100&actor_id={owner.id}", headers=owner.headers)).json()["data"]
    assert {each["subject_id"] for each in told} == {letter["id"] for letter in letters}
    async with open_work(Principal.system(workspace.id)) as work:
        (pending,) = (await work.session.execute(text("SELECT count(*) FROM outbox_messages WHERE published_at IS NULL"))).one()
        (open_,) = (await work.session.execute(text("SELECT count(*) FROM inbound_events WHERE handled_at IS NULL"))).one()
        (file,) = (await work.session.execute(text("SELECT status FROM attachments"))).one()
    assert (pending > 0, open_, file) == ((True, 1, "pending") if verb == "retry" else (False, 0, "discarded"))


async def test_an_id_of_nothing_is_not_found(application: FastAPI, api: httpx.AsyncClient) -> None:
    owner = await employ(api, await make_workspace())
    unknown: UUID = uuid4()
    assert (await api.post(f"/api/v1/dead-letters/{unknown}/retry", headers=owner.headers)).status_code == 404
