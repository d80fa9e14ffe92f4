"""Payments: the list, and those to verify one after the other, each with its receipt beside its order."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms
from app.console.catalogue import PAYMENTS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web import files
from app.web.api.lists import Paged
from core.blobs import BlobMissing, open_blobs
from core.filetypes import PICTURES, SIGNED, sniff
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import CustomerView
from domain.orders import service as orders
from domain.orders.kinds import OrderStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderView
from domain.payments import by_staff, receipts
from domain.payments import service as payments
from domain.payments.kinds import PaymentState
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import (
    Balance,
    LinkPayment,
    PaymentFilter,
    PaymentView,
    ReceiptView,
    RejectPayment,
    VerifyPayment,
)

router = APIRouter(prefix="/console/@{workspace}/payments")

Reader = Annotated[Visit, may(PaymentsPermission.READ)]
Verifier = Annotated[Visit, may(PaymentsPermission.VERIFY)]

WAITING: Final = 50
"""How many of those that wait the way through them knows; the oldest first."""


@router.get("")
async def show(
    request: Request,
    visit: Reader,
    paging: Paged,
    status: filters.Word = PaymentState.CLAIMED.value,
    method: filters.Word = "",
    search: filters.Words = "",
    since: filters.Word = "",
    until: filters.Word = "",
) -> Response:
    """List payments: those to verify, the oldest first, or others, the newest first. Days are those of the decision."""
    state = filters.chosen(PaymentState, status)
    first, last = filters.days(visit.workspace.zone, since, until)
    wanted = PaymentFilter(
        status=state, method=method or None, reference=search.strip() or None, decided_since=first, decided_until=last
    )
    knows_people = visit.principal.may(CustomersPermission.READ)
    async with open_work(visit.principal) as work:
        is_waiting = state is PaymentState.CLAIMED
        found = await payments.list_payments(work, wanted, oldest_first=is_waiting, place=paging.place, limit=paging.limit)
        people = await customers.by_ids(work, {each.customer_id for each in found.items}) if knows_people else {}
    chosen = {"status": status, "method": method, "search": search, "since": since, "until": until}
    return page(
        request,
        "payments.html",
        visit,
        current=PAYMENTS,
        paged=paging.page(found.items, found.next_cursor),
        is_first=paging.place is None,
        chosen=chosen,
        query=[("status", status), *(pair for pair in filters.query(chosen) if pair[0] != "status")],
        states=[state.value for state in PaymentState],
        methods=visit.workspace.settings.payment_methods,
        people=people,
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A payment with all that its decision rests on, and its place among those that wait."""

    payment: PaymentView
    customer: CustomerView | None
    order: OrderView | None
    balance: Balance | None
    receipts: list[ReceiptView]
    candidates: list[OrderView]
    """Orders to which a payment without one may belong."""
    waiting: list[UUID]
    names: dict[UUID, str]

    @property
    def place(self) -> int | None:
        """Its number among those that wait."""
        return self.waiting.index(self.payment.id) + 1 if self.payment.id in self.waiting else None

    @property
    def following(self) -> UUID | None:
        """The one that comes after it, or else the first one."""
        others = [each for each in self.waiting if each != self.payment.id]
        place = self.place or 1
        return others[(place - 1) % len(others)] if others else None


async def _kinds(found: list[ReceiptView]) -> dict[UUID, str]:
    """What the first bytes of receipts say that they are; those that have not arrived are left out."""
    blobs = open_blobs(get_settings())
    kinds: dict[UUID, str] = {}
    for each in found:
        with suppress(BlobMissing):
            if each.sha256 is not None:
                kinds[each.id] = sniff(await blobs.head(each.sha256, SIGNED), None)
    return kinds


