"""Routes: what waits is planned once, leaves, and is said to be brought or not; orders and transfers follow."""

import asyncio
import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app.queue.actors import logistics as worker
from core import events
from core.access import OperationsPermission, Principal, PrincipalKind
from core.errors import NotPermitted
from core.work import open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.catalog import places
from domain.catalog.schemas import ChangeStore
from domain.conversations import service as conversations
from domain.logistics import driving, fleet, planning
from domain.logistics import service as logistics
from domain.logistics.errors import (
    DayOver,
    HoursRefused,
    NothingToDeliver,
    NoVehicle,
    PlanUnderWay,
    RouteLinkOver,
    StopNotFound,
    StopReasonMissing,
    StopRefused,
    StopSettled,
    StoreWithoutPosition,
    VehicleNameTaken,
)
from domain.logistics.kinds import LeftOut, PlanStatus, StopOutcome
from domain.logistics.schemas import (
    AskPlan,
    ChangeStop,
    ChangeVehicle,
    Dispatch,
    Drop,
    MadePlan,
    NewVehicle,
    RouteView,
    Settle,
    StopView,
)
from domain.orders import by_staff
from domain.orders import service as orders
from domain.orders.errors import OrderUnpaid
from domain.orders.kinds import OrderStatus
from domain.orders.schemas import CancelOrder
from domain.stock import service as stock
from domain.stock import transfers
from domain.stock.kinds import TransferStatus
from domain.stock.schemas import NewTransfer, QuantityLine
from tests.factories.chat import Chat, count, later
from tests.factories.round import Round, begin_round

UNPAID = Dispatch(reason="paid on delivery")
DELIVERED = Settle(outcome="delivered")


async def only_route(round: Round) -> RouteView:
    plan = await round.plan()
    assert plan.status is PlanStatus.READY
    (route,) = plan.routes
    return route


async def leave(chat: Chat, route: RouteView) -> int:
    """The route leaves; which of its links holds."""
    async with open_work(chat.staff) as work:
        return (await driving.dispatch(work, route.id, UNPAID)).link_version


async def settle(chat: Chat, stop_id: UUID, command: Settle = DELIVERED) -> StopView:
    async with open_work(chat.staff) as work:
        return await driving.settle(work, stop_id, command)


async def told(chat: Chat) -> list[str]:
    """What the customer is told of routes, in its order."""
    async with open_work(chat.staff) as work:
        found = [message.text or "" for message in await conversations.unsettled(work, chat.conversation_id)]
    return [words for words in found if "va en camino" in words or "No pudimos" in words]


async def status_of(chat: Chat, order_id: UUID | None) -> OrderStatus:
    assert order_id is not None
    async with open_work(chat.staff) as work:
        return (await orders.get(work, order_id)).status


async def test_a_day_from_the_shelf_to_the_door(chat: Chat) -> None:
    # Given three packed orders, of which nobody knows where one goes, and a transfer to a branch
    round = await begin_round(chat)
    made = [await round.pack(10.50), await round.pack(10.47), await round.pack(None)]
    async with open_work(chat.shop.principal) as work:
        branch = await chat.shop.open_branch(work)
        await places.change_store(work, branch, ChangeStore(latitude=10.46, longitude=-66.85), 1)
        line = QuantityLine(variant_id=chat.shop.variants["ACE-1"], quantity=Decimal(2))
        moved = await transfers.request_transfer(
            work, NewTransfer(from_store_id=chat.shop.store_id, to_store_id=branch, lines=(line,))
        )
        await transfers.approve_transfer(work, moved.id)

    # When the day is planned
    plan = await round.plan()

    # Then what has a place is in one route, in time order, and the rest says why it is not
    (route,) = plan.routes
    assert {(stop.order_id, stop.transfer_id) for stop in route.stops} == {
        (made[0].id, None), (made[1].id, None), (None, moved.id)
    }  # fmt: skip
    assert [(stop.order_id, stop.left_out) for stop in plan.unplanned] == [(made[2].id, LeftOut.NO_POSITION)]
    times = [stop.arrives_at for stop in route.stops if stop.arrives_at is not None]
    assert times == sorted(times)
    assert len(times) == 3
    assert plan.distance_m == route.distance_m > 0

    # When it leaves, everything on it is on its way, and its customers are told; the one without a place stays
    await leave(chat, route)
    assert [await status_of(chat, order.id) for order in made] == [
        OrderStatus.SHIPPED, OrderStatus.SHIPPED, OrderStatus.CONFIRMED
    ]  # fmt: skip
    async with open_work(chat.staff) as work:
        assert (await transfers.get_transfer(work, moved.id)).status is TransferStatus.IN_TRANSIT

    # And when every stop is brought, the orders are delivered and the goods are on the shelf of the branch
    for stop in route.stops:
        assert (await settle(chat, stop.id)).outcome is StopOutcome.DELIVERED
        assert (await settle(chat, stop.id)).outcome is StopOutcome.DELIVERED
    assert await status_of(chat, made[0].id) is OrderStatus.DELIVERED
    async with open_work(chat.staff) as work:
        assert (await transfers.get_transfer(work, moved.id)).status is TransferStatus.RECEIVED
        levels = {level.store_id: level.on_hand for level in await stock.levels(work, chat.shop.variants["ACE-1"])}
        assert levels == {chat.shop.store_id: 8, branch: 2}
        assert (await logistics.get_plan(work, plan.id)).status is PlanStatus.UNDER_WAY  # one order still waits
        (waiting,) = (await logistics.get_plan(work, plan.id)).unplanned
        await planning.drop_stop(work, waiting.id, Drop(reason="comes to the store"))


