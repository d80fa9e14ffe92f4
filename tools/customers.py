"""Customer tools: what the shop knows of the person it talks to, and of nobody else."""

from domain.catalog import service as catalog
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission
from domain.orders import service as orders
from domain.orders.schemas import OrderView
from tools.definition import tool
from tools.facts import plain
from tools.outcome import FactKind, ToolOutcome
from tools.serving import CustomerContext
from tools.speech import say
from tools.summary import order_deeds

MOST_ORDERS = 5
MOST_USUAL = 5


@tool(permission=CustomersPermission.READ)
async def get_customer_context(ctx: CustomerContext) -> ToolOutcome:
    """Read what the shop knows of this customer: name, saved addresses, last orders, what they usually buy, and the
    shop's stores and ways of paying.
    """
    facts = ctx.facts
    customer = await customers.get(ctx.work, ctx.customer_id)
    addresses = await customers.addresses(ctx.work, ctx.customer_id)
    placed = await orders.history(ctx.work, ctx.customer_id, limit=MOST_ORDERS)
    stores = await catalog.stores(ctx.work)
    deeds = [deed for order in placed for deed in order_deeds(order)]
    words = []
    if placed:
        newest = placed[0]
        words.append(
            say(
                ctx,
                "last_order",
                number=facts.order_number(newest.number),
                total=facts.money(FactKind.TOTAL, str(newest.number), newest.total, newest.currency),
                status=say(ctx, f"status.{newest.status}"),
            )
        )
    else:
        words.append(say(ctx, "no_orders_yet"))
    if addresses:
        words.append(say(ctx, "last_address", address=facts.add(FactKind.ADDRESS, "saved", addresses[0].text)))
    return ctx.done(
        "customer_context",
        " ".join(words),
        deeds=deeds,
        note="To repeat the last order, call create_order_draft with its last_items as the cart." if placed else "",
        data={
            "name": customer.called,
            "has_phone": customer.phone is not None,
            "addresses": [address.text for address in addresses[:3]],
            "orders": [{"number": str(order.number), "status": order.status.value} for order in placed],
            "last_items": _items(placed[0]) if placed else [],
            "usual": _usual(placed),
            "stores": [store.name for store in stores],
            "payment_methods": [method.name for method in ctx.workspace.settings.payment_methods],
        },
    )


def _items(order: OrderView) -> list[dict[str, str]]:
    """What an order had, as a cart in which it can be ordered again."""
    return [{"sku": line.sku, "quantity": plain(line.quantity)} for line in order.lines]


def _usual(placed: list[OrderView]) -> list[dict[str, str]]:
    """What the customer ordered most often, by the number of orders it was in."""
    seen: dict[str, tuple[int, str]] = {}
    for order in placed:
        for line in order.lines:
            times, _ = seen.get(line.sku, (0, ""))
            seen[line.sku] = (times + 1, line.name)
    most = sorted(seen.items(), key=lambda item: -item[1][0])[:MOST_USUAL]
    return [{"sku": sku, "name": name} for sku, (_, name) in most]
