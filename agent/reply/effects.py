"""What the calls of a turn did, in the tools' own sentences: every effect is told once, and none that was undone."""

from collections.abc import Iterator, Sequence

from agent.grounds import ITEM
from agent.recorded import Recorded
from agent.reply.wording import Wording
from agent.telling import questions, released, token_of

_EMPTIED = frozenset({"draft_cleared", "draft_discarded"})
_SET_ANEW = frozenset({"item_changed", "item_removed", "item_swapped"})
_LINE = frozenset({"item_added", *_SET_ANEW})


def sends_summary(call: Recorded, calls: Sequence[Recorded]) -> bool:
    """Whether the summary that a call staged goes out: it shows the whole order, and asks."""
    return any(token_of(message) for message in released(call, calls))


def told(calls: Sequence[Recorded], named: set[int]) -> list[Recorded]:
    """The calls whose words belong into the reply, in order: the named ones, every effect, and the first open question."""
    summary = any(sends_summary(call, calls) for call in calls)
    chosen = [
        call for call in calls if _stands(call, calls, summary=summary) and (call.call in named or _must_be_told(call, calls))
    ]
    changed = [call for call in chosen if call.asks and call.has_effect]
    asked = [call for call in chosen if call.asks and not call.has_effect]
    return [*(call for call in chosen if not call.asks), *changed, *(asked[:1] if not changed else [])]


def _must_be_told(call: Recorded, calls: Sequence[Recorded]) -> bool:
    """An effect, a question that now waits for the customer, or a refusal that nothing later made good."""
    if call.has_effect:
        return True
    if call.asks:
        asking = questions(calls)
        # A question without a point, such as for the next detail of the order, waits for the customer just as well.
        is_bare = not (call.asked or asking) and not any(other.has_effect for other in calls if other.call > call.call)
        return is_bare or call in [asked for asked in asking if asked.asks][:1]
    later = [other for other in calls if other.call > call.call and other.tool == call.tool and other.status == "ok"]
    return call.status == "refused" and not any(not call.writes or _is_same(call, other) for other in later)


def _is_same(refused: Recorded, done: Recorded) -> bool:
    """Whether a later call did what an earlier one could not: of the same product, or of whatever was not found."""
    asked, sku = refused.arguments.get("product"), refused.data.get("sku")
    return sku is None or sku == done.data.get("sku") or asked == done.arguments.get("product")


def _products(call: Recorded) -> set[str]:
    return {subject for deed, subject in call.deeds if deed in ITEM}


def _stands(call: Recorded, calls: Sequence[Recorded], *, summary: bool) -> bool:
    """Whether what a call said still holds at the end of the turn, and no summary says it better."""
    later = [other for other in calls if other.call > call.call and other.has_effect]
    if call.repeats is not None or (call.staged and not released(call, calls)):
        return False
    if not call.has_effect:
        return True
    of_order = not call.asks and (bool(_products(call)) or call.tool == "set_delivery_details")
    if of_order and (summary or any(other.code in _EMPTIED for other in later)):
        return False
    if call.tool == "set_delivery_details":
        return not any(other.tool == call.tool and call.arguments.keys() <= other.arguments.keys() for other in later)
    done_anew = [_products(other) for other in later if other.code in _SET_ANEW]
    return not _products(call) or not any(_products(call) <= products for products in done_anew)


def worded(calls: Sequence[Recorded], wording: Wording) -> Iterator[str]:
    """The sentences of these calls: several additions as one list with the new sum, nothing twice."""
    items = [call for call in calls if call.code in _LINE]
    # Where a line had some before, its sum is not that of what was added: the tool's own words tell both.
    added = [call for call in items if call.code == "item_added" and call.data.get("added") == call.data.get("quantity")]
    total = _new_total(items)
    if len(added) > 1:
        lines = [_added_line(call, wording) for call in added]
        lines += [wording.say("cart.total", total=total)] if total and items[-1] in added else []
        yield "\n".join([wording.say("added"), *lines])
    others = [call for call in items if len(added) < 2 or call not in added]
    yield " ".join(call.words for call in others)
    if total and not (len(added) > 1 and items[-1] in added):
        yield wording.say("draft.total", total=total)
    for call in calls:
        if call not in items:
            yield call.words


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
