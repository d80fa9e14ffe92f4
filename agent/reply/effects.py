"""What the calls of a turn did, in the tools' own sentences: every effect is told once, and none that was undone."""

from collections.abc import Iterator, Sequence

from agent.journal import Recorded
from agent.reply.wording import Wording
from agent.telling import questions, released, token_of
from core.messages import filled
from tools.outcome import Claim

_ITEM = frozenset({Claim.ITEM_ADDED, Claim.ITEM_CHANGED, Claim.ITEM_REMOVED})
_EMPTIED = frozenset({"draft_cleared", "draft_discarded"})
_SET_ANEW = frozenset({"item_changed", "item_removed"})


def words_of(call: Recorded) -> str:
    """The sentence of a call, with its facts."""
    return filled(call.say, {name: fact.text for name, fact in call.facts.items()})


def sends_summary(call: Recorded, calls: Sequence[Recorded]) -> bool:
    """Whether the summary that a call staged goes out: it shows the whole order, and asks."""
    return any(token_of(message) for message in released(call, calls))


def told(calls: Sequence[Recorded], named: set[int]) -> list[Recorded]:
    """The calls whose words belong into the reply, in order: the named ones, every effect, and the first open question."""
    summary = any(sends_summary(call, calls) for call in calls)
    chosen = [
        call for call in calls if _stands(call, calls, summary=summary) and (call.call in named or _must_be_told(call, calls))
    ]
    question = next((call for call in chosen if call.status == "ask"), None)
    kept = [call for call in chosen if call.status != "ask"]
    return kept if question is None else [*kept, question]


def _must_be_told(call: Recorded, calls: Sequence[Recorded]) -> bool:
    """An effect, a question that now waits for the customer, or a refusal that nothing later made good."""
    if call.has_effect:
        return True
    if call.status == "ask":
        return call in questions(calls)[:1]
    later = [other for other in calls if other.call > call.call and other.tool == call.tool]
    return call.writes and call.status == "refused" and not any(other.has_effect and _is_same(call, other) for other in later)


def _is_same(refused: Recorded, done: Recorded) -> bool:
    """Whether a later call did what an earlier one could not: of the same product, or of whatever was not found."""
    asked, sku = refused.arguments.get("product"), refused.data.get("sku")
    return sku is None or sku == done.data.get("sku") or asked == done.arguments.get("product")


def _products(call: Recorded) -> set[str]:
    return {subject for claim, subject in call.claims if claim in _ITEM}


def _stands(call: Recorded, calls: Sequence[Recorded], *, summary: bool) -> bool:
    """Whether what a call said still holds at the end of the turn, and no summary says it better."""
    later = [other for other in calls if other.call > call.call and other.has_effect]
    if call.repeats is not None or (call.staged and not released(call, calls)):
        return False
    if not call.has_effect:
        return True
    of_order = bool(_products(call)) or call.tool == "set_delivery_details"
    if of_order and (summary or any(other.code in _EMPTIED for other in later)):
        return False
    if call.tool == "set_delivery_details":
        return not any(other.tool == call.tool and call.arguments.keys() <= other.arguments.keys() for other in later)
    done_anew = [_products(other) for other in later if other.code in _SET_ANEW]
    return not _products(call) or not any(_products(call) <= products for products in done_anew)


def worded(calls: Sequence[Recorded], wording: Wording) -> Iterator[str]:
    """The sentences of these calls: several additions as one list with the new sum, nothing twice."""
    items = [call for call in calls if _products(call) and call.status == "ok" and call.tool != "create_order_draft"]
    added = [call for call in items if call.code == "item_added" and _fact(call, "line_total")]
    total = _new_total(items)
    if len(added) > 1:
        lines = [_added_line(call, wording) for call in added]
        lines += [wording.say("cart.total", total=total)] if total and items[-1] in added else []
        yield "\n".join([wording.say("added"), *lines])
    others = [call for call in items if len(added) < 2 or call not in added]
    yield " ".join(words_of(call) for call in others)
    if total and not (len(added) > 1 and items[-1] in added):
        yield wording.say("draft.total", total=total)
    for call in calls:
        if call not in items:
            yield words_of(call)


def _fact(call: Recorded, kind: str, subject: str | None = None) -> str:
    return next((fact.text for fact in call.facts.values() if fact.kind == kind and subject in (None, fact.subject)), "")


def _added_line(call: Recorded, wording: Wording) -> str:
    key = "cart.line" if _fact(call, "quantity").isdecimal() else "cart.line_measured"
    slots = {kind: _fact(call, kind) for kind in ("quantity", "product", "line_total")}
    return wording.say(key, **slots)


def _new_total(items: Sequence[Recorded]) -> str:
    """The sum of the order after its last change, where it says more than the one line does."""
    lines = items[-1].data.get("draft", {}).get("lines", []) if items else []
    if not lines or (len(items) == 1 and len(lines) < 2):
        return ""
    return _fact(items[-1], "total", "draft")
