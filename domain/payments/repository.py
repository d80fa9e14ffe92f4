"""All SQL of payments."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from core.paging import part
from core.tables import Base, new_id
from core.work import Work, own
from domain.payments import references
from domain.payments.kinds import PaymentState
from domain.payments.models import Payment, PaymentReceipt, Refund
from domain.payments.schemas import PaymentFilter

_ORDERS = Base.metadata.tables["orders"]

_VISIBLE = or_(
    Payment.order_id.is_(None),
    exists().where(_ORDERS.c.workspace_id == Payment.workspace_id, _ORDERS.c.id == Payment.order_id),
)
"""A payment is seen by whoever sees its order: Postgres hides orders of other stores, and payments know no store."""


async def insert_payment(work: Work, values: dict[str, Any]) -> Payment | None:
    """Store a payment, or None if its full reference was already used for the method and bank."""
    payment_id = await work.session.scalar(
        insert(Payment)
        .values(workspace_id=work.workspace_id, id=new_id(), **values)
        .on_conflict_do_nothing()
        .returning(Payment.id)
    )
    return await get(work, payment_id) if payment_id is not None else None


async def complete_payment(work: Work, payment: Payment, values: dict[str, Any]) -> bool:
    """Write what became known of a payment; False if its full reference was already used for the method and bank."""
    try:
        async with work.session.begin_nested():
            for name, value in values.items():
                setattr(payment, name, value)
    except IntegrityError:
        await work.session.refresh(payment)
        return False
    return True


async def get(work: Work, payment_id: UUID) -> Payment | None:
    """One payment, unless its order is one of a store in which whoever works does not."""
    return await work.session.scalar(select(Payment).where(own(Payment, work), Payment.id == payment_id, _VISIBLE))


async def page(
    work: Work, wanted: PaymentFilter, after: tuple[datetime, UUID] | None, limit: int, *, oldest_first: bool
) -> list[Payment]:
    """Payments in the order in which they were told, from behind a place."""
    conditions = [own(Payment, work), _VISIBLE]
    for column, value in (
        (Payment.status, wanted.status),
        (Payment.customer_id, wanted.customer_id),
        (Payment.order_id, wanted.order_id),
        (Payment.method, wanted.method),
        (Payment.reference_key, references.key(wanted.reference)),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.without_order:
        conditions.append(Payment.order_id.is_(None))
    if wanted.decided_since is not None:
        conditions.append(Payment.decided_at >= wanted.decided_since)
    if wanted.decided_until is not None:
        conditions.append(Payment.decided_at < wanted.decided_until)
    query = select(Payment).where(*conditions)
    by = [Payment.claimed_at, Payment.id]
    return list(await work.session.scalars(part(query, by, after, limit, falls=not oldest_first)))


async def lock(work: Work, payment_id: UUID) -> Payment | None:
    """One payment, locked."""
    return await work.session.scalar(
        select(Payment)
        .where(own(Payment, work), Payment.id == payment_id, _VISIBLE)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def of_order(work: Work, order_id: UUID) -> list[Payment]:
    """The payments of an order, oldest first."""
    rows = await work.session.scalars(
        select(Payment)
        .where(own(Payment, work), Payment.order_id == order_id)
        .order_by(Payment.claimed_at, Payment.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def ahead(work: Work, customer_id: UUID, since: datetime) -> list[Payment]:
    """What a customer told to have paid without an order, and was not refused, oldest first, locked."""
    rows = await work.session.scalars(
        select(Payment)
        .where(
            own(Payment, work),
            Payment.customer_id == customer_id,
            Payment.order_id.is_(None),
            Payment.status != PaymentState.REJECTED,
            Payment.claimed_at >= since,
        )
        .order_by(Payment.claimed_at, Payment.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def with_reference(work: Work, customer_id: UUID, reference_key: str) -> list[Payment]:
    """A customer's payments of orders with this reference, newest first."""
    rows = await work.session.scalars(
        select(Payment)
        .where(
            own(Payment, work),
            Payment.customer_id == customer_id,
            Payment.order_id.is_not(None),
            Payment.reference_key == reference_key,
        )
        .order_by(Payment.claimed_at.desc(), Payment.id.desc())
    )
    return list(rows)


async def like(work: Work, order_id: UUID | None, reference_key: str, reference_tail: str | None) -> list[Payment]:
    """Payments of other orders with the same reference, or with the same last characters."""
    conditions = [Payment.reference_key == reference_key]
    if reference_tail is not None:
        conditions.append(Payment.reference_tail == reference_tail)
    rows = await work.session.scalars(
        select(Payment)
        .where(
            own(Payment, work),
            true() if order_id is None else Payment.order_id.is_distinct_from(order_id),
            or_(*conditions),
        )
        .limit(20)
    )
    return list(rows)


