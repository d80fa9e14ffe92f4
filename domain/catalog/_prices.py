"""SQL of prices: writing one down, and which are in force at a moment."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from core import bulk
from core.paging import part
from core.tables import new_id
from core.work import Work, own
from domain.catalog.kinds import PriceKind
from domain.catalog.models import Price, Product, ProductVariant

_NOW = text("SELECT clock_timestamp() + coalesce((SELECT shift FROM runtime_clock), interval '0')")


async def now(work: Work) -> datetime:
    """Business time at this moment. Whoever has waited for a lock writes a price that begins after the one before."""
    found: datetime = (await work.session.execute(_NOW)).scalar_one()
    return found


def write(
    work: Work,
    variant_id: UUID,
    kind: PriceKind,
    amount: Decimal | None,
    starts_at: datetime,
    *,
    ends_at: datetime | None = None,
    due_at: datetime | None = None,
    reason: str | None = None,
) -> Price:
    """Write a price down."""
    row = Price(
        workspace_id=work.workspace_id,
        id=new_id(),
        variant_id=variant_id,
        kind=kind,
        amount=amount,
        starts_at=starts_at,
        ends_at=ends_at,
        due_at=due_at,
        reason=reason,
        actor_kind=work.principal.kind,
        actor_id=work.principal.id,
    )
    work.session.add(row)
    return row


class Begun(NamedTuple):
    """One of many prices that begin at the same moment and hold for good."""

    variant_id: UUID
    kind: PriceKind
    amount: Decimal | None


async def write_all(work: Work, prices: Iterable[Begun], at: datetime) -> None:
    """Write very many prices down at once."""
    whose = {"workspace_id": work.workspace_id, "actor_kind": work.principal.kind.value, "actor_id": work.principal.id}
    rows = [
        {**whose, "id": new_id(), "variant_id": one.variant_id, "kind": one.kind.value, "amount": one.amount, "starts_at": at}
        for one in prices
    ]
    await bulk.add_rows(work, Price, rows)


def write_first(work: Work, variants: Iterable[ProductVariant], at: datetime) -> None:
    """Write down with which prices new variants begin."""
    for variant in variants:
        write(work, variant.id, PriceKind.RETAIL, variant.price, at)
        if variant.wholesale_price is not None:
            write(work, variant.id, PriceKind.WHOLESALE, variant.wholesale_price, at)


async def in_force(work: Work, variant_ids: Iterable[UUID], at: datetime) -> dict[tuple[UUID, PriceKind], Price]:
    """Of the prices that hold at a moment, the one of each kind that began last."""
    query = (
        select(Price)
        .where(
            own(Price, work),
            Price.variant_id == any_(literal(list(variant_ids), ARRAY(Uuid))),
            Price.starts_at <= at,
            or_(Price.ends_at.is_(None), Price.ends_at > at),
        )
        .order_by(Price.variant_id, Price.kind, Price.starts_at.desc(), Price.sequence.desc())
        .ext(distinct_on(Price.variant_id, Price.kind))
    )
    return {(row.variant_id, PriceKind(row.kind)): row for row in await work.session.scalars(query)}


async def history(
    work: Work, variant_id: UUID, kind: PriceKind | None, before: tuple[datetime, int] | None, limit: int
) -> Sequence[Price]:
    """The prices of a variant, those that begin last first."""
    query = select(Price).where(own(Price, work), Price.variant_id == variant_id)
    if kind is not None:
        query = query.where(Price.kind == kind)
    return (await work.session.scalars(part(query, [Price.starts_at, Price.sequence], before, limit, falls=True))).all()


async def of_variant(work: Work, variant_id: UUID, price_id: UUID) -> Price | None:
    """One price of a variant."""
    query = select(Price).where(own(Price, work), Price.variant_id == variant_id, Price.id == price_id)
    return (await work.session.scalars(query)).one_or_none()


async def due_variants(work: Work, at: datetime, limit: int) -> Sequence[UUID]:
    """Variants of which a price begins or ends."""
    query = select(Price.variant_id).where(own(Price, work), Price.due_at <= at)
    return (await work.session.scalars(query.group_by(Price.variant_id).order_by(func.min(Price.due_at)).limit(limit))).all()


async def due(work: Work, variant_ids: Iterable[UUID], at: datetime) -> Sequence[Price]:
    """The prices of these variants that begin or end, read afresh; their products must be locked."""
    query = select(Price).where(
        own(Price, work),
        Price.variant_id == any_(literal(list(variant_ids), ARRAY(Uuid))),
        Price.due_at <= at,
    )
    return (await work.session.scalars(query.execution_options(populate_existing=True))).all()


async def lock(
    work: Work, *, skus: Sequence[str] = (), variant_ids: Sequence[UUID] = ()
) -> Sequence[tuple[ProductVariant, Product]]:
    """Variants by SKU or id with their products, read after the products were locked in id order."""
    named = or_(
        ProductVariant.sku.in_(skus) if skus else literal(False),
        ProductVariant.id.in_(variant_ids) if variant_ids else literal(False),
    )
    of_them = select(ProductVariant.product_id).where(own(ProductVariant, work), named)
    locked = select(Product.id).where(own(Product, work), Product.id.in_(of_them))
    await work.session.execute(locked.order_by(Product.id).with_for_update(key_share=True))
    query = (
        select(ProductVariant, Product)
        .join(Product, (Product.workspace_id == ProductVariant.workspace_id) & (Product.id == ProductVariant.product_id))
        .where(own(ProductVariant, work), named)
        .execution_options(populate_existing=True)
    )
    return [(variant, product) for variant, product in await work.session.execute(query)]
