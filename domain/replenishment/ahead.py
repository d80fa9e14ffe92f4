"""What to order for a day: what will be lacking by then, what is proposed already, and what can still be there in time."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.thresholds import ReplenishmentSettings
from domain.demand.schemas import Place
from domain.forecasts import service as forecasts
from domain.forecasts.errors import DemandUnknown
from domain.replenishment import repository
from domain.replenishment.errors import LevelsUnknown
from domain.replenishment.permissions import ReplenishmentPermission
from domain.replenishment.schemas import Delivery, Needed, ProposalView
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import SupplierView

_WEEK: Final = 7
_NOTHING: Final = Decimal(0)


async def needed_for(work: Work, day: date, store_id: UUID | None = None, variant_id: UUID | None = None) -> list[Needed]:
    """What stores lack up to a day, and what is proposed for them; what runs out soonest first.

    The quantities of proposals are those of the plan, which aims at more than the forecast. Raises PeriodNotAhead,
    ForecastNotReady, DemandUnknown and LevelsUnknown.
    """
    work.require(ReplenishmentPermission.READ)
    today = await accounts.today(work)
    settings = (await accounts.get_workspace(work)).settings.replenishment
    stores = None if store_id is None else (store_id,)
    variants = None if variant_id is None else (variant_id,)
    expected = {
        Place(one.store_id, one.variant_id): one.total
        for one in await forecasts.of_places(work, today, day, store_ids=stores, variant_ids=variants)
        if one.store_id is not None and one.variant_id is not None
    }
    if not expected:
        raise DemandUnknown
    late = await repository.coming_after(work, day)
    proposed: dict[Place, list[ProposalView | None]] = {}
    for proposal in await repository.proposed_for(work, store_id, variant_id):
        place = Place(proposal.store_id, proposal.variant_id)
        proposed.setdefault(place, []).append(ProposalView.model_validate(proposal))
    rows = await repository.shelves(work, store_id, variant_id)
    placed = [(Place(row.store_id, row.variant_id), row) for row in rows]
    if not any(place in expected for place, _ in placed):
        raise LevelsUnknown
    pairs = [(row, one) for place, row in placed if place in expected for one in proposed.get(place, [None])]
    makers = await suppliers.views(work, {id for pair in pairs if (id := _supplier(*pair)) is not None})
    found = []
    for row, one in pairs:
        place = Place(row.store_id, row.variant_id)
        behind, supplier_id = late.get(place), _supplier(row, one)
        quantity = _NOTHING if behind is None else behind.quantity
        needed = Needed(
            store_id=place.store_id,
            variant_id=place.variant_id,
            free=row.on_hand - row.held,
            coming=row.incoming - quantity,
            late=quantity,
            late_on=None if behind is None else behind.first,
            expected=expected[place],
            proposal=one,
            delivery=None if supplier_id is None else delivery_for(day, today, makers[supplier_id], settings),
        )
        if one is not None or needed.short > 0:
            found.append(needed)
    return sorted(found, key=lambda one: (one.cover, str(one.store_id), str(one.variant_id)))


def _supplier(row: Any, proposal: ProposalView | None) -> UUID | None:
    """Of whom it would come: the one that is proposed, else the one of whom it is bought."""
    return row.supplier_id if proposal is None or proposal.supplier_id is None else proposal.supplier_id


def delivery_for(day: date, today: date, supplier: SupplierView, settings: ReplenishmentSettings) -> Delivery:
    """When goods come that are ordered of a supplier at the next chance, and until when a day can still be ordered for."""
    lead = timedelta(days=settings.lead_days if supplier.lead_time_days is None else supplier.lead_time_days)
    first = supplier.next_order_day(today)
    review = timedelta(days=1 if supplier.order_days else settings.review_days)
    after = supplier.next_order_day(first + review)
    # The last day on which they take orders from which goods are there by the day.
    last = next(on for before in range(_WEEK) if supplier.next_order_day(on := day - lead - timedelta(days=before)) == on)
    return Delivery(
        supplier_id=supplier.id,
        order_on=first,
        arrives=first + lead,
        covers_until=after + lead - timedelta(days=1),
        order_by=last if last >= first else None,
    )
