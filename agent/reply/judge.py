"""Judging moves: which of them hold at the end of the turn, after what its calls have done and found."""

from collections.abc import Collection, Iterable, Sequence

from agent.brief import Asked
from agent.grounds import PAYING, SERVES, Grounds
from agent.recorded import Recorded
from agent.reply import moves
from agent.reply.goods import Good
from domain.conversations.states import State
from tools.outcome import Deed

ASSENTS = frozenset({"glad", "congratulate", "thanks", "you_are_welcome", "enjoy", "enjoy_meal", "laugh"})
"""Courtesies that pass for a yes where something was asked or ordered."""

_WISHES = frozenset({"take_care", "good_luck", "happy_holidays", "safe_travels", "rest", "cheer_team", "courage"})
"""Courtesies that answer what a customer tells of themselves."""

CLOSING = _WISHES | {"bye", "here_for_you", "no_hurry", "thanks", "enjoy"}
"""Courtesies that end a message."""

PARTING = frozenset({"bye", "rest"})
"""Courtesies after which nothing is asked that is not open."""

ONCE = frozenset({"greet", "thanks", "sympathy", "apology", "glad"})
"""Courtesies that are not said in two replies running."""

WANTED = (Asked.AN_ANSWER, Asked.A_DEED)
"""A turn in which the customer wants something, which no courtesy gives them."""

_OF_DELIVERY = frozenset({"address", "store", "recipient_name", "phone"})
_DETAILS = _OF_DELIVERY | {"fulfilment"}
OF_ORDER = _DETAILS | {"anything_else", "confirm", "change", "resume", "leave_it_so"}
"""Questions that an order must be open for."""

_OF_PAYMENT = frozenset({"reference", "receipt", "payment_method"})
ANYTHING = frozenset({"items", "anything_else", "rephrase"})
"""Questions about nothing that is open."""

_SAID_BY = {"prices_are_list": "discount", "staff_verify_payments": "see_bank", "how_to_reach_person": "request_human_handoff"}
"""Statements that a refusal or an offer of the same reply says already."""

_RECEIVED = frozenset({Deed.ORDER_CONFIRMED, Deed.DELIVERY_SET, Deed.PAYMENT_CLAIMED, Deed.RECEIPT_ATTACHED})
"""What a customer is thanked for."""

_FOR_STAFF = frozenset({"greet", "how_are_you", "thanks", "you_are_welcome", "bye", "software", "not_understood"})
"""Courtesies among colleagues."""


def unfit(kind: str, beside: Collection[str], grounds: Grounds, *, has_substance: bool, has_facts: bool) -> str | None:
    """Why a courtesy is out of place beside the rest of the reply; None if it is not."""
    brief = grounds.brief
    if kind == "greet" and grounds.recent and brief.state != State.IDLE:
        return "greeted_before"
    if kind == "welcome_back" and brief.last_order is None and not grounds.recent:
        return "not_so"
    if kind == "not_understood" and not PARTING.isdisjoint(beside):
        return "parting"
    if kind in _WISHES and has_facts and brief.asked is Asked.AN_ANSWER and not brief.tells:
        return "nothing_told"
    is_due = kind in CLOSING and brief.asked in WANTED and not has_substance
    return "no_answer" if is_due or (kind == "no_hurry" and grounds.named("until")) else None


