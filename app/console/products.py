"""Products: the grid, the sheet of each one with its variants and prices, and many of them changed at once."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.console import deeds, filters, forms
from app.console.catalogue import PRODUCTS
from app.console.forms import Filled
from app.console.refusals import said
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.errors import DomainError
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.catalog import editing, listing, many, pricing
from domain.catalog import service as catalog
from domain.catalog.kinds import PriceKind, ProductStatus
from domain.catalog.listed import ProductFilter, ProductSort
from domain.catalog.permissions import CatalogPermission
from domain.catalog.prices import NewPrice, PriceWritten, SkuPrice
from domain.catalog.schemas import (
    CategoryView,
    ChangeProduct,
    ChangeVariant,
    Code,
    NewProduct,
    NewVariant,
    ProductView,
)

router = APIRouter(prefix="/console/@{workspace}/products")

Reader = Annotated[Visit, may(CatalogPermission.READ)]
Writer = Annotated[Visit, may(CatalogPermission.WRITE)]
Coded = Annotated[Code, Path(description="The code of the product.")]
Seen = Annotated[int, Form(ge=0)]

MOST_AT_ONCE: Final = 100
"""Products that are changed together: what one page of the list can show."""

_EMPTIED: Final = ("description", "category", "brand", "model", "image_url", "step")
"""What the form of a product empties where it is left empty."""


def _tree(categories: tuple[CategoryView, ...]) -> list[tuple[str, str]]:
    """The categories as pairs of path and name, each below its parent."""
    found: list[tuple[str, str]] = []
    for each in categories:
        found.append((each.path, "\u2003" * (each.level - 1 if each.level else 0) + each.name))
        found.extend(_tree(each.children))
    return found


@router.get("")
async def show(
    request: Request,
    visit: Reader,
    paging: Paged,
    search: filters.Words = "",
    category: filters.Words = "",
    status: filters.Word = "",
    stock: filters.Word = "",
    sort: filters.Word = "",
    part: Annotated[int, Query(ge=1, le=1_250)] = 1,
) -> Response:
    """List products: by name, or, where words are looked for, the best first, in parts that have a number."""
    is_search = bool(search.strip())
    state = filters.chosen(ProductStatus, status)
    async with open_work(visit.principal) as work:
        tree = _tree(await catalog.categories(work))
        wanted = ProductFilter(
            search=search.strip() or None,
            category=category if category in dict(tree) else None,
            statuses=(state,) if state else (),
            is_in_stock={"in": True, "out": False}.get(stock),
            sort=filters.chosen(ProductSort, sort),
        )
        found = await listing.list_catalogue(
            work, wanted, limit=paging.limit, after=None if is_search else paging.place, number=part if is_search else None
        )
        currency = await accounts.currency(work)
    chosen = {"search": search, "category": category, "status": status, "stock": stock, "sort": sort}
    return page(
        request,
        "products.html",
        visit,
        current=PRODUCTS,
        paged=paging.page(found.items, found.next_place),
        is_first=paging.place is None and part == 1,
        next_part=part + 1 if is_search and found.has_more else None,
        chosen=chosen,
        query=filters.query(chosen),
        statuses=[each.value for each in ProductStatus],
        categories=tree,
        currency=currency,
        may_write=visit.principal.may(CatalogPermission.WRITE),
    )


async def _form(request: Request, visit: Visit, filled: Filled, status: int = 200) -> Response:
    async with open_work(visit.principal) as work:
        categories, units = await catalog.categories(work), await catalog.units(work)
    return page(
        request,
        "product_form.html",
        visit,
        status=status,
        current=PRODUCTS,
        filled=filled,
        categories=_tree(categories),
        units=[(unit.code, unit.name) for unit in units],
    )


@router.get("/new")
async def begin(request: Request, visit: Writer) -> Response:
    """Show the form of a new product."""
    return await _form(request, visit, Filled({"unit": "PZA"}))


@router.post("")
async def create(request: Request, visit: Writer) -> Response:
    """Create a product."""
    command, filled = await forms.fill(request, NewProduct, visit.manners.language, lists=("synonyms",))
    if command is None:
        return await _form(request, visit, filled, status=422)
    try:
        made = await deeds.once(request, visit, ProductView, lambda work: editing.create_product(work, command))
    except DomainError as error:
        filled.refusal = said(error, visit.manners.language)
        return await _form(request, visit, filled, status=error.http_status)
    return _at(visit, made.code)


def _at(visit: Visit, code: str) -> Response:
    return RedirectResponse(visit.at(f"products/{quote(code, safe='')}"), 303)


Chosen = Annotated[list[Code] | None, Query(alias="code", max_length=MOST_AT_ONCE)]


@router.get("/bulk")
async def choose_bulk(request: Request, visit: Writer, codes: Chosen = None, percent: filters.Word = "") -> Response:
    """Show the chosen products with what each would cost, by a percentage or as it is written."""
    async with open_work(visit.principal) as work:
        found = [await catalog.get_product(work, code) for code in dict.fromkeys(codes or ())]
    return page(
        request,
        "products_bulk.html",
        visit,
        current=PRODUCTS,
        rows=[(each, _raised(_price(each), percent)) for each in found],
        percent=percent,
        statuses=[each.value for each in ProductStatus],
    )


def _price(product: ProductView) -> Decimal:
    """What the default variant costs, whose SKU is the product's code."""
    return next((each.price for each in product.variants if each.is_default), Decimal(0))


