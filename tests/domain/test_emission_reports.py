"""Reports of emissions: files of what was known, the same bytes each time, whose parts agree whatever happens meanwhile."""

import asyncio
import io
from decimal import Decimal

import openpyxl
import pytest

from analytics.emissions.gases import Gwp
from app.queue.actors import emissions as worker
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.emissions import _content, files, recording, reports
from domain.emissions.kinds import Category, Grouping, ReportFormat, ReportLanguage, ReportStatus
from domain.emissions.schemas import NewReport, Recalculate, ReportView
from tests.factories.emitting import YEAR, make_source, use
from tests.factories.plant import open_plant


@pytest.fixture
async def busy(workspace: WorkspaceView) -> WorkspaceView:
    """Fuel, electricity by contract, travel, spending without a factor, and a name that a spreadsheet would compute."""
    plant = await open_plant(workspace.id)
    fuel = await make_source(workspace.id, "=Camión & <otros> #1", "diesel", "l", site_id=plant.site_id)
    light = await make_source(workspace.id, "Luz", "electricity", "kWh", contract="0.05", machine_id=plant.machine_id)
    leak = await make_source(workspace.id, "Frío", "R-410A", "kg")
    strange = await make_source(workspace.id, "Raro", "unobtainium", "kg", scope=3, category=Category.BUSINESS_TRAVEL)
    for source, amount in ((fuel, "1000"), (light, "2500.5"), (leak, "2"), (strange, "7")):
        await use(workspace.id, source, amount, note="a \\note $x$")
    return workspace


async def ask(workspace: WorkspaceView, kind: ReportFormat, language: ReportLanguage = ReportLanguage.ES) -> ReportView:
    async with open_work(Principal.system(workspace.id)) as work:
        return await reports.ask(work, NewReport(first_day=YEAR[0], last_day=YEAR[1], format=kind, language=language))


async def made(workspace: WorkspaceView, report: ReportView) -> bytes:
    await worker.report(str(workspace.id), str(report.id))
    await worker.report(str(workspace.id), str(report.id))
    async with open_work(Principal.system(workspace.id)) as work:
        found = await reports.get(work, report.id)
    assert found.status is ReportStatus.DONE
    assert found.sha256 is not None
    return await open_blobs(get_settings()).get(found.sha256)


@pytest.mark.parametrize("kind", list(ReportFormat))
@pytest.mark.parametrize("language", list(ReportLanguage))
async def test_a_report_is_made_once_and_always_of_the_same_bytes(
    busy: WorkspaceView, kind: ReportFormat, language: ReportLanguage
) -> None:
    report = await ask(busy, kind, language)
    async with open_work(Principal.system(busy.id)) as work:
        first = await reports.take(work, report.id)
    # what is done afterwards is not in it
    async with open_work(Principal.system(busy.id)) as work:
        await recording.recalculate(work, Recalculate(reason="later", gwp=Gwp.AR6))
    content = await made(busy, report)
    assert first is not None
    assert files.write(first) == content
    assert content.startswith(b"%PDF" if kind is ReportFormat.PDF else b"PK")


async def test_a_workbook_has_the_figures_with_their_factors_and_changes(busy: WorkspaceView) -> None:
    first = await ask(busy, ReportFormat.XLSX, ReportLanguage.EN)
    async with open_work(Principal.system(busy.id)) as work:
        done = await recording.recalculate(work, Recalculate(reason="AR6", gwp=Gwp.AR6))
    second = await ask(busy, ReportFormat.XLSX, ReportLanguage.EN)
    for report, gwp in ((first, "IPCC AR5"), (second, "IPCC AR6")):
        book = openpyxl.load_workbook(io.BytesIO(await made(busy, report)))
        front = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows(min_row=3, max_row=14)}
        assert front["Potentials"] == gwp
        assert front["Records without a factor, in no total"] == "1"
        scopes = {row[0]: row[1] for row in book["By scope"].iter_rows(min_row=3, values_only=True)}
        assert scopes["Total"] == pytest.approx(sum(value for name, value in scopes.items() if name != "Total"), abs=0.002)
        assert any("IPCC" in str(row[5]) for row in book["Factors"].iter_rows(min_row=3, values_only=True))
        names = {row[2] for row in book["Records"].iter_rows(min_row=3, values_only=True)}
        assert "'=Camión & <otros> #1" in names
    changes = list(book["Changes"].iter_rows(min_row=3, values_only=True))
    assert sum(row[3] for row in changes) == pytest.approx(float(done.after - done.before) / 1000, abs=0.003)


async def test_a_report_without_room_for_all_records_says_how_many_are_left_out(
    busy: WorkspaceView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_content, "MOST_LINES", 1)
    book = openpyxl.load_workbook(io.BytesIO(await made(busy, await ask(busy, ReportFormat.XLSX, ReportLanguage.EN))))
    # Of four records, one of which has no factor
    assert str(book["Records"]["A1"].value).startswith("3 more records")
    assert len(list(book["Records"].iter_rows(min_row=3))) == 1


async def test_parts_of_a_report_agree_while_all_is_calculated_and_added(busy: WorkspaceView) -> None:
    source = await make_source(busy.id, "Otro", "diesel", "l")

    async def calculate(gwp: Gwp) -> None:
        async with open_work(Principal.system(busy.id)) as work:
            await recording.recalculate(work, Recalculate(reason="again", gwp=gwp))

    asked, *_ = await asyncio.gather(
        asyncio.gather(*(ask(busy, ReportFormat.XLSX) for _ in range(4))),
        calculate(Gwp.AR6),
        use(busy.id, source, "100"),
        calculate(Gwp.AR5),
        use(busy.id, source, "200"),
    )
    for report in asked:
        async with open_work(Principal.system(busy.id)) as work:
            taken = await reports.take(work, report.id)
        assert taken is not None
        whole = taken.content.scopes.of(1, 2, 3)
        lines = sum((line.co2e or Decimal(0) for line in taken.content.lines), Decimal(0))
        assert abs(lines - whole) < Decimal("0.01")
        assert {part.calculation for part in taken.content.parts.values()} == {taken.content.inventory.calculation}
        assert all(abs(part.of(1, 2, 3) - whole) < Decimal("0.05") for part in taken.content.parts.values())
        assert taken.content.parts[Grouping.MONTH].gwp == taken.content.scopes.gwp


async def test_a_report_that_many_workers_died_of_fails_for_good(busy: WorkspaceView) -> None:
    report = await ask(busy, ReportFormat.PDF)
    for _ in range(reports.MOST_ATTEMPTS + 1):
        async with open_work(Principal.system(busy.id)) as work:
            await reports.take(work, report.id)
    async with open_work(Principal.system(busy.id)) as work:
        assert (await reports.get(work, report.id)).status is ReportStatus.FAILED
