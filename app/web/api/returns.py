"""Returns of customers, and the credit notes for them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.callers import may
from app.web.api.fields import expanding
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import Work, open_work
from domain.customers import service as customers
from domain.customers.schemas import CustomerView
from domain.returns import crediting
from domain.returns import service as returns
from domain.returns.kinds import ReturnStatus
from domain.returns.permissions import ReturnsPermission
from domain.returns.schemas import Arrival, Exchange, MoneyBack, NewReturn, ReturnView

router = noun("returns")

Reader = Annotated[Principal, may(ReturnsPermission.READ)]
Expand = Annotated[frozenset[str], expanding("customer")]
Writer = Annotated[Write, may_write(ReturnsPermission.WRITE)]
Refunder = Annotated[Write, may_write(ReturnsPermission.REFUND)]


class ShownReturn(ReturnView):
    """A return, with whose it is where that was asked for."""

    customer: CustomerView | None = Field(None, description="With `expand=customer`.")


class End(BaseModel):
    """Why a return ends."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500)


@router.get("/returns")
async def list_(
    caller: Reader,
    paging: Paged,
    status: Annotated[list[ReturnStatus] | None, Query(max_length=4)] = None,
    order_id: UUID | None = None,
    customer_id: UUID | None = None,
    expand: Expand = frozenset(),
) -> Page[ShownReturn]:
    """List returns, newest first."""
    async with open_work(caller) as work:
        found = await returns.list_returns(
            work, statuses=status, order_id=order_id, customer_id=customer_id, before=paging.number, limit=paging.limit
        )
        shown = await _expanded(work, found.items, expand)
    return paging.page(shown, found.next_cursor)


async def _expanded(work: Work, found: Sequence[ReturnView], expand: frozenset[str]) -> list[ShownReturn]:
    """Returns with what is wanted of what their ids stand for."""
    people = await customers.by_ids(work, {each.customer_id for each in found}) if "customer" in expand else {}
    return [ShownReturn(**each.model_dump(), customer=people.get(each.customer_id)) for each in found]


@router.post("/returns", status_code=201)
async def request(write: Writer, body: NewReturn) -> ReturnView:
    """Open a return of goods that have left the shop."""
    return await write.once(ReturnView, lambda work: returns.request(work, body))


@router.get("/returns/{return_id}")
async def get(caller: Reader, return_id: UUID, expand: Expand = frozenset()) -> ShownReturn:
    """Show a return in its four numbers, with its credit notes."""
    async with open_work(caller) as work:
        (shown,) = await _expanded(work, [await returns.get(work, return_id)], expand)
    return shown


@router.post("/returns/{return_id}/receive")
async def receive(write: Writer, return_id: UUID, body: Arrival) -> ReturnView:
    """Take goods of a return in; only what is resellable is put on the shelf."""
    return await write.once(ReturnView, lambda work: returns.receive(work, return_id, body))


@router.post("/returns/{return_id}/refund")
async def refund(write: Refunder, return_id: UUID, body: MoneyBack) -> ReturnView:
    """Give money for goods that came."""
    return await write.once(ReturnView, lambda work: crediting.refund(work, return_id, body))


@router.post("/returns/{return_id}/exchange")
async def exchange(write: Refunder, return_id: UUID, body: Exchange) -> ReturnView:
    """Give other goods for goods that came."""
    return await write.once(ReturnView, lambda work: crediting.exchange(work, return_id, body))


@router.post("/returns/{return_id}/close")
async def close(write: Writer, return_id: UUID, body: End) -> ReturnView:
    """Wait for nothing more of a return."""
    return await write.once(ReturnView, lambda work: returns.close(work, return_id, body.reason))


@router.post("/returns/{return_id}/cancel")
async def cancel(write: Writer, return_id: UUID, body: End) -> ReturnView:
    """Give up a return of which nothing came."""
    return await write.once(ReturnView, lambda work: returns.cancel(work, return_id, body.reason))
