"""The reply of a turn as moves: what the tools said, what is answered besides, and the next question."""

from collections.abc import Callable, Iterator, Sequence

from agent.brief import Brief
from agent.lexical.plan import Plan
from agent.lexical.returned import Returned
from agent.reply.moves import Ask, Cannot, Move, Question, Reply, Say, Social, State, Statement, Unknown
from domain.conversations import states

_ASKS_ITSELF = frozenset({"request_confirmation", "confirm_order", "request_human_handoff", "cancel_order", "clear_draft"})
_NEEDED = frozenset({"update_draft", "set_delivery_details"})
_PERSON = State(what="how_to_reach_person")
_LOST = (Social(what="not_understood"), Ask(what="rephrase"))

_ANSWERS: dict[str, tuple[Move, ...]] = {
    "greet": (Social(what="greet"),),
    "how_are_you": (Social(what="how_are_you"),),
    "sorry": (Social(what="apology"),),
    "not_caught": (Social(what="not_understood"),),
    "thanks": (Social(what="you_are_welcome"),),
    "bye": (Social(what="bye"),),
    "who_are_you": (Social(what="software"), _PERSON),
    "delivery_time": (Unknown(what="delivery_time"), _PERSON),
    "media": (State(what="text_only"), _PERSON),
    "what_to_change": (Ask(what="change"),),
    "of_what": (Ask(what="of_what"),),
    "nothing_yet": (State(what="draft_empty"), Ask(what="items")),
    "not_yet": (State(what="not_confirmed"), Ask(what="change")),
    "as_you_wish": (State(what="as_you_wish"), Social(what="here_for_you")),
    "yes_to_what": (Ask(what="items"),),
    "rephrase": _LOST,
    "rephrase_or_person": (*_LOST, _PERSON),
    "haggle": (Cannot(what="discount"), _PERSON),
    "chitchat": (State(what="orders_only"), Ask(what="items")),
    "at_your_service": (Social(what="here_for_you"),),
    "draft_kept": (State(what="draft_kept"), State(what="how_to_clear")),
    "not_confirmed": (State(what="not_confirmed"),),
    "ask_a_person": (_PERSON,),
    "anything_else": (Ask(what="anything_else"), State(what="how_to_finish")),
}
"""What each key of a plan's talk says."""


def leaves_open(returned: list[Returned]) -> bool:
    """Whether a call asks or was refused, so that the order is not ready to be confirmed."""
    return any(outcome.asks or (outcome.status == "refused" and outcome.tool in _NEEDED) for outcome in returned)


def compose(brief: Brief, plan: Plan, returned: list[Returned]) -> Reply:
    """The moves of the reply; the renderer puts them in order."""
    moves: list[Move] = [*_kept(brief, plan, returned), *(Say(call=outcome.number) for outcome in _told(returned))]
    for key in plan.talk:
        if key in ("thanks", "as_you_wish") and returned:
            continue
        moves += _stated(brief, key) if key in _STATED else _ANSWERS[key]
    moves += _question(brief, plan, returned)
    return Reply(moves=moves)


def _told(returned: Sequence[Returned]) -> Iterator[Returned]:
    """The calls whose words count: what was only looked up for another call is not told."""
    has_cart = any(outcome.code == "cart_applied" for outcome in returned)
    return (outcome for outcome in returned if not (has_cart and outcome.tool == "get_customer_context"))


def _facts(brief: Brief, *kinds: str, subject: str | None = None) -> tuple[str, ...]:
    """The names of the session's facts of these kinds."""
    return tuple(name for name, fact in brief.facts.items() if fact.kind in kinds and subject in (None, fact.subject))


def _stated(brief: Brief, key: str) -> list[Move]:
    """The facts of the session that answer a question, or the way to a person who knows."""
    facts, after = _STATED[key](brief)
    if facts:
        return [State(facts=facts), *(State(what=statement) for statement in after)]
    return [Unknown(what="hours"), _PERSON] if key == "hours" else [_PERSON]


