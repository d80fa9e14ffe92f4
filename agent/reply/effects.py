"""The words of the calls that are told: the tools' own sentences, several additions as one list with the new sum."""

from collections.abc import Iterator, Sequence

from agent.recorded import Recorded
from agent.reply.wording import Wording
from agent.telling import SET_ANEW

_LINE = frozenset({"item_added", *SET_ANEW})


def worded(calls: Sequence[Recorded], wording: Wording) -> Iterator[str]:
    """The sentences of these calls: several additions as one list with the new sum, nothing twice."""
    items = [call for call in calls if call.code in _LINE]
    # Where a line had some before, its sum is not that of what was added: the tool's own words tell both.
    added = [call for call in items if call.code == "item_added" and call.data.get("added") == call.data.get("quantity")]
    total = _new_total(items)
    if len(added) > 1:
        lines = [wording.line(*(_fact(call, kind) for kind in ("quantity", "product", "line_total"))) for call in added]
        lines += [wording.say("cart.total", total=total)] if total and items[-1] in added else []
        yield "\n".join([wording.say("added"), *lines])
    others = [call for call in items if len(added) < 2 or call not in added]
    yield " ".join(call.words for call in others)
    if total and not (len(added) > 1 and items[-1] in added):
        yield wording.say("draft.total", total=total)
    missing = [_fact(call, "echo") for call in calls if call.code == "product_not_found"]
    if are_named := len(missing) > 1 and all(missing):
        yield wording.say(
            "not_found", goods=wording.listed([wording.say("quoted", words=name) for name in dict.fromkeys(missing)], "nor")
        )
    for call in calls:
        if call not in items and not (are_named and call.code == "product_not_found"):
            yield call.words


def _fact(call: Recorded, kind: str, subject: str | None = None) -> str:
    return next((fact.text for fact in call.facts.values() if fact.kind == kind and subject in (None, fact.subject)), "")


def _new_total(items: Sequence[Recorded]) -> str:
    """The sum of the order after its last change, where it says more than the one line does."""
    lines = items[-1].data.get("draft", {}).get("lines", []) if items else []
    if not lines or (len(items) == 1 and len(lines) < 2):
        return ""
    return _fact(items[-1], "total", "draft")
