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
