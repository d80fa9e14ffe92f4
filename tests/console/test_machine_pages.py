"""The pages of machines: the plant with how each is and why, and a machine with its signals, chart and history."""

import random
from datetime import timedelta

import httpx
from fastapi import FastAPI

from app.queue.actors import RUNNERS
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.accounts.roles import Role
from domain.machines import judging, modelling
from domain.machines import service as machines
from domain.machines.kinds import ModelKind, ModelSource
from domain.machines.model_schemas import NewModel
from domain.machines.schemas import ChangeSensor, Limits
from domain.maintenance import service as maintenance
from tests.factories.plant import open_plant, run_hours
from tests.factories.visitors import visit
from tests.factories.workspaces import make_workspace


async def test_the_plant_and_a_machine_say_what_is_wrong_and_why(application: FastAPI, api: httpx.AsyncClient) -> None:
    # Given a machine that is too hot
    workspace = await make_workspace()
    plant = await open_plant(workspace.id)
    async with open_work(plant.principal) as work:
        command = ChangeSensor(limits=Limits(warn_high=60, alarm_high=80))
        await machines.change_sensor(work, plant.machine_id, plant.sensors["temperature"], command, 1)
        now = work.system_time
    await run_hours(plant, 2, now, temperature=95.0, vibration=2.0, power=50.0)
    async with open_work(plant.principal) as work:
        await judging.judge(work, plant.machine_id)
    visitor, _ = await visit(application, api, workspace, Role.MANAGER)
    # Then the plant says so
    shown = await visitor.open("machines")
    for part in ("MILL-3", "Alto", "Temperatura está en", "80 °C"):
        assert part in shown
    # And the machine's page, with its chart and the limits in it
    shown = await visitor.open(f"machines/{plant.machine_id}?sensor=temperature&hours=1")
    for part in ("Temperatura está en", "<svg", "Alarma por encima de", "data-polls=", "Lecturas completas: 100"):
        assert part in shown, part
    # And the part that is asked for again has a node for each sensor, and no page around it
    signals = await visitor.open(f"machines/{plant.machine_id}/signals")
    assert signals.count('data-place="end:signals"') == 3
    assert "<html" not in signals


async def test_a_plant_is_made_by_forms(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace, Role.MANAGER)
    assert "Aún no hay máquinas" in await visitor.open("machines")
    assert (
        await visitor.send("machines/sites", {"name": "Norte", "latitude": "10.5", "longitude": "-66.9"})
    ).status_code == 303
    async with open_work((await open_plant(workspace.id, code="TRUCK-21")).principal) as work:
        (site, _) = await machines.list_sites(work)
    made = await visitor.send("machines", {"code": "mill-9", "name": "Molino", "site_id": str(site.id)})
    assert made.status_code == 303
    at = made.headers["location"].rpartition("/")[2]
    sensor = {"code": "t", "name": "T", "unit": "°C", "sampling_seconds": "60", "warn_high": "90"}
    assert (await visitor.send(f"machines/{at}/sensors", sensor)).status_code == 303
    assert (await visitor.send(f"machines/{at}/sensors", sensor | {"code": "u", "unit": "nada"})).status_code == 400
    assert (await visitor.send(f"machines/{at}/events", {"kind": "started", "note": "turno"})).status_code == 303
    assert (await visitor.send(f"machines/{at}/baselines", {"hours": "24"})).status_code == 400
    assert (await visitor.send(f"machines/{at}/baselines", {"hours": "x"})).status_code == 422
    shown = await visitor.open(f"machines/{at}")
    for part in ("En marcha", "turno", "sin lecturas"):
        assert part in shown, part
    # And of two sites that have a place there is a map
    assert 'class="plant-map"' in await visitor.open("machines")
    # And a job on it is planned, put off and finished by forms
    job = {"machine_id": at, "title": "Engrasar", "planned_for": "2020-01-01", "assignee": "Luis"}
    assert (await visitor.send("maintenance", job)).status_code == 400
    async with open_work(Principal.system(workspace.id)) as work:
        today, _ = await maintenance.clock(work)
    assert (await visitor.send("maintenance", job | {"planned_for": today.isoformat()})).status_code == 303
    async with open_work(Principal.system(workspace.id)) as work:
        (order,) = (await maintenance.list_orders(work)).items
    moved = {"planned_for": (today + timedelta(days=2)).isoformat(), "version": "1"}
    assert (await visitor.send(f"maintenance/{order.id}/day", moved)).status_code == 303
    assert (await visitor.send(f"maintenance/{order.id}/day", moved)).status_code == 412
    shown = await visitor.open("maintenance")
    for part in ("Engrasar", "Luis", "Planificado", "MILL-9"):
        assert part in shown, part
    assert (await visitor.send(f"maintenance/{order.id}/finish", {"note": "Listo"})).status_code == 303
    assert "Engrasar" in await visitor.open("maintenance?status=done")


async def test_a_model_is_asked_for_looked_at_and_used_on_the_page_of_a_machine(
    application: FastAPI, api: httpx.AsyncClient
) -> None:
    workspace = await make_workspace()
    plant = await open_plant(workspace.id)
    at = f"machines/{plant.machine_id}"
    visitor, _ = await visit(application, api, workspace, Role.MANAGER)
    assert "no se ha aprendido nada" in await visitor.open(at)
    # Given a model that nothing could be made of, as nothing has failed yet
    asked = {"kind": "failure", "machine_kind": "molino", "horizon_hours": "24"}
    assert (await visitor.send(f"{at}/models", asked)).status_code == 303
    assert (await visitor.send(f"{at}/models", asked | {"horizon_hours": "x"})).status_code == 422
    async with open_work(plant.principal) as work:
        (pending,) = (await modelling.list_models(work)).items
    assert "Aprendiendo" in await visitor.open(at)
    assert (await visitor.send(f"{at}/models/{pending.id}/promote", {})).status_code == 409
    await RUNNERS["machine.learn"](workspace_id=str(workspace.id), model_id=str(pending.id))
    shown = await visitor.open(at)
    for part in ("No se hizo", "hacen falta al menos 200"):
        assert part in shown, part
    # And one that was learned of a table, when somebody uses it and thinks better of it
    chance = random.Random(5)
    rows = [f"{chance.gauss(6 if row % 20 == 0 else 2, 0.5):.3f};{int(row % 20 == 0)}" for row in range(400)]
    sha256 = await open_blobs(get_settings()).put("\n".join(["vibration;failure", *rows]).encode())
    async with open_work(plant.principal) as work:
        command = NewModel(kind=ModelKind.FAILURE, machine_kind="molino")
        made = await modelling.ask(work, command, modelling.Given(sha256, "fallas.csv", ModelSource.FILE))
    await RUNNERS["machine.learn"](workspace_id=str(workspace.id), model_id=str(made.id))
    assert "De sus avisos acertó" in await visitor.open(at)
    assert (await visitor.send(f"{at}/models/{made.id}/promote", {})).status_code == 303
    async with open_work(plant.principal) as work:
        now = work.system_time
    await run_hours(plant, 1.2, now, temperature=60.0, vibration=9.0, power=50.0)
    await RUNNERS["machine.judge"](workspace_id=str(workspace.id), machine_id=str(plant.machine_id))
    shown = await visitor.open(at)
    for part in ("En uso", "su modelo da", "Falla en 24 h:"):
        assert part in shown, part
    assert (await visitor.send(f"{at}/models/{made.id}/retire", {})).status_code == 303
    assert "Anterior" in await visitor.open(at)
