"""What every route of the API has in common: who may call it, how it refuses, how lists go on, what its document says."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.web.api import routing
from app.web.limits import Buckets
from core.settings import Settings
from domain.accounts.roles import Role
from tests.api.walking import OPEN, operations
from tests.factories.shop import open_shop
from tests.factories.staff import employ, make_person
from tests.factories.workspaces import make_workspace

# The nouns, by the first word of their operations, each of whose bodies has an example.
EXEMPLARY = {
    "aliases", "api", "auth", "bulk", "categories", "customers", "imports", "members", "notifications", "orders", "payments",
    "products", "purchases", "returns", "roles", "settings", "stock", "stores", "subscriptions", "suppliers", "tools",
    "variants", "workspaces",
}  # fmt: skip
DOCUMENTED = {"400", "401", "403", "404", "409", "412", "413", "422", "428", "429", "500", "503"}


def test_every_operation_declares_its_security_and_documents_its_errors(application: FastAPI) -> None:
    found = operations(application)
    assert len({each.id for each in found}) == len(found) > 5
    for each in found:
        assert each.id in OPEN or each.security == ["bearer"], each.id
        assert set(each.responses) >= DOCUMENTED, each.id
        assert each.summary, each.id


def test_bodies_have_examples_that_their_own_routes_take(application: FastAPI) -> None:
    found = (context.original_route for context in iter_route_contexts(application.routes))
    routes = {route.unique_id: route for route in found if isinstance(route, APIRoute)}
    paths = application.openapi()["paths"].values()
    bodies = {each["operationId"]: each["requestBody"] for ways in paths for each in ways.values() if "requestBody" in each}
    shown = {
        name: body["content"]["application/json"] for name, body in bodies.items() if "application/json" in body["content"]
    }

    without = {name for name, body in shown.items() if "example" not in body}
    assert {name for name in without if name.partition("_")[0] in EXEMPLARY} == set()
    # And none is of a model that there is no more
    examples = yaml.safe_load((Path(routing.__file__).parent / "examples.yaml").read_text("utf-8"))
    used = [shown[name]["example"] for name in shown.keys() - without]
    assert [name for name, example in examples.items() if example not in used] == []
    for name in shown.keys() - without:
        field = routes[name].body_field
        assert field is not None, name
        assert field.validate(shown[name]["example"], loc=("body",))[1] == [], name


def test_every_route_of_the_api_stands_in_the_document(application: FastAPI) -> None:
    assert application.openapi()["openapi"].startswith("3.1")
    documented = {(each.method, each.path) for each in operations(application)}
    served = {
        (method, path)
        for context in iter_route_contexts(application.routes)
        if (path := context.path_format or "").startswith("/api/v1/") and not path.startswith("/api/v1/webhooks")
        for method in context.methods or ()
    }
    assert len(served) > len(EXEMPLARY)
    assert served <= documented


WITHOUT_KEY = {
    # Who one is belongs to no workspace in which a key could be kept: what is proved there is proved once by its own token
    # or link, or comes to the same however often it is done.
    "auth_": "identity",
    # It looks whether a line answers, and writes nothing.
    "connections_test": "a look",
    # It enters the ERP and tries its queries out, and changes nothing.
    "erp_check": "a look",
    # A reading is one by its sensor and its time, however often it is sent.
    "ingest_": "idempotent by itself",
}


def test_every_write_may_be_repeated_under_a_key(application: FastAPI) -> None:
    keyed: set[str] = set()
    others: set[str] = set()
    for path, methods in application.openapi()["paths"].items():
        for method, each in methods.items():
            if method == "get":
                continue
            has_key = "idempotency-key" in {parameter["name"] for parameter in each.get("parameters", [])}
            (keyed if has_key else others).add(f"{each['operationId']} {path}")
    assert [each for each in others if not each.startswith(tuple(WITHOUT_KEY))] == []
    assert len(keyed) > 100


async def test_no_route_answers_without_a_token_or_with_a_false_one(application: FastAPI, api: httpx.AsyncClient) -> None:
    for each in operations(application):
        if each.id in OPEN:
            continue
        for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic YTpi"}):
            answer = await api.request(each.method, each.address(uuid4()), headers=headers, json={})
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), each.id
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_no_route_tells_of_a_workspace_in_which_one_does_not_work(application: FastAPI, api: httpx.AsyncClient) -> None:
    owner = await employ(api, await make_workspace())
    foreign = await make_workspace()
    stranger = {"authorization": owner.headers["authorization"]}
    for each in operations(application):
        if not each.is_in_workspace:
            continue
        told = []
        for workspace_id in (foreign.id, uuid4()):
            headers = stranger if "{workspace_id}" in each.path else {**stranger, "x-workspace-id": str(workspace_id)}
            answer = await api.request(each.method, each.address(workspace_id), headers=headers, json={})
            told.append((answer.status_code, answer.json()["code"], answer.json()["detail"]))
        assert told[0] == told[1] == (404, "workspace_not_found", told[0][2]), each.id


async def test_a_suspended_member_and_a_closed_session_are_refused_at_once(api: httpx.AsyncClient) -> None:
    person = await employ(api, await make_workspace())
    assert (await api.get("/api/v1/products", headers=person.headers)).status_code == 200
    await api.post("/api/v1/auth/logout-everywhere", headers=person.headers)
    assert (await api.get("/api/v1/products", headers=person.headers)).status_code == 401


async def test_a_list_is_read_to_its_end_and_each_thing_once(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    viewer = await employ(api, workspace, Role.VIEWER)
    seen, cursor = [], None
    for _ in range(10):
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/api/v1/products", headers=viewer.headers, params=query)).json()
        seen += [item["code"] for item in page["data"]]
        cursor = page["next_cursor"]
        assert page["has_more"] == (cursor is not None)
        if cursor is None:
            break
    assert seen == ["ACE-1", "HAR-1", "QUE-1"]
    shown = (await api.get("/api/v1/products/HAR-1", headers=viewer.headers)).json()
    assert shown["variants"][0]["price"] == "25000.00"


async def test_a_cursor_cannot_be_forged_or_taken_to_another_list(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    viewer = await employ(api, workspace, Role.VIEWER)
    cursor = (await api.get("/api/v1/products?limit=1", headers=viewer.headers)).json()["next_cursor"]
    for query in (f"cursor={cursor}x", "cursor=x", f"cursor={cursor}&category=/despensa/"):
        answer = await api.get(f"/api/v1/products?{query}", headers=viewer.headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_refused"), query


async def test_what_a_route_does_not_know_is_refused_by_name(api: httpx.AsyncClient) -> None:
    viewer = await employ(api, await make_workspace(), Role.VIEWER)
    headers = viewer.headers | {"accept-language": "en"}
    near = await api.get("/api/v1/products?categori=x", headers=headers)
    assert (near.status_code, near.json()["code"]) == (400, "parameter_misspelt")
    assert near.json()["detail"] == "This address does not know the parameter categori. Did you mean category?"
    far = await api.get("/api/v1/products?zzz=x", headers=headers)
    assert (far.status_code, far.json()["code"]) == (400, "parameter_unknown")
    field = await api.post("/api/v1/auth/login", json={"email": "a@b.test", "password": "x", "remember": True})
    assert (field.status_code, field.json()["code"]) == (400, "unknown_field")
    assert field.json()["errors"][0]["pointer"] == "/remember"


@pytest.mark.parametrize(
    ("query", "parameter", "code"), [("limit=0", "limit", "greater_than_equal"), ("limit=no", "limit", "int_parsing")]
)
async def test_malformed_input_names_each_fault_in_the_language_of_the_caller(
    api: httpx.AsyncClient, query: str, parameter: str, code: str
) -> None:
    viewer = await employ(api, await make_workspace(), Role.VIEWER)
    answers = [
        await api.get(f"/api/v1/products?{query}", headers=viewer.headers | {"accept-language": language})
        for language in ("es", "en")
    ]
    faults = [answer.json()["errors"][0] for answer in answers]
    assert {answer.status_code for answer in answers} == {422}
    assert {(fault["parameter"], fault["code"]) for fault in faults} == {(parameter, code)}
    assert faults[0]["detail"] != faults[1]["detail"]


async def test_a_workspace_must_be_named_once(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    answer = await api.get("/api/v1/products", headers=person.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "workspace_missing")


async def test_a_body_beyond_the_limit_is_refused_before_and_while_it_is_read(
    api: httpx.AsyncClient, settings: Settings
) -> None:
    big = b"x" * (settings.request_body_limit + 1)

    async def unannounced() -> "httpx.AsyncByteStream":  # type: ignore[misc]  # a stream of bytes for httpx
        yield big

    for content in (big, unannounced()):
        answer = await api.post("/api/v1/auth/login", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_whoever_asks_too_often_is_told_when_to_come_back(application: FastAPI, api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    buckets: Buckets = application.state.buckets
    answer = await api.get("/api/v1/auth/me", headers=person.headers)
    assert answer.headers["x-ratelimit-limit"] == "100000"
    assert answer.headers["ratelimit-policy"] == '"user";q=100000;w=60'
    taken = [await buckets.take("test", "somebody", 3) for _ in range(5)]
    assert [took for took, _ in taken] == [True, True, True, False, False]
    assert 0 < taken[-1][1].retry_after <= 20


async def test_an_unforeseen_error_leaks_nothing(application: FastAPI, api: httpx.AsyncClient) -> None:
    @application.get("/api/v1/bug", include_in_schema=False)
    async def bug() -> None:
        raise RuntimeError("the password is swordfish")

    answer = await api.get("/api/v1/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert "swordfish" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_the_page_behind_a_problem_exists(api: httpx.AsyncClient) -> None:
    told = (await api.get("/api/v1/auth/me")).json()
    page = await api.get(told["type"].removeprefix("http://127.0.0.1:8000"))
    assert page.status_code == 200
    assert told["code"] in page.text
    assert told["detail"] in page.text
    assert (await api.get("/problems/nonsense")).status_code == 404
