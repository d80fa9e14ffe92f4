"""Attacks on routes: orders that change under a plan, days and windows of other times, two who plan at once, and old links."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from core.tables import new_id
from core.unique import unique
from core.work import open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.logistics import driving, fleet, planning, repository
from domain.logistics import service as logistics
from domain.logistics.errors import NothingToDeliver, PlanUnderWay, RouteLinkOver, StopRefused
from domain.logistics.kinds import LeftOut, StopOutcome
from domain.logistics.models import Vehicle
from domain.logistics.schemas import AskPlan, ChangeStop, Dispatch, NewVehicle
from domain.orders import amendments, by_staff
from domain.orders import service as orders
from domain.orders.kinds import Fulfilment, OrderStatus
from domain.orders.schemas import NewOrder, OrderInput, OrderView, WantedLine
from tests.factories.chat import Chat, count
from tests.factories.round import HERE, begin_round

UNPAID = Dispatch(reason="paid on delivery")


async def pack_by_hand(chat: Chat, address: str) -> OrderView:
    """An order that staff take, of which only the address is known."""
    async with open_work(chat.shop.principal) as work:
        wanted = NewOrder(
            customer_id=chat.customer_id,
            lines=(WantedLine.model_validate({"sku": "HAR-1", "quantity": 1}),),
            fulfilment=Fulfilment.DELIVERY,
            address=address,
            recipient_name="Ana",
            recipient_phone="+584145550101",
        )
        made = await by_staff.create(work, wanted)
        await by_staff.confirm(work, made.id)
        return await by_staff.pack(work, made.id)


async def send_elsewhere(chat: Chat, order_id: UUID, address: str) -> None:
    async with open_work(chat.shop.principal) as work:
        amendment = await amendments.amend_by_staff(work, order_id)
        await by_staff.change(work, amendment.id, OrderInput(address=address), amendment.version)
        await by_staff.confirm(work, amendment.id)


async def test_what_was_said_of_an_order_ends_with_it(chat: Chat) -> None:
    # Given a plan with an order whose place somebody has said
    round = await begin_round(chat)
    order = await pack_by_hand(chat, "Calle Uno")
    (unknown,) = (await round.plan()).unplanned
    async with open_work(chat.staff) as work:
        place = ChangeStop(latitude=HERE[0], longitude=HERE[1] + 0.01)
        await planning.change_stop(work, unknown.id, place)
    (route,) = (await round.plan()).routes

    # When it is to go elsewhere, the route that leaves does not take what was packed for the first address
    await send_elsewhere(chat, order.id, "Calle Dos")
    async with open_work(chat.staff) as work:
        await driving.dispatch(work, route.id, UNPAID)
        assert [each.outcome for each in (await logistics.get_route(work, route.id)).stops] == [StopOutcome.DROPPED]
        assert (await orders.get(work, order.id)).status is OrderStatus.CONFIRMED
        await by_staff.pack(work, order.id)
        other = NewVehicle(store_id=chat.shop.store_id, name="Moto 2", driver_name="Luz")
        await fleet.create_vehicle(work, other)

    # And the next plan has it without a place: that of another address is a guess
    plan = await round.plan()
    assert [(each.order_id, each.left_out) for each in plan.unplanned] == [(order.id, LeftOut.NO_POSITION)]
    # Nor does a plan that is asked for anew keep it as it was
    async with open_work(chat.staff) as work:
        await planning.change_stop(work, plan.unplanned[0].id, place)
    await send_elsewhere(chat, order.id, "Calle Tres")
    async with open_work(chat.staff) as work:
        await by_staff.pack(work, order.id)
    again = (await round.plan()).unplanned
    assert [(each.outcome, each.left_out) for each in again if each.outcome is StopOutcome.OPEN] == [
        (StopOutcome.OPEN, LeftOut.NO_POSITION)
    ]


async def test_days_and_windows_that_no_calendar_holds_are_refused(chat: Chat) -> None:
    round = await begin_round(chat)
    await pack_by_hand(chat, "Calle Uno")
    with pytest.raises(ValueError, match="2200"):
        AskPlan(store_id=chat.shop.store_id, day=date.max)
    plan = await round.plan()
    (stop,) = plan.unplanned
    async with open_work(chat.staff) as work:
        zone = (await accounts.get_workspace(work)).zone
    begin = datetime.combine(plan.day, datetime.min.time(), zone)
    for window in (
        ChangeStop(closes_at=datetime.max.replace(tzinfo=UTC)),
        ChangeStop(opens_at=datetime(1, 1, 1, tzinfo=UTC)),
        ChangeStop(opens_at=begin - timedelta(minutes=1)),
        ChangeStop(closes_at=begin + timedelta(days=1, minutes=1)),
    ):
        with pytest.raises(StopRefused):
            async with open_work(chat.staff) as work:
                await planning.change_stop(work, stop.id, window)
    async with open_work(chat.staff) as work:
        whole = ChangeStop(opens_at=begin, closes_at=begin + timedelta(days=1))
        assert (await planning.change_stop(work, stop.id, whole)).opens_at == begin


async def test_two_days_that_are_planned_at_once_share_no_order(chat: Chat) -> None:
    await begin_round(chat)
    await pack_by_hand(chat, "Calle Uno")

    async def ask(ahead: int) -> UUID:
        async with open_work(chat.staff) as work:
            day = await accounts.today(work) + timedelta(days=ahead)
            return (await planning.ask(work, AskPlan(store_id=chat.shop.store_id, day=day))).id

    answers = await asyncio.gather(ask(1), ask(2), ask(3), return_exceptions=True)
    assert len([each for each in answers if isinstance(each, UUID)]) == 1
    assert all(isinstance(each, UUID | PlanUnderWay | NothingToDeliver) for each in answers)
    assert await count(chat.shop, "delivery_stops") == 1


async def test_a_link_ends_with_the_shop(chat: Chat) -> None:
    round = await begin_round(chat)
    await round.pack(10.50)
    (route,) = (await round.plan()).routes
    async with open_work(chat.staff) as work:
        version = (await driving.dispatch(work, route.id, UNPAID)).link_version
    async with open_work(chat.shop.principal) as work:
        await accounts.delete_workspace(work, (await accounts.get_workspace(work)).version, "closed")
    driver = roles.driver_of(chat.shop.workspace_id, route.id, frozenset({chat.shop.store_id}))
    with pytest.raises(RouteLinkOver):
        async with open_work(driver) as work:
            await driving.by_link(work, route.id, version)


async def test_a_key_that_was_broken_before_is_not_told_as_another(chat: Chat) -> None:
    round = await begin_round(chat)

    async def another() -> None:
        async with open_work(chat.staff) as work:
            there = await repository.vehicle(work, round.vehicle_id)
            fields = {column.key: getattr(there, column.key) for column in Vehicle.__table__.columns if column.key != "id"}
            work.session.add(Vehicle(id=new_id(), **fields))
            async with unique(work, PlanUnderWay()):
                pass

    with pytest.raises(IntegrityError):
        await another()
