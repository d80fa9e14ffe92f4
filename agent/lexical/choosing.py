"""What one turn has collected of its order so far, and the answers to the open question."""

from decimal import Decimal
from typing import Any

from agent.brief import Brief, BriefLine
from agent.lexical.acts import Act, ActKind
from agent.lexical.products import Catalogue
from agent.lexical.wanted import Call, Wanted, number
from domain.catalog.search import Verdict

_ARGUMENTS = {"choose_store": "store", "choose_method": "method", "choose_order": "number"}
"""Which argument the answer to a question about something else than a product fills."""


class Choosing:
    """The changes of a turn so far, and those that the answer to the open question makes."""

    def __init__(self, brief: Brief, catalogue: Catalogue) -> None:
        self.brief = brief
        self.catalogue = catalogue
        self.wanted: list[Wanted] = []
        self.questions: list[tuple[ActKind, str]] = []
        self.talk: list[str] = []
        self.other_calls: list[Call] = []
        self.answered_pending = False
        self._mentioned: str | None = None
        self._asked: dict[str, str] = {}
        """What the phrases of the questions mean, where that is settled."""
        self._titles: list[str] = []
        """What stands above a list, or is said to be lacking: named, though not yet ordered."""
        self._each: Act | None = None
        """How much of each that follows, where it was said before them."""

    @property
    def lines(self) -> list[BriefLine]:
        """The lines of the open draft."""
        return list(self.brief.draft.lines) if self.brief.draft else []

    async def _choose(self, act: Act) -> None:
        """One of the offered products, or how many of the one in question."""
        pending = self.brief.pending
        row = act.details.get("row")
        if row is not None:
            await self._row(act, row)
            return
        if pending is None:
            return
        self.answered_pending = True
        arguments = dict(pending.arguments)
        sku = act.details.get("sku")
        if pending.kind == "replace_draft":
            self._push(pending.tool, {**arguments, "existing": sku})
            return
        if pending.kind in _ARGUMENTS:
            name = next((option.name for option in pending.options if option.sku == sku), sku)
            self._push(pending.tool, {**arguments, _ARGUMENTS[pending.kind]: name if pending.kind == "choose_store" else sku})
            return
        if sku is not None or act.phrase:
            arguments["product"] = sku or act.phrase
        if act.quantity is not None:
            arguments["quantity"] = number(act.quantity)
            arguments.pop("unit", None)
            if act.unit:
                arguments["unit"] = act.unit
        elif act.details.get("each"):
            arguments["quantity"] = 1
        self._push(pending.tool or "add_item_to_draft", arguments)
        if act.details.get("each") and pending.kind == "choose_quantity":
            self._each_waiting(act)

    def _each_waiting(self, act: Act) -> None:
        """`2 de cada uno` answers all the waiting questions of how many."""
        for other in self.brief.waiting:
            if other.kind == "choose_quantity":
                self._push(other.tool, {**other.arguments, "quantity": number(act.quantity or Decimal(1))})

    def _push(self, tool: str, arguments: dict[str, Any]) -> None:
        product = str(arguments.get("product", ""))
        if tool in ("add_item_to_draft", "change_item_in_draft"):
            quantity = arguments.get("quantity")
            value = None if quantity is None else Decimal(str(quantity))
            is_total = tool == "change_item_in_draft"
            self.wanted.append(Wanted(product, value, arguments.get("unit"), product, is_total=is_total))
            self._mentioned = product
        else:
            self.other_calls.append(Call(tool, arguments))

    async def _row(self, act: Act, row: str) -> None:
        """A row of a list that is not the open question: a product of the catalogue, or a category."""
        decision = await self.catalogue.decide(row)
        if decision.verdict is Verdict.ONE and decision.hits[0].sku.casefold() == row.casefold():
            self.wanted.append(Wanted(decision.hits[0].sku, None, None, decision.hits[0].name))
        else:
            self.other_calls.append(Call("send_catalog", {"category": act.details.get("title") or row}))

    def _agree(self) -> None:
        """A yes to a single offered product ("did you mean…?", "shall I add it?")."""
        pending = self.brief.pending
        if pending is None or len(pending.options) != 1 or pending.kind not in ("choose_product", "offered"):
            return
        self.answered_pending = True
        self._push(pending.tool or "add_item_to_draft", {**pending.arguments, "product": pending.options[0].sku})
