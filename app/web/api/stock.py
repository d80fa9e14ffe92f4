"""Stock: levels, the ledger, corrections, limits, and promises that staff make."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.tables import new_id
from core.work import Work, open_work
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.kinds import MovementType
from domain.stock.permissions import StockPermission
from domain.stock.schemas import Adjustment, HoldLine, HoldView, MovementView, QuantityLine, StockLevel

router = noun("stock")

Reader = Annotated[Principal, may(StockPermission.READ)]
Holder = Annotated[Write, may_write(StockPermission.HOLD)]
Adjuster = Annotated[Write, may_write(StockPermission.ADJUST)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Limits(_Body):
    """Below what a level is low, and what is enough."""

    store_id: UUID
    variant_id: UUID
    min_stock: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]
    max_stock: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)] | None = None


class Reserve(_Body):
    """Goods that are kept for somebody until the minutes are over."""

    store_id: UUID
    lines: list[QuantityLine] = Field(min_length=1, max_length=100)
    minutes: int = Field(30, ge=1, le=7 * 24 * 60)


class Reservation(BaseModel):
    """Goods that are kept, under the id by which they are let go."""

    id: UUID
    holds: list[HoldView]


class ReleaseReservation(_Body):
    """Why goods are let go."""

    reason: str = Field("let go by staff", min_length=1, max_length=255)


class Released(BaseModel):
    """How many promises were let go."""

    released: int


@router.get("/stock")
async def list_(
    caller: Reader,
    paging: Paged,
    store_id: UUID | None = None,
    variant_id: Annotated[list[UUID] | None, Query(max_length=100)] = None,
    is_low: Annotated[bool, Query(description="Only what has less than its minimum available.")] = False,
) -> Page[StockLevel]:
    """List levels: what is on hand, what of it is held, and what it has cost."""
    after = tuple(map(UUID, paging.place.split())) if paging.place else None
    async with open_work(caller) as work:
        found, place = await stock.list_levels(
            work,
            store_id=store_id,
            variant_ids=variant_id,
            is_low=is_low,
            after=(after[0], after[1]) if after else None,
            limit=paging.limit,
        )
    return paging.page(found, f"{place[0]} {place[1]}" if place else None)


@router.get("/stock/movements")
async def list_movements(
    caller: Reader,
    paging: Paged,
    store_id: UUID | None = None,
    variant_id: UUID | None = None,
    type: Annotated[list[MovementType] | None, Query(max_length=6)] = None,
) -> Page[MovementView]:
    """List the ledger, newest first."""
    async with open_work(caller) as work:
        found = await stock.movements(
            work,
            variant_id=variant_id,
            store_id=store_id,
            types=type,
            before=paging.number,
            limit=paging.limit + 1 if paging.limit < stock.MOST_LINES else paging.limit,
        )
    is_more = len(found) > paging.limit or (paging.limit == stock.MOST_LINES and len(found) == paging.limit)
    shown = found[: paging.limit]
    return paging.page(shown, str(shown[-1].sequence) if is_more and shown else None)


@router.post("/stock/adjust", status_code=201)
async def adjust(write: Adjuster, body: Adjustment) -> MovementView:
    """Correct a level by hand, with a reason."""
    return await write.once(
        MovementView, lambda work: stock.adjust(work, body.store_id, body.variant_id, body.delta, body.reason)
    )


@router.put("/stock/limits")
async def set_limits(write: Adjuster, body: Limits) -> StockLevel:
    """Set below what a level is low, and what is enough."""
    return await write.once(
        StockLevel,
        lambda work: stock.set_limits(work, body.store_id, body.variant_id, body.min_stock, body.max_stock),
    )


@router.post("/stock/reserve", status_code=201)
async def reserve(write: Holder, body: Reserve) -> Reservation:
    """Keep goods for somebody for a while."""

    async def keep(work: Work) -> Reservation:
        reservation = new_id()
        lines = [HoldLine(variant_id=line.variant_id, quantity=line.quantity) for line in body.lines]
        until = work.now + timedelta(minutes=body.minutes)
        return Reservation(id=reservation, holds=await holds.hold(work, reservation, body.store_id, lines, until))

    return await write.once(Reservation, keep)


@router.post("/stock/reservations/{reservation_id}/release")
async def release(write: Holder, reservation_id: UUID, body: ReleaseReservation) -> Released:
    """Let goods go that were kept."""

    async def let_go(work: Work) -> Released:
        return Released(released=await holds.release(work, reservation_id, body.reason))

    return await write.once(Released, let_go)
