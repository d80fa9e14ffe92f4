"""The series of demand as the panels that forecasts are made from. Loaded by workers only, as it needs what computes.

A day counts as evidence where the shelf had something to sell and the store was open; single bulk orders are cut to what
is usual; offers of the catalogue are the promotions, past and planned, with how deep they cut the price.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import holidays
import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.history import Cells, assemble
from analytics.forecasting.panel import Flags, Floats, Panel
from core.work import Work
from domain.accounts import service as accounts
from domain.demand import repository
from domain.demand.bulk import bulk_days
from domain.demand.schemas import Place

LIVE_DAYS: Final = 182
"""A series without a sale in so many days is taken as ended, and not forecast."""

MOST_DAYS: Final = 3 * 365
BATCH: Final = 5_000
"""Series that are worked on at once, at most: three years of them are 44 MB an array."""

_LEAST_HOLIDAYS: Final = 2
_USUALLY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Past:
    """What is read to make a panel of: rows of demand up to the day before `ends`, offers, and whose holidays count."""

    rows: Collection[Any]
    offers: Collection[Any]
    ends: date
    country: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A panel up to yesterday with the place of each of its S series."""

    panel: Panel
    places: list[Place]


async def batches(work: Work) -> list[list[Place]]:
    """The places that have sold anything lately, in lists short enough to be worked on at once, stores kept together."""
    since = await accounts.today(work) - timedelta(days=LIVE_DAYS)
    places = [Place(store, variant) for store, variant in await repository.selling(work, since)]
    return [places[start : start + BATCH] for start in range(0, len(places), BATCH)]


async def read(work: Work, places: Collection[Place], ends: date) -> Past | None:
    """What is known of some places up to the day before `ends`; None where nothing was ever sold.

    Whoever reads in several transactions names one day to all of them, or midnight may pass between two.
    """
    workspace = await accounts.get_workspace(work)
    first = ends - timedelta(days=MOST_DAYS)
    rows = await repository.table(work, first, ends - timedelta(days=1), [(one.store_id, one.variant_id) for one in places])
    if not rows:
        return None
    since = datetime.combine(first, time(), workspace.zone)
    offers = await repository.offers(work, workspace.timezone, since)
    return Past(rows, offers, ends, workspace.country)


def build(past: Past, horizon: int) -> Batch:
    """The panel of what is known, with `horizon` days ahead: a function of its arguments alone, for a thread of its own."""
    table, ends = list(past.rows), past.ends
    first = min(row.day for row in table)
    days = (ends - first).days
    places = list(dict.fromkeys(Place(row.store_id, row.variant_id) for row in table))
    number = {place: at for at, place in enumerate(places)}
    stores = np.unique([str(place.store_id) for place in places], return_inverse=True)[1].reshape(-1).astype(np.intp)
    series = np.array([number[Place(row.store_id, row.variant_id)] for row in table], dtype=np.intp)
    day = np.array([(row.day - first).days for row in table], dtype=np.intp)
    count, unknown = len(table), np.full(len(table), np.nan)
    cells = Cells(
        series=series,
        day=day,
        quantity=np.array([float(row.demand) for row in table]) - _beyond_usual(table, series, len(places)),
        shut=np.zeros(count, dtype=bool),
        promo=unknown,
        price=unknown,
    )
    made = assemble(cells, stores, first, days).lengthened(horizon)
    censored = _censored(table, series, day, (len(places), days))
    closed = _closed(made, stores, _holidays(past.country, first, days + horizon))
    promo, price = _promotions(past.offers, places, first, days + horizon)
    known = replace(made, observed=made.observed & ~censored, open=made.open & ~closed, promo=promo, price=price)
    return Batch(known, places)


def _beyond_usual(table: list[Any], series: NDArray[np.intp], count: int) -> Floats:
    """How much of each row a single bulk order was."""
    largest = np.array([float(row.largest) for row in table])
    beyond = np.zeros(len(table))
    starts = np.searchsorted(series, np.arange(count + 1))
    for begin, end in pairwise(starts):
        flags = bulk_days(largest[begin:end].tolist())
        beyond[begin:end] = np.where(flags, largest[begin:end], 0.0)
    return beyond


def _censored(table: list[Any], series: NDArray[np.intp], day: NDArray[np.intp], shape: tuple[int, int]) -> Flags:
    """(S, T) the days on which the shelf was empty for a while: something sold out, or nothing was there to begin with."""
    was_empty = np.zeros(shape, dtype=bool)
    was_empty[series, day] = [row.was_empty for row in table]
    told = np.array([row.is_empty_after is not None for row in table])
    after = np.zeros(shape, dtype=bool)
    after[series[told], day[told]] = [row.is_empty_after for row in table if row.is_empty_after is not None]
    known = np.zeros(shape, dtype=bool)
    known[series[told], day[told]] = True
    latest = np.maximum.accumulate(np.where(known, np.arange(shape[1]), -1), axis=1)
    left_empty = np.take_along_axis(after, np.maximum(latest, 0), axis=1) & (latest >= 0)
    before = np.zeros(shape, dtype=bool)
    before[:, 1:] = left_empty[:, :-1]
    return was_empty | before


def _holidays(country: str, first: date, days: int) -> list[int]:
    """The public holidays of a country among the days of a calendar; none where the country is not known."""
    last = first + timedelta(days=days - 1)
    try:
        known = holidays.country_holidays(country, years=range(first.year, last.year + 1))
    except NotImplementedError:
        return []
    return sorted((on - first).days for on in known if first <= on <= last)


def _closed(panel: Panel, stores: NDArray[np.intp], found: list[int]) -> Flags:
    """(S, T + H) the holidays ahead, for stores that sold nothing on most of those that were."""
    closed = np.zeros(panel.open.shape, dtype=bool)
    past, ahead = [day for day in found if day < panel.days], [day for day in found if day >= panel.days]
    if len(past) < _LEAST_HOLIDAYS or not ahead:
        return closed
    sold = np.zeros((int(stores.max()) + 1, panel.days))
    np.add.at(sold, stores, panel.quantity)
    begun = (sold > 0).argmax(1)
    for store in range(len(sold)):
        seen = [day for day in past if day >= begun[store]]
        if len(seen) >= _LEAST_HOLIDAYS and np.mean([sold[store, day] == 0 for day in seen]) > _USUALLY:
            closed[np.ix_(stores == store, ahead)] = True
    return closed


def _promotions(
    offers: Collection[Any], places: list[Place], first: date, days: int
) -> tuple[Floats, Floats] | tuple[None, None]:
    """(S, T + H): 1 on the days of an offer, and its price over the usual one, which is 1 on all other days.

    None where there was no offer. A usual price that changes is no part of it: where all prices rise, that says nothing of
    what will be wanted.
    """
    of_variant: dict[UUID, list[int]] = {}
    for at, place in enumerate(places):
        of_variant.setdefault(place.variant_id, []).append(at)
    promo, price = np.zeros((len(places), days)), np.ones((len(places), days))
    for offer in offers:
        begin, end = max((offer.first - first).days, 0), min((offer.last - first).days, days - 1)
        which = of_variant.get(offer.variant_id, [])
        promo[which, begin : end + 1] = 1
        price[which, begin : end + 1] = 1 if offer.of_usual is None else float(offer.of_usual)
    return (promo, price) if promo.any() else (None, None)
