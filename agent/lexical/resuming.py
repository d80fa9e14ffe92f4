"""Taking a turn up where another link of the chain has left it: what of the plan is done already, and what is still to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.brief import Brief
from agent.lexical.products import among
from agent.lexical.returned import Returned
from agent.lexical.wanted import Call, number
from domain.catalog.search import Verdict
from tools import registry

ADDS, SETS = "add_item_to_draft", "change_item_in_draft"
_ITEM_TOOLS = frozenset({ADDS, SETS})
_SETTING = frozenset({"set_delivery_details"})
"""Tools that may be called again with what is known better; the newer result is told in place of the older one."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What has become of a product's line in this turn."""

    sku: str
    name: str
    was: Decimal
    now: Decimal


def standing(returned: Sequence[Returned]) -> list[Returned]:
    """What the links before have changed in the shop or asked; what they only looked up is nothing to tell."""
    return [outcome for outcome in returned if outcome.status == "ask" or _is_deed(outcome)]


def remaining(calls: Sequence[Call], brief: Brief, before: Sequence[Returned]) -> list[Call]:
    """The calls of a plan that are not done yet. What was added too little or too much is set right instead."""
    if not before:
        return list(calls)
    done = {outcome.tool for outcome in before if outcome.status == "ok"}
    changes = _changes(brief, before)
    left: list[Call] = []
    added: dict[str, Decimal] = {}
    for call in calls:
        if call.tool == "update_draft":
            left += _lines_left(call, changes, added)
        elif call.tool in _ITEM_TOOLS:
            left += _item_left(call, changes, added)
        elif call.tool in _SETTING or call.tool not in done or not _writes(call.tool):
            left.append(call)
    return left


def _lines_left(call: Call, changes: Sequence[_Change], added: dict[str, Decimal]) -> list[Call]:
    """A call that changes many lines, with those that are not done yet; what is open besides stays open."""
    lines: list[dict[str, Any]] = []
    for line in call.arguments.get("lines", []):
        given = {name: line[name] for name in ("product", "quantity", "unit") if line.get(name) is not None}
        if line.get("mode") == "remove":
            if line.get("quantity") is not None:
                lines += [line] if _changed(str(line["product"]), changes) is None else []
                continue
            given["quantity"] = 0
        single = Call(ADDS if line.get("mode", "add") == "add" else SETS, given)
        left = _item_left(single, changes, added)
        lines += [line if call_left is single else {**line, **call_left.arguments, "mode": "set"} for call_left in left]
    if not lines and not call.arguments.get("open_points"):
        return []
    return [Call(call.tool, {**call.arguments, "lines": lines})]


def _item_left(call: Call, changes: Sequence[_Change], added: dict[str, Decimal]) -> list[Call]:
    """The call, if its product's line was not changed in this turn; else what is still to set right about it."""
    change = _changed(str(call.arguments.get("product", "")), changes)
    return [call] if change is None else _corrected(call, change, added)


def _corrected(call: Call, change: _Change, added: dict[str, Decimal]) -> list[Call]:
    """What is still to do about a product whose line was changed already; `added` sums up what the plan adds of it."""
    quantity, unit = call.arguments.get("quantity"), call.arguments.get("unit")
    if quantity is None or (unit is not None and change.was):
        return []
    meant = Decimal(str(quantity))
    if call.tool == ADDS and unit is None:
        added[change.sku] = added.get(change.sku, Decimal(0)) + meant
        meant = change.was + added[change.sku]
    if unit is None and meant == change.now:
        return []
    given = {"unit": unit} if unit is not None else {}
    return [Call(SETS, {"product": change.sku, "quantity": number(meant), **given})]


def _changes(brief: Brief, before: Sequence[Returned]) -> list[_Change]:
    was = {line.sku: line.quantity for line in brief.draft.lines} if brief.draft else {}
    names = {line.sku: line.name for line in brief.draft.lines} if brief.draft else {}
    drafts = [outcome.data["draft"] for outcome in before if isinstance(outcome.data.get("draft"), dict)]
    if not drafts:
        return []
    now = {str(line["sku"]): Decimal(str(line["quantity"])) for line in drafts[-1].get("lines", [])}
    names |= {str(line["sku"]): str(line["name"]) for line in drafts[-1].get("lines", [])}
    both = {sku: (was.get(sku, Decimal(0)), now.get(sku, Decimal(0))) for sku in names}
    return [_Change(sku, names[sku], *amounts) for sku, amounts in both.items() if amounts[0] != amounts[1]]


def _changed(product: str, changes: Sequence[_Change]) -> _Change | None:
    """The line that a call is about, if it was changed in this turn."""
    exact = next((change for change in changes if change.sku == product), None)
    decision = among(product, [(change.sku, change.name) for change in changes])
    if exact is not None or decision.verdict is not Verdict.ONE:
        return exact
    return next(change for change in changes if change.sku == decision.hits[0].sku)


def _is_deed(outcome: Returned) -> bool:
    return outcome.status == "ok" and _writes(outcome.tool)


def _writes(tool: str) -> bool:
    found = registry.find(tool)
    return found is not None and found.writes
