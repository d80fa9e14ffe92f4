"""Emissions: records become figures, recalculation keeps the old ones, totals add up, and nothing counts twice."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from analytics.emissions.gases import Gwp
from core.access import Principal
from core.errors import NotPermitted
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.emissions import _figuring as figuring
from domain.emissions import instant, outlook, recording, service
from domain.emissions.errors import (
    AmountIsCollected,
    EmissionSourceNotFound,
    EmissionUnitUnknown,
    PeriodRefused,
    PeriodTold,
    RecordWithdrawn,
    SourceRefused,
)
from domain.emissions.kinds import Category, Grouping, Meaning, SourceKind
from domain.emissions.models import EmissionRecord, EmissionSource
from domain.emissions.schemas import NewEmissionFactor, Period, Recalculate, Recalculated
from tests.factories.emitting import YEAR, make_source, total, use
from tests.factories.plant import START, open_plant, reading
from tests.factories.workspaces import make_workspace


async def recalculate(workspace_id: UUID, gwp: Gwp | None = None) -> Recalculated:
    async with open_work(Principal.system(workspace_id)) as work:
        return await recording.recalculate(work, Recalculate(reason="new report", gwp=gwp))


async def add_factor(workspace_id: UUID, **fields: object) -> None:
    given = {"activity": "diesel", "unit": "l", "scope": 1, "country": "MX", "year": 2025, "source": "INECC"} | fields
    async with open_work(Principal.system(workspace_id)) as work:
        await service.add_factor(work, NewEmissionFactor.model_validate(given))


async def test_a_figure_names_factor_year_and_source(workspace: WorkspaceView) -> None:
    source = await make_source(workspace.id, "Camión", "diésel", "l")
    (figure,) = (await use(workspace.id, source, "1000", uncertainty=Decimal(3))).figures
    assert figure.scope == 1
    assert figure.co2e == pytest.approx(Decimal("2676.5"), rel=Decimal("0.02"))
    assert figure.factor is not None
    assert (figure.factor.year, figure.factor.country, figure.factor.is_own) == (2006, "*", False)
    assert "IPCC" in figure.factor.source
    assert figure.factor.uncertainty is not None
    assert figure.uncertainty == (Decimal(9) + figure.factor.uncertainty**2).sqrt().quantize(Decimal("0.01"))
    assert set(figure.gases) == {"CO2", "CH4", "N2O"}


async def test_electricity_has_both_figures_and_a_contract_is_kept_with_the_record(workspace: WorkspaceView) -> None:
    source = await make_source(workspace.id, "Luz", "electricity", "kWh", contract=Decimal("0.05"))
    (figure,) = (await use(workspace.id, source, "1000")).figures
    assert (figure.scope, figure.market, figure.market_notes) == (2, Decimal(50), ["contract"])
    assert figure.co2e is not None
    assert figure.co2e > 200
    found = await total(workspace.id)
    assert (found.of(2), found.of(2, market=True)) == (figure.co2e.quantize(Decimal("0.001")), Decimal(50))


async def test_recalculation_keeps_the_old_figure_and_adds_only_what_changed(workspace: WorkspaceView) -> None:
    diesel = await make_source(workspace.id, "Camión", "diesel", "l")
    leak = await make_source(workspace.id, "Frío", "R-410A", "kg")
    record, other = await use(workspace.id, diesel, "1000"), await use(workspace.id, leak, "2")
    assert (await recalculate(workspace.id)).changed == 0
    await add_factor(workspace.id, co2e="2.5", gwp="AR5")
    done = await recalculate(workspace.id)
    assert (done.records, done.changed, done.gwp) == (2, 1, Gwp.AR5)
    async with open_work(Principal.system(workspace.id)) as work:
        kept = await recording.get(work, record.id)
    assert [figure.calculation for figure in kept.figures] == [3, 1]
    assert kept.figures[0].co2e == Decimal(2500)
    assert kept.figures[1].model_dump() == record.figures[0].model_dump()
    assert (await total(workspace.id)).of(1) == (Decimal(2500) + (other.figures[0].co2e or 0)).quantize(Decimal("0.001"))
    # a factor that was added up by another report is not used, and the fuel's own gases are
    assert (await recalculate(workspace.id, Gwp.AR6)).changed == 2
    async with open_work(Principal.system(workspace.id)) as work:
        newest = (await recording.get(work, record.id)).figures[0]
    assert newest.factor is not None
    assert (newest.gwp, newest.factor.is_own) == (Gwp.AR6, False)


async def test_factors_and_figures_are_never_overwritten(workspace: WorkspaceView) -> None:
    await use(workspace.id, await make_source(workspace.id, "Camión", "diesel", "l"), "10")
    await add_factor(workspace.id, co2="2.5")
    for statement in ("UPDATE emission_factors SET co2 = 1", "DELETE FROM emission_figures"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with open_work(Principal.system(workspace.id)) as work:
                await work.session.execute(text(statement))


async def test_what_has_no_factor_is_told_and_is_in_no_total(workspace: WorkspaceView) -> None:
    source = await make_source(workspace.id, "Raro", "unobtainium", "kg")
    (figure,) = (await use(workspace.id, source, "5")).figures
    assert (figure.co2e, figure.reason) == (None, "activity_unknown")
    found = await total(workspace.id)
    assert (found.rows, found.unmatched) == ([], 1)


async def test_spending_is_said_to_be_rough_and_a_factor_of_another_year_is_refused(workspace: WorkspaceView) -> None:
    await add_factor(
        workspace.id, activity="office supplies", unit="USD", scope=3, co2e="0.4", gwp="AR5", year=2025, country="US"
    )
    async with open_work(Principal.system(workspace.id)) as work:
        own = await service.own_factors(work)
    source = EmissionSource(activity="office supplies", country="US", scope=3)
    for year, reason in ((2025, None), (2026, "spend_factor_of_another_year")):
        record = EmissionRecord(
            workspace_id=workspace.id, id=workspace.id, amount=Decimal(100), unit="USD", first_day=date(year, 1, 1)
        )
        (figure,) = figuring.figures([(record, source)], Gwp.AR5, own, 1)
        assert figure.reason == reason
        if reason is None:
            assert figure.co2e == Decimal(40)
            assert "spend_based" in figure.notes
            assert figure.quality == "estimated"


async def test_days_of_a_meter_are_told_once_and_a_bill_by_its_key(workspace: WorkspaceView) -> None:
    meter = await make_source(workspace.id, "Medidor", "electricity", "kWh", kind=SourceKind.METER)
    await use(workspace.id, meter, "5", (date(2025, 1, 1), date(2025, 1, 31)))
    with pytest.raises(PeriodTold):
        await use(workspace.id, meter, "5", (date(2025, 1, 31), date(2025, 2, 3)))
    bills = await make_source(workspace.id, "Facturas", "diesel", "l")
    first, again = [await use(workspace.id, bills, "5", key="F-1") for _ in range(2)]
    assert first.id == again.id
    async with open_work(Principal.system(workspace.id)) as work:
        await recording.withdraw(work, first.id, "wrong bill")
    with pytest.raises(RecordWithdrawn):
        async with open_work(Principal.system(workspace.id)) as work:
            await recording.withdraw(work, first.id, "again")
    assert (await use(workspace.id, bills, "6", key="F-1")).id != first.id
    assert (await total(workspace.id)).rows[0].records == 1


async def test_two_who_read_a_meter_at_once_count_once(workspace: WorkspaceView) -> None:
    meter = await make_source(workspace.id, "Medidor", "electricity", "kWh", kind=SourceKind.METER)
    done = await asyncio.gather(*(use(workspace.id, meter, "5") for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["PeriodTold", "PeriodTold", "PeriodTold", "RecordView"]


@pytest.mark.parametrize(
    "days", [(date(2025, 2, 1), date(2025, 1, 1)), (date(2024, 12, 1), date(2025, 1, 1)), (date(2099, 1, 1), date(2099, 1, 2))]
)
async def test_periods_are_in_order_of_one_year_and_over(workspace: WorkspaceView, days: tuple[date, date]) -> None:
    source = await make_source(workspace.id, "Camión", "diesel", "l")
    with pytest.raises(PeriodRefused):
        await use(workspace.id, source, "5", days)


async def test_sources_whose_fields_do_not_fit_are_refused(workspace: WorkspaceView) -> None:
    for fields, error in (
        ({"kind": SourceKind.TELEMETRY}, SourceRefused),
        ({"meaning": Meaning.RATE}, SourceRefused),
        ({"kind": SourceKind.PURCHASES}, SourceRefused),
        ({"category": Category.BUSINESS_TRAVEL, "scope": 1}, SourceRefused),
        ({"unit": "ton"}, EmissionUnitUnknown),
        ({"unit": "USD"}, EmissionUnitUnknown),
    ):
        with pytest.raises(error):
            await make_source(workspace.id, "X", "diesel", **{"unit": "l"} | fields)


async def test_readings_of_a_sensor_are_added_up_and_gaps_are_said(workspace: WorkspaceView) -> None:
    plant = await open_plant(workspace.id)
    await plant.send(*(reading(minute, 10.0, "power") for minute in range(0, 120, 10)))
    source = await make_source(
        workspace.id, "Molino", "electricity", "kWh", kind=SourceKind.TELEMETRY, meaning=Meaning.RATE,
        machine_id=plant.machine_id, sensor_id=plant.sensors["power"],
    )  # fmt: skip
    day = START.astimezone(workspace.zone).date()
    days = Period(first_day=day, last_day=(START + timedelta(hours=2)).astimezone(workspace.zone).date())
    if days.first_day.year != days.last_day.year:
        pytest.skip("the readings lie in two years")
    async with open_work(plant.principal) as work:
        found = await recording.collect(work, source, days)
    assert found.amount == Decimal(20)
    assert found.coverage is not None
    assert found.coverage < 0.1
    assert "telemetry_incomplete" in found.figures[0].notes
    by_machine = await total(workspace.id, Grouping.MACHINE, (days.first_day, days.last_day), machine_id=plant.machine_id)
    assert [(row.name, row.scope) for row in by_machine.rows] == [("MILL-3", 2)]
    with pytest.raises(PeriodTold):
        async with open_work(plant.principal) as work:
            await recording.collect(work, source, days)
    with pytest.raises(AmountIsCollected):
        await use(workspace.id, source, "5")


async def test_another_workspace_sees_nothing_and_rights_are_asked_for(workspace: WorkspaceView) -> None:
    source = await make_source(workspace.id, "Camión", "diesel", "l")
    record = await use(workspace.id, source, "10")
    other = await make_workspace()
    assert (await total(other.id)).rows == []
    with pytest.raises(EmissionSourceNotFound):
        await use(other.id, source, "1")
    reader = Principal(Principal.system(workspace.id).kind, workspace.id, frozenset({"emissions:read"}))
    async with open_work(reader) as work:
        with pytest.raises(NotPermitted):
            await recording.withdraw(work, record.id, "no")
        with pytest.raises(NotPermitted):
            await recording.recalculate(work, Recalculate(reason="no"))


async def test_totals_during_a_recalculation_are_of_before_or_after(workspace: WorkspaceView) -> None:
    source = await make_source(workspace.id, "Camión", "diesel", "l")
    for _ in range(20):
        await use(workspace.id, source, "100")
    before = (await total(workspace.id)).of(1)
    await add_factor(workspace.id, co2e="1", gwp="AR5")
    seen = []
    running = asyncio.create_task(recalculate(workspace.id))
    while not running.done():
        seen.append((await total(workspace.id)).of(1))
    await running
    after = (await total(workspace.id)).of(1)
    assert after == Decimal(2000)
    assert set(seen) <= {before, after}


async def test_a_record_that_comes_during_a_recalculation_is_of_the_same_potentials(workspace: WorkspaceView) -> None:
    source = await make_source(workspace.id, "Camión", "diesel", "l")
    await asyncio.gather(
        *(use(workspace.id, source, "100") for _ in range(5)), recalculate(workspace.id, Gwp.AR6),
        *(use(workspace.id, source, "100") for _ in range(5)),
    )  # fmt: skip
    async with open_work(Principal.system(workspace.id)) as work:
        found, _ = await recording.list_records(work, limit=100)
    assert len(found) == 10
    assert {record.figures[0].gwp for record in found} == {Gwp.AR6}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.decimals(min_value=0, max_value=10**9, places=3),
    times=st.integers(min_value=0, max_value=1_000),
    activity=st.sampled_from([("diesel", "l"), ("electricity", "kWh"), ("R-410A", "kg"), ("natural gas", "m3")]),
    gwp=st.sampled_from(list(Gwp)),
)
def test_figures_are_linear_in_the_amount(amount: Decimal, times: int, activity: tuple[str, str], gwp: Gwp) -> None:
    name, unit = activity
    source = EmissionSource(activity=name, country="MX", scope=None)
    one, many = (
        figuring.figures([(EmissionRecord(amount=value, unit=unit, first_day=date(2025, 1, 1)), source)], gwp, (), 1)[0]
        for value in (amount, amount * times)
    )
    assert one.reason is None
    for part, whole in ((one.co2e, many.co2e), (one.market, many.market)):
        assert (part is None) == (whole is None)
        if part is not None and whole is not None:
            assert abs(part * times - whole) <= Decimal("1E-9") * (times + 1)


async def test_parts_add_up_to_the_whole_however_they_are_cut(workspace: WorkspaceView) -> None:
    plant = await open_plant(workspace.id)
    made = [
        await make_source(workspace.id, "Camión", "diesel", "l", site_id=plant.site_id),
        await make_source(workspace.id, "Luz", "electricity", "kWh", machine_id=plant.machine_id),
        await make_source(workspace.id, "Frío", "R-410A", "kg"),
    ]
    for place, source in enumerate(made):
        for begins, lasts in ((0, 30), (17, 100), (60, 299)):
            first = date(2025, 1, 1) + timedelta(days=begins)
            await use(workspace.id, source, str(100 + place), (first, first + timedelta(days=lasts)))
    whole = await total(workspace.id)
    for by in Grouping:
        found = await total(workspace.id, by)
        for scope in (1, 2, 3):
            for market in (False, True):
                assert abs(found.of(scope, market=market) - whole.of(scope, market=market)) < Decimal("0.05")
    halves = [await total(workspace.id, days=days) for days in ((YEAR[0], date(2025, 5, 9)), (date(2025, 5, 10), YEAR[1]))]
    assert abs(sum(half.of(1, 2, 3) for half in halves) - whole.of(1, 2, 3)) < Decimal("0.01")
    sites = await total(workspace.id, Grouping.SITE, site_id=plant.site_id)
    assert {row.name for row in sites.rows} == {"Planta de MILL-3"}


async def test_what_a_machine_emits_now_names_reading_and_factor_and_makes_up_nothing(workspace: WorkspaceView) -> None:
    # Given a mill whose power is measured, and a second source whose sensor measures no rate of its unit
    plant = await open_plant(workspace.id)
    measured = {"kind": SourceKind.TELEMETRY, "machine_id": plant.machine_id, "meaning": Meaning.RATE}
    await make_source(workspace.id, "Molino", "electricity", "kWh", sensor_id=plant.sensors["power"], **measured)
    await make_source(workspace.id, "Raro", "diesel", "l", sensor_id=plant.sensors["temperature"], **measured)
    async with open_work(plant.principal) as work:
        assert [one.reason for one in await instant.of_machines(work)] == [instant.SILENT] * 2
        now = work.system_time
    await plant.send({"machine": "MILL-3", "at": now.isoformat(), "values": {"power": 50.0, "temperature": 40.0}})
    # When it takes 50 kW, then an hour of it is 50 kWh by the grid's factor, which is named
    async with open_work(plant.principal) as work:
        mill, odd = await instant.of_machines(work, [plant.machine_id])
        assert await instant.of_machines(work, []) == []
    assert (mill.source, mill.value, mill.unit, mill.at, mill.scope) == ("Molino", 50.0, "kW", now, 2)
    assert mill.factor is not None
    assert mill.factor.country == "MX"
    assert mill.co2e == (50 * (mill.factor.co2e or Decimal(0))).quantize(Decimal("0.001"))
    assert (odd.reason, odd.co2e) == (instant.UNIT, None)


MONTHS = {2024 * 12 + month: Decimal(amount) for month, amount in enumerate([100, 100, 100, 130, 100, 100, 100, 130])}


def test_the_next_month_follows_the_last_three_and_last_years_season() -> None:
    last = 2024 * 12
    assert outlook.expected(MONTHS, last + 8, last + 8) == Decimal("110.000")
    # A year later, with everything twice as much, the fourth month stands out as it did
    later = MONTHS | {last + 12 + month: 2 * MONTHS[last + month] for month in range(3)}
    assert outlook.expected(later, last + 15, last + 15) == Decimal("260.000")
    # Of a past with a hole, or too short, nothing is expected; and nothing is said of how good it is
    assert outlook.expected(MONTHS, last + 10, last + 10) is None
    assert outlook.missed_by({last: Decimal(1), last + 1: Decimal(1)}) is None
    # Steady months are never missed, and the others by their share
    assert outlook.missed_by({last + month: Decimal(7) for month in range(9)}) == 0
    missed = outlook.missed_by(MONTHS)
    assert missed is not None
    assert Decimal("0.05") < missed < Decimal("0.3")
