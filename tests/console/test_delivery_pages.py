"""The pages of deliveries: a vehicle and a plan by forms, the sheet of a driver, and what became of a stop."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from app.queue.actors import logistics as worker
from core.work import open_work
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.logistics import service as logistics
from domain.orders import service as orders
from domain.orders.kinds import OrderStatus
from tests.factories.chat import chat_of
from tests.factories.round import HERE, Round
from tests.factories.shop import Shop, fill, open_shop
from tests.factories.visitors import OWN, Visitor, visit
from tests.factories.workspaces import make_workspace


async def test_a_day_is_planned_and_driven_by_forms(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 10)
    chat = await chat_of(shop)
    manager, _ = await visit(application, api, workspace, Role.MANAGER)
    await _set_up(manager, shop)
    round = Round(chat, shop.store_id)
    order, lost = await round.pack(10.50), await round.pack(None)

    # When tomorrow is planned
    async with open_work(shop.principal) as work:
        day = await accounts.today(work) + timedelta(days=1)
    from_day = {"store_id": str(shop.store_id), "day": day.isoformat()}
    assert (await manager.send("deliveries/plan", from_day)).status_code == 303
    address = f"deliveries?day={from_day['day']}"
    assert "Calculando" in await manager.open(address)
    async with open_work(shop.principal) as work:
        ((plan,), _) = await logistics.list_plans(work)
    await worker.plan(str(workspace.id), str(plan.id))

    # Then the page shows the route and what is in none, and the sheet has everything that the driver needs
    shown = await manager.open(address)
    assert "&lt;b&gt;Moto&lt;/b&gt;" in shown
    assert "<b>Moto</b>" not in shown
    assert f"#{order.number}" in shown
    assert "Sin posición" in shown
    assert f"#{lost.number}" in shown
    async with open_work(shop.principal) as work:
        made = await logistics.get_plan(work, plan.id)
    (route,), (unknown,) = made.routes, made.unplanned
    sheet = f"deliveries/routes/{route.id}"
    assert "+584145550101" in await manager.open(sheet)
    viewer, _ = await visit(application, api, workspace, Role.VIEWER)
    masked = await viewer.open(sheet)
    assert "+584145550101" not in masked
    assert "Dar salida" not in masked
    said = {"day": from_day["day"], "latitude": "10.49", "longitude": "-66.9", "opens": "09:00", "closes": "12:00"}
    assert (await manager.send(f"deliveries/stops/{unknown.id}", said | {"closes": "08:00"})).status_code == 400
    assert (await manager.send(f"deliveries/stops/{unknown.id}", said)).status_code == 303
    assert "09:00 – 12:00" in await manager.open(address)
    assert (await manager.send(f"deliveries/stops/{unknown.id}/drop", {"reason": "viene a la tienda"})).status_code == 303

    # And when it has left, its link is there, and the stop is said to be delivered
    assert (await manager.send(f"{sheet}/dispatch", {"reason": "contra entrega"})).status_code == 303
    left = await manager.open(sheet)
    link = re.search(r'href="[^"]+(/route/[^"]+)"', left)
    assert link is not None
    (stop,) = route.stops
    await _drive(application, link[1], stop.id)
    assert (await manager.send(f"deliveries/stops/{stop.id}/settle", {"outcome": "delivered"})).status_code == 303
    assert "Entregado" in await manager.open(sheet)
    assert "Terminado" in await manager.open(address)
    async with open_work(shop.principal) as work:
        assert (await orders.get(work, order.id)).status is OrderStatus.DELIVERED


async def _set_up(manager: Visitor, shop: Shop) -> None:
    """Say where the store is, and with what it delivers."""
    assert "Falta la posición de Tienda Uno" in await manager.open("deliveries")
    position = {"latitude": str(HERE[0]), "longitude": str(HERE[1]), "version": "1"}
    assert (await manager.send(f"stores/{shop.store_id}", position | {"longitude": ""})).status_code == 400
    assert (await manager.send(f"stores/{shop.store_id}", position)).status_code == 303
    vehicle = {
        "store_id": str(shop.store_id),
        "name": "<b>Moto</b>",
        "driver_name": "Pedro",
        "starts_at": "00:01",
        "ends_at": "23:59",
    }
    assert (await manager.send("deliveries/vehicles", vehicle | {"ends_at": "00:00"})).status_code == 400
    assert (await manager.send("deliveries/vehicles", vehicle)).status_code == 303


async def _drive(application: FastAPI, link: str, stop_id: UUID) -> None:
    """A driver without any account opens the link on a telephone, and presses twice."""
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://nexova.test") as phone:
        shown = await phone.get(link)
        assert shown.status_code == 200
        assert "tel:+584145550101" in shown.text
        assert shown.headers["cache-control"] == "no-store"
        for wrong in (f"{link}x", f"/route/{'x' * 80}", link.replace(link[8:12], "AAAA")):
            refused = await phone.get(wrong)
            assert refused.status_code == 410
            assert "Este enlace ya no sirve" in refused.text
        stop, said = f"{link}/stops/{stop_id}", {"outcome": "delivered"}
        assert (await phone.post(stop, data=said)).status_code == 403
        assert (await phone.post(stop, data={"outcome": "shipped"}, headers=OWN)).status_code == 422
        assert (await phone.post(f"{link}/stops/{uuid4()}", data=said, headers=OWN)).status_code == 404
        for _ in range(2):
            assert (await phone.post(stop, data=said, headers=OWN)).status_code == 303
        served = (await phone.get(link)).text
        assert "Entregado" in served
        assert [word for word in ("tel:", "Ana Pérez", "geo:") if word in served] == []
