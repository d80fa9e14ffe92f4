"""The final words of a turn: what the tools said, what is answered besides, and the next question."""

from decimal import Decimal

from agent.brief import Brief
from agent.lexical.plan import Plan
from agent.lexical.returned import Returned
from core.messages import text

_ASKS_ITSELF = frozenset({"request_confirmation", "confirm_order", "request_human_handoff", "cancel_order", "clear_draft"})
_NEEDED = frozenset({"update_draft", "set_delivery_details"})
_ASKING_TALK = frozenset({"of_what", "yes_to_what", "what_to_change", "nothing_yet"})
"""Talk that asks something; it is left out where a tool asks already."""
_OPENING = ("greet", "how_are_you", "sorry", "not_caught")
_CLOSING = ("thanks", "bye")


def leaves_open(returned: list[Returned]) -> bool:
    """Whether a call asks or was refused, so that the order is not ready to be confirmed."""
    return any(outcome.asks or (outcome.status == "refused" and outcome.tool in _NEEDED) for outcome in returned)


def compose(brief: Brief, plan: Plan, returned: list[Returned]) -> str:
    """The reply: one message as a person would write it. Slots stand in it as the tools wrote them."""
    said = [" ".join(_opening(brief, key) for key in _OPENING if key in plan.talk)]
    said.append(_kept(brief, plan, returned))
    said += _outcomes(brief, returned)
    asks = any(outcome.asks for outcome in returned)
    answers = [key for key in plan.talk if key not in _OPENING and key not in _CLOSING and not (asks and (key in _ASKING_TALK))]
    said += [_answer(brief, key) for key in answers]
    closing = [key for key in _CLOSING if key in plan.talk and (key == "bye" or not returned)]
    said.append(" ".join(_text(brief, key) for key in closing))
    said.append(_question(brief, plan, returned, bool(answers or closing)))
    return _flowing(said) or _text(brief, "rephrase")


def plain(brief: Brief, returned: list[Returned]) -> str:
    """Only what the tools said: the reply when a fuller one was not let through."""
    return _flowing(_in_order(returned)) or _text(brief, "rephrase")


def _flowing(parts: list[str]) -> str:
    """Sentences follow one another in a paragraph; only what has lines of its own stands apart."""
    reply = ""
    for part in dict.fromkeys(part for part in parts if part):
        if not reply:
            reply = part
        elif "\n" in part or "\n" in reply.rsplit("\n\n", 1)[-1]:
            reply += "\n\n" + part
        else:
            reply += " " + part
    return reply


def _text(brief: Brief, key: str, **fields: object) -> str:
    return text(f"lexical.{key}", brief.language, count=None, **fields)


def _in_order(returned: list[Returned]) -> list[str]:
    """What each call said; of several questions only the first is asked now."""
    told = [outcome for outcome in returned if not outcome.asks]
    changed = [outcome for outcome in returned if outcome.asks and outcome.status == "ok"]
    asked = [outcome for outcome in returned if outcome.status == "ask"]
    return [outcome.say for outcome in [*told, *changed, *asked[: 0 if changed else 1]] if outcome.say]


def _outcomes(brief: Brief, returned: list[Returned]) -> list[str]:
    """What the calls came to: the lines of the order together, and nothing twice that the summary says."""
    if any(outcome.code == "cart_applied" for outcome in returned):
        returned = [outcome for outcome in returned if outcome.tool != "get_customer_context"]
    summary = any(outcome.sends_summary for outcome in returned)
    items = [outcome for outcome in returned if outcome.is_item]
    rest = [outcome for outcome in returned if not outcome.is_item]
    if summary:
        return _in_order([outcome for outcome in rest if outcome.tool != "set_delivery_details" or outcome.status != "ok"])
    return [*_items(brief, items), *_in_order(rest)]


def _items(brief: Brief, items: list[Returned]) -> list[str]:
    """What was added, changed and taken out: several additions as one list, with the new sum."""
    added = [outcome for outcome in items if outcome.code == "item_added"]
    others = [outcome.say for outcome in items if outcome.code != "item_added"]
    said = []
    if len(added) > 1 and all(outcome.slot("line_total") and not _is_more(outcome) for outcome in added):
        lines = "\n".join(_added_line(brief, outcome) for outcome in added)
        said.append(_text(brief, "added", lines=lines))
    else:
        said += [outcome.say for outcome in added]
    said += [" ".join(others)] if others else []
    slot = _new_total(items)
    if slot is not None and said and "\n" in said[-1]:
        said[-1] += "\n" + _text(brief, "new_total", total=slot)
    elif slot is not None:
        said.append(_text(brief, "total_so_far", total=slot))
    return said


def _is_more(outcome: Returned) -> bool:
    """Whether the line had some before: then its quantity and its sum are not what was added."""
    return outcome.data.get("added", outcome.data.get("quantity")) != outcome.data.get("quantity")


def _added_line(brief: Brief, outcome: Returned) -> str:
    key = "line" if outcome.text("quantity").isdecimal() else "line_measured"
    return _text(
        brief,
        key,
        quantity=outcome.slot("quantity"),
        product=outcome.slot("product"),
        total=outcome.slot("line_total"),
    )


def _new_total(items: list[Returned]) -> str | None:
    """The sum of the draft after the last change, where it says more than the one line does."""
    lines = items[-1].data.get("draft", {}).get("lines", []) if items else []
    if not lines or (len(items) == 1 and len(lines) < 2):
        return None
    return items[-1].slot("total", "draft")


def _opening(brief: Brief, key: str) -> str:
    if key == "greet" and brief.customer_name:
        name = _first_name(brief.customer_name)
        return _text(brief, "greet_by_name", name=name) if name else _text(brief, key)
    return _text(brief, key)


