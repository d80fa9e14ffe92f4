"""The page of emissions: a source and a record by forms, totals with a chart, factors, and a report that is downloaded."""

import httpx
from fastapi import FastAPI

from app.queue.actors import emissions as worker
from core.access import Principal
from core.work import open_work
from domain.accounts.roles import Role
from domain.emissions import reports
from domain.emissions import service as emissions
from domain.emissions.schemas import ChangeEmissionSource
from tests.factories.emitting import make_source, use
from tests.factories.plant import open_plant
from tests.factories.visitors import visit
from tests.factories.workspaces import make_workspace


async def test_emissions_are_told_by_forms_and_shown_by_scope_and_month(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace, Role.MANAGER)
    assert "No hay emisiones en este año" in await visitor.open("emissions")
    source = {"name": "Camión", "kind": "manual", "activity": "diésel", "unit": "l"}
    assert (await visitor.send("emissions/sources", source)).status_code == 303
    assert (await visitor.send("emissions/sources", source | {"name": "X", "unit": "ton"})).status_code == 400
    async with open_work(Principal.system(workspace.id)) as work:
        ((made,), _) = await emissions.list_sources(work)
    record = {"source_id": str(made.id), "amount": "1000", "first_day": "2025-03-01", "last_day": "2025-04-30"}
    assert (await visitor.send("emissions/records", record)).status_code == 303
    assert (await visitor.send("emissions/records", record | {"first_day": "2025-05-01"})).status_code == 400
    async with open_work(Principal.system(workspace.id)) as work:
        await emissions.change_source(work, made.id, ChangeEmissionSource(is_active=False), made.version)
    # A source that is out of use keeps its name beside what was recorded of it
    assert ">Camión</td>" in await visitor.open("emissions?year=2025&by=month")
    for by in ("source", "category", "month", "site", "machine", "product"):
        shown = await visitor.open(f"emissions?year=2025&by={by}&factor=diesel")
        for part in ("Alcance 1", "<svg", "2025-03", "GHG Protocol", "Camión"):
            assert part in shown, (by, part)
    wanted = {"first_day": "2025-01-01", "last_day": "2025-12-31", "format": "pdf", "language": "es"}
    assert (await visitor.send("emissions/reports", wanted)).status_code == 303
    assert "En preparación" in await visitor.open("emissions")
    async with open_work(Principal.system(workspace.id)) as work:
        ((report,), _) = await reports.list_reports(work)
    await worker.report(str(workspace.id), str(report.id))
    assert f"emissions/reports/{report.id}" in await visitor.open("emissions")


async def test_who_may_only_read_has_no_forms(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace, Role.VIEWER)
    assert "Nueva fuente" not in await visitor.open("emissions")
    sent = await visitor.send("emissions/sources", {"name": "X", "kind": "manual", "activity": "diesel", "unit": "l"})
    assert sent.status_code == 403


async def test_records_are_withdrawn_factors_added_and_what_sensors_measure_is_shown_now(
    application: FastAPI, api: httpx.AsyncClient
) -> None:
    workspace = await make_workspace()
    visitor, _ = await visit(application, api, workspace, Role.MANAGER)
    record = await use(workspace.id, await make_source(workspace.id, "Camión", "diesel", "l"), "1000")
    assert (await visitor.send(f"emissions/records/{record.id}/withdraw", {"reason": ""})).status_code == 422
    assert (await visitor.send(f"emissions/records/{record.id}/withdraw", {"reason": "doble"})).status_code == 303
    assert "doble" in await visitor.open("emissions?year=2025")
    own = {"activity": "bagasse", "unit": "kg", "co2e": "0.1", "scope": "1", "year": "2025", "source": "Ensayo", "gwp": "AR6"}
    assert (await visitor.send("emissions/factors", own)).status_code == 303
    assert (await visitor.send("emissions/calculated", {"gwp": "AR6", "reason": "norma"})).status_code == 303
    # And what a sensor measures is a source, of which the readings of a day are added up
    plant = await open_plant(workspace.id)
    measured = {"name": "Molino", "sensor_id": str(plant.sensors["power"]), "meaning": "rate", "activity": "electricity"}
    assert (await visitor.send("emissions/measured", measured | {"unit": "kWh"})).status_code == 303
    async with open_work(Principal.system(workspace.id)) as work:
        (source,) = (each for each in (await emissions.list_sources(work))[0] if each.name == "Molino")
        now = work.system_time
    day = {"source_id": str(source.id), "first_day": "2026-01-01", "last_day": "2026-01-01"}
    assert (await visitor.send("emissions/collected", day)).status_code == 400
    await plant.send({"machine": "MILL-3", "at": now.isoformat(), "values": {"power": 50.0}})
    assert "kg CO₂e por hora" in await visitor.open("emissions")
    for path in (f"machines/{plant.machine_id}", f"machines/{plant.machine_id}/signals"):
        assert "kg CO₂e/h" in await visitor.open(path), path
