"""Whoever works in one store sees and changes nothing of another, whatever a query forgets."""

from decimal import Decimal

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import db
from core.access import Principal
from core.work import open_work
from domain.accounts import entry
from domain.accounts.roles import Role
from domain.orders import fulfilment
from domain.returns import service as returns
from domain.returns.schemas import NewReturn, QuantityLine
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tests.factories.shop import fill, open_shop
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace


async def test_a_supervisor_of_one_store_counts_only_there(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    variant = shop.variants["HAR-1"]
    async with open_work(Principal.system(workspace.id)) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 10)
        await stock.receive(work, branch, [HoldLine(variant_id=variant, quantity=Decimal(7))])
    person = await employ(api, workspace, Role.INVENTORY_SUPERVISOR, shop.store_id)
    limited = await entry.staff(person.access_token, workspace.id)
    assert limited.stores == frozenset({shop.store_id})

    async with open_work(limited) as work:
        assert [level.store_id for level in await stock.levels(work, variant)] == [shop.store_id]
        assert {line.store_id for line in await stock.movements(work)} == {shop.store_id}
        assert await work.session.scalar(text("SELECT count(*) FROM stock_movements")) == 1
        await stock.adjust(work, shop.store_id, variant, Decimal(-1), "broken")
    with pytest.raises(DBAPIError) as refused:
        async with open_work(limited) as work:
            await stock.receive(work, branch, [HoldLine(variant_id=variant, quantity=Decimal(1))])
    assert db.is_refused_by_policy(refused.value)
    # Nothing of it lingers on the connection for whoever comes next
    async with open_work(Principal.system(workspace.id)) as work:
        found = {level.store_id: level.on_hand for level in await stock.levels(work, variant)}
    assert found == {shop.store_id: Decimal(9), branch: Decimal(7)}


async def test_a_return_is_seen_by_whoever_sees_its_order(desk: Desk) -> None:
    # Given a return of an order of the first store, and a manager of either store
    order = await placed(desk.chat, {"HAR-1": 2})
    line = QuantityLine(variant_id=desk.shop.variants["HAR-1"], quantity=Decimal(1))
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
        await fulfilment.mark_shipped(work, order.id)
        back = await returns.request(work, NewReturn(order_id=order.id, lines=(line,), reason="broken"))
    here = await employ(desk.api, desk.workspace, Role.MANAGER, desk.shop.store_id)
    there = await employ(desk.api, desk.workspace, Role.MANAGER, branch)

    # Then the one finds it in every way, and for the other there is none
    for query in ({}, {"order_id": str(order.id)}, {"customer_id": str(desk.chat.customer_id)}):
        assert [each["id"] for each in (await desk.get("/returns", by=here, **query))["data"]] == [str(back.id)]
        assert (await desk.get("/returns", by=there, **query))["data"] == []
    assert (await desk.get(f"/returns/{back.id}", by=here))["number"] == back.number
    read = await desk.api.get(f"/api/v1/returns/{back.id}", headers=there.headers)
    assert (read.status_code, read.json()["code"]) == (404, "return_not_found")
    closed = await desk.post(f"/returns/{back.id}/cancel", {"reason": "no"}, by=there)
    assert (closed.status_code, closed.json()["code"]) == (404, "return_not_found")
