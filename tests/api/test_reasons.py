"""What takes rights, money or goods away is done for a reason, and the reason stands in the audit."""

from typing import Any

import httpx
from fastapi import FastAPI

from core.access import OperationsPermission
from domain.accounts.roles import Role
from tests.api.walking import Operation, operations
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace

TAKING = ("revoke", "cancel", "reject", "refund", "refunds", "adjust")
"""The last words of the paths of verbs that take something away."""


def is_sensitive(operation: Operation) -> bool:
    """Whether the operation takes rights, money or goods away."""
    ends_rights = operation.method == "DELETE" and operation.path.startswith("/api/v1/workspaces/")
    if "/planned/" in operation.path:
        return False  # a reply that has not gone out yet is its writer's own
    return (ends_rights and OperationsPermission.MANAGE in operation.permissions) or (
        operation.method == "POST" and operation.path.rsplit("/", 1)[-1] in TAKING
    )


def demands_a_reason(document: dict[str, Any], operation: Operation) -> bool:
    """Whether the document says that a reason must be given, in the body or, for a deletion, in the query."""
    raw = document["paths"][operation.path][operation.method.lower()]
    if any(each["name"] == "reason" and each["required"] for each in raw.get("parameters", [])):
        return True
    schema = raw.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    named = document["components"]["schemas"].get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
    return "reason" in named.get("required", [])


def test_every_route_that_takes_something_away_demands_a_reason(application: FastAPI) -> None:
    sensitive = [each for each in operations(application) if is_sensitive(each)]
    names = {each.id for each in sensitive}
    assert {"workspaces_delete", "roles_delete", "api_keys_revoke", "orders_cancel", "payments_reject"} <= names
    assert [each.id for each in sensitive if not demands_a_reason(application.openapi(), each)] == []


async def test_the_reason_stands_in_the_audit(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, viewer = await employ(api, workspace), await employ(api, workspace, Role.VIEWER)
    home = f"/api/v1/workspaces/{workspace.id}"
    key = await api.post(f"{home}/api-keys", headers=owner.headers, json={"name": "k", "permissions": ["stock:read"]})
    role = await api.post(f"{home}/roles", headers=owner.headers, json={"name": "caja", "permissions": ["orders:read"]})
    first = owner.headers | {"if-match": '"v1"'}
    requests = [
        ("POST", f"{home}/api-keys/{key.json()['id']}/revoke", "json", "key_leaked"),
        ("DELETE", f"{home}/roles/{role.json()['id']}", "params", "role_unused"),
        ("PATCH", f"{home}/members/{viewer.id}", "json", "left_the_shop"),
        ("DELETE", home, "params", "shop_closed"),
    ]
    for method, path, place, _ in requests:
        for missing in ({}, {"reason": " "}):
            wrong: dict[str, Any] = {place: missing | ({"status": "suspended"} if method == "PATCH" else {})}
            refused = await api.request(method, path, headers=first, **wrong)
            assert (refused.status_code, refused.json()["code"]) == (422, "malformed"), (path, refused.text)
    # The shop itself is given up last, as nobody looks into it afterwards
    for method, path, place, reason in requests[:-1]:
        given: dict[str, Any] = {place: {"reason": reason} | ({"status": "suspended"} if method == "PATCH" else {})}
        done = await api.request(method, path, headers=first, **given)
        assert done.status_code in (200, 204), (path, done.text)
    trail = (await api.get("/api/v1/audit?limit=100", headers=owner.headers)).json()["data"]
    assert {"key_leaked", "role_unused", "left_the_shop"} <= {each["reason"] for each in trail}
    closed = await api.delete(home, headers=first, params={"reason": "shop_closed"})
    assert closed.status_code == 204, closed.text
