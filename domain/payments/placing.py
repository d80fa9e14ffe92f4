"""Placing an order of staff: what its customer told to have paid before is tied to it, as it is in a conversation."""

from uuid import UUID

from core.access import Principal
from core.work import Work
from domain.orders import by_staff
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderView
from domain.payments import claims, service


async def confirm(work: Work, order_id: UUID) -> OrderView:
    """Place what staff put together, or apply their amendment; raises what `by_staff.confirm` raises."""
    work.require(OrdersPermission.CONFIRM)
    order = await by_staff.confirm(work, order_id)
    house = work.acting_for(Principal.system(work.workspace_id))
    await claims.link_ahead(house, order.id)
    return await service.settle(house, order.id)
