"""From what is wanted to proposals, and from these to draft orders. A plan sets quantities, and what people change stays.

Proposals are locked before orders, by plans and by people alike. A person who changes a line in its draft has changed the
proposal; who takes it out has rejected it; who sends the draft has placed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts.thresholds import ReplenishmentSettings
from domain.purchasing import ordering
from domain.purchasing import service as purchasing
from domain.purchasing.errors import BelowMinimum
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.schemas import OrderLineInput, PurchaseOrderView
from domain.replenishment import repository
from domain.replenishment.arithmetic import Wanted
from domain.replenishment.kinds import ProposalStatus
from domain.replenishment.models import Proposal

REJECTED_FOR: Final = timedelta(days=14)
"""For how long what was rejected is not proposed again."""

_NOTHING: Final = Decimal(0)

Key = tuple[UUID, UUID, bool]
"""Store, variant, and whether it is a transfer."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What one plan came to."""

    proposals: int
    orders: int
    sent: int


async def hold(work: Work) -> dict[Key, Proposal]:
    """The proposals that still wait once what people have done to the drafts is read; nobody changes either meanwhile.

    What is on its way is only known for certain behind this: an order that is sent while a plan is made is either seen by
    it, or waits until the plan is written.
    """
    work.require_runtime()
    standing = {_key(row): row for row in await repository.standing(work)}
    await _read_drafts(work, standing)
    return {key: row for key, row in standing.items() if row.status in _WAITING}


async def write(
    work: Work, standing: dict[Key, Proposal], wanted: Sequence[Wanted], settings: ReplenishmentSettings
) -> Drafted:
    """Let exactly this be proposed, beside what people have settled, and the drafts hold it."""
    work.require_runtime()
    rejected = await repository.rejected_since(work, work.now - REJECTED_FOR)
    gone = _set(work, wanted, standing, rejected)
    await work.session.flush()
    rows = [row for row in standing.values() if row.status in _WAITING]
    orders: list[PurchaseOrderView] = []
    if settings.writes_drafts:
        orders = await _fill_drafts(work, [row for row in rows if row.supplier_id is not None], gone)
    sent = 0
    if settings.sends_up_to is not None:
        for order in orders:
            sent += await _send(work, order, settings.sends_up_to)
    after = {"proposals": len(rows), "orders": len(orders), "sent": sent}
    events.record(work, EventType.REPLENISHMENT_PLANNED, subject=work.workspace_id, after=after)
    return Drafted(**after)


_WAITING: Final = frozenset({ProposalStatus.OPEN, ProposalStatus.ACCEPTED, ProposalStatus.CHANGED})


def _key(row: Proposal) -> Key:
    return row.store_id, row.variant_id, row.from_store_id is not None


async def _read_drafts(work: Work, standing: Mapping[Key, Proposal]) -> None:
    """What people have done to the drafts since the last plan."""
    ids = {row.purchase_order_id for row in standing.values() if row.purchase_order_id is not None}
    orders = await ordering.hold_drafts(work, ids)
    for row in standing.values():
        if row.purchase_order_id is None or row.written is None:
            continue
        order = orders[row.purchase_order_id]
        line = next((one for one in order.lines if one.variant_id == row.variant_id), None)
        if order.status is PurchaseStatus.CANCELLED or line is None:
            _settle(work, row, ProposalStatus.REJECTED)
        elif order.status is not PurchaseStatus.DRAFT:
            row.packs = line.packs
            _settle(work, row, ProposalStatus.PLACED)
        elif line.packs != row.written:
            row.packs = row.written = line.packs
            _settle(work, row, ProposalStatus.CHANGED)


def _settle(work: Work, row: Proposal, status: ProposalStatus) -> None:
    row.status, row.decided_at = status, row.decided_at or work.now
    row.version += 1


