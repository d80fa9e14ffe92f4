"""What a draft costs: lines at today's prices, the fee of delivery, and the sum.

What a placed order has was agreed on: in its amendment those lines keep their price, and the delivery its fee.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from core.work import Work
from domain.accounts.schemas import WorkspaceSettings
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.orders import repository, zones
from domain.orders.errors import QuantityNotAllowed
from domain.orders.kinds import Fulfilment
from domain.orders.models import Order, OrderLine
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


def require_quantity(quantity: Decimal, variant: VariantView) -> Decimal:
    """The quantity if the product can be sold in it; raises QuantityNotAllowed."""
    if not variant.allows(quantity) or quantity > MOST_OF_ONE:
        raise QuantityNotAllowed(sku=variant.sku, unit=variant.unit, step=variant.grain)
    return quantity


async def today(work: Work, variant_ids: Iterable[UUID]) -> Mapping[UUID, VariantView]:
    """The products as they are sold now."""
    return await catalog.variants(work, list(variant_ids))


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed on with a placed order that a draft amends."""

    order: Order
    lines: Mapping[UUID, OrderLine]


async def agreed(work: Work, order: Order) -> Agreed | None:
    """What the draft amends, None if it is an order of its own."""
    if order.amends_order_id is None:
        return None
    placed = await repository.get(work, order.amends_order_id)
    assert placed is not None, "a foreign key says so"
    lines = (await repository.lines(work, [placed.id])).get(placed.id, [])
    return Agreed(placed, {line.variant_id: line for line in lines})


def price_of(
    variant_id: UUID, quantity: Decimal, variant: VariantView | None, currency: str, agreed: Agreed | None
) -> Decimal | None:
    """The price of a line: the agreed one, or today's; None if so much is not sold now."""
    kept = agreed.lines.get(variant_id) if agreed is not None else None
    today = sellable_price(variant, currency)
    if kept is not None and (today is not None or quantity <= kept.quantity):
        return kept.unit_price
    return today


async def reprice(
    work: Work,
    order: Order,
    lines: Sequence[OrderLine],
    agreed: Agreed | None,
    current: Mapping[UUID, VariantView] | None = None,
) -> list[PriceChange]:
    """Give every line its price; what changed is returned, with None for what is not sold any more.

    `current` are the products as they are sold now, if they have been read already.
    """
    if current is None:
        current = await today(work, [line.variant_id for line in lines])
    changes: list[PriceChange] = []
    for line in lines:
        price = price_of(line.variant_id, line.quantity, current.get(line.variant_id), order.currency, agreed)
        if price == line.unit_price:
            continue
        changes.append(PriceChange(sku=line.sku, name=line.name, old=line.unit_price, new=price))
        if price is not None:
            line.unit_price = price
            line.total = line_total(line.quantity, price)
    return changes


def add_up(order: Order, lines: Sequence[OrderLine], settings: WorkspaceSettings, agreed: Agreed | None) -> None:
    """Write subtotal, fee and total."""
    order.subtotal = sum((line.total for line in lines), Decimal(0))
    order.delivery_fee = _fee(order, settings, agreed)
    order.total = order.subtotal + order.delivery_fee


def _fee(order: Order, settings: WorkspaceSettings, agreed: Agreed | None) -> Decimal:
    """Today's fee; for an amendment never more than was agreed on, unless it is a delivery only now, or costs less."""
    fee = delivery_fee(order, settings)
    if agreed is None or agreed.order.fulfilment != order.fulfilment:
        return fee
    was_free = agreed.order.delivery_fee == 0
    return fee if was_free and order.subtotal < agreed.order.subtotal else min(fee, agreed.order.delivery_fee)


def delivery_fee(order: Order, settings: WorkspaceSettings) -> Decimal:
    """What bringing the goods costs; nothing for pick-up, an empty draft, above the free amount, or where no zone is known."""
    if order.fulfilment != Fulfilment.DELIVERY or order.subtotal == 0:
        return Decimal(0)
    if settings.free_delivery_from is not None and order.subtotal >= settings.free_delivery_from:
        return Decimal(0)
    if not settings.delivery_zones:
        return settings.delivery_fee
    zone = zones.zone_of(order, settings)
    return zone.fee if zone is not None else Decimal(0)
