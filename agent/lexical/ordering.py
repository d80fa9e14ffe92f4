"""What a turn does to the lines of the order: what it orders, what answers the open question, and what it asks about."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from agent.brief import Brief, BriefLine
from agent.lexical.acts import Act, ActKind
from agent.lexical.orders import read_order
from agent.lexical.products import Catalogue
from agent.lexical.reader.closed import closed_words
from agent.lexical.vocabulary import vocabulary
from agent.lexical.wanted import Call, Wanted
from core.language.folding import fold
from domain.catalog.search import Verdict
from domain.conversations.states import State
from tools.context import Pending

_QUESTIONS = (ActKind.ASK_PRICE, ActKind.ASK_AVAILABILITY)
_ARGUMENTS = {
    "choose_store": "store",
    "choose_zone": "zone",
    "choose_method": "method",
    "choose_order": "number",
    "which_order": "order",
}
"""Which argument the answer to a question about something else than a product fills."""

_LINE_TOOLS = {"update_draft": "add", "add_item_to_draft": "add", "change_item_in_draft": "set"}
"""The tools whose call is a line of the draft, and what it does with the quantity unless it says so."""


class Ordering:
    """Collects what one turn changes: the answers to the open question first, then what else is ordered."""

    def __init__(self, brief: Brief, catalogue: Catalogue) -> None:
        self.brief = brief
        self.catalogue = catalogue
        self.wanted: list[Wanted] = []
        self.questions: list[tuple[ActKind, str]] = []
        self.talk: list[str] = []
        self.other_calls: list[Call] = []
        self.answered_pending = False
        self.open_points: list[dict[str, Any]] = []
        self.dropped: list[str] = []
        """The subjects of the open points that the customer does not want."""

    @property
    def lines(self) -> list[BriefLine]:
        """The lines of the open draft; where there is none, of the order that was just placed and may still be changed."""
        placed = self.brief.just_placed
        if placed is not None:
            return list(placed.lines)
        return list(self.brief.draft.lines) if self.brief.draft else []

    async def calls(self, acts: list[Act]) -> list[Call]:
        """The calls for all acts of the turn that are about products, beside the lines that are wanted."""
        ordered = await read_order(self.brief, acts, self.catalogue.shelf)
        if ordered is not None:
            self.wanted, self.open_points = ordered.wanted, ordered.open_points
            self.answered_pending = ordered.is_answer
            self.drop(ordered.declined)
        count = len(self.wanted)
        for act in acts:
            await self._take(act)
        self.wanted = [*self.wanted[count:], *self.wanted[:count]]
        return self.other_calls

    @property
    def added_to(self) -> str | None:
        """`agrégale 2 más`, just after an order was placed: it is that order to which something is added."""
        placed = self.brief.just_placed
        said = [fold(message.text or "") for message in self.brief.messages]
        if placed is None or not any(vocabulary().matches("adds_to_order", text) for text in said):
            return None
        return placed.number

    async def _take(self, act: Act) -> None:
        match act.kind:
            case ActKind.CHOOSE:
                await self._choose(act)
            case ActKind.CHOOSE_NONE:
                self._decline()
            case ActKind.CONFIRM:
                self._agree()
            case kind if kind in _QUESTIONS:
                await self._question(act)

    async def _question(self, act: Act) -> None:
        """What is asked about: the words, or else what is on the table."""
        if act.phrase:
            phrase = await self.catalogue.in_shop_terms(act.phrase)
            # `tenés?`: no thing of the shop, and nothing that another shop would call a thing.
            if not closed_words().issuperset(act.phrase.split()) or await self.catalogue.hits(phrase):
                self.questions.append((act.kind, phrase))
            return
        pending = self.brief.pending
        if pending is not None and pending.options:
            self.questions.extend((act.kind, option.sku) for option in pending.options[:5])
        elif self.wanted:
            self.questions.append((act.kind, self.wanted[-1].product))
        elif self.lines:
            self.questions.append((act.kind, self.lines[-1].sku))
        else:
            self.talk.append("of_what")

    async def _choose(self, act: Act) -> None:
        """One of the options of the open question."""
        if act.row is not None:
            await self._row(act.phrase, act.row)
            return
        pending, sku = self.brief.pending, act.sku
        if pending is None:
            return
        self.answered_pending = True
        arguments = dict(pending.arguments)
        if pending.kind == "replace_draft":
            self._push(pending.tool, {**arguments, "existing": sku})
            return
        if pending.kind in _ARGUMENTS:
            name = next((option.name for option in pending.options if option.sku == sku), sku)
            given = {_ARGUMENTS[pending.kind]: name if pending.kind == "choose_store" else sku}
            self.other_calls.append(Call(pending.tool, {**arguments, **given}))
            return
        if sku is not None:
            arguments["replacement" if pending.tool == "swap_item_in_draft" else "product"] = sku
        self._push(pending.tool or "add_item_to_draft", arguments)

    def _decline(self) -> None:
        """What is proposed is not wanted, nor what was asked about; a yes or no to nothing is just taken in."""
        self.answered_pending = True
        open_now = [point for point in self.brief.points if point.is_question]
        self.drop([point for point in open_now if point.is_proposal] or open_now[:1])
        if not open_now:
            self.talk.append("as_you_wish")

    def drop(self, points: Sequence[Pending]) -> None:
        """Close points; of what the order has already, it keeps as much as it has."""
        for point in points:
            sku = next(iter(sorted(point.skus)), "")
            held = next((line for line in self.lines if line.sku in point.skus), None)
            if held is not None and any(wanted.product == held.sku for wanted in self.wanted):
                continue
            if held is not None:
                self.wanted.append(Wanted(held.sku, held.quantity, None, held.name, is_total=True))
            elif subject := sku or point.words or str(point.arguments.get("product", "")):
                self.dropped.append(subject)

    def _push(self, tool: str, arguments: dict[str, Any]) -> None:
        product = str(arguments.get("product", ""))
        if tool in _LINE_TOOLS:
            quantity = arguments.get("quantity")
            value = None if quantity is None else Decimal(str(quantity))
            mode = arguments.get("mode", _LINE_TOOLS[tool])
            self.wanted.append(
                Wanted(
                    product,
                    value,
                    arguments.get("unit"),
                    product,
                    is_total=mode == "set",
                    is_less=mode == "remove",
                )
            )
        else:
            self.other_calls.append(Call(tool, arguments))

    async def _row(self, title: str, row: str) -> None:
        """A row of a list that is not the open question: a product of the catalogue, or a category."""
        decision = await self.catalogue.decide(row)
        if decision.verdict is Verdict.ONE and decision.hits[0].sku.casefold() == row.casefold():
            self.wanted.append(Wanted(decision.hits[0].sku, None, None, decision.hits[0].name))
        else:
            self.other_calls.append(Call("send_catalog", {"category": title or row}))

    def _agree(self) -> None:
        """A yes takes all that is proposed, each with its quantity, and never one of several; else what was just shown."""
        points = self.brief.points
        proposed = [point for point in points if point.is_proposal]
        is_summary = self.brief.state == State.AWAITING_CONFIRMATION
        shown = [p for p in points[:1] if p.kind == "offered" and len(p.options) == 1 and not is_summary]
        for point in proposed or shown:
            self.answered_pending = True
            self._push(point.tool or "add_item_to_draft", {**point.arguments, "product": point.options[0].sku})
