"""Writing the catalogue: every change is an event, and the word index follows it in the same transaction."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.catalog import repository
from domain.catalog._indexing import index_products
from domain.catalog._views import product_view, variant_view
from domain.catalog.errors import CategoryNotFound, CodeTaken, PriceMissing, ProductNotFound
from domain.catalog.index import synonym_key
from domain.catalog.models import Category, Product, ProductStatus, ProductVariant, Store, Synonym, Unit
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import (
    CategoryView,
    ChangeProduct,
    NewProduct,
    NewStore,
    NewUnit,
    ProductView,
    StoreView,
    UnitView,
    VariantView,
)
from domain.catalog.words import plain


@asynccontextmanager
async def _unique(work: Work, what: str) -> AsyncIterator[None]:
    """Turn a broken unique key into CodeTaken, without losing the transaction."""
    try:
        async with work.session.begin_nested():
            yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != "23505":
            raise
        raise CodeTaken(value=what) from error


async def create_unit(work: Work, command: NewUnit) -> UnitView:
    """Create a unit of sale."""
    work.require(CatalogPermission.WRITE)
    row = Unit(workspace_id=work.workspace_id, id=new_id(), **command.model_dump(mode="json"))
    async with _unique(work, command.code):
        work.session.add(row)
    events.record(work, EventType.UNIT_CREATED, subject=row.id, after=command.model_dump(mode="json"))
    return UnitView.model_validate(row)


async def create_store(work: Work, command: NewStore) -> StoreView:
    """Create a store."""
    work.require(CatalogPermission.WRITE)
    row = Store(workspace_id=work.workspace_id, id=new_id(), is_active=True, **command.model_dump())
    async with _unique(work, command.code):
        work.session.add(row)
    events.record(work, EventType.STORE_CREATED, subject=row.id, after=command.model_dump(mode="json"))
    return StoreView.model_validate(row)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", plain(name)).strip("-") or "x"


async def create_category(work: Work, name: str, parent_path: str | None = None) -> CategoryView:
    """Create a category at the root or under another one."""
    work.require(CatalogPermission.WRITE)
    parent = None if parent_path is None else await repository.category_by_path(work, parent_path)
    if parent_path is not None and parent is None:
        raise CategoryNotFound(category=parent_path)
    row = Category(
        workspace_id=work.workspace_id,
        id=new_id(),
        name=name,
        parent_id=parent.id if parent else None,
        level=parent.level + 1 if parent else 0,
        path=f"{parent.path if parent else '/'}{_slug(name)}/",
        is_active=True,
    )
    async with _unique(work, name):
        work.session.add(row)
    events.record(work, EventType.CATEGORY_CREATED, subject=row.id, after={"path": row.path})
    return CategoryView(id=row.id, name=row.name, path=row.path, level=row.level, products=0)


async def add_expansion(work: Work, phrase: str, expansion: str) -> None:
    """Let a phrase stand for other words in searches: `gaseosa` for `refresco`. Twice is once."""
    work.require(CatalogPermission.WRITE)
    row = Synonym(workspace_id=work.workspace_id, id=new_id(), phrase=phrase, key=synonym_key(phrase), expansion=expansion)
    if await repository.add_expansion(work, row):
        events.record(work, EventType.SYNONYM_CREATED, subject=row.id, after={"phrase": phrase, "expansion": expansion})


async def create_product(work: Work, command: NewProduct) -> ProductView:
    """Create a product with its variants; raises CodeTaken, CategoryNotFound, PriceMissing."""
    work.require(CatalogPermission.WRITE)
    (row,) = await _create(work, [command])
    return await product_view(work, row, await accounts.currency(work))


async def create_products(work: Work, commands: Sequence[NewProduct]) -> int:
    """Create many products at once, all or none."""
    work.require(CatalogPermission.WRITE)
    return len(await _create(work, commands))


async def _create(work: Work, commands: Sequence[NewProduct]) -> list[Product]:
    paths = {category.path: category.id for category in await repository.categories(work)}
    products, variants, synonyms = [], [], []
    for command in commands:
        if command.status is ProductStatus.ACTIVE and command.price <= 0:
            raise PriceMissing(sku=command.code)
        if command.category is not None and command.category not in paths:
            raise CategoryNotFound(category=command.category)
        product = _product_row(work, command, paths.get(command.category or ""))
        products.append(product)
        variants.extend(_variant_rows(work, command, product.id))
        synonyms.extend(_synonym_rows(work, product.id, command.synonyms))
    async with _unique(work, ", ".join(command.code for command in commands[:3])):
        for rows in (products, variants, synonyms):
            work.session.add_all(rows)
            await work.session.flush()
    for product, command in zip(products, commands, strict=True):
        events.record(
            work, EventType.PRODUCT_CREATED, subject=product.id, after=command.model_dump(mode="json", exclude_unset=True)
        )
    await index_products(work, products, variants, {c.code: c.synonyms for c in commands})
    return products


def _product_row(work: Work, command: NewProduct, category_id: UUID | None) -> Product:
    fields = command.model_dump(
        exclude={"category", "price", "cost", "wholesale_price", "barcode", "label", "synonyms", "variants", "status"}
    )
    return Product(workspace_id=work.workspace_id, id=new_id(), category_id=category_id, status=command.status, **fields)


def _variant_rows(work: Work, command: NewProduct, product_id: UUID) -> list[ProductVariant]:
    default = ProductVariant(
        workspace_id=work.workspace_id,
        id=new_id(),
        product_id=product_id,
        sku=command.code,
        label=command.label,
        barcode=command.barcode,
        price=command.price,
        wholesale_price=command.wholesale_price,
        cost=command.cost,
        is_default=True,
        is_active=True,
        position=0,
    )
    others = [
        ProductVariant(
            workspace_id=work.workspace_id,
            id=new_id(),
            product_id=product_id,
            sku=variant.sku,
            label=variant.label,
            barcode=variant.barcode,
            price=command.price if variant.price is None else variant.price,
            wholesale_price=command.wholesale_price,
            cost=command.cost,
            is_default=False,
            is_active=True,
            position=position,
        )
        for position, variant in enumerate(command.variants, start=1)
    ]
    return [default, *others]


def _synonym_rows(work: Work, product_id: UUID, phrases: Iterable[str]) -> list[Synonym]:
    return [
        Synonym(workspace_id=work.workspace_id, id=new_id(), phrase=phrase, key=synonym_key(phrase), product_id=product_id)
        for phrase in dict.fromkeys(phrases)
    ]


async def change_product(work: Work, code: str, command: ChangeProduct) -> ProductView:
    """Change what is set in the command; raises ProductNotFound, CategoryNotFound, PriceMissing."""
    work.require(CatalogPermission.WRITE)
    row = await repository.lock_product(work, code)
    if row is None:
        raise ProductNotFound(sku=code)
    variants = await repository.variant_rows_of(work, row.id)
    if command.status is ProductStatus.ACTIVE and not any(variant.price > 0 for variant in variants):
        raise PriceMissing(sku=code)
    changes = command.model_dump(exclude_unset=True, exclude={"category", "synonyms"})
    before = {name: getattr(row, name) for name in changes}
    if "category" in command.model_fields_set:
        category = await repository.category_by_path(work, command.category) if command.category else None
        if command.category and category is None:
            raise CategoryNotFound(category=command.category)
        row.category_id = category.id if category else None
    for name, value in changes.items():
        setattr(row, name, value)
    if command.synonyms is not None:
        await repository.replace_synonyms(work, row.id, {p: synonym_key(p) for p in command.synonyms})
    await work.session.flush()
    names = await repository.synonyms_of(work, [row.id])
    await index_products(work, [row], variants, {row.code: names.get(row.id, ())})
    events.record(
        work,
        EventType.PRODUCT_CHANGED,
        subject=row.id,
        before=before,
        after=command.model_dump(mode="json", exclude_unset=True),
    )
    return await product_view(work, row, await accounts.currency(work))


async def set_price(work: Work, sku: str, price: Decimal, reason: str | None = None) -> VariantView:
    """Change the price of one variant; orders that were confirmed keep theirs."""
    work.require(CatalogPermission.WRITE)
    if not price.is_finite() or price <= 0:
        raise PriceMissing(sku=sku)
    row = await repository.lock_variant(work, sku)
    if row is None:
        raise ProductNotFound(sku=sku)
    before, row.price = row.price, price.quantize(Decimal("0.01"))
    events.record(
        work,
        EventType.PRODUCT_REPRICED,
        subject=row.product_id,
        reason=reason,
        before={"sku": row.sku, "price": before},
        after={"sku": row.sku, "price": row.price},
    )
    await work.session.flush()
    (found,) = await repository.variants(work, [row.id])
    return variant_view(found, await accounts.currency(work))
