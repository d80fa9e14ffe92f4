"""A store that delivers: where it is, a vehicle, packed orders with places, and the worker that plans."""

from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID

from app.queue.actors import logistics as worker
from core.work import open_work
from domain.accounts import service as accounts
from domain.catalog import places
from domain.catalog.schemas import ChangeStore
from domain.logistics import fleet, planning
from domain.logistics import service as logistics
from domain.logistics.schemas import AskPlan, NewVehicle, PlanView
from domain.orders import by_staff, confirmation, drafts
from domain.orders.schemas import Delivery, OrderView
from tests.factories.chat import Chat, draft_with

HERE = (10.4880, -66.8792)


@dataclass(frozen=True)
class Round:
    """A store with one vehicle."""

    chat: Chat
    vehicle_id: UUID

    async def pack(self, latitude: float | None, longitude: float | None = -66.9, quantity: int = 1) -> OrderView:
        """A packed order that goes to a place, or to an address of which nobody knows where it is."""
        await draft_with(self.chat, {"HAR-1": quantity})
        async with self.chat.work() as work:
            if latitude is not None:
                place = Delivery(latitude=latitude, longitude=longitude)
                await drafts.set_delivery(work, self.chat.conversation_id, place)
            request = await confirmation.request_confirmation(work, self.chat.conversation_id)
            assert request.token is not None, request
            done = await confirmation.confirm(work, self.chat.conversation_id, self.chat.customer_id, request.token)
        async with open_work(self.chat.shop.principal) as work:
            return await by_staff.pack(work, done.order.id)

    async def ask(self) -> UUID:
        """Have tomorrow planned, so that no hour of the test's day plays a part."""
        async with open_work(self.chat.staff) as work:
            day = await accounts.today(work) + timedelta(days=1)
            return (await planning.ask(work, AskPlan(store_id=self.chat.shop.store_id, day=day))).id

    async def plan(self) -> PlanView:
        """Have tomorrow planned, and be the worker that does it."""
        plan_id = await self.ask()
        await worker.plan(str(self.chat.shop.workspace_id), str(plan_id))
        async with open_work(self.chat.staff) as work:
            return await logistics.get_plan(work, plan_id)


async def begin_round(chat: Chat, **vehicle: object) -> Round:
    """A store of which it is known where it is, with a vehicle that drives all day."""
    async with open_work(chat.shop.principal) as work:
        store = ChangeStore(latitude=HERE[0], longitude=HERE[1])
        await places.change_store(work, chat.shop.store_id, store, 1)
        fields = {"name": "Moto 1", "driver_name": "Pedro", "starts_at": time(0, 0, 1), "ends_at": time(23, 59, 59)} | vehicle
        made = await fleet.create_vehicle(work, NewVehicle.model_validate({"store_id": chat.shop.store_id, **fields}))
    return Round(chat, made.id)
