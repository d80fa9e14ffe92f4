"""Replenishment: what should be ordered or moved and why, what people make of it, and the classes of products."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.replenishment import service as replenishment
from domain.replenishment.kinds import STANDING, AbcClass, ProposalStatus
from domain.replenishment.permissions import ReplenishmentPermission
from domain.replenishment.schemas import Change, Decisions, ProductClassView, ProposalView, Reject
from domain.routines.schemas import Asked

router = noun("replenishment")

Reader = Annotated[Principal, may(ReplenishmentPermission.READ)]
Decider = Annotated[Write, may_write(ReplenishmentPermission.DECIDE)]


@router.get("/proposals")
async def list_(
    caller: Reader,
    paging: Paged,
    status: Annotated[list[ProposalStatus] | None, Query(max_length=6, description="By default, what still waits.")] = None,
    store_id: UUID | None = None,
    supplier_id: UUID | None = None,
    variant_id: Annotated[list[UUID] | None, Query(max_length=100)] = None,
) -> Page[ProposalView]:
    """List what should be ordered or moved, the newest first."""
    async with open_work(caller) as work:
        found, after = await replenishment.list_proposals(
            work,
            statuses=status or STANDING,
            store_id=store_id,
            supplier_id=supplier_id,
            variant_ids=variant_id,
            before=paging.id,
            limit=paging.limit,
        )
    return paging.page(found, after)


@router.get("/proposals/decisions")
async def decisions(caller: Reader, days: Annotated[int, Query(ge=1, le=366)] = 90) -> Decisions:
    """Count what people made of the proposals of the last days."""
    async with open_work(caller) as work:
        return await replenishment.decisions(work, days)


@router.post("/proposals/plan", status_code=202)
async def plan(write: Decider) -> Asked:
    """Have everything planned anew, now."""
    return await write.once(Asked, replenishment.ask_for_plan)


@router.get("/proposals/{proposal_id}")
async def get(caller: Reader, proposal_id: UUID) -> ProposalView:
    """Show a proposal, with the figures from which its quantity follows."""
    async with open_work(caller) as work:
        return await replenishment.get(work, proposal_id)


@router.post("/proposals/{proposal_id}/accept")
async def accept(write: Decider, proposal_id: UUID) -> ProposalView:
    """Take a proposal as it is."""
    return await write.once(ProposalView, lambda work: replenishment.accept(work, proposal_id))


@router.post("/proposals/{proposal_id}/change")
async def change(write: Decider, proposal_id: UUID, body: Change) -> ProposalView:
    """Want another quantity; plans leave it as it is."""
    return await write.once(ProposalView, lambda work: replenishment.change(work, proposal_id, body.packs))


@router.post("/proposals/{proposal_id}/reject")
async def reject(write: Decider, proposal_id: UUID, body: Reject) -> ProposalView:
    """Want none of it, and say why."""
    return await write.once(ProposalView, lambda work: replenishment.reject(work, proposal_id, body.reason))


@router.get("/product-classes")
async def classes(caller: Reader, paging: Paged, abc: AbcClass | None = None) -> Page[ProductClassView]:
    """List the products by what they bring in (ABC) and how evenly they sell (XYZ), the most first."""
    share, _, id = (paging.place or "").partition(" ")
    async with open_work(caller) as work:
        found, after = await replenishment.classes(work, abc, (float(share), UUID(id)) if id else None, paging.limit)
    return paging.page(found, None if after is None else f"{after[0]!r} {after[1]}")
