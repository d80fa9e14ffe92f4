"""Many products or prices in one request: each row is done or refused by itself, and one that is wrong keeps no other."""

from collections.abc import Sequence

from core.errors import DomainError
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.catalog import _listing, _prices, _repricing, repository
from domain.catalog.editing import create_products
from domain.catalog.errors import CategoryNotFound, CodeTaken, PriceMissing, ProductNotFound, UnitNotFound
from domain.catalog.kinds import ProductStatus
from domain.catalog.permissions import CatalogPermission
from domain.catalog.prices import SkuPrice
from domain.catalog.schemas import NewProduct


async def create_each(work: Work, commands: Sequence[NewProduct]) -> list[DomainError | None]:
    """Create those products that can be; why not, in the place of each.

    Raises CodeTaken for all if somebody takes a code in the same moment.
    """
    work.require(CatalogPermission.WRITE)
    paths = {row.path for row in await repository.categories(work)}
    units = {row.code for row in await repository.units(work)}
    taken = set(await _listing.known_skus(work, [sku for command in commands for sku in _skus(command)]))
    barcodes = [barcode for command in commands for barcode in _barcodes(command)]
    taken_barcodes = set(await _listing.owners_of_barcodes(work, barcodes))
    results: list[DomainError | None] = []
    good = []
    for command in commands:
        skus, codes = _skus(command), _barcodes(command)
        refused = _refusal(command, paths, units)
        if refused is None:
            clash = _twice(skus) or _twice(codes) or next(iter(taken.intersection(skus)), None)
            clash = clash or next(iter(taken_barcodes.intersection(codes)), None)
            refused = CodeTaken(value=clash) if clash else None
        if refused is None:
            good.append(command)
            taken.update(skus)
            taken_barcodes.update(codes)
        results.append(refused)
    if good:
        await create_products(work, good)
    return results


def _refusal(command: NewProduct, paths: set[str], units: set[str]) -> DomainError | None:
    if command.status is ProductStatus.ACTIVE and command.price <= 0:
        return PriceMissing(sku=command.code)
    if command.category is not None and command.category not in paths:
        return CategoryNotFound(category=command.category)
    if missing := {command.unit, command.content_unit or command.unit} - units:
        return UnitNotFound(unit=missing.pop())
    return None


def _skus(command: NewProduct) -> list[str]:
    return [command.code, *(variant.sku for variant in command.variants)]


def _barcodes(command: NewProduct) -> list[str]:
    return [code for code in (command.barcode, *(variant.barcode for variant in command.variants)) if code]


def _twice(codes: Sequence[str]) -> str | None:
    return next((code for place, code in enumerate(codes) if code in codes[:place]), None)


async def price_each(work: Work, commands: Sequence[SkuPrice]) -> list[DomainError | None]:
    """Set those prices that can be; why not, in the place of each. A version is that of before all rows."""
    work.require(CatalogPermission.WRITE)
    pairs = await _prices.lock(work, skus=[command.sku for command in commands])
    found = {variant.sku: (variant, product, product.version) for variant, product in pairs}
    at = await _prices.now(work)
    results: list[DomainError | None] = []
    for command in commands:
        if command.sku not in found:
            results.append(ProductNotFound(sku=command.sku))
            continue
        variant, product, version = found[command.sku]
        if command.version is not None and command.version != version:
            results.append(VersionConflict(version=version))
            continue
        try:
            _repricing.write(work, variant, product, command, at)
            results.append(None)
        except DomainError as error:
            results.append(error)
    await work.session.flush()
    return results