def _total(brief: Brief) -> tuple[tuple[str, ...], tuple[Statement, ...]]:
    lines = {line.name for line in brief.draft.lines} if brief.draft else set()
    kinds = {"quantity", "line_total", "total", "fee"}
    named = (name for name, fact in brief.facts.items() if fact.kind in kinds and fact.subject in {*lines, "draft"})
    return tuple(named), ()


def _delivery(brief: Brief) -> tuple[tuple[str, ...], tuple[Statement, ...]]:
    """What a delivery costs, as far as the shop has settled it."""
    is_ordering = brief.draft is not None and bool(brief.draft.lines)
    return _facts(brief, "fee", "offer", subject="delivery"), () if is_ordering else ("how_to_order",)


_STATED: dict[str, Callable[[Brief], tuple[tuple[str, ...], tuple[Statement, ...]]]] = {
    "total": _total,
    "delivery_info": _delivery,
    "stores": lambda brief: (_facts(brief, "store"), ()),
    "hours": lambda brief: (_facts(brief, "hours"), ()),
    "payment_methods": lambda brief: (_facts(brief, "method"), ("payment_details_come",)),
    "pay_later": lambda brief: (_facts(brief, "method"), ("how_to_pay",)),
}
"""Talk that is answered from the session's facts, with what is said after them."""


def _question(brief: Brief, plan: Plan, returned: list[Returned]) -> list[Move]:
    """What to ask next, unless something is being asked already."""
    if any(outcome.asks or outcome.tool in _ASKS_ITSELF for outcome in returned):
        return []
    if not plan.understood or "bye" in plan.talk:
        return []
    codes = {outcome.code for outcome in returned}
    if plan.then_repeat and "cart_applied" in codes:
        return [Ask(what="leave_it_so"), State(what="how_to_finish")]
    if codes & {"draft_updated", "cart_applied"} or any(outcome.is_item for outcome in returned):
        return _after_items(brief)
    if "product_not_found" in codes:
        return [Ask(what="describe"), State(what="how_to_see_list")]
    if "products_found" in codes:
        return _of_the_found(returned)
    if any("items" in outcome.data.get("missing", ()) for outcome in returned):
        return [Ask(what="items")]
    is_greeting = bool(plan.talk) and set(plan.talk) <= {"greet", "how_are_you"}
    return _welcome(brief) if is_greeting and not returned else []


def _of_the_found(returned: Sequence[Returned]) -> list[Move]:
    shown = [product for outcome in returned for product in outcome.data.get("products", [])]
    in_stock = [product for product in shown if product.get("available", True)]
    question: Question = "add" if len(shown) == 1 else "which"
    return [Ask(what=question)] if in_stock or not shown else []


def _after_items(brief: Brief) -> list[Move]:
    """`Anything else?`; how to end is only said the first time."""
    is_first = brief.draft is None or not brief.draft.lines
    return [Ask(what="anything_else"), *([State(what="how_to_finish")] if is_first else [])]


def _kept(brief: Brief, plan: Plan, returned: list[Returned]) -> list[Move]:
    """The order that was left half done, before the questions that are still open about it."""
    is_back = brief.state == states.State.IDLE and bool(set(plan.talk) & {"greet", "how_are_you"})
    is_only_asked = bool(returned) and all(outcome.code == "points_open" for outcome in returned)
    has_lines = brief.draft is not None and bool(brief.draft.lines)
    return [State(what="draft_kept"), *_stated(brief, "total")] if is_back and is_only_asked and has_lines else []


def _welcome(brief: Brief) -> list[Move]:
    """What to say after a greeting: an order that was left half done is offered again."""
    if brief.draft is None or not brief.draft.lines:
        return [Ask(what="items"), State(what="how_to_see_list")]
    return [*_stated(brief, "total"), Ask(what="resume"), State(what="how_to_finish")]
