"""The audit trail: found by who, what, when, from where and by what stands in it; only for who runs the house."""

import csv
import io
from typing import Any
from uuid import uuid4

import httpx

from core import events
from core.access import Principal
from core.event_types import EventType
from core.work import open_work
from domain.accounts.roles import Role
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace


async def test_what_happened_is_found_by_what_stands_in_it(api: httpx.AsyncClient) -> None:
    workspace, foreign = await make_workspace(), await make_workspace()
    owner = await employ(api, workspace)
    packed, changed, elsewhere = uuid4(), uuid4(), uuid4()
    async with open_work(Principal.system(workspace.id)) as work:
        events.record(work, EventType.ORDER_PACKED, subject=packed, reason="Faltó 100% del azúcar")
        events.record(work, EventType.PRODUCT_CHANGED, subject=changed, before={"name": "Arroz"}, after={"name": "Arroz Mary"})
    async with open_work(Principal.system(foreign.id)) as work:
        events.record(work, EventType.ORDER_PACKED, subject=elsewhere, reason="azúcar")
    role = {"name": "caja", "permissions": ["orders:read"]}
    made = await api.post(f"/api/v1/workspaces/{workspace.id}/roles", headers=owner.headers, json=role)

    async def found(**query: Any) -> list[str]:
        answer = await api.get("/api/v1/audit", headers=owner.headers, params=query)
        assert answer.status_code == 200, answer.text
        return [each["subject_id"] for each in answer.json()["data"]]

    assert await found(text="AZÚCAR") == [str(packed)]
    assert await found(text="100%") == [str(packed)]
    assert await found(text="1_0") == []  # what is looked for is no pattern
    assert await found(text="arroz mary") == [str(changed)]
    assert await found(text="mary", type="order.packed") == []
    assert await found(request_id=made.headers["x-request-id"]) == [made.json()["id"]]
    assert made.json()["id"] in await found(ip="127.0.0.1", actor_id=owner.id)
    assert await found(ip="203.0.113.1") == []
    # The newest comes first, page by page
    whole = (await api.get("/api/v1/audit?limit=100", headers=owner.headers)).json()["data"]
    positions = [each["position"] for each in whole]
    assert positions == sorted(positions, reverse=True)
    first = (await api.get("/api/v1/audit?limit=2", headers=owner.headers)).json()
    second = await api.get("/api/v1/audit", headers=owner.headers, params={"limit": 2, "cursor": first["next_cursor"]})
    assert [each["position"] for each in [*first["data"], *second.json()["data"]]] == positions[:4]
    # And what is found goes out as a file
    file = await api.get("/api/v1/audit/export", headers=owner.headers, params={"text": "azúcar"})
    assert file.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [(row["subject_id"], row["reason"]) for row in rows] == [(str(packed), "Faltó 100% del azúcar")]


async def test_only_who_runs_the_house_looks_into_it(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    manager = await employ(api, workspace, Role.MANAGER)
    for path in ("/api/v1/audit", "/api/v1/audit/export"):
        assert (await api.get(path, headers=manager.headers)).status_code == 403
