"""The pages of what is ahead: forecasts with their interval, alerts that are taken on, proposals that are decided on."""

import re
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from core.work import open_work
from domain.accounts.roles import Role
from domain.alerts import service as alerts
from domain.alerts.kinds import AlertStatus
from domain.purchasing import service as purchasing
from domain.replenishment import service as replenishment
from domain.replenishment.kinds import ProposalStatus
from domain.stock import service as stock
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import NewSupplier, SupplierProductInput
from tests.console.test_assistant import ask
from tests.factories.desk import Desk
from tests.factories.routines import LOOK_AHEAD, run_routines
from tests.factories.sales import sold
from tests.factories.visitors import Visitor, visit


@pytest.fixture
async def owner(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    visitor, _ = await visit(application, api, desk.workspace, Role.OWNER)
    return visitor


@pytest.fixture
async def seen(desk: Desk) -> Desk:
    """A shop that has sold flour for months, has little left, and was looked at."""
    async with open_work(desk.shop.principal) as work:
        await sold(work, desk.shop, {"HAR-1": [5.0, 4.0, 6.0] * 40})
        mill = await suppliers.create(work, NewSupplier(name="Molinos", lead_time_days=7))
        product = SupplierProductInput(variant_id=desk.shop.variants["HAR-1"], pack_size=Decimal(12), pack_cost=Decimal(100))
        await suppliers.set_product(work, mill.id, product)
        await stock.set_limits(work, desk.shop.store_id, desk.shop.variants["HAR-1"], Decimal(20), None)
    await run_routines(desk.shop.workspace_id, *LOOK_AHEAD)
    return desk


@pytest.mark.parametrize("page", ["forecasts", "alerts", "proposals"])
async def test_before_anything_is_known_a_page_says_how_it_comes_to_be(owner: Visitor, page: str) -> None:
    assert 'class="empty"' in await owner.open(page)


async def test_a_series_is_drawn_with_its_interval_and_its_table(owner: Visitor, seen: Desk) -> None:
    listed = await owner.open("forecasts")
    address = f"forecasts/{seen.shop.store_id}/{seen.shop.variants['HAR-1']}"
    assert address in listed
    assert listed.count("<tr") >= 6  # the measured levels and the series
    shown = await owner.open(address)
    assert "<svg" in shown
    assert shown.count("<tr") > 28 + 56 - 2
    assert re.search(r"entre \d", shown)
    assert not re.search(r"\d\.\d{6}", shown)  # no number longer than it is known

    # What is asked in the chat is drawn there as well, and what to order for a day is told.
    told = await ask(seen, owner, "pronóstico de harina los próximos 10 días")
    assert "Pronóstico de ventas: Harina P.A.N. Blanca" in told
    assert told.count('class="chart"') == 2  # for a wide screen, and for a phone
    told = await ask(seen, owner, "¿qué pido para el viernes?")
    assert re.search(r"<b>Molinos</b>: .* hasta el .*\n?.*Pedir [\d.,]+ de Harina", told)


async def test_an_alert_is_taken_on_once(owner: Visitor, seen: Desk) -> None:
    async with open_work(seen.shop.principal) as work:
        (one, *_), _ = await alerts.list_alerts(work)
    assert str(one.id) in await owner.open("alerts")
    key = uuid4().hex
    for _ in range(2):
        assert (await owner.send(f"alerts/{one.id}/acknowledge", {"key": key})).status_code == 303
    async with open_work(seen.shop.principal) as work:
        assert (await alerts.get(work, one.id)).status is AlertStatus.ACKNOWLEDGED
    await owner.send(f"alerts/{one.id}/snooze", {"key": uuid4().hex})
    assert str(one.id) not in await owner.open("alerts")
    async with open_work(seen.shop.principal) as work:
        assert (await alerts.get(work, one.id)).status is AlertStatus.SNOOZED


async def test_a_proposal_is_changed_and_rejected_from_the_list(owner: Visitor, seen: Desk) -> None:
    async with open_work(seen.shop.principal) as work:
        (one,), _ = await replenishment.list_proposals(work)
    shown = await owner.open("proposals")
    assert "Molinos" in shown
    assert str(one.purchase_order_id) in shown
    assert (await owner.send(f"proposals/{one.id}/change", {"packs": "2", "key": uuid4().hex})).status_code == 303
    async with open_work(seen.shop.principal) as work:
        assert one.purchase_order_id is not None
        assert [line.packs for line in (await purchasing.get(work, one.purchase_order_id)).lines] == [2]
    wrong = await owner.send(f"proposals/{one.id}/reject", {"reason": " ", "key": uuid4().hex})
    assert wrong.status_code == 422
    await owner.send(f"proposals/{one.id}/reject", {"reason": "<b>no</b>", "key": uuid4().hex})
    async with open_work(seen.shop.principal) as work:
        assert (await replenishment.get(work, one.id)).status is ProposalStatus.REJECTED
    assert "&lt;b&gt;no&lt;/b&gt;" in await owner.open("proposals?status=rejected")
