"""Planning: levels from forecasts and their errors, what is missing to them, and the proposals and drafts that follow.

Loaded by workers only. Levels, which take their time, are computed beside the event loop, without a transaction; what is
missing to them is worked out in the one that writes it. Running it again sets the same quantities.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np

from analytics.forecasting.panel import Floats
from analytics.replenishment.aims import up_to
from analytics.replenishment.classes import abc, shares, xyz
from core.access import Principal
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.thresholds import ReplenishmentSettings
from domain.demand import panels
from domain.demand.panels import Batch
from domain.demand.schemas import Place
from domain.replenishment import drafting, repository
from domain.replenishment.arithmetic import Shelf, Source, plan
from domain.routines import service as routines
from domain.routines.schemas import Taken

WORTH_DAYS: Final = 182
_WEEK: Final = 7
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Level:
    level: float
    expected: float


async def replenish(principal: Principal, taken: Taken) -> drafting.Drafted:
    """Plan for the whole workspace, and put what is missing into proposals and drafts.

    Raises Abandoned where another worker has taken the routine meanwhile.
    """
    async with open_work(principal) as work:
        settings = (await accounts.get_workspace(work)).settings.replenishment
        today = await accounts.today(work)
        rows = await _rows(work)
        earned = await repository.worth(work, today - timedelta(days=WORTH_DAYS))
        listed = await panels.batches(work)
        before = await repository.classes(work)
    classes = _classes(earned, settings)
    levels: dict[Place, _Level] = {}
    sold: dict[UUID, Floats] = {}
    for places in listed:
        async with open_work(principal) as work:
            past = await panels.read(work, places, today)
        if past is not None:
            batch = await asyncio.to_thread(panels.build, past, _WEEK)
            await asyncio.to_thread(_add, sold, batch)
            levels |= await asyncio.to_thread(_levels, batch, rows, classes, settings)
    class_rows = await asyncio.to_thread(_class_rows, earned, classes, sold, before, today, principal.workspace_id)
    async with open_work(principal) as work:
        standing = await drafting.hold(work)
        # What is due stays due until it is ordered: a part that was moved meanwhile does not put the rest off.
        due = {Place(store_id, variant_id) for store_id, variant_id, _ in standing}
        # Read again, behind the locks: what was ordered since the levels were begun is not ordered twice.
        shelves = _shelves(levels, await _rows(work), due, classes, settings)
        wanted = await asyncio.to_thread(plan, shelves, settings.budget)
        await repository.replace_classes(work, class_rows)
        done = await drafting.write(work, standing, wanted, settings)
        await routines.keep(work, taken)
        return done


async def _rows(work: Work) -> dict[Place, Any]:
    return {Place(row.store_id, row.variant_id): row for row in await repository.shelves(work)}


def _classes(earned: Mapping[UUID, float], settings: ReplenishmentSettings) -> dict[UUID, str]:
    kinds = abc(np.array(list(earned.values()), dtype=float), settings.a_percent / 100, settings.b_percent / 100)
    return {variant: kind.value for variant, kind in zip(earned, kinds, strict=True)}


def _add(sold: dict[UUID, Floats], batch: Batch) -> None:
    """What was sold of each variant in all stores over the last half year."""
    for at, place in enumerate(batch.places):
        days = np.zeros(WORTH_DAYS)
        lately = batch.panel.quantity[at, -WORTH_DAYS:]
        days[WORTH_DAYS - len(lately) :] = lately
        sold[place.variant_id] = sold.get(place.variant_id, np.zeros(WORTH_DAYS)) + days


def _rhythm(row: Any, settings: ReplenishmentSettings) -> tuple[int, int]:
    """Days until an order is there, and between two orders: the supplier's, or the shop's own."""
    lead = settings.lead_days if row is None or row.lead_time_days is None else row.lead_time_days
    days = list(row.order_days or ()) if row is not None else []
    return max(1, lead), -(-_WEEK // len(days)) if days else settings.review_days


def _levels(
    batch: Batch, rows: Mapping[Place, Any], classes: Mapping[UUID, str], settings: ReplenishmentSettings
) -> dict[Place, _Level]:
    """The level of each place, those of one rhythm worked out together."""
    aims = {"a": settings.fill_a, "b": settings.fill_b, "c": settings.fill_c}
    fill = np.array([float(aims[classes.get(place.variant_id, "c")]) for place in batch.places])
    rhythms = [_rhythm(rows.get(place), settings) for place in batch.places]
    found: dict[Place, _Level] = {}
    for lead, review in sorted(set(rhythms)):
        which = np.array([rhythm == (lead, review) for rhythm in rhythms])
        level, expected = up_to(batch.panel.pick(which), lead=lead, review=review, fill=fill[which])
        chosen = [place for place, is_in in zip(batch.places, which.tolist(), strict=True) if is_in]
        for place, units, wanted in zip(chosen, level.tolist(), expected.tolist(), strict=True):
            found[place] = _Level(max(units, wanted), wanted)
    return found


def _shelves(
    levels: Mapping[Place, _Level],
    rows: Mapping[Place, Any],
    due: Collection[Place],
    classes: Mapping[UUID, str],
    settings: ReplenishmentSettings,
) -> list[Shelf]:
    return [_shelf(place, rows[place], one, place in due, classes, settings) for place, one in levels.items() if place in rows]


def _shelf(
    place: Place, row: Any, one: _Level, is_due: bool, classes: Mapping[UUID, str], settings: ReplenishmentSettings
) -> Shelf:
    lead, review = _rhythm(row, settings)
    level, expected = Decimal(round(one.level)), Decimal(str(one.expected)).quantize(_CENT)
    source = None
    if row.supplier_id is not None:
        source = Source(row.supplier_id, row.pack_size, row.minimum_packs, row.pack_cost, lead, review)
    return Shelf(
        store_id=place.store_id,
        variant_id=place.variant_id,
        on_hand=row.on_hand,
        held=row.held,
        incoming=row.incoming,
        level=level,
        expected=expected,
        trigger=(level - expected * review / (lead + review)).quantize(_CENT),
        abc=classes.get(place.variant_id, "c"),
        source=source,
        is_due=is_due,
    )


def _class_rows(
    earned: Mapping[UUID, float],
    classes: Mapping[UUID, str],
    sold: Mapping[UUID, Floats],
    before: Mapping[UUID, Any],
    today: date,
    workspace_id: UUID,
) -> list[dict[str, Any]]:
    """The rows of classes; one that has not changed keeps its day."""
    variants = list(earned)
    parts = shares(np.array([earned[variant] for variant in variants], dtype=float)).tolist()
    nothing = np.zeros(WORTH_DAYS)
    even = xyz(np.stack([sold.get(variant, nothing) for variant in variants])) if variants else []
    rows: list[dict[str, Any]] = []
    for variant, share, evenness in zip(variants, parts, even, strict=True):
        old = before.get(variant)
        kept = old if old is not None and old.abc.value == classes[variant] else None
        rows.append(
            {
                "workspace_id": workspace_id,
                "variant_id": variant,
                "abc": classes[variant],
                "xyz": evenness.value,
                "worth": Decimal(str(max(earned[variant], 0.0))).quantize(_CENT),
                "share": share,
                "since": kept.since if kept is not None else today,
                "before": kept.before if kept is not None else old.abc if old is not None else None,
            }
        )
    return rows