async def claimed(work: Work, *, limit: int) -> list[Payment]:
    """Payments that wait for staff, oldest first."""
    rows = await work.session.scalars(
        select(Payment)
        .where(own(Payment, work), Payment.status == PaymentState.CLAIMED)
        .order_by(Payment.claimed_at, Payment.id)
        .limit(limit)
    )
    return list(rows)


async def without_order(work: Work, *, limit: int) -> list[Payment]:
    """Payments that are for no order and were not refused, oldest first."""
    rows = await work.session.scalars(
        select(Payment)
        .where(
            own(Payment, work),
            Payment.order_id.is_(None),
            Payment.status != PaymentState.REJECTED,
        )
        .order_by(Payment.claimed_at, Payment.id)
        .limit(limit)
    )
    return list(rows)


async def newest_claim(work: Work, customer_id: UUID, order_ids: Sequence[UUID]) -> Payment | None:
    """The customer's newest payment that waits for staff, among those of some orders and those without one."""
    return await work.session.scalar(
        select(Payment)
        .where(
            own(Payment, work),
            Payment.customer_id == customer_id,
            or_(Payment.order_id.in_(order_ids), Payment.order_id.is_(None)),
            Payment.status == PaymentState.CLAIMED,
        )
        .order_by(Payment.claimed_at.desc(), Payment.id.desc())
        .limit(1)
    )


async def link_receipt(work: Work, payment_id: UUID, attachment_id: UUID, sha256: str | None) -> PaymentReceipt | None:
    """Tie a file to a payment, or None if it is tied to one already."""
    receipt_id = await work.session.scalar(
        insert(PaymentReceipt)
        .values(
            workspace_id=work.workspace_id,
            id=new_id(),
            payment_id=payment_id,
            attachment_id=attachment_id,
            sha256=sha256,
            linked_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(PaymentReceipt.id)
    )
    if receipt_id is None:
        return None
    return await work.session.get(PaymentReceipt, (work.workspace_id, receipt_id))


async def add_upload(work: Work, payment_id: UUID, sha256: str) -> tuple[PaymentReceipt, bool]:
    """The receipt that a payment has in an uploaded file, and whether it is new."""
    made = await work.session.scalar(
        insert(PaymentReceipt)
        .values(workspace_id=work.workspace_id, id=new_id(), payment_id=payment_id, sha256=sha256, linked_at=work.now)
        .on_conflict_do_nothing()
        .returning(PaymentReceipt.id)
    )
    row = await work.session.scalar(
        select(PaymentReceipt).where(
            own(PaymentReceipt, work),
            PaymentReceipt.payment_id == payment_id,
            PaymentReceipt.attachment_id.is_(None),
            PaymentReceipt.sha256 == sha256,
        )
    )
    assert row is not None, "either ours or the one that stood in the way"
    return row, made is not None


async def receipt(work: Work, payment_id: UUID, receipt_id: UUID) -> PaymentReceipt | None:
    """One receipt of a payment."""
    return await work.session.scalar(
        select(PaymentReceipt).where(
            own(PaymentReceipt, work), PaymentReceipt.payment_id == payment_id, PaymentReceipt.id == receipt_id
        )
    )


async def receipts(work: Work, payment_ids: Iterable[UUID]) -> list[PaymentReceipt]:
    """The receipts of some payments, in the order in which they came."""
    rows = await work.session.scalars(
        select(PaymentReceipt)
        .where(own(PaymentReceipt, work), PaymentReceipt.payment_id.in_(list(payment_ids)))
        .order_by(PaymentReceipt.linked_at, PaymentReceipt.id)
    )
    return list(rows)


async def linked(work: Work, attachment_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Which of the files are tied to which payment."""
    rows = await work.session.execute(
        select(PaymentReceipt.attachment_id, PaymentReceipt.payment_id).where(
            own(PaymentReceipt, work), PaymentReceipt.attachment_id.in_(list(attachment_ids))
        )
    )
    return {row.attachment_id: row.payment_id for row in rows}


async def receipt_of(work: Work, attachment_id: UUID) -> PaymentReceipt | None:
    """The receipt that a file is."""
    return await work.session.scalar(
        select(PaymentReceipt).where(own(PaymentReceipt, work), PaymentReceipt.attachment_id == attachment_id)
    )


async def same_bytes(work: Work, sha256: str, besides: UUID) -> list[UUID]:
    """Other payments that were proved with the very same file."""
    rows = await work.session.scalars(
        select(PaymentReceipt.payment_id)
        .where(
            own(PaymentReceipt, work),
            PaymentReceipt.sha256 == sha256,
            PaymentReceipt.payment_id != besides,
        )
        .distinct()
    )
    return list(rows)


async def refunds_of(work: Work, order_id: UUID) -> list[Refund]:
    """What of an order was given back, oldest first."""
    query = select(Refund).where(own(Refund, work), Refund.order_id == order_id)
    return list(await work.session.scalars(query.order_by(Refund.refunded_at, Refund.id)))
