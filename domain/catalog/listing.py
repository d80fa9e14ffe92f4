"""The catalogue as staff look through it: filtered, sorted, searched, by cursor or by page number."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from core.errors import CursorRefused
from core.work import Work
from domain.catalog import _products, repository
from domain.catalog._products import ListedRow
from domain.catalog.errors import CategoryNotFound
from domain.catalog.listed import ListedProduct, ProductFilter, ProductList, ProductSort
from domain.catalog.permissions import CatalogPermission
from domain.catalog.service import ranked_products

COUNTED = 25_000
"""A total is exact up to this; beyond it there are simply more."""


async def list_catalogue(
    work: Work, wanted: ProductFilter, *, limit: int, after: str | None = None, number: int | None = None
) -> ProductList:
    """Products that fit: behind a place, or the page of a number with the total.

    A search puts the best first and looks at the best hundred only; a sort by anything else takes the order from it.
    Raises CategoryNotFound.
    """
    work.require(CatalogPermission.READ)
    categories = None if wanted.category is None else await _below(work, wanted.category)
    ids = None if wanted.search is None else await ranked_products(work, wanted.search)
    if ids is not None and wanted.sort is None:
        return await _best(work, wanted, categories, ids, limit, number or 1)
    sort = wanted.sort or ProductSort.NAME
    total = None if number is None else await _products.count(work, wanted, categories, ids, COUNTED + 1)
    rows = await _products.page(
        work, wanted, categories, ids, sort, _place(after, sort), limit + 1, 0 if number is None else (number - 1) * limit
    )
    shown = rows[:limit]
    has_more = len(rows) > limit
    place = json.dumps([_value(shown[-1], sort), str(shown[-1].id)]) if has_more and number is None else None
    return ProductList(items=_views(shown), has_more=has_more, next_place=place, total=total, page=number)


async def _best(
    work: Work, wanted: ProductFilter, categories: Sequence[UUID] | None, ids: Sequence[UUID], limit: int, number: int
) -> ProductList:
    rows = await _products.page(work, wanted, categories, ids, ProductSort.NAME, None, len(ids), 0)
    rank = {id: place for place, id in enumerate(ids)}
    ordered = sorted(rows, key=lambda row: rank[row.id])
    start = (number - 1) * limit
    shown = ordered[start : start + limit]
    return ProductList(
        items=_views(shown), has_more=len(ordered) > start + limit, next_place=None, total=len(ordered), page=number
    )


async def _below(work: Work, path: str) -> list[UUID]:
    found = [row.id for row in await repository.categories(work) if row.path.startswith(path)]
    if not found or await repository.category_by_path(work, path) is None:
        raise CategoryNotFound(category=path)
    return found


def _value(row: ListedRow, sort: ProductSort) -> Any:
    value = getattr(row, sort.column)
    return value.isoformat() if sort.column == "updated_at" else str(value)


def _place(after: str | None, sort: ProductSort) -> tuple[str, UUID] | None:
    if after is None:
        return None
    try:
        value, id = json.loads(after)
        return str(value), UUID(id)
    except (ValueError, TypeError) as error:
        raise CursorRefused from error


def _views(rows: Sequence[ListedRow]) -> tuple[ListedProduct, ...]:
    return tuple(ListedProduct(**row._asdict()) for row in rows)
