"""Products: what the shop sells, as its staff edit it."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from app.web.api.callers import may
from app.web.api.lists import NumberedPage, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.catalog import editing, listing
from domain.catalog import service as catalog
from domain.catalog.kinds import ProductStatus
from domain.catalog.listed import ListedProduct, ProductFilter, ProductSort
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import ChangeProduct, Code, NewProduct, NewVariant, ProductView

router = noun("products")

Reader = Annotated[Principal, may(CatalogPermission.READ)]
Writer = Annotated[Write, may_write(CatalogPermission.WRITE)]
Coded = Annotated[Code, Path(description="The code of the product.")]
Amount = Annotated[Decimal | None, Query(ge=0, max_digits=12, decimal_places=2)]


@router.get("/products")
async def list_(
    caller: Reader,
    paging: Paged,
    search: Annotated[
        str | None, Query(min_length=1, max_length=200, description="What a person would type; the best come first.")
    ] = None,
    category: Annotated[str | None, Query(max_length=500, description="A category's path; all below it counts.")] = None,
    status: Annotated[
        list[ProductStatus] | None, Query(max_length=3, description="Without it all that are not archived.")
    ] = None,
    brand: Annotated[str | None, Query(max_length=255)] = None,
    price_from: Amount = None,
    price_to: Amount = None,
    store_id: Annotated[UUID | None, Query(description="Only what this store keeps.")] = None,
    is_in_stock: Annotated[bool | None, Query(description="Whether any of it is available, in that store or anywhere.")] = None,
    sort: ProductSort | None = None,
    page: Annotated[int | None, Query(ge=1, le=1_250, description="A page by its number, with the total.")] = None,
) -> NumberedPage[ListedProduct]:
    """List products, one entry each, with the prices of their default variant."""
    wanted = ProductFilter(
        search=search,
        category=category,
        statuses=tuple(status or ()),
        brand=brand,
        price_from=price_from,
        price_to=price_to,
        store_id=store_id,
        is_in_stock=is_in_stock,
        sort=sort,
    )
    async with open_work(caller) as work:
        found = await listing.list_catalogue(work, wanted, limit=paging.limit, after=paging.place, number=page)
    part = paging.page(found.items, found.next_place)
    return NumberedPage(
        data=part.data, has_more=found.has_more, next_cursor=part.next_cursor, page=found.page, total=found.total
    )


@router.post("/products", status_code=201)
async def create(write: Writer, body: NewProduct, response: Response) -> ProductView:
    """Create a product with its variants."""
    made = await write.once(ProductView, lambda work: editing.create_product(work, body))
    tell(response, made.version)
    return made


@router.get("/products/{code}")
async def get(caller: Reader, code: Coded, response: Response) -> ProductView:
    """Show a product with its variants."""
    async with open_work(caller) as work:
        found = await catalog.get_product(work, code)
    tell(response, found.version)
    return found


@router.patch("/products/{code}")
async def change(write: Writer, seen: SeenVersion, code: Coded, body: ChangeProduct, response: Response) -> ProductView:
    """Change a product; only what is said is changed."""
    changed = await write.once(ProductView, lambda work: editing.change_product(work, code, body, seen))
    tell(response, changed.version)
    return changed


@router.put("/products/{code}")
async def replace(write: Writer, seen: SeenVersion, code: Coded, body: ChangeProduct, response: Response) -> ProductView:
    """Change a product; the same as PATCH."""
    return await change(write, seen, code, body, response)


@router.delete("/products/{code}", status_code=204)
async def delete(write: Writer, seen: SeenVersion, code: Coded) -> None:
    """Archive a product. It is sold no more, and stays in what was sold."""
    await write.once(
        ProductView,
        lambda work: editing.change_product(work, code, ChangeProduct(status=ProductStatus.ARCHIVED), seen),
    )


@router.post("/products/{code}/archive")
async def archive(write: Writer, seen: SeenVersion, code: Coded, response: Response) -> ProductView:
    """Sell a product no more."""
    return await change(write, seen, code, ChangeProduct(status=ProductStatus.ARCHIVED), response)


@router.post("/products/{code}/activate")
async def activate(write: Writer, seen: SeenVersion, code: Coded, response: Response) -> ProductView:
    """Sell a product from now on; it needs a price."""
    return await change(write, seen, code, ChangeProduct(status=ProductStatus.ACTIVE), response)


@router.post("/products/{code}/variants", status_code=201)
async def add_variant(write: Writer, seen: SeenVersion, code: Coded, body: NewVariant, response: Response) -> ProductView:
    """Give a product another variant."""
    changed = await write.once(ProductView, lambda work: editing.add_variant(work, code, body, seen))
    tell(response, changed.version)
    return changed
