"""Lines and settings over the API: secrets go in and never come out, and a line is tried before customers do."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from channels import registry
from core import events
from core.access import Principal
from core.work import open_work
from domain.accounts.roles import Role
from domain.connections import service as connections
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_connection, make_workspace

KEY, SECRET = "key-that-nobody-sees", "secret-that-nobody-sees"
CREDENTIALS = {"api_key": KEY, "webhook": {"method": "header", "header": "X-Proof", "secret": SECRET}}
LINE = {
    "slug": "line-of-tests",
    "medium": "whatsapp",
    "provider": "infobip",
    "name": "WhatsApp",
    "address": "+584120000001",
    "credentials": CREDENTIALS,
}


async def opened(api: httpx.AsyncClient) -> tuple[Employee, str]:
    """An owner with a line."""
    owner = await employ(api, await make_workspace())
    made = await api.post("/api/v1/connections", headers=owner.headers, json=LINE)
    assert made.status_code == 201, made.text
    return owner, f"/api/v1/connections/{made.json()['id']}"


async def test_no_answer_and_no_event_shows_a_secret(api: httpx.AsyncClient) -> None:
    owner, path = await opened(api)
    told = []
    seen = owner.headers | {"if-match": '"v1"', "idempotency-key": "k"}
    told.append(await api.post(f"{path}/rotate", headers=seen, json=CREDENTIALS))
    told.append(await api.post(f"{path}/rotate", headers=seen, json=CREDENTIALS))
    assert [one.status_code for one in told] == [200, 200]
    told += [await api.get(path, headers=owner.headers), await api.get("/api/v1/connections", headers=owner.headers)]
    told.append(await api.post("/api/v1/connections", headers=owner.headers, json=LINE | {"slug": 1}))
    assert told[-1].status_code == 422
    assert told[2].json()["webhook_method"] == "header"
    assert owner.workspace_id is not None
    async with open_work(Principal.system(owner.workspace_id)) as work:
        stream = json.dumps([(one.before, one.after) for one in await events.page(work)])
        line = await connections.get(work, told[2].json()["id"])
    for text in (*(one.text for one in told), stream):
        assert KEY not in text
        assert SECRET not in text
    assert line.credentials.api_key.get_secret_value() == KEY


async def test_a_line_is_changed_by_one_of_two_and_put_to_rest(api: httpx.AsyncClient) -> None:
    owner, path = await opened(api)
    seen = owner.headers | {"if-match": '"v1"'}
    body = {"name": "Ventas", "settings": {"store": "T-1"}, "is_active": False}
    changed = await api.patch(path, headers=seen, json=body)
    assert (changed.json()["name"], changed.json()["settings"]["store"]) == ("Ventas", "T-1"), changed.text
    assert changed.json()["is_active"] is False
    assert (await api.patch(path, headers=seen, json=body)).status_code == 412
    with pytest.raises(connections.ConnectionNotFound):
        await connections.find_by_slug("line-of-tests")
    manager = await employ(api, await make_workspace(), Role.OWNER)
    for method, way, sent in (
        ("GET", "", None),
        ("PATCH", "", body),
        ("POST", "/rotate", CREDENTIALS),
        ("POST", "/test", None),
    ):
        answer = await api.request(method, path + way, headers=manager.headers | {"if-match": '"v2"'}, json=sent)
        assert answer.status_code == 404, (method, way)


@pytest.fixture
async def provider(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, int]]:
    """A provider's far end on a socket of HTTP, which answers as it is told."""
    answers = {"status": 200}
    far = FastAPI()

    @far.get("/whatsapp/1/senders/{sender}/business-info")
    async def business_info(sender: str) -> Any:
        return JSONResponse({"displayName": sender}, answers["status"])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=far)) as client:
        monkeypatch.setattr(registry, "_client", client)
        yield answers


@pytest.mark.parametrize(
    ("status", "code"), [(200, "ok"), (401, "key_refused"), (403, "key_refused"), (404, "sender_unknown"), (500, "unclear")]
)
async def test_a_line_is_tried_at_its_provider(
    api: httpx.AsyncClient, provider: dict[str, int], status: int, code: str
) -> None:
    owner, path = await opened(api)
    provider["status"] = status
    told = (await api.post(f"{path}/test", headers=owner.headers)).json()
    assert told == {"is_usable": code == "ok", "code": code, "http_status": status}


async def test_a_line_whose_provider_does_not_answer_is_told_so(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    line = await make_connection(workspace, base_url="http://127.0.0.1:9")
    owner = await employ(api, workspace)
    told = (await api.post(f"/api/v1/connections/{line.id}/test", headers=owner.headers)).json()
    assert (told["is_usable"], told["code"]) == (False, "unreachable")


async def test_settings_that_are_not_said_stay(api: httpx.AsyncClient) -> None:
    owner = await employ(api, await make_workspace())
    path = "/api/v1/settings"
    shown = await api.get(path, headers=owner.headers)
    seen = owner.headers | {"if-match": shown.headers["etag"]}
    first = await api.patch(path, headers=seen, json={"hold_minutes": 45, "minimum_order": "12.50"})
    assert first.status_code == 200, first.text
    assert (await api.patch(path, headers=seen, json={"hold_minutes": 1})).status_code == 412
    again = owner.headers | {"if-match": first.headers["etag"]}
    last = (await api.patch(path, headers=again, json={"offers_pickup": False})).json()
    assert (last["hold_minutes"], last["minimum_order"], last["offers_pickup"]) == (45, "12.50", False)