async def test_a_position_that_staff_know_is_planned_and_a_heavy_or_late_stop_says_why(chat: Chat) -> None:
    round = await begin_round(chat, capacity_kg=50)
    await round.pack(None)
    await round.pack(10.50)
    await round.pack(10.51)
    first = await round.plan()
    (unknown,) = first.unplanned
    heavy, late = first.routes[0].stops
    with pytest.raises(StopRefused):
        async with open_work(chat.staff) as work:
            await planning.change_stop(work, unknown.id, ChangeStop(latitude=10.49))
    async with open_work(chat.staff) as work:
        await planning.change_stop(work, unknown.id, ChangeStop(latitude=10.49, longitude=-66.88))
        await planning.change_stop(work, heavy.id, ChangeStop(weight_kg=Decimal("50.001")))
        zone = (await accounts.get_workspace(work)).zone
        await planning.change_stop(work, late.id, ChangeStop(closes_at=datetime.combine(first.day, time(), zone)))

    plan = await round.plan()

    assert (plan.id, plan.status) == (first.id, PlanStatus.READY)
    assert [stop.id for stop in plan.routes[0].stops] == [unknown.id]
    reasons = {stop.id: stop.left_out for stop in plan.unplanned}
    assert reasons == {heavy.id: LeftOut.TOO_HEAVY, late.id: LeftOut.OUT_OF_TIME}


async def test_a_break_is_had_at_the_store_between_two_tours(chat: Chat) -> None:
    round = await begin_round(chat, starts_at="08:00", break_starts_at="12:00", break_ends_at="13:00", ends_at="18:00")
    for latitude in (10.50, 10.51):
        await round.pack(latitude)
    morning, afternoon = (await only_route(round)).stops
    async with open_work(chat.staff) as work:
        zone = (await accounts.get_workspace(work)).zone
        day = await accounts.today(work) + timedelta(days=1)
    assert morning.arrives_at is not None
    noon = morning.arrives_at.astimezone(zone).replace(hour=12, minute=0)
    async with open_work(chat.staff) as work:
        await planning.change_stop(work, afternoon.id, ChangeStop(opens_at=noon))
        await planning.change_stop(work, morning.id, ChangeStop(closes_at=noon))

    first, second = (await round.plan()).routes

    assert [stop.id for stop in first.stops] == [morning.id]
    assert [stop.id for stop in second.stops] == [afternoon.id]
    assert first.returns_at.astimezone(zone).time() <= time(12) < time(13) <= second.leaves_at.astimezone(zone).time()
    assert first.leaves_at.astimezone(zone).date() == second.returns_at.astimezone(zone).date() == day


