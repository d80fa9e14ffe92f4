"""Products: what the shop sells."""

from typing import Annotated

from fastapi import Path, Query

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from core.access import Principal
from core.work import open_work
from domain.catalog import service as catalog
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import ProductView, VariantView

router = noun("products")

Reader = Annotated[Principal, may(CatalogPermission.READ)]


@router.get("/products")
async def list_(
    caller: Reader,
    paging: Paged,
    category: Annotated[
        str | None, Query(max_length=500, description="A category's path or name; all below it counts.")
    ] = None,
) -> Page[VariantView]:
    """List what is on sale by name, one entry per variant."""
    async with open_work(caller) as work:
        found = await catalog.list_products(work, category, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.get("/products/{code}")
async def get(caller: Reader, code: Annotated[str, Path(max_length=100)]) -> ProductView:
    """Show a product with its variants."""
    async with open_work(caller) as work:
        return await catalog.get_product(work, code)
