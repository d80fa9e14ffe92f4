"""Goods in forms: products are written as people write them, by their code."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from pydantic import BaseModel

from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.catalog.schemas import VariantView


async def coded(work: Work, rows: Iterable[Mapping[str, str]]) -> list[dict[str, object]]:
    """Rows of a form with the `variant_id` of their `sku`, and without what was left empty; raises ProductNotFound."""
    found = []
    for row in rows:
        known = await catalog.find(work, row["sku"])
        if known is None:
            raise ProductNotFound(sku=row["sku"])
        found.append(
            {"variant_id": known.variant_id, **{name: value for name, value in row.items() if name != "sku" and value}}
        )
    return found


async def named(work: Work, variant_ids: Iterable[UUID]) -> Mapping[UUID, VariantView]:
    """The products of some lines, for their names."""
    return await catalog.variants(work, set(variant_ids))


class Coded(BaseModel):
    """A product by its code."""

    sku: str