async def test_what_was_tried_and_failed_is_planned_again_and_what_was_cancelled_is_not(chat: Chat) -> None:
    round = await begin_round(chat)
    kept, gone = await round.pack(10.50), await round.pack(10.51)
    route = await only_route(round)
    async with open_work(chat.staff) as work:
        await by_staff.cancel(work, gone.id, CancelOrder(reason="the customer does not want it"))
    await leave(chat, route)
    async with open_work(chat.staff) as work:
        outcomes = {stop.order_id: stop.outcome for stop in (await logistics.get_route(work, route.id)).stops}
    assert outcomes == {kept.id: StopOutcome.OPEN, gone.id: StopOutcome.DROPPED}

    tried = next(stop for stop in route.stops if stop.order_id == kept.id)
    with pytest.raises(StopReasonMissing):
        await settle(chat, tried.id, Settle(outcome="failed"))
    failed = await settle(chat, tried.id, Settle(outcome="failed", reason="nobody there"))
    assert (failed.outcome, failed.reason) == (StopOutcome.FAILED, "nobody there")
    with pytest.raises(StopSettled):
        await settle(chat, tried.id)
    assert await status_of(chat, kept.id) is OrderStatus.SHIPPED
    leaves, comes_back = await told(chat)
    assert leaves == f"Tu pedido {kept.number} ya va en camino 🚚"
    assert comes_back == f"No pudimos entregarte el pedido {kept.number}. Te avisamos cuando vuelva a salir."

    # The day's plan is done, and the next one has it again, though its vehicle must be free
    with pytest.raises(NoVehicle):
        await round.plan()
    async with open_work(chat.staff) as work:
        other = NewVehicle(store_id=chat.shop.store_id, name="Moto 2", driver_name="Luz", ends_at=time(23, 59))
        await fleet.create_vehicle(work, other)
    again = await only_route(round)
    assert [stop.order_id for stop in again.stops] == [kept.id]
    assert again.plan_id != route.plan_id
    await leave(chat, again)
    assert len([words for words in await told(chat) if "ya va en camino" in words]) == 2
    await settle(chat, again.stops[0].id)
    assert await status_of(chat, kept.id) is OrderStatus.DELIVERED


async def test_on_the_day_a_customer_is_told_the_hour_in_which_it_arrives(chat: Chat) -> None:
    round = await begin_round(chat)
    order = await round.pack(10.50)
    route = await only_route(round)
    await later(timedelta(days=1))
    async with open_work(chat.staff) as work:
        zone = (await accounts.get_workspace(work)).zone
        driven = route.stops[0].arrives_at
        assert driven is not None
        expected = (driven + max(work.now - route.leaves_at, timedelta(0))).astimezone(zone)
    await leave(chat, route)

    (words,) = await told(chat)
    said = re.fullmatch(rf"¡Tu pedido {order.number} va en camino! Llega entre las (\d\d:\d\d) y las (\d\d:\d\d)\.", words)
    if expected.date() == (expected + timedelta(minutes=10)).date():  # else the test runs around midnight
        assert said is not None
        begin, end = (time.fromisoformat(hour) for hour in said.groups())
        assert (end.hour * 60 + end.minute - begin.hour * 60 - begin.minute) % 1440 == 60


async def test_two_ask_at_once_and_two_press_at_once_and_everything_happens_once(chat: Chat) -> None:
    round = await begin_round(chat)
    order = await round.pack(10.50)
    answers = await asyncio.gather(round.ask(), round.ask(), return_exceptions=True)
    assert all(isinstance(answer, UUID | PlanUnderWay) for answer in answers)
    assert await count(chat.shop, "delivery_plans") == await count(chat.shop, "delivery_stops") == 1
    (plan_id,) = {answer for answer in answers if isinstance(answer, UUID)}
    await asyncio.gather(*(worker.plan(str(chat.shop.workspace_id), str(plan_id)) for _ in range(2)))
    assert await count(chat.shop, "delivery_routes") == 1
    async with open_work(chat.staff) as work:
        (route,) = (await logistics.get_plan(work, plan_id)).routes

    assert list(await asyncio.gather(leave(chat, route), leave(chat, route))) == [1, 1]
    pressed = await asyncio.gather(settle(chat, route.stops[0].id), settle(chat, route.stops[0].id))

    assert {stop.outcome for stop in pressed} == {StopOutcome.DELIVERED}
    async with open_work(chat.staff) as work:
        steps = [step.to_status for step in await orders.status_history(work, order.id)]
        assert (await logistics.get_plan(work, plan_id)).status is PlanStatus.DONE
    assert steps.count(OrderStatus.SHIPPED) == steps.count(OrderStatus.DELIVERED) == 1


async def test_a_solver_that_was_overtaken_changes_nothing(chat: Chat) -> None:
    round = await begin_round(chat)
    await round.pack(10.50)
    plan_id = await round.ask()
    async with open_work(Principal.system(chat.shop.workspace_id)) as work:
        old = await planning.take(work, plan_id)
    assert old is not None
    await round.pack(10.51)
    plan = await round.plan()
    async with open_work(Principal.system(chat.shop.workspace_id)) as work:
        assert await planning.finish(work, old, MadePlan([], {}, 1, False, 1.0)) is False
        assert await logistics.get_plan(work, plan_id) == plan
    assert [len(route.stops) for route in plan.routes] == [2]