def _set(work: Work, wanted: Sequence[Wanted], standing: dict[Key, Proposal], rejected: set[Key]) -> list[Proposal]:
    """Set the proposals to what is wanted; those that are not needed any more."""
    found: dict[Key, Wanted] = {}
    for one in wanted:
        key = (one.shelf.store_id, one.shelf.variant_id, one.from_store_id is not None)
        if key not in rejected:
            found[key] = one
    gone = []
    for key, row in list(standing.items()):
        new = found.get(key)
        is_other = new is not None and (new.supplier_id, new.from_store_id) != (row.supplier_id, row.from_store_id)
        if row.status is ProposalStatus.OPEN and (new is None or is_other):
            row.status, row.version = ProposalStatus.GONE, row.version + 1
            gone.append(standing.pop(key))
    for key, one in found.items():
        there = standing.get(key)
        if there is None:
            there = standing[key] = _begun(work, one)
            work.session.add(there)
        there.proposed, there.why, there.planned_at = one.packs, dict(one.why), work.now
        if there.status is ProposalStatus.OPEN:
            there.packs, there.pack_size, there.pack_cost = one.packs, one.pack_size, one.pack_cost
    return gone


def _begun(work: Work, one: Wanted) -> Proposal:
    return Proposal(
        workspace_id=work.workspace_id,
        id=new_id(),
        store_id=one.shelf.store_id,
        variant_id=one.shelf.variant_id,
        supplier_id=one.supplier_id,
        from_store_id=one.from_store_id,
        status=ProposalStatus.OPEN,
        packs=one.packs,
        pack_size=one.pack_size,
        pack_cost=one.pack_cost,
        version=1,
    )


async def _fill_drafts(work: Work, rows: Sequence[Proposal], gone: Sequence[Proposal]) -> list[PurchaseOrderView]:
    """Put the packs of proposals into the draft of their supplier and store; those that are gone leave it."""
    orders = []
    for row in gone:
        await take_out(work, row)
    for supplier_id, store_id in sorted({(row.supplier_id, row.store_id) for row in rows if row.supplier_id is not None}):
        of_order = [row for row in rows if (row.supplier_id, row.store_id) == (supplier_id, store_id)]
        orders.append(await put_in(work, of_order))
    return orders


async def put_in(work: Work, rows: Sequence[Proposal]) -> PurchaseOrderView:
    """Let the draft of the supplier and store of some proposals have their packs."""
    work.require(PurchasesPermission.WRITE)
    supplier_id, store_id = rows[0].supplier_id, rows[0].store_id
    assert supplier_id is not None, "a transfer has no order"
    draft = await ordering.open_draft(work, supplier_id, store_id)
    lines = [OrderLineInput(variant_id=row.variant_id, packs=row.packs, pack_size=row.pack_size) for row in rows]
    filled = await ordering.set_lines(work, draft.id, lines)
    for row in rows:
        row.purchase_order_id, row.written = draft.id, row.packs
    return filled


async def take_out(work: Work, row: Proposal) -> None:
    """Take a proposal's line out of its draft, if a plan has put it there and the draft is one still."""
    work.require(PurchasesPermission.WRITE)
    if row.purchase_order_id is None or row.written is None:
        return
    order = await purchasing.get(work, row.purchase_order_id)
    line = next((one for one in order.lines if one.variant_id == row.variant_id), None)
    if order.status is PurchaseStatus.DRAFT and line is not None and line.packs == row.written:
        await ordering.set_lines(work, order.id, [OrderLineInput(variant_id=row.variant_id, packs=_NOTHING)])


async def _send(work: Work, order: PurchaseOrderView, most: Decimal) -> bool:
    """Send a draft whose costs are all known and within the limit; what the supplier does not take waits for a person."""
    if not order.lines or order.total > most or any(line.pack_cost is None for line in order.lines):
        return False
    try:
        await ordering.submit(work, order.id)
    except BelowMinimum:
        return False
    for row in await repository.standing(work):
        if row.purchase_order_id == order.id:
            _settle(work, row, ProposalStatus.PLACED)
    return True