async def _read(work: Work, payment_id: UUID) -> Case:
    caller = work.principal
    payment = await payments.get(work, payment_id)
    sees_orders = caller.may(OrdersPermission.READ)
    order = await orders.get(work, payment.order_id) if payment.order_id is not None and sees_orders else None
    candidates: list[OrderView] = []
    if payment.order_id is None and sees_orders:
        placed = await orders.history(work, payment.customer_id)
        candidates = [each for each in placed if each.status != OrderStatus.CANCELLED]
    waiting = await payments.list_payments(work, PaymentFilter(status=PaymentState.CLAIMED), oldest_first=True, limit=WAITING)
    return Case(
        payment=payment,
        customer=await customers.get(work, payment.customer_id) if caller.may(CustomersPermission.READ) else None,
        order=order,
        balance=await payments.balance(work, order) if order is not None else None,
        receipts=await receipts.receipts_of(work, [payment_id]),
        candidates=candidates,
        waiting=[each.id for each in waiting.items],
        names=await accounts.names(work, [payment.decided_by] if payment.decided_by is not None else []),
    )


@router.get("/next")
async def open_next(visit: Reader) -> Response:
    """Open the payment that waits longest, or the list where none does."""
    wanted = PaymentFilter(status=PaymentState.CLAIMED)
    async with open_work(visit.principal) as work:
        found = await payments.list_payments(work, wanted, oldest_first=True, limit=1)
    return RedirectResponse(visit.at(f"payments/{found.items[0].id}" if found.items else "payments"), 303)


@router.get("/{payment_id}")
async def open_(
    request: Request, visit: Reader, payment_id: UUID, told: Annotated[str, Query(alias="said", max_length=20)] = ""
) -> Response:
    """Show a payment beside its order."""
    async with open_work(visit.principal) as work:
        case = await _read(work, payment_id)
    return page(
        request,
        "payment.html",
        visit,
        current=PAYMENTS,
        case=case,
        payment=case.payment,
        told=told,
        kinds=await _kinds(case.receipts),
        pictures=PICTURES,
        may_verify=visit.principal.may(PaymentsPermission.VERIFY),
    )


@router.get("/{payment_id}/receipts/{receipt_id}")
async def show_receipt(request: Request, visit: Reader, payment_id: UUID, receipt_id: UUID) -> Response:
    """Give the bytes of a receipt: a picture to be seen, anything else to be kept, and nothing of it is ever run."""
    async with open_work(visit.principal) as work:
        key = await receipts.digest(work, payment_id, receipt_id)
    return await files.give(request, key, f"receipt-{receipt_id}", shown=PICTURES)


def _onward(visit: Visit, payment_id: UUID, onward: str, told: str) -> Response:
    """The next one that waits, which the page has named, or the payment as it stands now."""
    following = filters.identified(onward)
    return RedirectResponse(visit.at(f"payments/{following or payment_id}?said={told}"), 303)


Onward = Annotated[str, Form(max_length=50)]


@router.post("/{payment_id}/verify")
async def verify(request: Request, visit: Verifier, payment_id: UUID, onward: Onward = "") -> Response:
    """Say that the money was seen; the customer is told."""
    command = await forms.take(request, VerifyPayment, besides=("onward",))
    await deeds.once(request, visit, PaymentView, lambda work: by_staff.verify(work, payment_id, command))
    return _onward(visit, payment_id, onward, "verified")


@router.post("/{payment_id}/reject")
async def reject(request: Request, visit: Verifier, payment_id: UUID, onward: Onward = "") -> Response:
    """Say that the money was not seen, and why."""
    command = await forms.take(request, RejectPayment, besides=("onward",))
    await deeds.once(request, visit, PaymentView, lambda work: by_staff.reject(work, payment_id, command))
    return _onward(visit, payment_id, onward, "rejected")


@router.post("/{payment_id}/link")
async def link(request: Request, visit: Verifier, payment_id: UUID) -> Response:
    """Tie a payment to the order that it was for."""
    command = await forms.take(request, LinkPayment)
    await deeds.once(request, visit, PaymentView, lambda work: payments.link(work, payment_id, command.order_id))
    return RedirectResponse(visit.at(f"payments/{payment_id}"), 303)