async def test_an_unpaid_order_keeps_its_route_at_the_store_unless_there_is_a_reason(chat: Chat) -> None:
    round = await begin_round(chat)
    order = await round.pack(10.50)
    route = await only_route(round)
    with pytest.raises(OrderUnpaid):
        async with open_work(chat.staff) as work:
            await driving.dispatch(work, route.id, Dispatch())
    assert await status_of(chat, order.id) is OrderStatus.CONFIRMED
    async with open_work(chat.staff) as work:
        assert (await logistics.get_route(work, route.id)).dispatched_at is None
    await leave(chat, route)
    assert await status_of(chat, order.id) is OrderStatus.SHIPPED


async def test_a_link_opens_one_route_until_it_lapses_or_is_taken_back(chat: Chat) -> None:
    round = await begin_round(chat)
    await round.pack(10.50)
    route = await only_route(round)
    version = await leave(chat, route)
    driver = roles.driver_of(chat.shop.workspace_id, route.id, frozenset({chat.shop.store_id}))

    async with open_work(driver) as work:
        assert (await driving.by_link(work, route.id, version)).id == route.id
    for wrong in (version - 1, version + 1):
        with pytest.raises(RouteLinkOver):
            async with open_work(driver) as work:
                await driving.by_link(work, route.id, wrong)
    with pytest.raises(StopNotFound):
        async with open_work(driver) as work:
            await driving.settle_by_link(work, route.id, version, route.id, DELIVERED)

    async with open_work(chat.staff) as work:
        newer = (await driving.revoke_link(work, route.id)).link_version
    with pytest.raises(RouteLinkOver):
        async with open_work(driver) as work:
            await driving.settle_by_link(work, route.id, version, route.stops[0].id, DELIVERED)
    async with open_work(driver) as work:
        done = await driving.settle_by_link(work, route.id, newer, route.stops[0].id, DELIVERED)
    assert done.outcome is StopOutcome.DELIVERED
    # What a driver does stands as theirs: not as the system's, which may do anything.
    async with open_work(chat.shop.principal) as work:
        told = [(one.actor_kind, one.actor_id) for one in await events.page(work, limit=500) if one.subject_id == done.id]
    assert told == [(PrincipalKind.DRIVER, route.id)]
    with pytest.raises(NotPermitted):
        driver.require(OperationsPermission.MANAGE)
    with pytest.raises(NotPermitted):
        async with open_work(driver) as work:
            work.require_runtime()
    await later(timedelta(days=3))
    with pytest.raises(RouteLinkOver):
        async with open_work(driver) as work:
            await driving.by_link(work, route.id, newer)


async def test_what_cannot_be_planned_is_refused_with_a_reason(chat: Chat) -> None:
    async with open_work(chat.staff) as work:
        today = await accounts.today(work)
    wanted = AskPlan(store_id=chat.shop.store_id, day=today + timedelta(days=1))
    with pytest.raises(StoreWithoutPosition):
        async with open_work(chat.staff) as work:
            await planning.ask(work, wanted)
    round = await begin_round(chat)
    for day, error in ((today - timedelta(days=1), DayOver), (wanted.day, NothingToDeliver)):
        with pytest.raises(error):
            async with open_work(chat.staff) as work:
                await planning.ask(work, AskPlan(store_id=chat.shop.store_id, day=day))
    await round.pack(10.50)
    async with open_work(chat.staff) as work:
        (vehicle,), _ = await fleet.list_vehicles(work)
        changed = await fleet.change_vehicle(work, vehicle.id, ChangeVehicle(is_active=False), vehicle.version)
    with pytest.raises(HoursRefused):
        async with open_work(chat.staff) as work:
            await fleet.change_vehicle(work, vehicle.id, ChangeVehicle(break_starts_at=time(12)), changed.version)
    with pytest.raises(NoVehicle):
        async with open_work(chat.staff) as work:
            await planning.ask(work, wanted)
    with pytest.raises(VehicleNameTaken):
        async with open_work(chat.staff) as work:
            await fleet.create_vehicle(work, NewVehicle(store_id=chat.shop.store_id, name="Moto 1", driver_name="Ana"))
    assert await count(chat.shop, "delivery_plans") == 0
