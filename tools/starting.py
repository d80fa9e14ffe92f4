"""Beginning an order."""

from domain.customers import service as customers
from domain.orders import drafts
from domain.orders.schemas import OrderView
from tools.serving import CustomerContext


async def begin_draft(ctx: CustomerContext) -> OrderView:
    """The open order of this conversation, begun if there is none."""
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is not None:
        return draft
    customer = await customers.get(ctx.work, ctx.customer_id)
    return await drafts.start_draft(
        ctx.work,
        conversation_id=ctx.conversation_id,
        customer_id=ctx.customer_id,
        recipient_name=customer.called,
        recipient_phone=customer.phone,
    )
