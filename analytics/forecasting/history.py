"""A shop's sales history as a panel: read from a CSV file with a row for each store, product and day."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.data import BadData
from analytics.forecasting.panel import Flags, Floats, Panel, numbered

REQUIRED = ("store", "product", "date", "quantity")
OPTIONAL = ("price", "promo", "open")
MOST_DAYS = 5 * 366
"""Older days are left out: they say little about tomorrow and cost memory."""


class BadHistory(BadData):
    """The file cannot be read as a history."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one store sold of one product on one day; None where the file does not say."""

    store: str
    product: str
    day: int
    """Proleptic ordinal, as `date.toordinal`."""
    quantity: float
    price: float | None = None
    promo: float | None = None
    open: bool | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A panel with the store and product of each of its S series."""

    panel: Panel
    stores: NDArray[np.intp]
    """(S,) the number of the store of each series."""
    products: NDArray[np.intp]
    store_names: list[str]
    product_names: list[str]


def read_csv(path: Path) -> History:
    """The history in a CSV file with columns store, product, date, quantity and perhaps price, promo, open.

    Dates are ISO; numbers have a point. Rows of one store, product and day are added up, and what came back (a negative
    quantity) is taken off the day's sales. Raises `BadHistory` with the line where a value cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return history(_rows(csv.DictReader(file)))
    except OSError as error:
        raise BadHistory("history_unreadable", reason=error.strerror or "unreadable") from None
    except UnicodeDecodeError:
        raise BadHistory("history_not_utf8") from None


def _rows(table: "csv.DictReader[str]") -> Iterator[Row]:
    names = {name.strip().lower(): name for name in table.fieldnames or () if name}
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise BadHistory("history_columns_missing", columns=", ".join(missing))
    for raw in table:
        values = {name: (raw.get(names[name]) or "").strip() for name in (*REQUIRED, *OPTIONAL) if name in names}
        if not any(values.values()):
            continue
        try:
            yield Row(
                store=values["store"],
                product=values["product"],
                day=date.fromisoformat(values["date"][:10]).toordinal(),
                quantity=_number(values["quantity"]),
                price=_perhaps(values.get("price")),
                promo=_flag(values.get("promo")),
                open=None if (said := _flag(values.get("open"))) is None else said > 0,
            )
        except ValueError as error:
            raise BadHistory("history_value_unreadable", line=table.line_num, reason=str(error)) from None


def _number(text: str) -> float:
    value = float(text)
    if not np.isfinite(value):
        raise ValueError(f"not a finite number: {text!r}")
    return value


def _perhaps(text: str | None) -> float | None:
    return _number(text) if text else None


_WORDS = {"true": 1.0, "yes": 1.0, "si": 1.0, "sí": 1.0, "false": 0.0, "no": 0.0}


def _flag(text: str | None) -> float | None:
    if not text:
        return None
    word = text.lower()
    return _WORDS[word] if word in _WORDS else float(_number(text) > 0)


def history(rows: Iterable[Row]) -> History:
    """The rows as a panel from the first day to the last; raises `BadHistory` without rows."""
    kept = list(rows)
    if not kept:
        raise BadHistory("history_empty")
    last = max(row.day for row in kept)
    first = max(min(row.day for row in kept), last - MOST_DAYS + 1)
    kept = [row for row in kept if row.day >= first]
    store_of_row, store_names = numbered([row.store for row in kept])
    product_of_row, product_names = numbered([row.product for row in kept])
    pairs, series = np.unique(store_of_row * len(product_names) + product_of_row, return_inverse=True)
    stores, products = (pairs // len(product_names)).astype(np.intp), (pairs % len(product_names)).astype(np.intp)
    cells = Cells(
        series=series.reshape(-1).astype(np.intp),
        day=np.array([row.day - first for row in kept], dtype=np.intp),
        quantity=np.array([row.quantity for row in kept]),
        shut=np.array([row.open is False for row in kept]),
        promo=np.array([np.nan if row.promo is None else row.promo for row in kept]),
        price=np.array([np.nan if row.price is None else row.price for row in kept]),
    )
    return History(
        assemble(cells, stores, date.fromordinal(first), last - first + 1), stores, products, store_names, product_names
    )


@dataclass(frozen=True, slots=True)
class Cells:
    """What N rows say, each of one series and one day of the calendar; NaN where a row does not say."""

    series: NDArray[np.intp]
    day: NDArray[np.intp]
    """Counted from the first day of the calendar."""
    quantity: Floats
    shut: Flags
    promo: Floats
    price: Floats


def assemble(cells: Cells, stores: NDArray[np.intp], first_day: date, days: int) -> Panel:
    """The panel of S series over a calendar of `days`, given the store (S,) of each; rows of a series and day are added up."""
    shape = (len(stores), days)
    quantity = np.zeros(shape)
    np.add.at(quantity, (cells.series, cells.day), cells.quantity)
    quantity = np.maximum(quantity, 0.0)
    listed = np.zeros(shape, dtype=bool)
    listed[cells.series, cells.day] = True
    sells = _open(cells, shape, stores)
    return Panel(
        first_day=first_day,
        quantity=quantity,
        observed=_observed(quantity, listed, sells, stores),
        open=sells,
        promo=_promo(cells, shape),
        price=_price(cells, shape),
    )


def _open(cells: Cells, shape: tuple[int, int], stores: NDArray[np.intp]) -> Flags:
    """A store is closed on the days on which the file says so for any of its products."""
    sells = np.ones(shape, dtype=bool)
    if cells.shut.any():
        closed = np.zeros((int(stores.max()) + 1, shape[1]), dtype=bool)
        closed[stores[cells.series[cells.shut]], cells.day[cells.shut]] = True
        sells &= ~closed[stores]
    return sells


def _observed(quantity: Floats, listed: Flags, sells: Flags, stores: NDArray[np.intp]) -> Flags:
    """From a series' first row on, on days on which its store was open and sold anything.

    A store that sells nothing on a weekday on which it usually sells was shut, or its sales were not recorded.
    """
    begun = np.maximum.accumulate(listed, axis=1)
    by_store = np.zeros((int(stores.max()) + 1, quantity.shape[1]))
    np.add.at(by_store, stores, quantity)
    silent = by_store == 0
    usually = np.zeros_like(silent)
    for weekday in range(min(7, quantity.shape[1])):
        usually[:, weekday::7] = (~silent[:, weekday::7]).mean(1, keepdims=True) > 0.5
    unrecorded: Flags = (silent & usually)[stores]
    return begun & sells & ~unrecorded


def _promo(cells: Cells, shape: tuple[int, int]) -> Floats | None:
    if np.isnan(cells.promo).all():
        return None
    promo = np.zeros(shape)
    np.maximum.at(promo, (cells.series, cells.day), np.nan_to_num(cells.promo))
    return promo


def _price(cells: Cells, shape: tuple[int, int]) -> Floats | None:
    """Relative to the series' median price; a day without a row keeps the price of the day before."""
    told = cells.price > 0
    if not told.any():
        return None
    price = np.full(shape, np.nan)
    price[cells.series[told], cells.day[told]] = cells.price[told]
    known = ~np.isnan(price)
    latest = np.maximum.accumulate(np.where(known, np.arange(shape[1]), 0), axis=1)
    filled = np.take_along_axis(price, latest, axis=1)
    usual = np.ones((shape[0], 1))
    priced = known.any(1)
    usual[priced] = np.nanmedian(price[priced], axis=1, keepdims=True)
    return np.nan_to_num(filled / usual, nan=1.0)
