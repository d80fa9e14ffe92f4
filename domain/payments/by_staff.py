"""What people of the shop decide on payments; the customer is told of it in their conversation."""

from decimal import Decimal
from uuid import UUID

from core import messages
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations.schemas import ConversationView
from domain.orders import service as orders
from domain.orders import telling
from domain.payments import claims, repository, service
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import EnterPayment, PaymentView, RejectPayment, VerifyPayment
from domain.payments.service import PaymentNotFound


async def enter(work: Work, order_id: UUID, command: EnterPayment) -> PaymentView:
    """Write down a payment of an order, and verify it in the same breath if its money was seen."""
    work.require(PaymentsPermission.CLAIM)
    if command.verified:
        work.require(PaymentsPermission.VERIFY)
    entered = await claims.enter(work, order_id, command)
    return await service.verify(work, entered.id, note=command.note) if command.verified else entered


async def verify(work: Work, payment_id: UUID, command: VerifyPayment) -> PaymentView:
    """The money was seen. Raises PaymentNotFound, PaymentDecided, AmountMissing and AmountBeyondLimit."""
    work.require(PaymentsPermission.VERIFY)
    thread = await _lock_thread(work, payment_id)
    payment = await service.verify(work, payment_id, amount=command.amount, note=command.note)
    if payment.decided_at == work.now:  # what was decided before was told then
        await _tell(work, thread, "payment.verified", payment, payment.verified_amount)
    return payment


async def reject(work: Work, payment_id: UUID, command: RejectPayment) -> PaymentView:
    """The money was not seen; the order waits for another payment. Raises PaymentNotFound and PaymentDecided."""
    work.require(PaymentsPermission.VERIFY)
    thread = await _lock_thread(work, payment_id)
    payment = await service.reject(work, payment_id, command.reason)
    if payment.decided_at == work.now:
        await _tell(work, thread, "payment.rejected", payment, payment.amount)
    return payment


async def _lock_thread(work: Work, payment_id: UUID) -> ConversationView | None:
    """The conversation of a payment, locked before its order and the payment, as a turn locks them."""
    payment = await repository.get(work, payment_id)
    if payment is None:
        raise PaymentNotFound
    if payment.order_id is not None:
        return await telling.lock_thread(work, payment.order_id)
    return await telling.lock_conversation(work, payment.conversation_id) if payment.conversation_id is not None else None


async def _tell(work: Work, thread: ConversationView | None, code: str, payment: PaymentView, amount: Decimal | None) -> None:
    if payment.order_id is None or amount is None:
        await telling.tell(work, thread, f"{code}_ahead")
        return
    workspace = await accounts.get_workspace(work)
    shown = messages.money(amount, payment.currency, workspace.country, workspace.language)
    number = (await orders.get(work, payment.order_id)).number
    if number is None:
        await telling.tell(work, thread, f"{code}_ahead")
    else:
        await telling.tell(work, thread, code, amount=shown, number=number)
