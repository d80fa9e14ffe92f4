"""Whom a search of the desk means besides those who are called so: the customer of an order with this number."""

import re
from typing import Final
from uuid import UUID

from core.work import Work
from domain.orders import service as orders
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderFilter

_NUMBER: Final = re.compile(r"#?\s*(\d{1,9})")


async def customers_meant(work: Work, search: str | None) -> tuple[UUID, ...]:
    """The customer of the order whose number somebody searches for, if they may see orders."""
    found = _NUMBER.fullmatch(search.strip()) if search else None
    if found is None or not work.principal.may(OrdersPermission.READ):
        return ()
    placed = await orders.list_orders(work, OrderFilter(number=int(found[1])), limit=1)
    return tuple(order.customer_id for order in placed.items)