def _raised(price: Decimal, percent: str) -> Decimal:
    """A price changed by a percentage, to the cent; one that makes no sense changes nothing."""
    try:
        by = Decimal(percent.replace(",", ".").replace("%", "").strip() or 0)
    except InvalidOperation:
        return price
    if not by.is_finite() or not -100 < by <= 1_000:
        return price
    return (price * (100 + by) / 100).quantize(Decimal("0.01"))


class BulkDone(BaseModel):
    """How many prices and how many statuses were changed."""

    prices: int
    statuses: int


@router.post("/bulk")
async def change_bulk(
    request: Request,
    visit: Writer,
    sku: Annotated[list[Code], Form(max_length=MOST_AT_ONCE)],
    was: Annotated[list[Decimal], Form(max_length=MOST_AT_ONCE)],
    price: Annotated[list[Decimal], Form(max_length=MOST_AT_ONCE)],
    version: Annotated[list[int], Form(max_length=MOST_AT_ONCE)],
    status: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Change the prices and the status of the chosen products: all of them, or none where one is refused."""
    rows = list(zip(sku, was, price, version, strict=False))
    raised = [
        forms.judge(request, SkuPrice, {"sku": each, "amount": new, "version": seen})
        for each, old, new, seen in rows
        if old != new
    ]
    state = filters.chosen(ProductStatus, status)

    async def act(work: Work) -> BulkDone:
        for error in await many.price_each(work, raised):
            if error is not None:
                raise error
        if state is not None:
            for code in sorted({row[0] for row in rows}):
                await editing.change_product(work, code, ChangeProduct(status=state))
        return BulkDone(prices=len(raised), statuses=len(rows) if state else 0)

    await deeds.once(request, visit, BulkDone, act)
    return RedirectResponse(visit.at("products"), 303)


async def _sheet(
    request: Request, visit: Visit, code: str, paging: Paged, filled: Filled | None = None, sku: str = "", status: int = 200
) -> Response:
    before = paging.place.split() if paging.place else None
    place = (datetime.fromisoformat(before[0]), int(before[1])) if before else None
    async with open_work(visit.principal) as work:
        product = await catalog.get_product(work, code)
        tree = _tree(await catalog.categories(work))
        shown = next((each for each in product.variants if each.sku == sku), None)
        shown = shown or next((each for each in product.variants if each.is_default), product.variants[0])
        prices, after = await pricing.price_history(work, shown.sku, before=place, limit=paging.limit)
        path = next((each.path for each in await _flat(work) if each.id == product.category_id), "")
        names = await accounts.names(work, {each.actor_id for each in prices if each.actor_id is not None})
    return page(
        request,
        "product.html",
        visit,
        status=status,
        current=PRODUCTS,
        product=product,
        filled=filled or _as_filled(product, path),
        categories=tree,
        statuses=[each.value for each in ProductStatus],
        kinds=[each.value for each in PriceKind],
        shown=shown,
        paged=paging.page(prices, f"{after[0].isoformat()} {after[1]}" if after else None),
        is_first=paging.place is None,
        names=names,
        now=work.now,
        may_write=visit.principal.may(CatalogPermission.WRITE),
    )


async def _flat(work: Work) -> list[CategoryView]:
    def of(found: tuple[CategoryView, ...]) -> list[CategoryView]:
        return [each for one in found for each in (one, *of(one.children))]

    return of(await catalog.categories(work))


def _as_filled(product: ProductView, category: str) -> Filled:
    """A product as the form shows it."""
    values: dict[str, Any] = {name: "" if value is None else value for name, value in product.model_dump(mode="json").items()}
    return Filled(values | {"category": category, "synonyms": ", ".join(product.synonyms)})


@router.get("/{code}")
async def open_(request: Request, visit: Reader, code: Coded, paging: Paged, sku: filters.Words = "") -> Response:
    """Show a product with its variants, and what one of them has cost, costs and will cost."""
    return await _sheet(request, visit, code, paging, sku=sku)


@router.post("/{code}")
async def change(request: Request, visit: Writer, code: Coded, seen: Seen, paging: Paged) -> Response:
    """Change a product; what is left empty is known no more."""
    language = visit.manners.language
    command, filled = await forms.fill(
        request, ChangeProduct, language, besides=("seen",), emptied=_EMPTIED, lists=("synonyms",)
    )
    if command is None:
        return await _sheet(request, visit, code, paging, filled, status=422)
    try:
        await deeds.once(request, visit, ProductView, lambda work: editing.change_product(work, code, command, seen))
    except DomainError as error:
        filled.refusal = said(error, language)
        return await _sheet(request, visit, code, paging, filled, status=error.http_status)
    return _at(visit, code)


@router.post("/{code}/variants")
async def add_variant(request: Request, visit: Writer, code: Coded, seen: Seen) -> Response:
    """Give a product another variant."""
    command = await forms.take(request, NewVariant, besides=("seen",))
    await deeds.once(request, visit, ProductView, lambda work: editing.add_variant(work, code, command, seen))
    return _at(visit, code)


@router.post("/{code}/variants/{sku}")
async def change_variant(request: Request, visit: Writer, code: Coded, sku: Code, seen: Seen) -> Response:
    """Change a variant: its name, its barcode, whether it is sold."""
    command = await forms.take(request, ChangeVariant, besides=("seen",))
    await deeds.once(request, visit, ProductView, lambda work: editing.change_variant(work, sku, command, seen))
    return _at(visit, code)


@router.post("/{code}/prices")
async def add_price(
    request: Request,
    visit: Writer,
    code: Coded,
    seen: Seen,
    sku: Annotated[Code, Form()],
    starts: Annotated[datetime | None, Form(description="On the clock of the workspace.")] = None,
) -> Response:
    """Set a price, from now on or from a later moment."""
    begins = starts.replace(tzinfo=visit.workspace.zone) if starts is not None and starts.tzinfo is None else starts
    command = await forms.take(request, NewPrice, besides=("seen", "sku", "starts"), starts_at=begins)
    await deeds.once(request, visit, PriceWritten, lambda work: pricing.add_price(work, sku, command, seen))
    return RedirectResponse(visit.at(f"products/{quote(code, safe='')}?sku={quote(sku, safe='')}"), 303)


@router.post("/{code}/prices/{price_id}/withdraw")
async def withdraw_price(
    request: Request, visit: Writer, code: Coded, price_id: UUID, seen: Seen, sku: Annotated[Code, Form()]
) -> Response:
    """Take back a price that has not begun."""

    async def act(work: Work) -> ProductView:
        await pricing.withdraw_price(work, sku, price_id, seen)
        return await catalog.get_product(work, code)

    await deeds.once(request, visit, ProductView, act)
    return RedirectResponse(visit.at(f"products/{quote(code, safe='')}?sku={quote(sku, safe='')}"), 303)
