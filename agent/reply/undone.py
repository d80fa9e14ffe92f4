"""What the customer has ordered and the turn has passed over: deeds that no call tried, goods that none speaks of."""

from agent.grounds import Grounds
from core.language.folding import fold
from tools.outcome import Deed

_ITEMS = frozenset({"add_item_to_draft", "change_item_in_draft", "swap_item_in_draft", "update_draft", "create_order_draft"})
PAYING = frozenset({"register_payment", "attach_receipt"})

SERVES: dict[Deed, frozenset[str]] = {
    Deed.ITEM_ADDED: _ITEMS | {"list_products", "get_customer_context"},
    Deed.ITEM_REMOVED: _ITEMS | {"clear_draft"},
    Deed.DRAFT_CLEARED: _ITEMS | {"clear_draft", "cancel_order"},
    Deed.DRAFT_CREATED: _ITEMS | {"get_customer_context"},
    Deed.ORDER_CANCELLED: frozenset({"cancel_order", "clear_draft"}),
    Deed.DELIVERY_SET: frozenset({"set_delivery_details"}),
    Deed.CONFIRMATION_REQUESTED: frozenset({"request_confirmation", "confirm_order"}),
    Deed.PAYMENT_CLAIMED: PAYING,
    Deed.RECEIPT_ATTACHED: PAYING,
    Deed.HANDOFF_REQUESTED: frozenset({"request_human_handoff"}),
}
"""The tools that try a deed, whatever comes of it."""


def undone(grounds: Grounds) -> list[Deed]:
    """The deeds that the customer's words order and no call has tried."""
    called = {call.tool for call in grounds.calls}
    # A number may be that of a house: where anything was done, goods that are passed over are told by their name (`missed`).
    past = {Deed.ITEM_ADDED: bool(called), Deed.CONFIRMATION_REQUESTED: not grounds.has_lines}
    return [deed for deed in grounds.brief.ordered if called.isdisjoint(SERVES[deed]) and not past.get(deed)]


def missed(grounds: Grounds) -> list[str]:
    """The goods of an order of several that no call speaks of, where it is plain which they are."""
    calls = [call for call in grounds.calls if call.tool in SERVES[Deed.ITEM_ADDED]]
    served = {fact.subject for call in calls for fact in call.facts.values() if fact.kind == "product"}
    short = len(grounds.brief.goods) - max(len(served), len(calls))
    told = fold(" ".join(str([call.arguments, call.words, call.data, *call.facts.values()]) for call in calls))
    left = [phrase for phrase in grounds.brief.goods if not any(word in told for word in _telling(phrase))]
    return left if calls and len(left) == short else []


def _telling(phrase: str) -> list[str]:
    """The words of a phrase, without the ends by which one and many differ."""
    return [word[:5] for word in phrase.split() if len(word) > 2 and word.isalpha()] or [phrase]
