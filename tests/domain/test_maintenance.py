"""Work orders: from a warning to a planned job, whose parts the stock holds, and to what was found."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from core.access import Principal, PrincipalKind
from core.errors import NotPermitted
from core.work import open_work
from domain.accounts.errors import VersionConflict
from domain.accounts.schemas import WorkspaceView
from domain.conversations.states import State
from domain.machines import judging, risk
from domain.machines import service as machines
from domain.machines.kinds import Cause, MachineEventKind
from domain.machines.schemas import ChangeSensor, Limits, NewMachine
from domain.maintenance import due
from domain.maintenance import service as maintenance
from domain.maintenance.errors import (
    DayRefused,
    FindingMissing,
    PartRepeated,
    PartsWithoutStore,
    WarningNotFound,
    WorkOrderClosed,
)
from domain.maintenance.kinds import Finding, WorkOrderStatus
from domain.maintenance.schemas import (
    CancelWorkOrder,
    ChangeWorkOrder,
    FinishWorkOrder,
    NewWorkOrder,
    Part,
    Track,
    WorkOrderView,
)
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.errors import OutOfStock
from domain.stock.kinds import MovementType
from tests.factories.plant import Plant, open_plant, run_hours
from tests.factories.shop import Shop, fill, open_shop
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.machines import machine_risk_lookup
from tools.maintenance import maintenance_query

SKU = "HAR-1"


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    shop = await open_shop(workspace.id)
    async with open_work(Principal.system(workspace.id)) as work:
        await fill(work, shop, SKU, 5)
    return shop


@pytest.fixture
async def plant(workspace: WorkspaceView) -> Plant:
    """A machine that has been too hot for a while."""
    plant = await open_plant(workspace.id)
    async with open_work(plant.principal) as work:
        command = ChangeSensor(limits=Limits(warn_high=60, alarm_high=80))
        await machines.change_sensor(work, plant.machine_id, plant.sensors["temperature"], command, 1)
        now = work.system_time
    await run_hours(plant, 0.2, now, temperature=95.0, vibration=2.0, power=5.0)
    for _ in range(2):
        async with open_work(plant.principal) as work:
            await judging.judge(work, plant.machine_id)
            await work.session.execute(text("UPDATE machine_conditions SET began_at = began_at - interval '2 minutes'"))
    return plant


async def level(shop: Shop) -> tuple[Decimal, Decimal]:
    """What lies in the store, and what of it is promised."""
    async with open_work(Principal.system(shop.workspace_id)) as work:
        (found,) = (await stock.available(work, [shop.variants[SKU]])).values()
    return found.on_hand, found.held


async def asked(plant: Plant, workspace: WorkspaceView, machine: str | None = None) -> str:
    """What a manager hears of maintenance, or of one machine."""
    async with open_work(plant.principal) as work:
        context = ToolContext(audience=AudienceKind.MANAGER, work=work, workspace=workspace, state=State.IDLE, language="es")
        outcome = await (maintenance_query(context) if machine is None else machine_risk_lookup(context, machine))
    said = outcome.say
    for index, fact in enumerate(outcome.facts):
        said = said.replace(f"{{{index}}}", fact.text)
    return said


@pytest.fixture
async def job(plant: Plant, shop: Shop) -> WorkOrderView:
    """A job planned because of the warning, for tomorrow, with two of five parts."""
    async with open_work(plant.principal) as work:
        (waiting,) = await due.list_due(work)
        return await maintenance.plan(
            work,
            NewWorkOrder(
                machine_id=plant.machine_id,
                condition_id=waiting.condition_id,
                title="Revisar el enfriamiento",
                planned_for=waiting.due_by,
                assignee="Luis",
                parts_from=shop.store_id,
                parts=(Part(variant_id=shop.variants[SKU], quantity=Decimal(2)),),
            ),
        )


async def test_a_machine_that_is_not_well_is_due_until_a_job_is_planned(
    plant: Plant, shop: Shop, workspace: WorkspaceView
) -> None:
    async with open_work(plant.principal) as work:
        (waiting,) = await due.list_due(work)
        today, _ = await maintenance.clock(work)
    assert (waiting.machine.code, waiting.due_by) == ("MILL-3", today + timedelta(days=1))
    assert waiting.reason is not None
    told = await asked(plant, workspace)
    assert "Sin trabajo planificado" in told
    assert "Temperatura" in told
    # When a job is planned, nobody else is asked for, and the chat says who comes
    async with open_work(plant.principal) as work:
        wanted = NewWorkOrder(machine_id=plant.machine_id, title="Revisar", planned_for=today, assignee="Luis")
        assert (await maintenance.plan(work, wanted)).cause is None
    async with open_work(plant.principal) as work:
        assert await due.list_due(work) == []
    for told in (await asked(plant, workspace), await asked(plant, workspace, "MILL-3")):
        assert "Revisar" in told
        assert "(Luis)" in told


async def test_the_parts_of_a_job_are_held_as_it_is_planned_and_changed(plant: Plant, shop: Shop, job: WorkOrderView) -> None:
    assert (job.number, job.cause, await level(shop)) == (1, Cause.ABOVE_ALARM, (Decimal(5), Decimal(2)))
    # Put off with one part more it holds three; more than there are is refused, and it holds what it held
    later = ChangeWorkOrder(
        planned_for=job.planned_for + timedelta(days=3),
        parts=(Part(variant_id=shop.variants[SKU], quantity=Decimal(3)),),
    )
    async with open_work(plant.principal) as work:
        changed = await maintenance.change(work, job.id, later, job.version)
    assert (changed.planned_for, changed.assignee, changed.parts) == (later.planned_for, "Luis", later.parts)
    too_many = ChangeWorkOrder(parts=(Part(variant_id=shop.variants[SKU], quantity=Decimal(9)),))
    for command, seen, error in ((too_many, changed.version, OutOfStock), (later, job.version, VersionConflict)):
        with pytest.raises(error):
            async with open_work(plant.principal) as work:
                await maintenance.change(work, job.id, command, seen)
    assert await level(shop) == (Decimal(5), Decimal(3))


async def test_what_was_found_uses_the_parts_and_measures_the_warnings(
    plant: Plant, shop: Shop, workspace: WorkspaceView, job: WorkOrderView
) -> None:
    # Whoever looked into a warning says whether it was right
    with pytest.raises(FindingMissing):
        async with open_work(plant.principal) as work:
            await maintenance.finish(work, job.id, FinishWorkOrder())
    # The promise of its parts may have run out meanwhile: it is renewed if they are there
    async with open_work(plant.principal) as work:
        await work.session.execute(text("UPDATE stock_holds SET expires_at = created_at"))
        assert await holds.expire_due(work) == [job.id]
    found = FinishWorkOrder(finding=Finding.CONFIRMED, note="El ventilador estaba roto.")
    async with open_work(plant.principal) as work:
        done = await maintenance.finish(work, job.id, found)
    # Then the parts are used and not sold, the machine's history knows, and later warnings are told with it
    assert (done.status, await level(shop)) == (WorkOrderStatus.DONE, (Decimal(3), Decimal(0)))
    async with open_work(plant.principal) as work:
        (used, _) = await stock.movements(work, variant_id=shop.variants[SKU])
        (event, *_) = (await machines.list_events(work, plant.machine_id)).items
        tracks = await maintenance.tracks(work)
    assert (used.type, used.delta, used.source) == (MovementType.ADJUSTMENT, Decimal(-2), "work_order")
    said = "#1 Revisar el enfriamiento\nEl ventilador estaba roto."
    assert (event.kind, event.note) == (MachineEventKind.PART_REPLACED, said)
    assert tracks == {Cause.ABOVE_ALARM: Track(cause=Cause.ABOVE_ALARM, looked_into=1, right=1)}
    assert "De 1 avisos como este que se revisaron, 1 tenían razón." in await asked(plant, workspace, "MILL-3")
    # And what is closed stays so
    with pytest.raises(WorkOrderClosed):
        async with open_work(plant.principal) as work:
            await maintenance.finish(work, job.id, found)
    with pytest.raises(WorkOrderClosed):
        async with open_work(plant.principal) as work:
            await maintenance.cancel(work, job.id, CancelWorkOrder(reason="ya no"))


@pytest.mark.parametrize(("looked_into", "right", "doubtful"), [(4, 0, False), (5, 2, True), (6, 3, False), (9, 8, False)])
def test_a_cause_whose_warnings_are_mostly_wrong_is_doubtful_once_enough_were_looked_into(
    looked_into: int, right: int, doubtful: bool
) -> None:
    assert Track(cause=Cause.ANOMALY, looked_into=looked_into, right=right).is_doubtful is doubtful


async def test_parts_are_let_go_with_their_job_and_nobody_takes_goods_who_may_not(plant: Plant, shop: Shop) -> None:
    part = Part(variant_id=shop.variants[SKU], quantity=Decimal(4))

    def wanted(**other: object) -> NewWorkOrder:
        said = {"machine_id": plant.machine_id, "title": "Engrasar", "planned_for": today, **other}
        return NewWorkOrder.model_validate(said)

    async with open_work(plant.principal) as work:
        today, _ = await maintenance.clock(work)
        (warning,) = await risk.open_warnings(work)
        other = await machines.create_machine(work, NewMachine(site_id=plant.site_id, code="P-1", name="Bomba"))
        made = await maintenance.plan(work, wanted(parts_from=shop.store_id, parts=(part,)))
    for wrong, error in (
        (wanted(planned_for=today - timedelta(days=1)), DayRefused),
        (wanted(planned_for=today + timedelta(days=800)), DayRefused),
        (wanted(machine_id=other.id, condition_id=warning.id), WarningNotFound),
        (wanted(parts=(part,)), PartsWithoutStore),
        (wanted(parts_from=shop.store_id, parts=(part, part)), PartRepeated),
        (wanted(parts_from=shop.store_id, parts=(part,)), OutOfStock),
    ):
        with pytest.raises(error):
            async with open_work(plant.principal) as work:
                await maintenance.plan(work, wrong)
    # A technician without rights to goods plans and finishes jobs, and takes none
    technician = Principal(PrincipalKind.API_KEY, plant.workspace_id, frozenset({"machines:read", "machines:operate"}))
    with pytest.raises(NotPermitted):
        async with open_work(technician) as work:
            await maintenance.finish(work, made.id, FinishWorkOrder())
    async with open_work(technician) as work:
        bare = await maintenance.plan(work, wanted())
        assert (await maintenance.finish(work, bare.id, FinishWorkOrder(note="Listo"))).finding is None
    assert await level(shop) == (Decimal(5), Decimal(4))
    # And when the job is given up, others may have the parts
    async with open_work(plant.principal) as work:
        await maintenance.cancel(work, made.id, CancelWorkOrder(reason="La máquina se vende"))
    assert await level(shop) == (Decimal(5), Decimal(0))
    async with open_work(plant.principal) as work:
        assert [one.number for one in (await maintenance.list_orders(work)).items] == [bare.number, made.number]
        assert await stock.reconcile(work) == []
