"""Verifying a payment that a customer has told, for members of the staff who have seen the money."""

from domain.orders import service as orders
from domain.payments import by_staff
from domain.payments import service as payments
from domain.payments.kinds import PaymentState
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import PaymentFilter, PaymentView, VerifyPayment
from domain.payments.service import AmountMissing
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import Words, tool
from tools.desk import method_of
from tools.managing import Preview
from tools.outcome import FactKind, ToolOutcome
from tools.speech import say


async def _claimed(ctx: ToolContext, reference: str) -> PaymentView | ToolOutcome:
    """The one payment that waits with this reference, and says how much it is."""
    wanted = PaymentFilter(status=PaymentState.CLAIMED, reference=reference.strip())
    found = (await payments.list_payments(ctx.work, wanted, limit=2)).items if reference.strip() else []
    if len(found) != 1:
        return ctx.refuse("which_payment" if found else "payment_not_known")
    if found[0].amount is None:
        raise AmountMissing
    return found[0]


async def _verification(ctx: ToolContext, reference: str) -> Preview | ToolOutcome:
    """Which payment it is, bound to its amount, its order and where it stands."""
    one = await _claimed(ctx, reference)
    if isinstance(one, ToolOutcome):
        return one
    assert one.amount is not None, "looked at above"
    facts, number = ctx.facts, say(ctx, "no_order")
    if one.order_id is not None:
        order = await orders.get(ctx.work, one.order_id)
        number = say(ctx, "payment_of_order", number=facts.order_number(order.number))
    words = say(
        ctx,
        "verify_proposed",
        amount=facts.money(FactKind.AMOUNT, str(one.id), one.amount, one.currency),
        method=facts.label(method_of(ctx, one.method)),
        reference=facts.add(FactKind.REFERENCE, str(one.id), one.reference or "-"),
        order=number,
    )
    state = {"payment": str(one.id), "amount": str(one.amount), "order": str(one.order_id), "status": one.status.value}
    return Preview(words, state)


@tool(permission=PaymentsPermission.VERIFY, writes=True, audience=AudienceKind.MANAGER, preview=_verification)
async def verify_payment(ctx: ToolContext, reference: Words) -> ToolOutcome:
    """Verify a payment whose money was seen, with the amount that the customer has told. For staff only.

    Args:
        reference: The whole reference of the payment, as payments_to_verify shows it.
    """
    one = await _claimed(ctx, reference)
    if isinstance(one, ToolOutcome):
        return one
    done = await by_staff.verify(ctx.work, one.id, VerifyPayment(amount=one.amount))
    assert done.verified_amount is not None, "it was verified just now"
    amount = ctx.facts.money(FactKind.AMOUNT, str(done.id), done.verified_amount, done.currency)
    return ctx.done("payment_is_verified", say(ctx, "payment_is_verified", amount=amount))
