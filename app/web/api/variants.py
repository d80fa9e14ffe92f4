"""Variants: what can be put in a cart, and what it costs, did cost and will cost."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import AwareDatetime

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.catalog import editing, pricing
from domain.catalog import service as catalog
from domain.catalog.kinds import PriceKind
from domain.catalog.permissions import CatalogPermission
from domain.catalog.prices import NewPrice, PricesAt, PriceView, PriceWritten
from domain.catalog.schemas import ChangeVariant, Code, ProductView, VariantView

router = noun("variants")

Reader = Annotated[Principal, may(CatalogPermission.READ)]
Writer = Annotated[Write, may_write(CatalogPermission.WRITE)]
Named = Annotated[Code, Path(description="The SKU of the variant.")]


@router.get("/variants")
async def list_(
    caller: Reader,
    paging: Paged,
    category: Annotated[
        str | None, Query(max_length=500, description="A category's path or name; all below it counts.")
    ] = None,
) -> Page[VariantView]:
    """List what is on sale by name, as customers see it."""
    async with open_work(caller) as work:
        found = await catalog.list_products(work, category, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.get("/variants/{sku}")
async def get(caller: Reader, sku: Named) -> VariantView:
    """Show a variant, on sale or not, as customers see it."""
    async with open_work(caller) as work:
        return await catalog.get_variant(work, sku)


@router.patch("/variants/{sku}")
async def change(write: Writer, seen: SeenVersion, sku: Named, body: ChangeVariant, response: Response) -> ProductView:
    """Change a variant of a product. The version is that of the product, which the answer shows."""
    changed = await write.once(ProductView, lambda work: editing.change_variant(work, sku, body, seen))
    tell(response, changed.version)
    return changed


@router.delete("/variants/{sku}", status_code=204)
async def delete(write: Writer, seen: SeenVersion, sku: Named) -> None:
    """Sell a variant no more. It stays in what was sold, and PATCH brings it back."""
    await write.once(ProductView, lambda work: editing.change_variant(work, sku, ChangeVariant(is_active=False), seen))


@router.get("/variants/{sku}/prices")
async def list_prices(caller: Reader, paging: Paged, sku: Named, kind: PriceKind | None = None) -> Page[PriceView]:
    """List what a variant has cost, costs and will cost, the newest first."""
    place = paging.place.split() if paging.place else None
    before = (datetime.fromisoformat(place[0]), int(place[1])) if place else None
    async with open_work(caller) as work:
        found, after = await pricing.price_history(work, sku, kind, before, paging.limit)
    return paging.page(found, f"{after[0].isoformat()} {after[1]}" if after else None)


@router.get("/variants/{sku}/prices/at")
async def show_prices(
    caller: Reader,
    sku: Named,
    at: Annotated[AwareDatetime | None, Query(description="A moment; now, if none is said.")] = None,
) -> PricesAt:
    """Show what a variant cost at a moment, or will cost as things stand."""
    async with open_work(caller) as work:
        return await pricing.prices_at(work, sku, at)


@router.post("/variants/{sku}/prices", status_code=201)
async def add_price(write: Writer, seen: SeenVersion, sku: Named, body: NewPrice, response: Response) -> PriceWritten:
    """Set a price, from now on or from a later moment, for good or until another one.

    Of the prices that hold at a moment, the one that began last is in force. The version is that of the product.
    """
    written = await write.once(PriceWritten, lambda work: pricing.add_price(work, sku, body, seen))
    tell(response, written.version)
    return written


@router.delete("/variants/{sku}/prices/{price_id}", status_code=204)
async def withdraw_price(write: Writer, seen: SeenVersion, sku: Named, price_id: UUID) -> None:
    """Take back a price that has not begun. The version is that of the product."""
    await write.run(lambda work: pricing.withdraw_price(work, sku, price_id, seen))
