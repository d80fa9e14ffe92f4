"""The tool that changes many lines of the draft in one call, and leaves open what cannot be put into it yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.conversations.states import Trigger
from domain.orders import drafts
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderLineView, OrderView, Shortage
from tools.amending import Target, order_of_lines, told
from tools.changes import DraftLine, OpenPoint
from tools.context import NOTES, QUESTIONS, Pending, still_open
from tools.definition import Words, tool
from tools.facts import CENT, Facts, plain
from tools.measures import TooLittle, UnitMismatch, amount_sold
from tools.orders import ask_cancel
from tools.outcome import Deed, FactKind, Option, ToolOutcome
from tools.points import counted_by, later_words, left_in_question, left_out_words, point_data, point_words, unavailable
from tools.products import meant, meant_line, other_sizes, own_words, priced, shortages, unit_price
from tools.serving import CustomerContext
from tools.speech import flowing, listed, say
from tools.summary import draft_data, line_words, shortage_point, shortage_words

MOST_LINES = 100
"""Lines in one call; an order has no more."""

Status = Literal["added", "changed", "removed", "dropped", "asked", "short", "refused"]

_OPENED_AS = {"which": "choose_product", "quantity": "choose_quantity"}
_IN_ORDER = (
    *("confirm", "want", "contradiction", "short", "choose_product", "choose_quantity", "number"),
    *("unknown", "unclear", "too_long"),
)
"""The order in which points are read back, and so that in which they are answered."""


@dataclass(slots=True)
class _Taken:
    """What became of one line of the call; `before` and `after` are what the draft has of the product."""

    line: DraftLine
    status: Status
    name: str = ""
    variant: VariantView | None = None
    amount: Decimal = Decimal(0)
    words: str = ""


@tool(permission=OrdersPermission.DRAFT, writes=True, timeout=20.0)
async def update_draft(
    ctx: CustomerContext,
    lines: Annotated[list[DraftLine], Field(max_length=MOST_LINES)] | None = None,
    open_points: Annotated[list[OpenPoint], Field(max_length=MOST_LINES)] | None = None,
    order: Words | None = None,
) -> ToolOutcome:
    """Change many lines of the customer's order in one call, as one list in the order in which they were said, and leave
    open what is not clear. Use it for any message that names more than one product. What the catalogue cannot settle
    becomes an open point by itself. The answer reads back what changed and asks all that is open; call it without
    anything to ask again. To drop an open point that the customer does not want, remove its SKU or its words.

    Args:
        lines: The changes.
        open_points: What the customer said that cannot be put into a line without guessing.
        order: The number of a placed order if they are for that one, or `new` if the customer wants a new order; leave
            out where neither was said.
    """
    given = {"lines": [line.model_dump(mode="json", exclude_none=True) for line in lines or ()]}
    target = await order_of_lines(ctx, lines or (), given, order)
    if isinstance(target, ToolOutcome):
        return target
    update = _Update(ctx, ctx.facts, target, target.draft)
    for line in lines or ():
        await update.take(line)
    await update.look_at_the_shelf()
    if target.amends is not None and update.leaves_nothing:
        return ask_cancel(ctx, update.facts, target.amends)
    await update.write()
    for point in open_points or ():
        await update.leave_open(point)
    outcome = await update.outcome()
    return told(ctx, target, outcome) if outcome.code == "draft_updated" else outcome


@dataclass
class _Update:
    """The changes of one call: first what each line comes to, then the shelf, then one write."""

    ctx: CustomerContext
    facts: Facts
    target: Target
    draft: OrderView | None
    taken: list[_Taken] = field(default_factory=list)
    totals: dict[UUID, Decimal] = field(default_factory=dict)
    """What the draft shall have of each product that a line is about."""
    raised: list[Pending] = field(default_factory=list)

    @property
    def lines(self) -> tuple[OrderLineView, ...]:
        """The lines of the draft as they are."""
        return self.draft.lines if self.draft is not None else ()

    async def take(self, line: DraftLine) -> None:
        """Find out what a line comes to; nothing is written yet."""
        self.ctx.settled.extend(counted_by(line.quantity, self.ctx.points))
        found = meant_line(self.lines, line.phrase) if line.mode != "add" else ()
        if len(found) > 1:
            options = [Option(sku=one.sku, name=one.name) for one in found]
            self._ask("choose_product", line, options)
        elif found:
            await self._take_of_draft(line, found[0])
        elif line.mode == "remove" or (line.mode == "set" and line.quantity == 0):
            self._drop(line)
        else:
            await self._take_of_shop(line)

    async def _take_of_draft(self, line: DraftLine, known: OrderLineView) -> None:
        variant = await catalog.find(self.ctx.work, known.sku)
        if line.quantity == 0 or (line.mode == "remove" and line.quantity is None):
            self.totals[known.variant_id] = Decimal(0)
            self.taken.append(_Taken(line, "removed", known.name, variant))
        elif variant is None:
            self._refuse_unsold(line, known.name)
        elif line.mode == "remove":
            amount = await amount_sold(self.ctx.work, variant, Decimal(str(line.quantity)), line.unit)
            if not isinstance(amount, Decimal):
                self._ask("choose_quantity", line, [Option(sku=known.sku, name=known.name)], refused=True)
                return
            self._put(line, variant, max(self._now(known.variant_id) - amount, Decimal(0)))
        else:
            await self._count(line, variant)

    def _refuse_unsold(self, line: DraftLine, name: str) -> None:
        words = say(self.ctx, "no_longer_sold", product=self.facts.name(name))
        self.taken.append(_Taken(line, "refused", name, words=words))

    def _drop(self, line: DraftLine) -> None:
        """What is not in the draft: a point about it is closed, else there is nothing to take out."""
        points = [point for point in self.ctx.points if point.is_of_order and point.is_about(line.product)]
        self.ctx.settled.extend(points)
        about = listed(self.ctx, list(dict.fromkeys(left_out_words(self.ctx, self.facts, point) for point in points)))
        none = _Taken(line, "refused", words=say(self.ctx, "not_in_draft"))
        self.taken.append(_Taken(line, "dropped", about) if points else none)

    async def _take_of_shop(self, line: DraftLine) -> None:
        found = await meant(self.ctx, line.phrase)
        if found.one is not None:
            await self._count(line, found.one)
        elif found.several:
            self._ask("choose_product", line, [Option(sku=one.sku, name=one.name) for one in found.several])
        else:
            self._ask("unknown", line, [])

    async def _count(self, line: DraftLine, variant: VariantView) -> None:
        """How much of it there shall be."""
        option = Option(sku=variant.sku, name=variant.name)
        if line.quantity is None:
            if variant.is_sold or self.target.amends is not None:
                self._ask("choose_quantity", line, [option])
            else:
                self._refuse_unsold(line, variant.name)
            return
        amount = await amount_sold(self.ctx.work, variant, Decimal(str(line.quantity)), line.unit)
        if isinstance(amount, TooLittle):
            money = self.facts.money(FactKind.BUDGET, "customer", amount.money, variant.currency)
            price = unit_price(self.ctx, self.facts, variant)
            words = say(self.ctx, "money_too_little", money=money, product=self.facts.name(variant.name), price=price)
            self.taken.append(_Taken(line, "refused", variant.name, words=words))
        elif isinstance(amount, UnitMismatch):
            self._ask("choose_quantity", line, [option], refused=True)
        else:
            now = self._now(variant.variant_id)
            self._put(line, variant, now + amount if line.mode == "add" else amount, amount)

    def _now(self, variant_id: UUID) -> Decimal:
        return self.totals.get(variant_id, self._in_draft(variant_id))

    def _put(self, line: DraftLine, variant: VariantView, total: Decimal, amount: Decimal = Decimal(0)) -> None:
        known = next((one for one in self.lines if one.variant_id == variant.variant_id), None)
        if not self.target.may_hold(variant, known, total):
            self._refuse_unsold(line, variant.name)
            return
        is_new = known is None
        distinct = {one.variant_id for one in self.lines} | self.totals.keys() | {variant.variant_id}
        if is_new and len(distinct) > drafts.MOST_LINES:
            words = say(self.ctx, "draft_full", product=self.facts.name(variant.name))
            self.taken.append(_Taken(line, "refused", variant.name, words=words))
            return
        status: Status = "removed" if not total else "added" if line.mode == "add" or is_new else "changed"
        self.totals[variant.variant_id] = total
        self.taken.append(_Taken(line, status, variant.name, variant, amount))

    def _ask(self, kind: str, line: DraftLine, options: list[Option], *, refused: bool = False) -> None:
        """Leave a line open, with all that was said of it."""
        self.raised.append(self._point(kind, line, options, refused=refused))
        self.taken.append(_Taken(line, "asked", options[0].name if len(options) == 1 else ""))

    def _point(self, kind: str, line: DraftLine, options: list[Option], *, refused: bool = False) -> Pending:
        product = options[0].sku if len(options) == 1 else line.phrase
        arguments: dict[str, Any] = {"product": product, "mode": line.mode}
        if kind == "choose_quantity":
            arguments |= {"refused": True} if refused else {}
        else:
            arguments |= _said(line.quantity, line.unit)
        words = own_words(self.ctx, line.words or line.phrase)
        return Pending(kind=kind, tool="update_draft", arguments=arguments, options=options, words=words)

    async def look_at_the_shelf(self) -> None:
        """Take back what there is not enough of, and propose what is left."""
        wanted = [
            (one.variant, self.totals[one.variant.variant_id])
            for one in {one.variant.variant_id: one for one in self.taken if one.variant is not None}.values()
            if one.variant is not None and self.totals[one.variant.variant_id] > self._in_draft(one.variant.variant_id)
        ]
        for short in await shortages(self.ctx, self.draft, wanted):
            await self._fall_short(short)

    def _in_draft(self, variant_id: UUID) -> Decimal:
        return next((one.quantity for one in self.lines if one.variant_id == variant_id), Decimal(0))

    async def _fall_short(self, short: Shortage) -> None:
        """Say what there is not enough of, and ask what may stand for it: what is left, else its other sizes."""
        wanted = [(one, one.variant) for one in self.taken if one.variant is not None and one.variant.sku == short.sku]
        for one, variant in wanted:
            one.status = "short"
            self.totals.pop(variant.variant_id, None)
        last, variant = wanted[-1]
        last.words = shortage_words(self.ctx, self.facts, short)
        if (point := shortage_point(short)) is not None:
            self.raised.append(point)
            return
        left = left_in_question(self.ctx.points, self.ctx.settled, short.sku)
        self.ctx.settle(short.sku)
        if not left and (others := await other_sizes(self.ctx, variant)):
            left = [self._point("choose_product", last.line, [Option(sku=one.sku, name=one.name) for one in others])]
        self.raised += left

    @property
    def leaves_nothing(self) -> bool:
        """Whether the changes take out all that the order has."""
        wanted = {line.variant_id: line.quantity for line in self.lines} | self.totals
        return bool(self.totals) and not any(wanted.values())

    async def write(self) -> None:
        """All changes together, and the points that they settle; what a number counted is told once, and not asked again."""
        totals = {
            variant_id: total
            for variant_id, total in self.totals.items()
            if total or any(one.variant_id == variant_id for one in self.lines)
        }
        if not totals:
            return
        await self.target.opened(self.ctx)
        self.draft = await drafts.change_items(self.ctx.work, self.ctx.conversation_id, totals)
        self.ctx.signal(Trigger.ITEMS_CHANGED, order_id=str(self.draft.id))
        for one in self.taken:
            if one.variant is not None and one.variant.variant_id in totals:
                self.ctx.settle(one.variant.sku)
        if any(one.line.quantity for one in self.taken if one.status in ("added", "changed")):
            numbers = [point for point in self.ctx.points if point.kind == "number" and point not in self.ctx.settled]
            self.ctx.settled.extend(numbers)
            self.raised += [point.model_copy(update={"kind": "unclear"}) for point in numbers]

    async def leave_open(self, point: OpenPoint) -> None:
        """Leave a point open; what is said to be a product must be one on sale."""
        known = await catalog.variants_by_sku(self.ctx.work, point.skus) if point.skus else {}
        options = [Option(sku=sku, name=known[sku].name) for sku in point.skus if sku in known and known[sku].is_sold]
        kind = _OPENED_AS.get(point.kind, point.kind)
        if kind in QUESTIONS - {"number"} and not options:
            kind = "unknown"
        arguments: dict[str, Any] = {"mode": point.mode, **_said(point.quantity, point.unit)}
        if len(options) == 1:
            arguments["product"] = options[0].sku
        words = own_words(self.ctx, point.words)
        self.raised.append(Pending(kind=kind, tool="update_draft", arguments=arguments, options=options, words=words))

    async def outcome(self) -> ToolOutcome:
        """The read-back: what changed, what differs, what falls short, the sum, and all that is open."""
        ctx, facts = self.ctx, self.facts
        for point in sorted(self.raised, key=lambda point: _IN_ORDER.index(point.kind)):
            ctx.leave_open(point)
        has_changed = any(one.status in ("added", "changed", "removed") for one in self.taken)
        open_now = still_open(ctx.points, [(ctx.asked, ctx.settled, has_changed)])
        is_repeat = not self.taken and not ctx.asked
        asked = [point for point in open_now if point.is_of_order and (point.is_due or point in ctx.asked)]
        asked = [point for point in open_now if point.is_question] if is_repeat else asked
        words = [*self._changes(), *self._differences(), *(one.words for one in self.taken if one.words)]
        if has_dropped := [one.name for one in self.taken if one.status == "dropped"]:
            words.append(say(ctx, "points_dropped", products=listed(ctx, has_dropped)))
        words += await point_words(ctx, facts, asked)
        words += later_words(ctx, facts, [point for point in open_now if point not in asked])
        questions = [point for point in asked if point.kind not in NOTES]
        stored = self.draft if has_changed or self.target.is_begun else None
        return ctx.result(
            "ok" if has_changed else "ask" if questions else "refused" if not has_dropped else "ok",
            "draft_updated" if has_changed else "points_open" if asked else "nothing_changed",
            flowing(words or [say(ctx, "nothing_open")]),
            deeds=self._deeds(),
            note="Repeat what is open as it stands in `say`; the answer's SKU and quantity go into a line." if asked else "",
            data={"lines": self._data(), "open": point_data(asked), **({"draft": draft_data(stored)} if stored else {})},
        )

    def _row(self, one: _Taken) -> OrderLineView | None:
        if one.variant is None or self.draft is None:
            return None
        return self.draft.line(one.variant.variant_id)

    def _changes(self) -> list[str]:
        """What changed, once for each product, as its row says it is now."""
        draft = self.draft
        done = list({one.name: one for one in self.taken if one.status in ("added", "changed", "removed")}.values())
        if draft is None or not done:
            return []
        words, fresh = [], []
        for one in done:
            row = self._row(one)
            if row is None:
                continue
            if one.status == "added" and row.quantity == sum(
                (other.amount for other in self.taken if other.name == one.name and other.status == "added"), Decimal(0)
            ):
                fresh.append(row)
            else:
                words.append(self._changed_words(one, row, draft.currency))
        removed = [self.facts.name(one.name) for one in done if self._row(one) is None]
        is_list = len(fresh) > 1
        total = self.facts.money(FactKind.TOTAL, "draft", draft.total, draft.currency)
        said = [self._added_words(fresh, draft, total)] if fresh else []
        if removed:
            key = "item_removed" if draft.lines else "last_item_removed"
            words.append(say(self.ctx, key, product=listed(self.ctx, removed)))
        said += [" ".join(words)] if words else []
        if draft.lines and not is_list and (len(done) > 1 or len(draft.lines) > 1):
            said.append(say(self.ctx, "total_now", total=total))
        return said

    def _added_words(self, fresh: Sequence[OrderLineView], draft: OrderView, total: str) -> str:
        if len(fresh) > 1:
            lines = "\n".join(line_words(self.ctx, self.facts, row, draft.currency) for row in fresh)
            return say(self.ctx, "cart_added", lines=lines, total=total)
        (row,) = fresh
        what = self.facts.amount(row.name, row.quantity, row.unit)
        return say(
            self.ctx, "item_added", what=what, amount=self.facts.money(FactKind.LINE_TOTAL, row.name, row.total, draft.currency)
        )

    def _changed_words(self, one: _Taken, row: OrderLineView, currency: str) -> str:
        amount = self.facts.money(FactKind.LINE_TOTAL, row.name, row.total, currency)
        together = self.facts.quantity(row.name, row.quantity, row.unit)
        if one.status == "added":
            what = self.facts.amount(row.name, one.amount, row.unit)
            return say(self.ctx, "item_added_more", what=what, together=together, amount=amount)
        return say(self.ctx, "item_changed", product=self.facts.name(row.name), quantity=together, amount=amount)

    def _differences(self) -> list[str]:
        """Where the customer wrote another price than ours, of one or of the line."""
        words = []
        for one in self.taken:
            if one.variant is None or one.status not in ("added", "changed"):
                continue
            said = None if one.line.price is None else Decimal(str(one.line.price))
            if said is None and one.line.total is not None and one.amount:
                said = (Decimal(str(one.line.total)) / one.amount).quantize(CENT)
            if said is None or said == one.variant.price:
                continue
            price = priced(self.facts, one.variant)
            mine = self.facts.money(FactKind.SAID_PRICE, one.variant.name, said, one.variant.currency)
            words.append(say(self.ctx, "price_differs", product=self.facts.name(one.variant.name), price=price, said=mine))
        return words

    def _deeds(self) -> list[tuple[Deed, str]]:
        made = {"added": Deed.ITEM_ADDED, "changed": Deed.ITEM_CHANGED, "removed": Deed.ITEM_REMOVED}
        deeds = [(made[one.status], one.name) for one in self.taken if one.status in made]
        deeds += [(Deed.AVAILABLE, one.name) for one in self.taken if one.status == "added"]
        deeds += [(Deed.UNAVAILABLE, one.name) for one in self.taken if one.status == "short"]
        return deeds + unavailable(self.raised)

    def _data(self) -> list[dict[str, object]]:
        rows = [(one, self._row(one)) for one in self.taken]
        return [
            {
                "product": one.line.product,
                "status": one.status,
                **({"sku": one.variant.sku} if one.variant is not None else {}),
                **({"quantity": plain(row.quantity)} if row is not None else {}),
            }
            for one, row in rows
        ]


def _said(quantity: float | None, unit: str | None) -> dict[str, Any]:
    values = {"quantity": quantity, "unit": unit}
    return {name: value for name, value in values.items() if value is not None}