def may_assent(kind: str, grounds: Grounds, told: Sequence[Recorded], *, has_said: bool) -> bool:
    """Whether a courtesy that sounds like a yes is borne out: by a deed where one was ordered, never beside a question."""
    asked = grounds.brief.asked
    if grounds.undone or grounds.missed:
        return False
    if kind == "thanks" and asked is not Asked.NOTHING:
        return grounds.has_done(*_RECEIVED)  # it would be a receipt
    is_idle = asked is Asked.A_DEED and not any(call.has_effect for call in grounds.calls)  # a laugh would wave it through
    if asked is Asked.NOTHING or (kind in ("you_are_welcome", "laugh") and (has_said or told) and not is_idle):
        return True
    if kind == "congratulate" and grounds.brief.tells and told and all(call.status == "refused" for call in told):
        return True  # beside a no it is no yes
    if asked is Asked.AN_ANSWER or grounds.is_question:
        return False
    if any(call.has_effect for call in told) or not all(grounds.in_stock.values()):
        is_borne_out = all(grounds.in_stock.values()) and not grounds.offered and kind != "congratulate"
        return is_borne_out and (grounds.is_all_told or grounds.has_done(Deed.ORDER_CONFIRMED))
    return (asked is Asked.UNCLEAR or (kind == "congratulate" and has_said)) and not grounds.calls and not grounds.is_open


def holds(statement: str, grounds: Grounds) -> bool:
    """Whether a statement without facts is so."""
    has_lines, brief, is_placed = grounds.has_lines, grounds.brief, grounds.has_done(Deed.ORDER_CONFIRMED)
    is_wish = brief.asked is Asked.A_DEED and not grounds.is_question
    is_summarised = brief.draft is not None and brief.draft.confirmation_token is not None
    so = {
        # After an order was placed, "your order" is that one.
        "draft_empty": not has_lines and not is_placed and (brief.draft is not None or brief.last_order is None),
        "confirm_by_button": is_summarised and has_lines and (not grounds.offered or not is_wish),
        "payment_details_come": has_lines and bool(grounds.named("method")) and not grounds.named("instructions"),
        "staff_verify_payments": is_placed or brief.last_order is not None,
        "how_to_pay": (has_lines or grounds.owes) and not grounds.has_done(Deed.PAYMENT_CLAIMED),
        "text_only": not grounds.owes,  # a picture of a receipt is read
        "as_you_wish": brief.asked is Asked.NOTHING,  # where nothing is wanted, or refused
        "draft_kept": has_lines and not any(call.changes_items for call in grounds.calls),
        **dict.fromkeys(("not_confirmed", "how_to_finish", "how_to_clear"), has_lines),
    }
    return so.get(statement, True)


def is_said(statement: str, grounds: Grounds, told: Sequence[Recorded], others: Iterable[moves.Move]) -> bool:
    """Whether another move of the reply says a statement as well, or a call that asks or emptied the order."""
    tells = any(call.asks or "?" in call.words or (call.changes_items and not grounds.has_lines) for call in told)
    said = {move.what for move in others if isinstance(move, moves.Cannot | moves.Offer)}
    return (statement == "draft_empty" and tells) or _SAID_BY.get(statement) in said


def unoffered(tool: str, grounds: Grounds) -> str | None:
    """Why a tool is not to be offered: the state has it not, there is nothing to use it on, or it was just used."""
    if grounds.brief.tools and tool not in grounds.brief.tools:
        return "not_offered"
    has_order = grounds.has_lines or grounds.brief.last_order is not None
    has_object = {
        **dict.fromkeys(("cancel_order", "get_order_status"), has_order),
        **dict.fromkeys(("request_confirmation", "clear_draft", "change_item_in_draft"), grounds.has_lines),
        **dict.fromkeys(("add_item_to_draft", "create_order_draft"), grounds.speaks_of_goods),
        **dict.fromkeys(PAYING, grounds.owes),
    }
    return "of_nothing" if not has_object.get(tool, True) else "done_already" if grounds.has_called(tool) else None


def is_theirs(move: moves.Move, grounds: Grounds) -> bool:
    """Whether a move is for who reads it: a colleague is told what a call said, figures and courtesies."""
    if not grounds.brief.is_for_colleague:
        return True
    if isinstance(move, moves.State):
        figures = [name for name in move.facts if (fact := grounds.facts.get(name)) and fact.measured is not None]
        return move.what is None and len(figures) == len(move.facts)
    return isinstance(move, moves.Say) or (isinstance(move, moves.Social) and move.what in _FOR_STAFF)


