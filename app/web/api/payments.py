"""Payments: what customers say to have paid, what staff have found to be true, and what was given back."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from app.web import files
from app.web.api.callers import may
from app.web.api.fields import expanding
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import Work, open_work
from domain.customers import service as customers
from domain.customers.schemas import CustomerView
from domain.payments import by_staff, receipts, refunds
from domain.payments import service as payments
from domain.payments.kinds import PaymentState
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import (
    EnterPayment,
    LinkPayment,
    NewRefund,
    PaymentFilter,
    PaymentView,
    ReceiptView,
    RefundView,
    RejectPayment,
    VerifyPayment,
)

router = noun("payments")

Reader = Annotated[Principal, may(PaymentsPermission.READ)]
Expand = Annotated[frozenset[str], expanding("customer")]
Enterer = Annotated[Write, may_write(PaymentsPermission.CLAIM)]
Verifier = Annotated[Write, may_write(PaymentsPermission.VERIFY)]
Refunder = Annotated[Write, may_write(PaymentsPermission.REFUND)]


class Sort(StrEnum):
    """The order of a list of payments."""

    NEWEST = "-claimed_at"
    OLDEST = "claimed_at"


class ListedPayment(PaymentView):
    """A payment, with whose it is where that was asked for."""

    customer: CustomerView | None = Field(None, description="With `expand=customer`.")


class PaymentDetail(ListedPayment):
    """A payment with the files that shall prove it."""

    receipts: list[ReceiptView]


@router.get("/payments")
async def list_(
    caller: Reader,
    paging: Paged,
    status: Annotated[PaymentState | None, Query(description="`claimed` waits to be verified.")] = None,
    customer_id: UUID | None = None,
    order_id: UUID | None = None,
    method: Annotated[str | None, Query(max_length=30)] = None,
    reference: Annotated[str | None, Query(max_length=100, description="However it is written.")] = None,
    without_order: Annotated[bool, Query(description="Only those that belong to no order yet.")] = False,
    sort: Sort = Sort.NEWEST,
    expand: Expand = frozenset(),
) -> Page[ListedPayment]:
    """List payments, the newest first."""
    wanted = PaymentFilter(
        status=status,
        customer_id=customer_id,
        order_id=order_id,
        method=method,
        reference=reference,
        without_order=without_order,
    )
    async with open_work(caller) as work:
        found = await payments.list_payments(
            work, wanted, oldest_first=sort is Sort.OLDEST, place=paging.place, limit=paging.limit
        )
        shown = await _expanded(work, found.items, expand)
    return paging.page(shown, found.next_cursor)


async def _expanded(work: Work, found: Sequence[PaymentView], expand: frozenset[str]) -> list[ListedPayment]:
    """Payments with what is wanted of what their ids stand for."""
    people = await customers.by_ids(work, {each.customer_id for each in found}) if "customer" in expand else {}
    return [ListedPayment(**each.model_dump(), customer=people.get(each.customer_id)) for each in found]


@router.get("/payments/{payment_id}")
async def get(caller: Reader, payment_id: UUID, expand: Expand = frozenset()) -> PaymentDetail:
    """Show a payment as it was told, what was decided on it, and its receipts."""
    async with open_work(caller) as work:
        found = await payments.get(work, payment_id)
        files = await receipts.receipts_of(work, [payment_id])
        (shown,) = await _expanded(work, [found], expand)
    return PaymentDetail(**shown.model_dump(), receipts=files)


@router.post("/payments/{payment_id}/verify")
async def verify(write: Verifier, payment_id: UUID, body: VerifyPayment | None = None) -> PaymentView:
    """Say that the money was seen; the customer is told."""
    return await write.once(PaymentView, lambda work: by_staff.verify(work, payment_id, body or VerifyPayment()))


@router.post("/payments/{payment_id}/reject")
async def reject(write: Verifier, payment_id: UUID, body: RejectPayment) -> PaymentView:
    """Say that the money was not seen, and why; the customer is told that it was not found."""
    return await write.once(PaymentView, lambda work: by_staff.reject(work, payment_id, body))


@router.post("/payments/{payment_id}/link")
async def link(write: Verifier, payment_id: UUID, body: LinkPayment) -> PaymentView:
    """Tie a payment that has no order to one of its customer's orders."""
    return await write.once(PaymentView, lambda work: payments.link(work, payment_id, body.order_id))


@router.post(
    "/payments/{payment_id}/receipts",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The bytes of a JPEG, PNG, WebP or PDF, at most 10 MB.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def add_receipt(write: Enterer, request: Request, payment_id: UUID) -> ReceiptView:
    """Add a file that shall prove a payment, as it came by another way than the chat; the same file twice is one."""
    content = await request.body()
    receipts.kind_of(content)
    key = await open_blobs(get_settings()).put(content)
    return await write.once(ReceiptView, lambda work: receipts.upload(work, payment_id, key))


@router.get(
    "/payments/{payment_id}/receipts/{receipt_id}/file",
    response_class=Response,
    response_model=None,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_receipt(caller: Reader, request: Request, payment_id: UUID, receipt_id: UUID) -> Response:
    """Give the bytes of a receipt, to be kept and never to be shown as a page of ours."""
    async with open_work(caller) as work:
        key = await receipts.digest(work, payment_id, receipt_id)
    return await files.give(request, key, f"receipt-{receipt_id}", shown=frozenset())


@router.get("/orders/{order_id}/payments")
async def list_of_order(caller: Reader, order_id: UUID) -> Page[PaymentView]:
    """List the payments of an order, the oldest first."""
    async with open_work(caller) as work:
        return Page(data=await payments.list_for_order(work, order_id), has_more=False, next_cursor=None)


@router.post("/orders/{order_id}/payments", status_code=201)
async def enter(write: Enterer, order_id: UUID, body: EnterPayment) -> PaymentView:
    """Write down a payment of an order, verified at once if its money was seen, such as cash at the door."""
    return await write.once(PaymentView, lambda work: by_staff.enter(work, order_id, body))


@router.get("/orders/{order_id}/refunds")
async def list_refunds(caller: Reader, order_id: UUID) -> Page[RefundView]:
    """List what of an order was given back, the oldest first."""
    async with open_work(caller) as work:
        return Page(data=await refunds.refunds_of(work, order_id), has_more=False, next_cursor=None)


@router.post("/orders/{order_id}/refunds", status_code=201)
async def refund(write: Refunder, order_id: UUID, body: NewRefund) -> RefundView:
    """Give money of an order back, never more than was paid; the same `key` twice is one refund."""
    return await write.once(RefundView, lambda work: refunds.refund(work, order_id, body))