def _first_name(name: str) -> str:
    first = name.split()[0] if name.split() else ""
    return first.capitalize() if first.isalpha() else ""


def _answer(brief: Brief, key: str) -> str:
    match key:
        case "total":
            return _total(brief)
        case "payment_methods" | "pay_later":
            methods = ", ".join(brief.payment_methods)
            return _text(brief, key, methods=methods) if methods else _text(brief, "ask_a_person")
        case "stores":
            lines = _stores(brief)
            return _text(brief, key, stores=lines) if lines else _text(brief, "ask_a_person")
        case "delivery_info":
            return _delivery(brief)
        case "hours":
            hours = _fact(brief, "hours")
            return _text(brief, "hours_are", hours=hours) if hours else _text(brief, key)
        case _:
            return _text(brief, key)


def _fact(brief: Brief, kind: str, subject: str | None = None) -> str | None:
    """The slot of the session's first fact of a kind."""
    return next(
        (f"{{{name}}}" for name, fact in brief.facts.items() if fact.kind == kind and subject in (None, fact.subject)), None
    )


def _delivery(brief: Brief) -> str:
    """What a delivery costs, as far as the shop has settled it."""
    fee, free = _fact(brief, "fee", "delivery"), _fact(brief, "offer", "delivery")
    words = []
    if fee is not None:
        costs = any(fact.kind == "fee" and fact.subject == "delivery" and Decimal(fact.value) for fact in brief.facts.values())
        words.append(_text(brief, "delivery_fee", fee=fee) if costs else _text(brief, "delivery_free"))
    if free is not None:
        words.append(_text(brief, "delivery_free_from", amount=free))
    is_ordering = brief.draft is not None and bool(brief.draft.lines)
    return " ".join(words if words and is_ordering else [*words, _text(brief, "delivery_info")])


def _stores(brief: Brief) -> str:
    """The stores as a list, by slots where there are facts of them: a name such as `GDL-01` holds digits, which need one."""
    slots = {fact.subject: f"{{{name}}}" for name, fact in brief.facts.items() if fact.kind == "store"}
    names = [slots.get(store, store) for store in brief.stores]
    unsaid = any(character.isdigit() for name in names if not name.startswith("{") for character in name)
    return "" if unsaid else "\n".join(_text(brief, "store", store=name) for name in names)


def _total(brief: Brief) -> str:
    """The draft's sums, by the slots of the session's facts."""
    draft = brief.draft
    if draft is None:
        return ""
    slots = {(fact.kind, fact.subject): (f"{{{name}}}", fact.text) for name, fact in brief.facts.items()}
    lines = []
    for line in draft.lines:
        quantity, total = slots.get(("quantity", line.name)), slots.get(("line_total", line.name))
        if quantity is None or total is None:
            continue
        product = slots.get(("product", line.name), (line.name, ""))[0]
        key = "line" if quantity[1].isdecimal() else "line_measured"
        lines.append(_text(brief, key, quantity=quantity[0], product=product, total=total[0]))
    fee, total = slots.get(("fee", "draft")), slots.get(("total", "draft"))
    if fee is not None:
        lines.append(_text(brief, "fee_line", fee=fee[0]))
    return _text(brief, "total", lines="\n".join(lines), total=total[0]) if total else ""


def _question(brief: Brief, plan: Plan, returned: list[Returned], has_answered: bool) -> str:
    """What to ask next, unless something is being asked already."""
    if any(outcome.asks or outcome.tool in _ASKS_ITSELF for outcome in returned):
        return ""
    if not plan.understood or "bye" in plan.talk:
        return ""
    codes = {outcome.code for outcome in returned}
    if plan.then_repeat and "cart_applied" in codes:
        return _text(brief, "same_again")
    if codes & {"draft_updated", "cart_applied"} or any(outcome.is_item for outcome in returned):
        return _after_items(brief, returned)
    if "product_not_found" in codes:
        return _text(brief, "another_name")
    if "products_found" in codes:
        shown = [product for outcome in returned for product in outcome.data.get("products", [])]
        in_stock = [product for product in shown if product.get("available", True)]
        return _text(brief, "add_one" if len(shown) == 1 else "add_some") if in_stock or not shown else ""
    if any("items" in outcome.data.get("missing", ()) for outcome in returned):
        return _text(brief, "yes_to_what")
    if returned:
        return ""
    if not has_answered and set(plan.talk) & {"greet", "how_are_you"}:
        return _welcome(brief)
    return ""


def _after_items(brief: Brief, returned: list[Returned]) -> str:
    """`Anything else?`; how to end is only said the first time."""
    drafts = [outcome.data["draft"] for outcome in returned if isinstance(outcome.data.get("draft"), dict)]
    if drafts and not drafts[-1].get("lines"):
        return _text(brief, "yes_to_what")
    is_first = brief.draft is None or not brief.draft.lines
    return _text(brief, "anything_else" if is_first else "more")


def _kept(brief: Brief, plan: Plan, returned: list[Returned]) -> str:
    """The order that was left half done, before the questions that are still open about it."""
    is_back = brief.state == "IDLE" and bool(set(plan.talk) & {"greet", "how_are_you"})
    is_only_asked = bool(returned) and all(outcome.code == "points_open" for outcome in returned)
    order = _total(brief) if is_back and is_only_asked and brief.draft is not None and brief.draft.lines else ""
    return _text(brief, "order_kept", order=order) if order else ""


def _welcome(brief: Brief) -> str:
    """What to say after a greeting: an order that was left half done is offered again."""
    if brief.draft is None or not brief.draft.lines:
        return _text(brief, "what_do_you_need")
    total = _total(brief)
    return _text(brief, "resume_order", order=total) if total else _text(brief, "continue_order")
