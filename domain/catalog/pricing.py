"""Prices: each with its moment, what they were and will be, and bringing those into force whose time has come.

Everybody who writes a price holds the lock of its product, and takes the time after the lock was had: the history is in
the order in which the prices were in force.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core import events
from core.event_types import EventType
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.catalog import _prices, _repricing, repository
from domain.catalog._views import variant_view
from domain.catalog.errors import PriceBegun, PriceMissing, PriceNotFound, ProductNotFound
from domain.catalog.kinds import PriceKind
from domain.catalog.models import Price, Product, ProductVariant
from domain.catalog.permissions import CatalogPermission
from domain.catalog.prices import NewPrice, PricesAt, PriceView, PriceWritten
from domain.catalog.schemas import VariantView

AT_ONCE = 500
_CENT = Decimal("0.01")


async def set_price(work: Work, sku: str, price: Decimal, reason: str | None = None) -> VariantView:
    """Change the price of one variant from now on; orders that were confirmed keep theirs."""
    work.require(CatalogPermission.WRITE)
    if not price.is_finite() or price <= 0:
        raise PriceMissing(sku=sku)
    variant, product = await _locked(work, sku, None)
    command = NewPrice(amount=price.quantize(_CENT), reason=reason)
    _repricing.write(work, variant, product, command, await _prices.now(work))
    await work.session.flush()
    (found,) = await repository.variants(work, [variant.id])
    return variant_view(found, await accounts.currency(work))


async def lock_price(work: Work, sku: str) -> tuple[VariantView, int]:
    """A variant whose price nobody else changes until the end of this work, and the version of its product."""
    work.require(CatalogPermission.WRITE)
    variant, product = await _locked(work, sku, None)
    (found,) = await repository.variants(work, [variant.id])
    return variant_view(found, await accounts.currency(work)), product.version


async def add_price(work: Work, sku: str, command: NewPrice, seen: int | None = None) -> PriceWritten:
    """Give a variant a price, from now on or from a later moment, for good or until another one.

    `seen` is the version of the product, None where it does not matter. Raises ProductNotFound, VersionConflict, PricePast.
    """
    work.require(CatalogPermission.WRITE)
    variant, product = await _locked(work, sku, seen)
    row = _repricing.write(work, variant, product, command, await _prices.now(work))
    await work.session.flush()
    return PriceWritten(**_view(row).model_dump(), version=product.version)


async def withdraw_price(work: Work, sku: str, price_id: UUID, seen: int) -> None:
    """Take back a price that has not begun; raises PriceNotFound, PriceBegun, VersionConflict."""
    work.require(CatalogPermission.WRITE)
    variant, product = await _locked(work, sku, seen)
    row = await _prices.of_variant(work, variant.id, price_id)
    if row is None:
        raise PriceNotFound
    if row.starts_at <= await _prices.now(work):
        raise PriceBegun
    product.version += 1
    events.record(work, EventType.PRODUCT_PRICE_WITHDRAWN, subject=product.id, before=_repricing.told_of(variant, row))
    await work.session.delete(row)


async def price_history(
    work: Work, sku: str, kind: PriceKind | None = None, before: tuple[datetime, int] | None = None, limit: int = 20
) -> tuple[list[PriceView], tuple[datetime, int] | None]:
    """What a variant has cost, costs and will cost, the newest first, and the place of the next page."""
    work.require(CatalogPermission.READ)
    found = await repository.variant_by_sku(work, sku)
    if found is None:
        raise ProductNotFound(sku=sku)
    rows = await _prices.history(work, found.variant_id, kind, before, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return [_view(row) for row in rows[:limit]], (last.starts_at, last.sequence) if last else None


async def prices_at(work: Work, sku: str, at: datetime | None = None) -> PricesAt:
    """What a variant cost at a moment, or will cost as things stand; now, if no moment is said."""
    work.require(CatalogPermission.READ)
    found = await repository.variant_by_sku(work, sku)
    if found is None:
        raise ProductNotFound(sku=sku)
    moment = at or work.now
    rows = await _prices.in_force(work, [found.variant_id], moment)
    retail, wholesale = (rows.get((found.variant_id, kind)) for kind in PriceKind)
    return PricesAt(
        sku=found.sku,
        currency=await accounts.currency(work),
        at=moment,
        retail=retail.amount if retail else None,
        wholesale=wholesale.amount if wholesale else None,
    )


async def apply_due(work: Work) -> int:
    """Bring into force what begins, and end what ends; how many variants were looked at."""
    work.require_runtime()
    waiting = await _prices.due_variants(work, work.now, AT_ONCE)
    pairs = await _prices.lock(work, variant_ids=waiting)
    at = await _prices.now(work)
    ids = [variant.id for variant, _ in pairs]
    for row in await _prices.due(work, ids, at):
        row.due_at = row.ends_at if row.ends_at is not None and row.ends_at > at else None
    rows = await _prices.in_force(work, ids, at)
    for variant, product in pairs:
        for kind in PriceKind:
            held = rows.get((variant.id, kind))
            _repricing.bring(work, variant, product, kind, held.amount if held else None, held.reason if held else None)
    return len(pairs)


async def _locked(work: Work, sku: str, seen: int | None) -> tuple[ProductVariant, Product]:
    found = await _prices.lock(work, skus=[sku])
    if not found:
        raise ProductNotFound(sku=sku)
    (pair,) = found
    if seen is not None and pair[1].version != seen:
        raise VersionConflict(version=pair[1].version)
    return pair


def _view(row: Price) -> PriceView:
    return PriceView.model_validate(row)
