"""Writing products: every change is an event, and the word index follows it in the same transaction."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.catalog import _prices, repository
from domain.catalog._indexing import index_products
from domain.catalog._views import product_view
from domain.catalog.errors import CategoryNotFound, CodeTaken, ContentIncomplete, PriceMissing, ProductNotFound, UnitNotFound
from domain.catalog.index import synonym_key
from domain.catalog.kinds import ProductStatus
from domain.catalog.models import Product, ProductVariant, Synonym
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import ChangeProduct, ChangeVariant, NewProduct, NewVariant, ProductView


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
    units = {unit.code for unit in await repository.units(work)}
    products, variants, synonyms = [], [], []
    for command in commands:
        if command.status is ProductStatus.ACTIVE and command.price <= 0:
            raise PriceMissing(sku=command.code)
        if command.category is not None and command.category not in paths:
            raise CategoryNotFound(category=command.category)
        if missing := {command.unit, command.content_unit or command.unit} - units:
            raise UnitNotFound(unit=missing.pop())
        product = _product_row(work, command, paths.get(command.category or ""))
        products.append(product)
        variants.extend(_variant_rows(work, command, product.id))
        synonyms.extend(_synonym_rows(work, product.id, command.synonyms))
    async with unique(work, CodeTaken(value=", ".join(command.code for command in commands[:3]))):
        for rows in (products, variants, synonyms):
            work.session.add_all(rows)
            await work.session.flush()
    _prices.write_first(work, variants, work.now)
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
    return Product(
        workspace_id=work.workspace_id, id=new_id(), category_id=category_id, status=command.status, version=1, **fields
    )


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


async def change_product(work: Work, code: str, command: ChangeProduct, seen: int | None = None) -> ProductView:
    """Change what is set in the command; raises ProductNotFound, CategoryNotFound, PriceMissing.

    `seen` is the version that is changed, None where it does not matter; raises VersionConflict if it is another now.
    """
    work.require(CatalogPermission.WRITE)
    row = await _locked(work, code, seen)
    variants = await repository.variant_rows_of(work, row.id)
    if command.status is ProductStatus.ACTIVE and not any(variant.price > 0 for variant in variants):
        raise PriceMissing(sku=code)
    if command.content_unit is not None and command.content_unit not in {unit.code for unit in await repository.units(work)}:
        raise UnitNotFound(unit=command.content_unit)
    changes = command.model_dump(exclude_unset=True, exclude={"code", "version", "category", "synonyms"})
    content = (changes.get("content_quantity", row.content_quantity), changes.get("content_unit", row.content_unit))
    if (content[0] is None) != (content[1] is None):
        raise ContentIncomplete(field="content_unit")
    before = {name: getattr(row, name) for name in changes}
    if "category" in command.model_fields_set:
        category = await repository.category_by_path(work, command.category) if command.category else None
        if command.category and category is None:
            raise CategoryNotFound(category=command.category)
        before["category_id"], changes["category_id"] = row.category_id, category.id if category else None
    names = (await repository.synonyms_of(work, [row.id])).get(row.id, ())
    if command.synonyms is not None:
        before["synonyms"], names = names, tuple(dict.fromkeys(command.synonyms))
        await repository.replace_synonyms(work, row.id, {phrase: synonym_key(phrase) for phrase in names})
    for name, value in changes.items():
        setattr(row, name, value)
    row.version += 1
    await work.session.flush()
    await index_products(work, [row], variants, {row.code: names})
    after = changes | ({"synonyms": names} if command.synonyms is not None else {})
    events.record(work, EventType.PRODUCT_CHANGED, subject=row.id, before=before, after=after)
    return await product_view(work, row, await accounts.currency(work))


async def _locked(work: Work, code: str, seen: int | None) -> Product:
    row = await repository.lock_product(work, code)
    if row is None:
        raise ProductNotFound(sku=code)
    if seen is not None and row.version != seen:
        raise VersionConflict(version=row.version)
    return row


async def add_variant(work: Work, code: str, command: NewVariant, seen: int) -> ProductView:
    """Give a product another variant; raises ProductNotFound, CodeTaken, VersionConflict."""
    work.require(CatalogPermission.WRITE)
    product = await _locked(work, code, seen)
    others = await repository.variant_rows_of(work, product.id)
    default = next(row for row in others if row.is_default)
    variant = ProductVariant(
        workspace_id=work.workspace_id,
        id=new_id(),
        product_id=product.id,
        sku=command.sku,
        label=command.label,
        barcode=command.barcode,
        price=default.price if command.price is None else command.price,
        wholesale_price=default.wholesale_price,
        cost=default.cost,
        is_default=False,
        is_active=True,
        position=max(row.position for row in others) + 1,
    )
    async with unique(work, CodeTaken(value=command.sku)):
        work.session.add(variant)
    _prices.write_first(work, [variant], await _prices.now(work))
    after = command.model_dump(mode="json") | {"price": variant.price}
    events.record(work, EventType.PRODUCT_VARIANT_ADDED, subject=product.id, after=after)
    return await _variants_written(work, product, [variant])


async def change_variant(work: Work, sku: str, command: ChangeVariant, seen: int) -> ProductView:
    """Change what is set in the command; raises ProductNotFound, CodeTaken, VersionConflict."""
    work.require(CatalogPermission.WRITE)
    found = await _prices.lock(work, skus=[sku])
    if not found:
        raise ProductNotFound(sku=sku)
    ((variant, product),) = found
    if product.version != seen:
        raise VersionConflict(version=product.version)
    changes = command.model_dump(exclude_unset=True)
    before = {name: getattr(variant, name) for name in changes}
    async with unique(work, CodeTaken(value=command.barcode or sku)):
        for name, value in changes.items():
            setattr(variant, name, value)
        await work.session.flush()
    told = {"sku": sku, **before}, {"sku": sku, **changes}
    events.record(work, EventType.PRODUCT_VARIANT_CHANGED, subject=product.id, before=told[0], after=told[1])
    return await _variants_written(work, product, [variant])


async def _variants_written(work: Work, product: Product, variants: Sequence[ProductVariant]) -> ProductView:
    product.version += 1
    await work.session.flush()
    names = await repository.synonyms_of(work, [product.id])
    await index_products(work, [product], variants, {product.code: names.get(product.id, ())})
    return await product_view(work, product, await accounts.currency(work))
