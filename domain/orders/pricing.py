"""What a draft costs: lines at today's prices, the fee of delivery, and the sum."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from core.work import Work
from domain.accounts.schemas import WorkspaceSettings
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.orders.errors import NotForSale, QuantityNotAllowed
from domain.orders.models import Fulfilment, Order, OrderLine
from domain.orders.schemas import PriceChange

CENT = Decimal("0.01")
MOST_OF_ONE = Decimal(10_000)
"""More of one product than this is a slip of the tongue, or no customer of a shop."""


def line_total(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Quantity times price, to the cent, as Postgres rounds it."""
    return (quantity * unit_price).quantize(CENT, rounding=ROUND_HALF_UP)


def sellable_price(variant: VariantView | None, currency: str) -> Decimal | None:
    """The price at which the product is sold now in this currency, None if it is not."""
    if variant is None or not variant.is_sold or variant.currency != currency:
        return None
    return variant.price


def require_price(variant: VariantView | None, currency: str) -> Decimal:
    """The price at which the product is sold; raises NotForSale."""
    price = sellable_price(variant, currency)
    if price is None:
        raise NotForSale(sku=variant.sku if variant else "")
    return price


def require_quantity(quantity: Decimal, variant: VariantView) -> Decimal:
    """The quantity if the product can be sold in it; raises QuantityNotAllowed."""
    if not variant.allows(quantity) or quantity > MOST_OF_ONE:
        raise QuantityNotAllowed(sku=variant.sku, unit=variant.unit, step=variant.grain)
    return quantity


async def today(work: Work, variant_ids: Iterable[UUID]) -> Mapping[UUID, VariantView]:
    """The products as they are sold now."""
    return await catalog.variants(work, list(variant_ids))


async def reprice(
    work: Work, order: Order, lines: Sequence[OrderLine], current: Mapping[UUID, VariantView] | None = None
) -> list[PriceChange]:
    """Give every line today's price; what changed is returned, with None for what is not sold any more.

    `current` are the products as they are sold now, if they have been read already.
    """
    if current is None:
        current = await today(work, [line.variant_id for line in lines])
    changes: list[PriceChange] = []
    for line in lines:
        price = sellable_price(current.get(line.variant_id), order.currency)
        if price == line.unit_price:
            continue
        changes.append(PriceChange(sku=line.sku, name=line.name, old=line.unit_price, new=price))
        if price is not None:
            line.unit_price = price
            line.total = line_total(line.quantity, price)
    return changes


def add_up(order: Order, lines: Sequence[OrderLine], settings: WorkspaceSettings) -> None:
    """Write subtotal, fee and total."""
    order.subtotal = sum((line.total for line in lines), Decimal(0))
    order.delivery_fee = delivery_fee(order.fulfilment, order.subtotal, settings)
    order.total = order.subtotal + order.delivery_fee


def delivery_fee(fulfilment: str | None, subtotal: Decimal, settings: WorkspaceSettings) -> Decimal:
    """What bringing the goods costs; nothing for pick-up, for an empty draft, or above the free amount."""
    if fulfilment != Fulfilment.DELIVERY or subtotal == 0:
        return Decimal(0)
    if settings.free_delivery_from is not None and subtotal >= settings.free_delivery_from:
        return Decimal(0)
    return settings.delivery_fee
