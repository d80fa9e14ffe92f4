"""SQL of forecasts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text

from core import bulk
from core.paging import part
from core.work import Work, own
from domain.forecasts.kinds import Level
from domain.forecasts.models import Forecast, ForecastRun


async def newest_run(work: Work) -> ForecastRun | None:
    """The run whose forecasts stand."""
    query = select(ForecastRun).where(own(ForecastRun, work)).order_by(ForecastRun.created_at.desc()).limit(1)
    return (await work.session.scalars(query)).one_or_none()


async def replace(work: Work, run: ForecastRun, rows: Sequence[Mapping[str, Any]], keep: int) -> None:
    """Put the forecasts of a run in the place of all others, and forget all but some of the runs before."""
    work.session.add(run)
    await work.session.flush()
    await work.session.execute(delete(Forecast).where(own(Forecast, work)))
    await bulk.add_rows(work, Forecast, rows)
    kept = select(ForecastRun.id).where(own(ForecastRun, work)).order_by(ForecastRun.created_at.desc()).limit(keep)
    await work.session.execute(delete(ForecastRun).where(own(ForecastRun, work), ForecastRun.id.not_in(kept)))


async def find(
    work: Work,
    level: Level,
    *,
    variant_ids: Collection[UUID] | None = None,
    store_ids: Collection[UUID] | None = None,
    category_ids: Collection[UUID] | None = None,
) -> Sequence[Forecast]:
    """The forecasts of a level, of these variants, stores and categories only."""
    query = select(Forecast).where(own(Forecast, work), Forecast.level == level)
    for column, wanted in (
        (Forecast.variant_id, variant_ids),
        (Forecast.store_id, store_ids),
        (Forecast.category_id, category_ids),
    ):
        if wanted is not None:
            query = query.where(column.in_(set(wanted)))
    return (await work.session.scalars(query.order_by(Forecast.id))).all()


async def count(work: Work, level: Level) -> int:
    """How many forecasts of a level there are."""
    query = select(func.count()).where(own(Forecast, work), Forecast.level == level)
    return (await work.session.scalars(query)).one()


async def page(
    work: Work,
    level: Level,
    *,
    variant_ids: Collection[UUID] | None,
    store_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Forecast]:
    """The forecasts of a level behind one of them."""
    query = select(Forecast).where(own(Forecast, work), Forecast.level == level)
    if variant_ids is not None:
        query = query.where(Forecast.variant_id.in_(set(variant_ids)))
    if store_id is not None:
        query = query.where(Forecast.store_id == store_id)
    place = None if after is None else (after,)
    return (await work.session.scalars(part(query, [Forecast.id], place, limit))).all()


_CATEGORIES: Final = text(
    """
    SELECT v.id AS variant_id, p.category_id FROM product_variants v
    JOIN products p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
    WHERE v.workspace_id = :workspace
    """
)
_VARIANTS: Final = text(
    """
    SELECT v.id FROM product_variants v JOIN products p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
    WHERE v.workspace_id = :workspace AND (p.id = CAST(:product AS uuid) OR p.category_id = ANY (CAST(:categories AS uuid[])))
    """
)


async def categories(work: Work) -> dict[UUID, UUID | None]:
    """The category of each variant."""
    rows = await work.session.execute(_CATEGORIES, {"workspace": work.workspace_id})
    return {row.variant_id: row.category_id for row in rows}


async def variants_of(work: Work, product_id: UUID | None, category_ids: Collection[UUID]) -> list[UUID]:
    """The variants of a product, or of the products of some categories."""
    values = {"workspace": work.workspace_id, "product": product_id, "categories": list(category_ids)}
    return list(await work.session.scalars(_VARIANTS, values))


_PRODUCT: Final = text(
    """
    SELECT p.id, p.code, p.name, p.unit FROM products p
    WHERE p.workspace_id = :workspace AND (
        p.code = :said OR p.id::text = :said
        OR EXISTS (SELECT FROM product_variants v WHERE v.workspace_id = p.workspace_id AND v.product_id = p.id
                   AND (v.sku = :said OR v.id::text = :said))
    )
    ORDER BY p.code <> :said LIMIT 1
    """
)


async def product(work: Work, said: str) -> Row[Any] | None:
    """The product with this code or id, or of the variant with this SKU or id: its id, code, name and unit."""
    return (await work.session.execute(_PRODUCT, {"workspace": work.workspace_id, "said": said})).one_or_none()
