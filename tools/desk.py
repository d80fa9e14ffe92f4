"""What members of the staff ask of the day: orders, payments to verify, who waits for a person, and what a customer bought."""

from datetime import datetime, time

from domain.conversations import desk
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskFilter, Queue
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission
from domain.orders import service as orders
from domain.orders.kinds import PLACED
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderFilter, OrderView
from domain.payments import service as payments
from domain.payments.kinds import PaymentState
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import PaymentFilter
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import Words, tool
from tools.figures import MOST_ROWS
from tools.naming import named
from tools.outcome import FactKind, ToolOutcome
from tools.speech import say


@tool(permission=OrdersPermission.READ, audience=AudienceKind.MANAGER)
async def orders_today(ctx: ToolContext, store: Words = "") -> ToolOutcome:
    """List the newest orders that were placed today; the metric `orders` counts them all.

    Args:
        store: The store's name or code, where one was said.
    """
    meant = await named(ctx, "orders_today", {}, store, "")
    if isinstance(meant, ToolOutcome):
        return meant
    zone = ctx.workspace.zone
    midnight = datetime.combine(ctx.work.now.astimezone(zone).date(), time(), zone)
    wanted = OrderFilter(statuses=PLACED, placed_since=midnight, store_id=meant.store.id if meant.store is not None else None)
    found = await orders.list_orders(ctx.work, wanted, limit=MOST_ROWS + 1)
    return _listed_orders(ctx, "orders_today", found.items)


@tool(permission=OrdersPermission.READ, audience=AudienceKind.MANAGER)
async def order_lookup(ctx: ToolContext, number: int) -> ToolOutcome:
    """Show one order: what is in it, where it stands, and what is paid of it.

    Args:
        number: The order's number.
    """
    found = (await orders.list_orders(ctx.work, OrderFilter(number=number), limit=1)).items
    if not found:
        return ctx.refuse("order_not_known", say(ctx, "order_not_known", number=ctx.facts.order_number(number)))
    (order,) = found
    lines = [
        f"• {ctx.facts.amount(line.name, line.quantity, line.unit)}: "
        + ctx.facts.money(FactKind.LINE_TOTAL, line.name, line.total, order.currency)
        for line in order.lines
    ]
    return _listed(ctx, "order_shown", [_order(ctx, order), *lines], is_all=True)


@tool(permission=PaymentsPermission.READ, audience=AudienceKind.MANAGER)
async def payments_to_verify(ctx: ToolContext) -> ToolOutcome:
    """List the payments that customers have told and nobody has decided on, the oldest first."""
    wanted = PaymentFilter(status=PaymentState.CLAIMED)
    found = await payments.list_payments(ctx.work, wanted, oldest_first=True, limit=MOST_ROWS)
    if not found.items:
        return ctx.done("payments_none", say(ctx, "payments_none", as_of=ctx.facts.moment("as_of", ctx.work.now)))
    facts, rows = ctx.facts, []
    for one in found.items:
        order = await orders.get(ctx.work, one.order_id) if one.order_id is not None else None
        amount = say(ctx, "amount_not_said")
        if one.amount is not None:
            amount = facts.money(FactKind.AMOUNT, str(one.id), one.amount, one.currency)
        number = (
            say(ctx, "no_order") if order is None else say(ctx, "payment_of_order", number=facts.order_number(order.number))
        )
        reference = facts.add(FactKind.REFERENCE, str(one.id), one.reference) if one.reference else "-"
        at, method = facts.moment("claimed", one.claimed_at), facts.label(method_of(ctx, one.method))
        rows.append(say(ctx, "payment_row", amount=amount, method=method, reference=reference, order=number, at=at))
    return _listed(ctx, "payments_listed", rows, is_all=found.next_cursor is None)


@tool(permission=ConversationsPermission.READ, audience=AudienceKind.MANAGER)
async def waiting_handoffs(ctx: ToolContext) -> ToolOutcome:
    """List the conversations that wait for a person, the longest waiting first."""
    found = await desk.list_conversations(ctx.work, DeskFilter(queue=Queue.WAITING), limit=MOST_ROWS)
    if not found.items:
        return ctx.done("nobody_waits", say(ctx, "nobody_waits", as_of=ctx.facts.moment("as_of", ctx.work.now)))
    rows = [
        say(
            ctx,
            "waiting_row",
            customer=ctx.facts.label(one.contact.name or say(ctx, "unnamed")),
            since=ctx.facts.moment("waiting", one.handoff.requested_at if one.handoff is not None else one.active_at),
        )
        for one in found.items
    ]
    return _listed(ctx, "waiting_listed", rows, is_all=found.next_cursor is None)


@tool(permission=CustomersPermission.READ, audience=AudienceKind.MANAGER)
async def customer_history(ctx: ToolContext, who: Words) -> ToolOutcome:
    """Show what a customer has ordered, the newest first.

    Args:
        who: The customer's name or telephone number.
    """
    ctx.work.require(OrdersPermission.READ)
    found = (await customers.list_customers(ctx.work, who, limit=MOST_ROWS)).items if who.strip() else []
    if not found:
        return ctx.refuse("customer_not_known", say(ctx, "customer_not_known", words=ctx.facts.label(who)))
    if len(found) > 1:
        names = "\n".join(f"• {ctx.facts.label(one.called or say(ctx, 'unnamed'))}" for one in found)
        return ctx.ask("which_customer", say(ctx, "which_customer", lines=names))
    return _listed_orders(ctx, "customer_orders", await orders.history(ctx.work, found[0].id, limit=MOST_ROWS + 1))


def _listed_orders(ctx: ToolContext, code: str, found: list[OrderView]) -> ToolOutcome:
    if not found:
        return ctx.done(f"{code}_none", say(ctx, f"{code}_none", as_of=ctx.facts.moment("as_of", ctx.work.now)))
    return _listed(ctx, code, [_order(ctx, one) for one in found[:MOST_ROWS]], is_all=len(found) <= MOST_ROWS)


def _listed(ctx: ToolContext, code: str, rows: list[str], *, is_all: bool) -> ToolOutcome:
    rows = rows if is_all else [*rows, say(ctx, "figure_has_more")]
    return ctx.done(code, say(ctx, code, rows="\n".join(rows), as_of=ctx.facts.moment("as_of", ctx.work.now)))


def _order(ctx: ToolContext, order: OrderView) -> str:
    number = str(order.number)
    return say(
        ctx,
        "order_row",
        number=ctx.facts.order_number(order.number),
        total=ctx.facts.money(FactKind.TOTAL, number, order.total, order.currency),
        status=say(ctx, f"status.{order.status}"),
        payment=say(ctx, f"paid.{order.payment_status}"),
        at=ctx.facts.moment(f"order {number}", order.confirmed_at or order.created_at),
    )


def method_of(ctx: ToolContext, code: str) -> str:
    """The name of a way to pay, as the shop calls it."""
    return next((one.name for one in ctx.workspace.settings.payment_methods if one.code == code), code)
