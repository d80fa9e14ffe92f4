"""What is told of a turn's calls by code: each deed once and none that was undone, the open question last, what goes out."""

from collections.abc import Sequence

from agent.grounds import ITEM
from agent.journal import points_after
from agent.recorded import Recorded
from domain.conversations.content import Buttons, Content
from domain.conversations.states import Trigger
from tools.summary import CONFIRM_PREFIX

EMPTIED = frozenset({"draft_cleared", "draft_discarded"})
SET_ANEW = frozenset({"item_changed", "item_removed", "item_swapped"})
"""What a call says of a line that it has changed, so that what was said of the line before is past."""


def deeds(calls: Sequence[Recorded]) -> list[Recorded]:
    """The calls that changed something in the shop."""
    return [call for call in calls if call.has_effect]


def questions(calls: Sequence[Recorded]) -> list[Recorded]:
    """The calls that left a question open: those of the last link that called anything, as it took over from the others.

    What a model has settled by a later call of the turn is asked no more. A summary that goes out once more asks too.
    """
    left_open = points_after([], calls)
    again = [call for call in calls if call.status == "ask" and sends_summary(call, calls)]
    return [call for call in calls if any(point in left_open for point in call.asked) or call in again]


def released(call: Recorded, calls: Sequence[Recorded]) -> list[Content]:
    """What a call staged, but for a summary that a later call has made void or replaced by a newer one."""
    later = [other for other in calls if other.call > call.call]
    is_void = any(signal.name == Trigger.ITEMS_CHANGED for other in later for signal in other.signals)
    is_replaced = any(token_of(content) for other in later for content in other.staged)
    return [content for content in call.staged if not (token_of(content) and (is_void or is_replaced))]


def token_of(content: Content) -> str | None:
    """The confirmation token that a message's buttons carry: only a summary's do."""
    for button in content.buttons if isinstance(content, Buttons) else ():
        if button.id.startswith(CONFIRM_PREFIX):
            return button.id.removeprefix(CONFIRM_PREFIX)
    return None


def ends_turn(calls: Sequence[Recorded]) -> bool:
    """Whether a call has ended the turn: a person was asked for, or a summary with its buttons is to go out."""
    return hands_over(calls) or any(sends_summary(call, calls) for call in calls)


def hands_over(calls: Sequence[Recorded]) -> bool:
    """Whether a person of the team was asked to go on."""
    return any(signal.name == Trigger.HANDOFF_REQUESTED for call in calls for signal in call.signals)


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
    if of_order and (summary or any(other.code in EMPTIED for other in later)):
        return False
    if call.tool == "set_delivery_details":
        return not any(other.tool == call.tool and call.arguments.keys() <= other.arguments.keys() for other in later)
    done_anew = [_products(other) for other in later if other.code in SET_ANEW]
    return not _products(call) or not any(_products(call) <= products for products in done_anew)
