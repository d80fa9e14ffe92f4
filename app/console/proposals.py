"""Proposals: what should be ordered or moved and why; taken, changed or rejected from the list."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms, goods
from app.console.catalogue import PROPOSALS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.work import open_work
from domain.catalog import service as catalog
from domain.replenishment import service as replenishment
from domain.replenishment.kinds import STANDING, ProposalStatus
from domain.replenishment.permissions import ReplenishmentPermission
from domain.replenishment.schemas import Change, ProductClassView, ProposalView, Reject
from domain.routines.schemas import Asked
from domain.suppliers import service as suppliers

router = APIRouter(prefix="/console/@{workspace}/proposals")

Reader = Annotated[Visit, may(PROPOSALS.permission)]
Decider = Annotated[Visit, may(ReplenishmentPermission.DECIDE)]

WHY: Final = ("on_hand", "held", "incoming", "expected", "safety", "level")
"""The figures that are shown with each proposal, in the order in which they are added up."""

CLASSES: Final = 20


@router.get("")
async def show(
    request: Request,
    visit: Reader,
    paging: Paged,
    status: filters.Word = "",
    store: filters.Word = "",
    said: filters.Word = "",
) -> Response:
    """Show what should be ordered or moved, what people made of it, and what brings in most."""
    wanted, only = filters.chosen(ProposalStatus, status), filters.identified(store)
    async with open_work(visit.principal) as work:
        found, after = await replenishment.list_proposals(
            work,
            statuses=[wanted] if wanted else STANDING,
            store_id=only,
            before=filters.identified(paging.place or ""),
            limit=paging.limit,
        )
        classes: list[ProductClassView] = []
        if visit.principal.stores is None:
            classes, _ = await replenishment.classes(work, limit=CLASSES)
        ids = {one.variant_id for one in found} | {one.variant_id for one in classes}
        products = await goods.named(work, ids)
        stores = await catalog.all_stores(work)
        makers = await suppliers.views(work, {one.supplier_id for one in found if one.supplier_id is not None})
        decisions = await replenishment.decisions(work)
    return page(
        request,
        "proposals.html",
        visit,
        current=PROPOSALS,
        paged=paging.page(found, None if after is None else str(after)),
        classes=classes,
        products=products,
        stores=stores,
        names={one.id: one.name for one in stores} | {id: one.name for id, one in makers.items()},
        decisions=decisions,
        why=WHY,
        statuses=list(ProposalStatus),
        chosen=wanted,
        store=only,
        said=said,
        query=filters.query({"status": status, "store": store}),
        is_first=paging.place is None,
        may_decide=visit.principal.may(ReplenishmentPermission.DECIDE),
    )


@router.post("/plan")
async def plan(request: Request, visit: Decider) -> Response:
    """Have everything planned anew, now."""
    await deeds.once(request, visit, Asked, replenishment.ask_for_plan)
    return RedirectResponse(visit.at("proposals?said=asked"), 303)


@router.post("/{proposal_id}/accept")
async def accept(request: Request, visit: Decider, proposal_id: UUID) -> Response:
    """Take a proposal as it is."""
    await deeds.once(request, visit, ProposalView, lambda work: replenishment.accept(work, proposal_id))
    return RedirectResponse(visit.at("proposals?said=accepted"), 303)


@router.post("/{proposal_id}/change")
async def change(request: Request, visit: Decider, proposal_id: UUID) -> Response:
    """Want another quantity."""
    wanted = await forms.part(request, Change)
    await deeds.once(request, visit, ProposalView, lambda work: replenishment.change(work, proposal_id, wanted.packs))
    return RedirectResponse(visit.at("proposals?said=changed"), 303)


@router.post("/{proposal_id}/reject")
async def reject(request: Request, visit: Decider, proposal_id: UUID) -> Response:
    """Want none of it, and say why."""
    reason = (await forms.part(request, Reject)).reason
    await deeds.once(request, visit, ProposalView, lambda work: replenishment.reject(work, proposal_id, reason))
    return RedirectResponse(visit.at("proposals?said=rejected"), 303)
