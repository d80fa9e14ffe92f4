"""The stream of events over the API: everything that staff do, by whom, from where, and never rewritten."""

import csv
import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import events
from core.access import Principal
from core.event_types import EventType
from core.work import open_work
from domain.accounts.roles import Role
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace


async def _happen(
    workspace_id: UUID, number: int, kind: EventType = EventType.ORDER_DRAFTED, reason: str | None = None
) -> list[UUID]:
    ids = [uuid4() for _ in range(number)]
    async with open_work(Principal.system(workspace_id)) as work:
        for each in ids:
            events.record(work, kind, subject=each, reason=reason, before={"total": "1"}, after={"total": "2"})
    return ids


async def test_the_stream_is_read_from_either_end_each_event_once(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner = await employ(api, workspace)
    await _happen(workspace.id, 7)
    whole = (await api.get("/api/v1/events?limit=100", headers=owner.headers)).json()["data"]
    positions = [each["position"] for each in whole]
    assert positions == list(range(1, len(whole) + 1))
    for order, expected in (("oldest", positions), ("newest", positions[::-1])):
        seen, cursor = [], None
        while True:
            query = {"limit": "3", "order": order} | ({"cursor": cursor} if cursor else {})
            page = (await api.get("/api/v1/events", headers=owner.headers, params=query)).json()
            seen += [each["position"] for each in page["data"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == expected, order
    last = whole[-1]
    replayed = (await api.get(f"/api/v1/events/order/{last['subject_id']}/replay", headers=owner.headers)).json()
    assert (replayed["number"], replayed["values"]["total"]["value"]) == (1, "2")
    unknown = await api.get(f"/api/v1/events/payment/{last['subject_id']}/replay", headers=owner.headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "subject_unknown")
    followed = (await api.get(f"/api/v1/events?after={positions[-3]}", headers=owner.headers)).json()["data"]
    assert [each["position"] for each in followed] == positions[-2:]


async def test_each_filter_leaves_only_what_it_names(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner = await employ(api, workspace)
    drafted = await _happen(workspace.id, 2)
    (packed,) = await _happen(workspace.id, 1, EventType.ORDER_PACKED, "lista")
    await api.post(
        f"/api/v1/workspaces/{workspace.id}/roles", headers=owner.headers, json={"name": "caja", "permissions": ["orders:read"]}
    )
    at = (await api.get(f"/api/v1/events?subject_id={packed}", headers=owner.headers)).json()["data"][0]["at"]

    async def found(**query: Any) -> list[str]:
        answer = await api.get("/api/v1/events", headers=owner.headers, params={"limit": 100} | query)
        assert answer.status_code == 200, answer.text
        return [each["subject_id"] for each in answer.json()["data"]]

    assert await found(type="order.packed") == [str(packed)]
    assert set(await found(type=["order.packed", "order.drafted"])) == {str(packed), *map(str, drafted)}
    assert set(await found(subject_kind="order")) == {str(packed), *map(str, drafted)}
    assert await found(subject_id=drafted[0]) == [str(drafted[0])]
    assert len(await found(actor_id=owner.id, actor_kind="user")) == 1
    assert await found(type="order.packed", since=at) == [str(packed)]
    assert await found(type="order.packed", until=at) == []
    refused = await api.get("/api/v1/events?since=2026-01-01T00:00:00", headers=owner.headers)
    assert refused.status_code == 422


async def test_what_staff_do_says_from_where_and_with_what(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner = await employ(api, workspace)
    headers = owner.headers | {"user-agent": "Caja/1.0 " + "x" * 400}
    body = {"name": "caja", "permissions": ["orders:read"]}
    assert (await api.post(f"/api/v1/workspaces/{workspace.id}/roles", headers=headers, json=body)).status_code == 201
    (made,) = (await api.get("/api/v1/events?type=role.created", headers=owner.headers)).json()["data"]
    assert (made["actor_kind"], made["actor_id"], made["ip"]) == ("user", str(owner.id), "127.0.0.1")
    assert made["agent"] == headers["user-agent"][:300]
    assert made["after"]["name"] == "caja"
    # What the house does by itself comes from nowhere
    await _happen(workspace.id, 1)
    (own,) = (await api.get("/api/v1/events?type=order.drafted", headers=owner.headers)).json()["data"]
    assert (own["actor_kind"], own["ip"], own["agent"]) == ("system", None, None)


async def test_only_who_runs_the_house_reads_its_events(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    manager = await employ(api, workspace, Role.MANAGER)
    for path in ("/api/v1/events", "/api/v1/events/export"):
        assert (await api.get(path, headers=manager.headers)).status_code == 403


async def test_the_whole_stream_is_taken_out_as_a_file_without_formulas(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner = await employ(api, workspace)
    ids = await _happen(workspace.id, events.LONGEST_PAGE + 3, reason='=HYPERLINK("x")')
    answer = await api.get("/api/v1/events/export?subject_kind=order", headers=owner.headers)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["subject_id"] for row in rows] == [str(each) for each in ids]
    assert rows[0]["reason"] == '\'=HYPERLINK("x")'
    assert (rows[0]["before"], rows[0]["after"]) == ('{"total": "1"}', '{"total": "2"}')


@pytest.mark.parametrize(
    "change", ["UPDATE events SET reason = 'nada'", "DELETE FROM events", "DELETE FROM event_positions", "TRUNCATE events"]
)
async def test_nobody_rewrites_what_happened(api: httpx.AsyncClient, change: str) -> None:
    workspace = await make_workspace()
    await _happen(workspace.id, 1)
    with pytest.raises(DBAPIError, match="permission denied"):
        await _run(workspace.id, change)


async def _run(workspace_id: UUID, change: str) -> None:
    async with open_work(Principal.system(workspace_id)) as work:
        await work.session.execute(text(change))
