"""The ERP over HTTP: the API and the console's page, by whoever may, without its password."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.queue.actors import erp as job
from core.work import open_work
from domain.accounts.roles import Role
from domain.catalog import service as catalog
from domain.catalog.kinds import PriceKind
from domain.erp import service as erp
from domain.erp.kinds import RowStatus
from tests.erp.conftest import ASPEL
from tests.erp.firebird import PASSWORD, FirebirdServer
from tests.factories.desk import Desk
from tests.factories.visitors import visit


async def test_an_owner_connects_an_erp_and_says_what_its_products_are(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk, server: FirebirdServer
) -> None:
    owner, _ = await visit(application, api, desk.workspace, Role.OWNER)
    assert 'class="empty"' in await owner.open("erp")
    # Given an ERP with two products that the shop lacks
    path = server.make(f"sae_{uuid4().hex[:8]}")
    products = [(f"insert into INVE01 (CVE_ART, DESCR, UNI_MED, STATUS) values ('{code}', 'Sal', 'PZA', 'A')") for code in "AB"]
    server.run(path, *ASPEL, *products)
    # When the owner connects it on the page, twice by mistake, tries it out and has it read
    form = {
        "name": "SAE", "preset": "aspel_sae", "host": "127.0.0.1", "port": str(server.port), "database": path,
        "username": "SYSDBA", "password": PASSWORD, "every_minutes": "60", "company": "01", "wholesale_list": "2",
        "store": str(desk.shop.store_id), "warehouse": "1", "key": uuid4().hex,
    }  # fmt: skip
    for _ in range(2):
        assert (await owner.send("erp", form)).status_code == 303
    async with open_work(desk.shop.principal) as work:
        (made,) = await erp.list_connections(work)
    assert (made.settings.stores, made.settings.lists) == ({"1": desk.shop.store_id}, {PriceKind.WHOLESALE: 2})
    checked = await owner.send(f"erp/{made.id}/check", {})
    assert checked.status_code == 200
    assert PASSWORD not in checked.text
    assert "SAE: En orden" in checked.text
    assert (await owner.send(f"erp/{made.id}/sync", {"key": uuid4().hex})).status_code == 303
    await job.sync(str(desk.shop.workspace_id), str(made.id))
    # Then both wait on the page, and what is said of them holds
    async with open_work(desk.shop.principal) as work:
        first, second = (await erp.list_products(work, status=RowStatus.UNMATCHED))[0]
    shown = await owner.open("erp")
    assert str(first.id) in shown
    assert "Terminada" in shown
    await owner.send(f"erp/products/{first.id}", {"action": "add", "key": uuid4().hex})
    await owner.send(f"erp/products/{second.id}", {"action": "link", "sku": "HAR-1", "key": uuid4().hex})
    assert str(first.id) not in await owner.open("erp")
    async with open_work(desk.shop.principal) as work:
        assert (await catalog.get_product(work, first.code)).code == first.code
    assert (await owner.send(f"erp/{made.id}", {"version": "1", "is_active": "false", "key": uuid4().hex})).status_code == 303
    assert (await owner.send(f"erp/{made.id}/sync", {"key": uuid4().hex})).status_code == 409


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.MANAGER, True)])
async def test_whoever_only_looks_starts_nothing_and_nobody_sees_a_password(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk, role: Role, may: bool
) -> None:
    somebody, _ = await visit(application, api, desk.workspace, role)
    missing = uuid4()
    assert (await somebody.send(f"erp/{missing}/sync", {"key": "1"})).status_code == (404 if may else 403)
    assert (await somebody.send("erp", {"key": "2"})).status_code == 403
