"""One rule for what does not exist: 404 and a code that ends in `_not_found`, whether a path or a body names it."""

from typing import Any
from uuid import uuid4

from fastapi import FastAPI

from tests.api.walking import operations
from tests.factories.desk import Desk

UNKNOWN = str(uuid4())


def bodies(desk: Desk) -> list[tuple[str, str, dict[str, Any]]]:
    """Routes, the name in their body that stands for nothing, and the rest of the body."""
    store, flour, customer = str(desk.shop.store_id), str(desk.shop.variants["HAR-1"]), str(desk.chat.customer_id)
    line = {"variant_id": flour, "quantity": "1"}
    return [
        ("/stock/adjust", "store_id", {"variant_id": flour, "delta": "1", "reason": "found"}),
        ("/stock/adjust", "variant_id", {"store_id": store, "delta": "1", "reason": "found"}),
        ("/stock/reserve", "store_id", {"lines": [line]}),
        ("/stock/reserve", "lines/0/variant_id", {"store_id": store, "lines": [line]}),
        ("/orders", "customer_id", {"lines": [{"sku": "HAR-1", "quantity": "1"}]}),
        ("/orders", "store_id", {"customer_id": customer, "lines": [{"sku": "HAR-1", "quantity": "1"}]}),
        ("/stock-transfers", "from_store_id", {"to_store_id": store, "lines": [line]}),
        ("/stock-transfers", "to_store_id", {"from_store_id": store, "lines": [line]}),
        ("/stock-counts", "store_id", {"name": "monthly"}),
        ("/purchase-orders", "supplier_id", {"store_id": store}),
    ]


def with_unknown(name: str, body: dict[str, Any]) -> dict[str, Any]:
    first, *rest = name.split("/")
    if not rest:
        return body | {first: UNKNOWN}
    return body | {first: [body[first][0] | {rest[1]: UNKNOWN}]}


async def test_what_a_body_names_and_does_not_exist_is_not_found(desk: Desk, application: FastAPI) -> None:
    served = {each.path for each in operations(application)}
    asked = [(path, name, body) for path, name, body in bodies(desk) if f"/api/v1{path}" in served]
    answers = {(path, name): await desk.post(path, with_unknown(name, body)) for path, name, body in asked}
    told = {where: (answer.status_code, answer.json()["code"]) for where, answer in answers.items()}
    assert {where: said for where, said in told.items() if said[0] != 404 or not said[1].endswith("_not_found")} == {}
    assert len(told) >= 8


async def test_what_a_path_names_and_does_not_exist_is_not_found(desk: Desk, application: FastAPI) -> None:
    asked = 0
    for each in operations(application):
        if each.method != "GET" or not each.path.endswith("_id}") or "{workspace_id}" in each.path:
            continue
        answer = await desk.api.get(each.address(uuid4()), headers=desk.owner.headers)
        assert answer.status_code == 404, (each.id, answer.text)
        assert answer.json()["code"].endswith("_not_found"), (each.id, answer.text)
        asked += 1
    assert asked >= 8
