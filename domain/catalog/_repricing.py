"""Writing a price for a variant whose product is locked, and letting it have the one that is in force."""

from datetime import datetime
from decimal import Decimal

from core import events
from core.event_types import EventType
from core.work import Work
from domain.catalog import _prices
from domain.catalog.errors import PricePast
from domain.catalog.kinds import PriceKind
from domain.catalog.models import Price, Product, ProductVariant
from domain.catalog.prices import NewPrice


def write(work: Work, variant: ProductVariant, product: Product, command: NewPrice, at: datetime) -> Price:
    """Write a price down, and bring it into force unless it begins later; raises PricePast."""
    starts_at = command.starts_at or at
    if (command.starts_at is not None and command.starts_at < at) or (command.ends_at is not None and command.ends_at <= at):
        raise PricePast(sku=variant.sku)
    is_planned = starts_at > at
    row = _prices.write(
        work,
        variant.id,
        command.kind,
        command.amount,
        starts_at,
        ends_at=command.ends_at,
        due_at=starts_at if is_planned else command.ends_at,
        reason=command.reason,
    )
    if is_planned:
        product.version += 1
        told = told_of(variant, row)
        events.record(work, EventType.PRODUCT_PRICE_PLANNED, subject=product.id, reason=command.reason, after=told)
    else:
        bring(work, variant, product, command.kind, command.amount, command.reason)
    return row


def bring(
    work: Work, variant: ProductVariant, product: Product, kind: PriceKind, amount: Decimal | None, reason: str | None
) -> None:
    """Let a variant have a price, if it is not the one that it has."""
    name = "price" if kind is PriceKind.RETAIL else "wholesale_price"
    before = getattr(variant, name)
    if amount == before or (kind is PriceKind.RETAIL and amount is None):
        return
    setattr(variant, name, amount)
    product.version += 1
    events.record(
        work,
        EventType.PRODUCT_REPRICED,
        subject=product.id,
        reason=reason,
        before={"sku": variant.sku, name: before},
        after={"sku": variant.sku, name: amount},
    )


def told_of(variant: ProductVariant, row: Price) -> dict[str, object]:
    """What an event says of a price."""
    return {
        "sku": variant.sku,
        "kind": row.kind,
        "amount": row.amount,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
    }
