"""Judging moves: which of them hold at the end of the turn, after what its calls have done and found."""

from collections.abc import Iterable, Sequence

from agent.brief import DELIVERY, Asked
from agent.recorded import Recorded
from agent.reply import moves
from agent.reply.goods import Good
from agent.reply.grounds import Grounds
from tools.outcome import Deed

ASSENTS = frozenset({"glad", "congratulate", "thanks", "you_are_welcome", "enjoy", "enjoy_meal", "laugh"})
"""Courtesies that pass for a yes where something was asked or ordered."""

WANTED = (Asked.AN_ANSWER, Asked.A_DEED)
"""A turn in which the customer wants something, which no courtesy gives them."""

_SAID_BY = {"prices_are_list": "discount", "staff_verify_payments": "see_bank", "how_to_reach_person": "request_human_handoff"}
"""Statements that a refusal or an offer of the same reply says already."""

_KNOWN: dict[moves.Topic, tuple[tuple[str, str | None], ...]] = {
    "delivery_fee": (("fee", DELIVERY), ("offer", DELIVERY)),
    "hours": (("hours", None),),
    "stores": (("store", None),),
    "payment_methods": (("method", None),),
    "minimum": (("minimum", None),),
    "order_status": (("order_number", None), ("status", None), ("payment_status", None), ("due", None)),
    "payment_received": (("payment_status", None),),
    "stock": (("stock", None),),
    "total": (("total", "draft"), ("fee", "draft")),
}
"""What a topic is when it is known: the kinds of facts, and their subject."""


def may_assent(grounds: Grounds, told: Sequence[Recorded], *, has_stated: bool) -> bool:
    """Whether a courtesy that sounds like a yes is borne out: by a deed where one was ordered, else by an answer."""
    asked = grounds.brief.asked
    if asked is Asked.NOTHING:
        return True
    if any(call.has_effect for call in told) or not all(grounds.in_stock.values()):
        return all(grounds.in_stock.values())
    answers = has_stated or any(call.status == "ok" for call in told)
    is_talk = asked is Asked.UNCLEAR and not grounds.calls
    return not grounds.is_open and (is_talk or (answers and asked is not Asked.A_DEED))


def holds(statement: str, grounds: Grounds, told: Sequence[Recorded]) -> bool:
    """Whether a statement without facts is so."""
    has_lines, brief = grounds.has_lines, grounds.brief
    match statement:
        case "draft_empty":
            # After an order was placed, "your order" is that one.
            is_its_own = brief.draft is not None or brief.last_order is None
            return not has_lines and is_its_own and not grounds.has_done(Deed.ORDER_CONFIRMED)
        case "confirm_by_button":
            return brief.draft is not None and brief.draft.confirmation_token is not None and has_lines
        case "payment_details_come":
            return bool(grounds.named("method")) and not grounds.has_done(Deed.ORDER_CONFIRMED)
        case "how_to_pay":
            is_paid = brief.last_order is not None and brief.last_order.payment_status in ("claimed", "paid")
            return (has_lines or not is_paid) and not grounds.has_done(Deed.PAYMENT_CLAIMED)
        case "as_you_wish":
            return brief.asked is not Asked.A_DEED or bool(told)
        case "draft_kept" | "not_confirmed" | "how_to_finish" | "how_to_clear":
            return has_lines
        case _:
            return True


def is_said(statement: str, grounds: Grounds, told: Sequence[Recorded], others: Iterable[moves.Move]) -> bool:
    """Whether another move of the reply says a statement as well, or the call that emptied the order."""
    if statement == "draft_empty" and not grounds.has_lines and any(call.changes_items for call in told):
        return True
    said = {move.what if isinstance(move, moves.Cannot) else getattr(move, "tool", "") for move in others}
    return _SAID_BY.get(statement) in said


def is_possible(what: str, grounds: Grounds) -> bool:
    """Whether the agent may do after all what a model says it cannot."""
    last = grounds.brief.last_order
    return (what == "reserve" and grounds.has_lines) or (what == "change_placed" and last is not None and last.can_change)


def known(topic: moves.Topic, grounds: Grounds) -> list[str]:
    """The facts that tell what a model says it does not know."""
    found = [name for kind, subject in _KNOWN.get(topic, ()) for name in grounds.named(kind, subject)]
    return grounds.named("due") if topic == "total" and not found else found


def of_order(grounds: Grounds) -> list[str]:
    """The facts of the open order, or else of the newest one."""
    named = [name for kind in ("quantity", "line_total") for name in grounds.named(kind)]
    return [*named, *known("total", grounds)] if grounds.has_lines else known("order_status", grounds)


def answered(said: Sequence[moves.Move], grounds: Grounds) -> dict[moves.Move, list[int]]:
    """The denials that calls of this turn have answered, with their numbers: the model names nothing of what they found."""
    if any(isinstance(move, moves.Say | moves.State | moves.Suggest | moves.Compare) for move in said):
        return {}
    found = [call for call in grounds.calls if call.status == "ok" and call.facts and not call.has_effect]
    denied = {move: getattr(move, "topic", getattr(move, "what", "")) for move in said}
    denials = [
        move
        for move in said
        if isinstance(move, moves.Unknown | moves.Cannot) and denied[move] in ("price", "product", "stock", "other")
    ]
    return {move: [call.call for call in found] for move in denials if found}


def pointless(what: str, about: Sequence[Good], grounds: Grounds, names: Iterable[str]) -> str | None:
    """Why a question has no point; None if it has one."""
    if what in ("anything_else", "confirm", "change", "resume", "leave_it_so") and not grounds.has_lines:
        return "nothing_to_confirm" if what == "confirm" or grounds.has_done(Deed.ORDER_CONFIRMED) else "no_order"
    if what == "confirm" and grounds.missing:
        return "details_missing"
    if what in ("add", "quantity") and about and all(good.in_stock is False for good in about):
        return "sold_out"
    return "of_nothing" if what in ("quantity", "add", "which") and not about and not _speaks_of_goods(grounds, names) else None


def _speaks_of_goods(grounds: Grounds, names: Iterable[str]) -> bool:
    """Whether there is anything to be had that a question can be about: found now, waiting, in the order, or said before."""
    if found := grounds.in_stock.values():
        return any(found)
    if grounds.brief.asked is Asked.AN_ANSWER:  # whether there is any was asked, and nobody has looked
        return bool(grounds.brief.points)
    said = grounds.last_said  # with a price, or a product by name
    return grounds.is_open or any(map(str.isdigit, said)) or any(name in said for name in names)
