"""The pages of stock over HTTP: what they show, what they do once, and what strangers wrote in it."""

import re
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from core.work import open_work
from domain.accounts.roles import Role
from domain.stock import service as stock
from tests.factories.desk import Desk
from tests.factories.visitors import Visitor, visit

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
async def owner(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    visitor, _ = await visit(application, api, desk.workspace, Role.OWNER)
    return visitor


async def on_hand(desk: Desk, sku: str, store_id: UUID | None = None) -> Decimal:
    async with open_work(desk.shop.principal) as work:
        levels = await stock.levels(work, desk.shop.variants[sku])
    return next((level.on_hand for level in levels if level.store_id == (store_id or desk.shop.store_id)), Decimal(0))


def correction(desk: Desk, **fields: str) -> dict[str, str]:
    known = {"store_id": str(desk.shop.store_id), "variant_id": str(desk.shop.variants["HAR-1"])}
    return {**known, "delta": "-3", "reason": "Rotura", "key": uuid4().hex, **fields}


async def test_a_correction_is_booked_once_and_stands_among_the_movements(owner: Visitor, desk: Desk) -> None:
    fields = correction(desk, reason=ATTACK)

    answers = [await owner.send("stock/adjust", fields) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {303}
    assert await on_hand(desk, "HAR-1") == 7
    shown = await owner.open(f"stock/{desk.shop.variants['HAR-1']}?type=adjustment")
    assert "&lt;img src=x" in shown
    assert "<img src=x" not in shown
    assert "<script>alert" not in shown


async def test_another_correction_under_the_same_key_is_refused(owner: Visitor, desk: Desk) -> None:
    first = correction(desk)
    await owner.send("stock/adjust", first)

    answer = await owner.send("stock/adjust", first | {"delta": "-4"})

    assert answer.status_code == 422
    assert await on_hand(desk, "HAR-1") == 7


@pytest.mark.parametrize("wrong", [{"delta": "nada"}, {"delta": ""}, {"reason": ""}, {"store_id": "x"}])
async def test_a_wrong_field_is_named_and_nothing_is_booked(owner: Visitor, desk: Desk, wrong: dict[str, str]) -> None:
    answer = await owner.send("stock/adjust", correction(desk, **wrong), x_fragment="1")

    assert answer.status_code == 422
    assert 'data-code="form_wrong"' in answer.text
    assert await on_hand(desk, "HAR-1") == 10


async def test_low_stock_is_found_and_a_store_filters(owner: Visitor, desk: Desk) -> None:
    fields = {name: value for name, value in correction(desk).items() if name in ("store_id", "variant_id", "key")}
    assert (await owner.send("stock/limits", fields | {"min_stock": "12"})).status_code == 303

    low = await owner.open("stock?low=true")

    assert "HAR-1" in low
    assert "ACE-1" not in low
    assert "HAR-1" not in await owner.open(f"stock?store={uuid4()}")
    assert "ACE-1" in await owner.open("stock?search=mazeite")


async def test_levels_go_on_by_cursor(owner: Visitor, desk: Desk) -> None:
    first = await owner.open("stock?limit=1")
    found = re.search(r'href="\?(cursor=[^"]+)"', first)
    assert found is not None

    second = await owner.open(f"stock?limit=1&{found[1]}")

    assert {sku for sku in ("HAR-1", "ACE-1") if sku in first} ^ {sku for sku in ("HAR-1", "ACE-1") if sku in second} == {
        "HAR-1",
        "ACE-1",
    }
    assert (await owner.http.get(owner.at("stock?limit=2&cursor=forged"))).status_code == 400


async def test_a_count_is_typed_in_and_booked_when_it_is_closed(owner: Visitor, desk: Desk) -> None:
    begun = await owner.send("counts", {"store_id": str(desk.shop.store_id), "name": ATTACK, "key": "1"})
    path = begun.headers["location"].partition(f"@{desk.workspace.slug}/")[2]
    key = uuid4().hex
    for _ in range(2):
        assert (await owner.send(f"{path}/entries", {"sku": "har-1", "counted": "8", "key": key})).status_code == 303

    shown = await owner.open(path)

    assert shown.count("<tr data-item>") == 1
    assert "-2" in shown
    assert "<img src=x" not in shown
    assert await on_hand(desk, "HAR-1") == 10
    assert (await owner.send(f"{path}/entries", {"sku": "NADA", "counted": "8"}, x_fragment="1")).status_code == 404
    assert (await owner.send(f"{path}/apply", {"key": "2"})).status_code == 303
    assert await on_hand(desk, "HAR-1") == 8


async def test_a_transfer_is_asked_for_sent_and_received(owner: Visitor, desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
    token = await owner.token()
    asked = {"from_store_id": str(desk.shop.store_id), "to_store_id": str(branch), "sku": ["HAR-1", ""], "quantity": ["4", ""]}
    sent = {"form_token": token, "key": "1", **asked}
    made = await owner.http.post(owner.at("transfers"), data=sent, headers={"sec-fetch-site": "same-origin"})
    assert made.status_code == 303, made.text
    path = made.headers["location"].partition(f"@{desk.workspace.slug}/")[2]
    line = {"variant_id": str(desk.shop.variants["HAR-1"])}

    assert (await owner.send(f"{path}/approve", {"key": "2"})).status_code == 303
    nothing = await owner.send(f"{path}/send", line | {"quantity": "0", "key": "3"}, x_fragment="1")
    assert nothing.status_code == 422, "nothing that was typed means nothing"
    assert await on_hand(desk, "HAR-1") == 10
    assert (await owner.send(f"{path}/send", line | {"quantity": "3", "key": "4"})).status_code == 303
    for _ in range(2):
        received = await owner.send(f"{path}/settle", line | {"quantity": "3", "outcome": "received", "key": "5"})
        assert received.status_code == 303, received.text

    assert await on_hand(desk, "HAR-1") == 7
    assert await on_hand(desk, "HAR-1", branch) == 3
    assert "Recibido" in await owner.open(path)


async def test_somebody_who_may_not_correct_is_shown_no_way_to(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    reader, _ = await visit(application, api, desk.workspace, Role.OPERATOR)
    path = f"stock/{desk.shop.variants['HAR-1']}"

    assert "stock/adjust" not in await reader.open(path)
    assert (await reader.send("stock/adjust", correction(desk))).status_code == 403
    assert await on_hand(desk, "HAR-1") == 10
