"""Which order a customer means: the one that is open, a placed one that may still be changed, or a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.catalog.schemas import VariantView
from domain.conversations.states import State
from domain.orders import amendments, drafts
from domain.orders import service as orders
from domain.orders.errors import DraftInTheWay
from domain.orders.kinds import OrderStatus, PaymentStatus
from domain.orders.schemas import OrderLineView, OrderView
from tools.changes import DraftLine
from tools.context import Pending
from tools.facts import slot
from tools.outcome import Fact, FactKind, Option, ToolOutcome
from tools.products import meant, meant_line
from tools.serving import CustomerContext
from tools.speech import say
from tools.starting import begin_draft
from tools.summary import order_deeds

NEW = "new"
"""What the argument `order` of a call says for an order of its own."""

LOOKED_AT = 5
_LIVE = (OrderStatus.CONFIRMED, OrderStatus.SHIPPED)


@dataclass(frozen=True, slots=True)
class Target:
    """The draft to be changed, None if it is still to be begun; the placed order that it amends, or beside which it is
    a new one.

    An amendment is begun by its first change only: until then `draft` is what it would be, under the placed order's id.
    """

    draft: OrderView | None
    amends: OrderView | None = None
    beside: OrderView | None = None

    @property
    def is_begun(self) -> bool:
        """Whether the draft is stored."""
        return self.draft is not None and (self.amends is None or self.draft.id != self.amends.id)

    def may_hold(self, variant: VariantView, line: OrderLineView | None, quantity: Decimal) -> bool:
        """Whether so much of a product may be in it: of what is no longer sold, a placed order keeps what its line has."""
        if variant.is_sold or not quantity:
            return True
        return self.amends is not None and line is not None and quantity <= line.quantity

    async def opened(self, ctx: CustomerContext) -> OrderView:
        """The draft for a change that is about to be made, begun now if it was not."""
        if self.draft is None:
            return await begin_draft(ctx)
        if self.amends is None or self.is_begun:
            return self.draft
        return await amendments.amend(ctx.work, ctx.conversation_id, ctx.customer_id, self.amends.id)


async def order_meant(
    ctx: CustomerContext, tool: str, arguments: Mapping[str, Any], order: str | None = None, *, adds: bool
) -> Target | ToolOutcome:
    """The draft that a call is about; or the question or refusal that comes first.

    `order` is the number of a placed order, or `new`. `adds` tells whether the call puts goods in, which may begin an
    order, or speaks of one that there is.
    """
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if number := "".join(letter for letter in order or "" if letter.isdigit())[:15]:
        return await amended(ctx, await orders.by_number(ctx.work, ctx.customer_id, int(number)))
    if order == NEW:
        if draft is not None and draft.amends_order_id is not None:
            raise DraftInTheWay
        return Target(draft, beside=await live_order(ctx))
    if draft is not None and (draft.lines or draft.amends_order_id is not None):
        return await target_of(ctx, draft)
    placed = await live_order(ctx)
    if placed is None or (draft is not None and not adds):
        return Target(draft)
    may_change = amendments.may_change(placed, ctx.workspace.settings)
    is_fresh = ctx.state == State.DONE
    if is_fresh and not adds:
        return await amended(ctx, placed)
    if may_change and (is_fresh or not adds):
        return _ask_which(ctx, tool, arguments, placed)
    return Target(draft, beside=placed if is_fresh else None)


async def target_of(ctx: CustomerContext, draft: OrderView) -> Target:
    """An open draft, with the order that it amends."""
    placed = await orders.get(ctx.work, draft.amends_order_id) if draft.amends_order_id is not None else None
    return Target(draft, amends=placed)


async def line_holder(ctx: CustomerContext, *products: str) -> Target | ToolOutcome:
    """The order that has one of the products in it: the open one, or a placed one, which is amended; else the open one."""
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is not None and (draft.lines or draft.amends_order_id is not None):
        return await target_of(ctx, draft)
    placed = await live_order(ctx)
    if placed is None or not any(meant_line(placed.lines, product) for product in products):
        return Target(draft)
    return await amended(ctx, placed)


async def order_of_lines(
    ctx: CustomerContext, lines: Sequence[DraftLine], arguments: Mapping[str, Any], order: str | None
) -> Target | ToolOutcome:
    """The order that the lines of a call are about: one that has what they change, else as for what is added."""
    if not order:
        holder = await line_holder(ctx, *(line.phrase for line in lines if line.mode != "add"))
        if isinstance(holder, ToolOutcome) or holder.amends is not None or (holder.draft is not None and holder.draft.lines):
            return holder
        added = [line.phrase for line in lines if line.mode == "add" or (line.mode == "set" and line.quantity)]
        if not [phrase for phrase in added if (found := await meant(ctx, phrase)).one or found.several]:
            return holder
    return await order_meant(ctx, "update_draft", arguments, order, adds=True)


async def live_order(ctx: CustomerContext) -> OrderView | None:
    """The customer's newest placed order that they do not have yet."""
    placed = await orders.history(ctx.work, ctx.customer_id, limit=LOOKED_AT)
    return next((order for order in placed if order.status in _LIVE), None)