def denies_wrongly(denied: str, grounds: Grounds, told: Sequence[Recorded], *, is_unknown: bool, names: bool) -> str | None:
    """Why a model says wrongly that it does not know a topic, or cannot do a thing; None if it is right."""
    last, tools, there = grounds.brief.last_order, set(grounds.brief.tools), grounds.in_stock.values()
    is_gone = denied == "stock" and bool(there) and not any(there)
    if (is_unknown and (grounds.known(denied) or is_gone)) or _is_answered(denied, grounds, told, names=names):
        return "known"
    if is_unknown:
        can_look = denied in ("stock", "price", "product") and not grounds.calls and "list_products" in tools
        return "not_looked_up" if can_look else None
    is_undone = denied == "other" and any(tools & SERVES[deed] for deed in grounds.undone)
    can_change = denied == "change_placed" and (last is None or last.can_change)
    return "not_so" if is_undone or can_change or (denied == "reserve" and grounds.has_lines) else None


def _is_answered(denied: str, grounds: Grounds, told: Sequence[Recorded], *, names: bool) -> bool:
    """Whether what is told of the calls answers what a model says it cannot or does not know."""
    looked = [call for call in told if not call.has_effect]
    refused = [call for call in looked if call.status == "refused" and (denied == "stock" or not call.writes)]
    is_missed = denied in ("stock", "restock") and bool(refused)
    # What was ordered or told may be something else than what was looked up for it.
    is_asked = grounds.is_question or grounds.brief.asked is Asked.AN_ANSWER
    is_looked_up = bool(looked) and not names and (denied in ("price", "product") or (denied == "other" and is_asked))
    return is_missed or is_looked_up or (denied == "other" and any(call.has_effect for call in told) and not grounds.missed)


def pointless(what: str, about: Sequence[Good], grounds: Grounds) -> str | None:
    """Why a question has no point; None if it has one."""
    brief, is_deed = grounds.brief, grounds.brief.asked is Asked.A_DEED
    is_unsure, has_lines = is_deed or brief.asked is Asked.UNCLEAR, grounds.has_lines
    can_change = what == "change" and brief.last_order is not None and brief.last_order.can_change
    lacks_order = what in OF_ORDER and not has_lines and not can_change
    is_settled = grounds.has_done(Deed.DELIVERY_SET) or (brief.asked is Asked.AN_ANSWER and brief.draft is not None)
    reasons = {
        # What was ordered and only looked up would pass for added.
        "not_added": what in OF_ORDER and is_unsure and bool(grounds.offered),
        "nothing_to_confirm": lacks_order and (what == "confirm" or grounds.has_done(Deed.ORDER_CONFIRMED)),
        "no_order": lacks_order,
        "nothing_done": what == "anything_else" and is_deed and not grounds.calls and not grounds.is_question,
        "not_done": what in ("confirm", "leave_it_so") and bool({*grounds.undone} - {Deed.CONFIRMATION_REQUESTED}),
        "none_placed": what == "which_order" and brief.last_order is None,
        "nothing_to_pay": what in _OF_PAYMENT and not grounds.owes and not (what == "payment_method" and has_lines),
        "done_already": what == "payment_method" and grounds.has_called("choose_payment_method"),
        "not_attended": what == "solved" and not brief.was_attended,
        "details_missing": bool(grounds.missing)
        if what == "confirm"
        else what in _OF_DELIVERY and "fulfilment" in grounds.missing and not (what == "address" and brief.is_for_delivery),
        "known": what in _DETAILS and is_settled and not {what, "fulfilment"} & {*grounds.missing},
        "sold_out": what in ("add", "quantity") and bool(about) and all(good.in_stock is False for good in about),
        "of_nothing": what in ("quantity", "add", "which") and not about and not grounds.speaks_of_goods,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), None)
