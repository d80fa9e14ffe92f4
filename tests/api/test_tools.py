"""Staff call tools themselves: with their rights and no more, once under a key, and each call is written down."""

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]  # the package ships no types
import pytest

from core.work import open_work
from domain.accounts.roles import Role
from tests.factories.chat import level
from tests.factories.desk import Desk
from tests.factories.staff import Employee, employ
from tools import registry
from tools.audience import AudienceKind

BROKEN = {"sku": "HAR-1", "store": "T-1", "change": -3, "reason": "rotura"}


async def call(
    desk: Desk, arguments: object = BROKEN, tool: str = "adjust_stock", by: Employee | None = None, **headers: str
) -> httpx.Response:
    return await desk.post(f"/tools/{tool}", {"arguments": arguments}, by, **headers)


async def written(desk: Desk) -> list[dict[str, Any]]:
    return list((await desk.get("/events", type=["tool.called", "tool.refused"]))["data"])


async def test_everybody_is_shown_what_they_may_call(desk: Desk) -> None:
    (shown,) = [one for one in (await desk.get("/tools"))["data"] if one["name"] == "adjust_stock"]
    assert (shown["name"], shown["permission"], shown["writes"]) == ("adjust_stock", "stock:adjust", True)
    jsonschema.Draft202012Validator.check_schema(shown["parameters"])
    jsonschema.validate(BROKEN, shown["parameters"])
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    seen = (await desk.get("/tools", by=viewer))["data"]
    assert seen
    assert not any(one["writes"] for one in seen)
    # What belongs to a chat alone is shown to nobody here
    assert "decide_change" not in {one["name"] for one in (await desk.get("/tools"))["data"]}


async def test_a_call_does_what_it_says_and_stands_in_the_journal(desk: Desk) -> None:
    answer = await call(desk, accept_language="es")
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert (result["status"], result["code"], result["data"]["on_hand"]) == ("ok", "stock_adjusted", "7.000")
    assert "7" in result["say"]
    assert "{" not in result["say"]
    assert await level(desk.chat, "HAR-1") == (Decimal(7), Decimal(0))
    (event,) = await written(desk)
    assert (event["type"], event["subject_id"], event["actor_id"]) == ("tool.called", result["id"], str(desk.owner.id))
    assert event["after"] == {"tool": "adjust_stock", "arguments": BROKEN, "status": "ok", "code": "stock_adjusted"}


async def test_the_same_key_is_one_call(desk: Desk) -> None:
    answers = [await call(desk, idempotency_key="k-1") for _ in range(3)]
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert await level(desk.chat, "HAR-1") == (Decimal(7), Decimal(0))
    assert len(await written(desk)) == 1
    other = await call(desk, BROKEN | {"change": -1}, idempotency_key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    raced = await asyncio.gather(*(call(desk, BROKEN | {"change": -1}, idempotency_key="k-2") for _ in range(4)))
    assert {answer.status_code for answer in raced} <= {200, 409}
    assert await level(desk.chat, "HAR-1") == (Decimal(6), Decimal(0))


@pytest.mark.parametrize(
    ("tool", "arguments", "status", "code"),
    [
        ("no_such_tool", {}, 404, "unknown_tool"),
        ("confirm_order", {}, 404, "unknown_tool"),
        ("adjust_stock", {}, 400, "invalid_arguments"),
        ("adjust_stock", BROKEN | {"change": "all"}, 400, "invalid_arguments"),
        ("adjust_stock", BROKEN | {"surprise": 1}, 400, "invalid_arguments"),
        ("adjust_stock", BROKEN | {"sku": "NO-1"}, 404, "product_not_found"),
    ],
)
async def test_what_is_refused_changes_nothing_and_is_written_down(
    desk: Desk, tool: str, arguments: object, status: int, code: str
) -> None:
    answer = await call(desk, arguments, tool)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert [(event["type"], event["after"]) for event in await written(desk)] == [
        ("tool.refused", {"tool": tool, "code": code})
    ]
    assert await level(desk.chat, "HAR-1") == (Decimal(10), Decimal(0))


async def test_nobody_does_by_a_tool_what_they_may_not(desk: Desk) -> None:
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    assert (await call(desk, by=viewer)).json()["code"] == "tool_not_offered"
    # The tools of customers are none of staff's, whatever their rights
    for name, definition in registry.DEFINED.items():
        if definition.audience is AudienceKind.CUSTOMER:
            assert (await call(desk, {}, name)).json()["code"] == "unknown_tool"


async def test_a_store_s_supervisor_adjusts_no_other_store(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
    supervisor = await employ(desk.api, desk.workspace, Role.INVENTORY_SUPERVISOR, branch)
    refused = await call(desk, by=supervisor)
    assert refused.status_code in (403, 404), refused.text
    assert await level(desk.chat, "HAR-1") == (Decimal(10), Decimal(0))