async def amended(ctx: CustomerContext, placed: OrderView) -> Target | ToolOutcome:
    """The amendment of a placed order, open or to be begun by its first change; or that it can be changed no more."""
    if not amendments.may_change(placed, ctx.workspace.settings):
        return changes_over(ctx, placed)
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is not None and (draft.lines or draft.amends_order_id is not None):
        return Target(await amendments.amend(ctx.work, ctx.conversation_id, ctx.customer_id, placed.id), amends=placed)
    as_draft = {
        "amends_order_id": placed.id,
        "number": None,
        "status": OrderStatus.DRAFT,
        "payment_status": PaymentStatus.UNPAID,
    }
    return Target(placed.model_copy(update=as_draft), amends=placed)


def changes_over(ctx: CustomerContext, placed: OrderView) -> ToolOutcome:
    """Say that a placed order can be changed no more here, and offer a person."""
    facts = ctx.facts
    return ctx.refuse(
        "order_not_changeable",
        say(ctx, "order_changes_over", number=facts.order_number(placed.number)),
        deeds=order_deeds(placed),
        note="Nothing was changed. Offer request_human_handoff; a new order is only begun if the customer wants one.",
        data={"number": str(placed.number)},
    )


def _ask_which(ctx: CustomerContext, tool: str, arguments: Mapping[str, Any], placed: OrderView) -> ToolOutcome:
    facts = ctx.facts
    number = str(placed.number)
    options = [Option(sku=number, name=number), Option(sku=NEW, name=say(ctx, "option_new_order"))]
    given = {name: value for name, value in arguments.items() if value is not None}
    return ctx.ask(
        "which_order_meant",
        say(ctx, "which_order_meant", number=facts.order_number(placed.number)),
        about=Pending(kind="which_order", tool=tool, arguments=given, options=options),
        note="Ask, then repeat the call with `order` set to the number or to `new`. Nothing was changed.",
        data={"number": number},
    )


def told(ctx: CustomerContext, target: Target, outcome: ToolOutcome) -> ToolOutcome:
    """The outcome of a change with a word on the order it is of: a placed one stays as it is until the customer agrees."""
    order = target.amends or target.beside
    if order is None or outcome.status != "ok":
        return outcome
    number = str(order.number)
    fact = Fact(kind=FactKind.ORDER_NUMBER, subject=number, value=number, text=number)
    facts = outcome.facts if fact in outcome.facts else [*outcome.facts, fact]
    words = say(ctx, "amends" if target.amends else "new_order_begun", number=slot(facts.index(fact)))
    note = "The placed order stays as it is until the customer confirms: call request_confirmation." if target.amends else ""
    data = {**outcome.data, "amends": number} if target.amends else outcome.data
    update = {"say": f"{outcome.say} {words}", "facts": facts, "data": data, "note": f"{outcome.note} {note}".strip()}
    return outcome.model_copy(update=update)
