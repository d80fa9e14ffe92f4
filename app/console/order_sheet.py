"""The sheet of an order: the order with its customer, its payments, what it went through, and what may be done with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.access import Permission, Principal
from core.work import Work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.catalog.schemas import ProductHit, StoreView
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import CustomerView
from domain.orders import service as orders
from domain.orders.kinds import OPEN, PLACED, Fulfilment, OrderStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderHistory, OrderView
from domain.payments import refunds
from domain.payments import service as payments
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import Balance, PaymentView, RefundView
from domain.returns.permissions import ReturnsPermission

FOUND = 8
"""Products that a search offers for an order."""


_NEEDED: Final[dict[str, Permission]] = {
    "edit": OrdersPermission.DRAFT,
    "confirm": OrdersPermission.CONFIRM,
    "amend": OrdersPermission.DRAFT,
    "propose": OrdersPermission.CONFIRM,
    "cancel": OrdersPermission.CANCEL,
    "pack": OrdersPermission.FULFIL,
    "ship": OrdersPermission.FULFIL,
    "deliver": OrdersPermission.FULFIL,
    "pay": PaymentsPermission.CLAIM,
    "refund": PaymentsPermission.REFUND,
    "return": ReturnsPermission.WRITE,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that an order went through; `what` names the text `console.moment.<what>`."""

    at: datetime
    what: str
    actor_kind: str | None
    actor_id: UUID | None
    reason: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """An order as its page shows it. Payments, and all that comes of them, are None for those who may not see them."""

    order: OrderView
    customer: CustomerView | None
    moments: list[Moment]
    names: dict[UUID, str]
    stores: list[StoreView]
    payments: list[PaymentView] | None
    refunds: list[RefundView]
    balance: Balance | None
    verbs: frozenset[str]
    found: list[ProductHit]

    @property
    def store(self) -> StoreView | None:
        """From where it is served."""
        return next((store for store in self.stores if store.id == self.order.store_id), None)


async def read(work: Work, order_id: UUID, find: str = "") -> Sheet:
    """The sheet of an order; `find` are words of a product that somebody looks for. Raises OrderNotFound."""
    caller = work.principal
    order = (await orders.get(work, order_id)).seen_by(caller)
    history = await orders.whole_history(work, order_id)
    sees_payments = caller.may(PaymentsPermission.READ)
    paid = await payments.list_for_order(work, order_id) if sees_payments else None
    back = await refunds.refunds_of(work, order_id) if sees_payments else []
    balance = await payments.balance(work, order) if sees_payments else None
    moments = sorted(_moments(history, paid or [], back), key=lambda moment: moment.at)
    customer = await customers.get(work, order.customer_id) if caller.may(CustomersPermission.READ) else None
    verbs = frozenset(_verbs(caller, order, balance))
    return Sheet(
        order=order,
        customer=customer,
        moments=moments,
        names=await accounts.names(work, {moment.actor_id for moment in moments if moment.actor_id is not None}),
        stores=await catalog.all_stores(work),
        payments=paid,
        refunds=back,
        balance=balance,
        verbs=verbs,
        found=await catalog.search(work, find, FOUND) if "edit" in verbs and find.strip() else [],
    )


def _moments(history: OrderHistory, paid: list[PaymentView], back: list[RefundView]) -> Iterator[Moment]:
    for step in history.steps:
        yield Moment(step.changed_at, step.to_status.value, step.actor_kind, step.actor_id, step.reason)
    for change in history.amendments:
        what = "amended" if change.status == OrderStatus.APPLIED else "amending"
        yield Moment(change.confirmed_at or change.created_at, what, "system", None, amount=change.total)
    for payment in paid:
        yield Moment(payment.claimed_at, "claimed", None, None, amount=payment.amount)  # by the customer, or by staff for them
        if payment.decided_at is not None:
            amount = payment.verified_amount or payment.amount
            by = payment.decided_by
            yield Moment(payment.decided_at, payment.status.value, "user", by, payment.decision_reason, amount)
    for refund in back:
        yield Moment(refund.refunded_at, "refunded", "user", refund.refunded_by, refund.reason, refund.amount)


def _verbs(caller: Principal, order: OrderView, balance: Balance | None) -> Iterator[str]:
    """What somebody may do with an order as it stands; the service looks again."""
    is_ours, is_open = order.conversation_id is None, order.status in OPEN
    is_confirmed, is_brought = order.status == OrderStatus.CONFIRMED, order.fulfilment == Fulfilment.DELIVERY
    fitting = {
        "edit": is_open and is_ours,
        "confirm": is_open and is_ours,
        "amend": is_confirmed and is_ours,
        "propose": is_confirmed and not is_ours,
        "cancel": is_open or is_confirmed,
        "pack": is_confirmed and order.packed_at is None,
        "ship": is_confirmed and is_brought,
        "deliver": order.status == OrderStatus.SHIPPED or (is_confirmed and not is_brought),
        "pay": order.status in PLACED and balance is not None and balance.due > 0,
        "refund": balance is not None and balance.refundable > 0,
        "return": order.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED),
    }
    return (verb for verb, fits in fitting.items() if fits and caller.may(_NEEDED[verb]))
