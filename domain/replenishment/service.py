"""Proposals as people work with them: seeing what should be ordered and why, taking, changing and rejecting it."""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core import events
from core.access import Principal
from core.event_types import EventType
from core.work import Work
from domain.replenishment import drafting, repository
from domain.replenishment.errors import ProposalDecided, ProposalNotFound
from domain.replenishment.kinds import STANDING, AbcClass, ProposalStatus
from domain.replenishment.models import Proposal
from domain.replenishment.permissions import ReplenishmentPermission
from domain.replenishment.schemas import Decisions, ProductClassView, ProposalView
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from domain.routines.schemas import Asked
from domain.stock import transfers
from domain.stock.schemas import NewTransfer, QuantityLine

MOST_ITEMS: Final = 100


async def get(work: Work, proposal_id: UUID) -> ProposalView:
    """One proposal; raises ProposalNotFound."""
    work.require(ReplenishmentPermission.READ)
    row = await repository.get(work, proposal_id)
    if row is None:
        raise ProposalNotFound
    return ProposalView.model_validate(row)


async def list_proposals(
    work: Work,
    *,
    statuses: Collection[ProposalStatus] = STANDING,
    store_id: UUID | None = None,
    supplier_id: UUID | None = None,
    variant_ids: Collection[UUID] | None = None,
    before: UUID | None = None,
    limit: int = 20,
) -> tuple[list[ProposalView], UUID | None]:
    """Proposals, the newest first, and the place of the next page."""
    work.require(ReplenishmentPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.page(
        work,
        statuses=statuses,
        store_id=store_id,
        supplier_id=supplier_id,
        variant_ids=variant_ids,
        before=before,
        limit=limit + 1,
    )
    views = [ProposalView.model_validate(row) for row in rows[:limit]]
    return views, views[-1].id if len(rows) > limit else None


async def decisions(work: Work, days: int = 90) -> Decisions:
    """What people made of the proposals of the last days."""
    work.require(ReplenishmentPermission.READ)
    found = await repository.decisions(work, work.now - timedelta(days=days))
    return Decisions.model_validate({name: found.get(name, 0) for name in Decisions.model_fields})


async def classes(
    work: Work, abc: AbcClass | None = None, after: tuple[float, UUID] | None = None, limit: int = 20
) -> tuple[list[ProductClassView], tuple[float, UUID] | None]:
    """The classes of products, what brings in most first, and the place of the next page.

    They rest on what all stores bring in, so they are for those who work in all of them: raises StoresOnly.
    """
    work.require(ReplenishmentPermission.READ)
    work.require_all_stores()
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.page_of_classes(work, abc, after, limit + 1)
    views = [ProductClassView.model_validate(row) for row in rows[:limit]]
    return views, (views[-1].share, views[-1].variant_id) if len(rows) > limit else None


async def accept(work: Work, proposal_id: UUID) -> ProposalView:
    """Take a proposal as it is: its packs are in the draft of its supplier, its transfer is asked for. Twice is once."""
    work.require(ReplenishmentPermission.DECIDE)
    row = await _standing(work, proposal_id)
    return await _decided(work, row, ProposalStatus.ACCEPTED, row.packs)


async def change(work: Work, proposal_id: UUID, packs: Decimal) -> ProposalView:
    """Want another quantity; plans leave it as it is until its order is sent."""
    work.require(ReplenishmentPermission.DECIDE)
    return await _decided(work, await _standing(work, proposal_id), ProposalStatus.CHANGED, packs)


async def _decided(work: Work, row: Proposal, status: ProposalStatus, packs: Decimal) -> ProposalView:
    before = _said(row)
    row.status, row.packs = status, packs
    row.decided_at, row.decided_by = work.now, work.principal.id
    if row.supplier_id is not None:
        await drafting.put_in(work, [row])
    else:
        await _ask_for(work, row)
    return await _told(work, row, before)


async def _ask_for(work: Work, row: Proposal) -> None:
    assert row.from_store_id is not None, "what is of no supplier is of a store"
    line = QuantityLine(variant_id=row.variant_id, quantity=row.packs * row.pack_size)
    command = NewTransfer(from_store_id=row.from_store_id, to_store_id=row.store_id, lines=(line,))
    row.transfer_id = (await transfers.request_transfer(work, command)).id
    row.status = ProposalStatus.PLACED


async def reject(work: Work, proposal_id: UUID, reason: str) -> ProposalView:
    """Want none of it, and say why: it leaves the draft, and is not proposed again for a while."""
    work.require(ReplenishmentPermission.DECIDE)
    row = await _standing(work, proposal_id)
    before = _said(row)
    await drafting.take_out(work, row)
    row.status, row.reason = ProposalStatus.REJECTED, reason
    row.decided_at, row.decided_by = work.now, work.principal.id
    return await _told(work, row, before)


async def _standing(work: Work, proposal_id: UUID) -> Proposal:
    row = await repository.lock(work, proposal_id)
    if row is None:
        raise ProposalNotFound
    if row.status not in STANDING:
        raise ProposalDecided(status=row.status)
    return row


def _said(row: Proposal) -> dict[str, object]:
    return {"status": row.status.value, "packs": row.packs}


async def _told(work: Work, row: Proposal, before: dict[str, object]) -> ProposalView:
    if _said(row) != before:
        row.version += 1
        after = {**_said(row), "proposed": row.proposed}
        events.record(work, EventType.REPLENISHMENT_DECIDED, subject=row.id, reason=row.reason, before=before, after=after)
    await work.session.flush()
    return ProposalView.model_validate(row)


async def ask_for_plan(work: Work) -> Asked:
    """Have everything planned anew, now."""
    work.require(ReplenishmentPermission.DECIDE)
    await routines.hasten(work.acting_for(Principal.system(work.workspace_id)), [RoutineName.REPLENISHMENT_PLAN])
    return Asked(asked_at=work.now)
